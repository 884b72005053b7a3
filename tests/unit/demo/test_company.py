"""What a generated company holds: valid tables, noise where it should be, spikes with causes, the same for a seed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tidegate import demo
from tidegate.tables import Accounts, Agents, Events, Incidents, InputError, Messages, Tickets
from tidegate.tables.words import LEVELS

TABLES = {
    "tickets": Tickets,
    "messages": Messages,
    "events": Events,
    "accounts": Accounts,
    "agents": Agents,
    "incidents": Incidents,
}


@pytest.mark.parametrize("name", TABLES)
def test_tables_hold_by_their_contracts(company: demo.Company, name: str) -> None:
    TABLES[name].validate(getattr(company, name))


def test_same_seed_same_company_another_seed_another() -> None:
    first, again, other = (demo.generate(tickets=400, seed=seed) for seed in (3, 3, 4))
    for name in (*TABLES, "truth"):
        assert_frame_equal(getattr(first, name), getattr(again, name))
        assert not getattr(first, name).equals(getattr(other, name))


def test_truth_has_one_row_a_ticket_and_its_causes_exist(company: demo.Company) -> None:
    assert company.truth["ticket_id"].equals(company.tickets["ticket_id"])
    causes = company.truth["cause"].drop_nulls().unique()
    assert causes.is_in(company.incidents["incident_id"].implode()).all()
    assert company.truth["account_id"].is_in(company.accounts["account_id"].implode()).all()


def test_a_cause_comes_before_its_tickets(company: demo.Company) -> None:
    caused = (
        company.truth.select("ticket_id", incident_id="cause")
        .join(company.tickets, on="ticket_id")
        .join(company.incidents, on="incident_id", suffix="_of_incident")
    )
    assert caused.height > 200
    assert caused.filter(pl.col("created_at") < pl.col("started_at")).is_empty()


@pytest.mark.parametrize(
    "title", ["Workspace unavailable after release 8.4", "Monthly billing run charged cards twice"]
)
def test_both_spikes_stand_out_of_their_weeks(company: demo.Company, title: str) -> None:
    daily = company.tickets.group_by(day=pl.col("created_at").dt.date()).len().sort("day")
    start = company.incidents.filter(pl.col("title") == title)["started_at"].dt.date()[0]
    days = pl.col("day") - pl.lit(start)
    after = daily.filter(days.is_between(pl.duration(days=0), pl.duration(days=2)))["len"].max()
    before = daily.filter(days.is_between(pl.duration(days=-21), pl.duration(days=-1)))["len"].max()
    assert isinstance(after, int)
    assert isinstance(before, int)
    assert after > 1.3 * before


def test_weeks_have_a_rhythm(company: demo.Company) -> None:
    ordinary = company.tickets.filter(company.truth["cause"].is_null())
    weekday = ordinary["created_at"].dt.weekday()
    hour = ordinary["created_at"].dt.hour()
    assert (weekday <= 5).mean() > 0.85  # ty: ignore[unsupported-operator]
    assert hour.is_between(8, 17).mean() > 0.6  # ty: ignore[unsupported-operator]


def test_languages_have_their_shares(company: demo.Company) -> None:
    shares = dict(company.tickets["language"].value_counts(normalize=True).iter_rows())
    assert set(shares) == set(demo.LANGUAGES)
    assert 0.40 < shares["en"] < 0.62
    assert 0.10 < shares["de"] < 0.24


def test_only_the_languages_asked_for() -> None:
    company = demo.generate(tickets=300, seed=1, languages=("de", "it"))
    assert set(company.tickets["language"].unique()) == {"de", "it"}


def test_the_filed_level_misleads_in_the_two_ways_that_matter(company: demo.Company) -> None:
    both = company.tickets.select("ticket_id", "first_level").join(company.truth, on="ticket_id")
    given, true = pl.col("first_level").to_physical(), pl.col("true_level").to_physical()
    loud = pl.col("frustration") > 0.6
    inflated = both.select(loud=(given < true).filter(loud).mean(), calm=(given < true).filter(~loud).mean()).row(0)
    assert inflated[0] > 3 * inflated[1]
    missed = both.filter(~loud, true <= 1).select((given >= 2).mean()).item()
    assert 0.2 < missed < 0.45
    assert 0.6 < both.select((given == true).mean()).item() < 0.9


def test_graver_tickets_take_longer_and_touch_more_people(company: demo.Company) -> None:
    medians = company.truth.group_by("true_level").agg(pl.median("handling_minutes"), pl.median("affected_users"))
    ordered = medians.sort("true_level")
    assert ordered["handling_minutes"].is_sorted(descending=True)
    assert ordered["affected_users"].is_sorted(descending=True)
    assert ordered["true_level"].to_list() == list(LEVELS)


def test_there_is_a_live_backlog_and_most_is_closed(company: demo.Company) -> None:
    shares = dict(company.tickets["status"].value_counts(normalize=True).iter_rows())
    assert shares["closed"] > 0.9
    assert {"new", "open", "waiting", "hold", "solved"} <= set(shares)
    assert company.incidents["resolved_at"].null_count() == 2


def test_a_busier_team_is_further_behind() -> None:
    open_at = [
        demo.generate(tickets=3_000, seed=5, load=load).tickets["status"].is_in(["new", "open"]).sum()
        for load in (0.6, 1.05)
    ]
    assert float(open_at[1]) > 1.3 * float(open_at[0])


@pytest.mark.parametrize(("tickets", "days"), [(0, 365), (1, 1), (40, 2), (200, 30)])
def test_small_and_short_companies_are_valid(tickets: int, days: int) -> None:
    company = demo.generate(tickets=tickets, seed=2, days=days)
    assert company.tickets.height == company.truth.height == tickets
    for name, contract in TABLES.items():
        contract.validate(getattr(company, name))


@pytest.mark.parametrize(
    "wrong",
    [
        {"tickets": -1},
        {"days": 0},
        {"agents": 2},
        {"load": 0.0},
        {"languages": ("xx",)},
        {"languages": ()},
        {"now": datetime(2026, 1, 1)},  # noqa: DTZ001 -- the missing zone is what is tested
    ],
)
def test_parameters_out_of_range_are_errors(wrong: dict[str, Any]) -> None:
    arguments: dict[str, Any] = {"tickets": 10, "seed": 1} | wrong
    with pytest.raises(InputError):
        demo.generate(**arguments)


def test_another_now_moves_the_window() -> None:
    now = datetime(2025, 6, 11, 14, 30, tzinfo=UTC)
    company = demo.generate(tickets=300, seed=1, now=now, days=60)
    assert company.tickets["created_at"].is_between(datetime(2025, 4, 12, tzinfo=UTC), now).all()
