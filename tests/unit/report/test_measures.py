from __future__ import annotations

import json
import re
from datetime import timedelta

import polars as pl
import pytest

from helpers.histories import AS_OF, DAY, at, tickets
from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.measures import Period
from tidegate.policy import load
from tidegate.report.comparison import Measured, Side, measured
from tidegate.report.figures import between, change, interval, mood, written
from tidegate.report.history import history, period_of
from tidegate.report.measures import measures_page
from tidegate.report.payload import payload


def report() -> Measured:
    rows = [
        {
            "ticket_id": f"t{n}",
            "created_at": at(9 + 24 * (n % 28)),
            "given_level": f"P{n % 4}",
            "first_response_at": at(10 + 24 * (n % 28) + n % 3),
            "requester_id": f"r{n % 9}",
            "group": "<b>bold</b>",
        }
        for n in range(120)
    ]
    policy = load("starter")
    ledger = history(tickets(*rows), policy, as_of=AS_OF)
    sides = [
        Side(ledger=ledger, period=Period(start=start, end=start + timedelta(days=14)), policy=policy)
        for start in (DAY + timedelta(days=14), DAY)
    ]
    return measured(sides[0], other=sides[1], by="group")


def test_business_hours_and_targets_of_the_policy_are_in_the_figures() -> None:
    results = report().results
    row = results.row(by_predicate=(pl.col("name") == "sla_first_response") & (pl.col("segment") == "all"), named=True)
    assert 0 < row["value"] < 1


@pytest.mark.slow
def test_the_page_stands_alone_and_escapes_what_files_say() -> None:
    html = measures_page(report())
    assert re.findall(r"https?://|@import|url\(|<script", html) == []
    assert "<b>bold" not in html
    assert html.count("<svg") >= 6
    assert "What changed" in html


def test_the_values_are_json_and_carry_definition_and_interval() -> None:
    values = json.loads(json.dumps(payload(report())))
    row = next(m for m in values["measures"] if m["name"] == "answered" and m["segment"] == "all")
    assert {"name", "segment", "value", "low", "high", "n", "unit", "definition", "other", "change"} <= set(row)
    assert row["interval"] == "Wilson"
    assert values["compared_with"]["to"] == values["period"]["from"]


def test_the_period_covers_the_history_unless_told() -> None:
    ledger = report().side.ledger
    whole = period_of(ledger, None, None)
    assert whole.holds("created_at") is not None
    assert ledger.tickets.filter(whole.holds("created_at")).height == ledger.tickets.height


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (None, "share", "-"),
        (0.1234, "share", "12.3%"),
        (59, "minutes", "59 min"),
        (90, "minutes", "1.5 h"),
        (4320, "minutes", "3.0 d"),
        (1234, "tickets", "1,234"),
        (0.5, "times", "0.50"),
        (3.25, "days", "3.2"),
    ],
)
def test_figures_are_written_for_people(value: float | None, unit: str, expected: str) -> None:
    assert written(value, unit) == expected


def test_differences_carry_their_sign_and_intervals_name_the_unit_once() -> None:
    assert change(-0.051, "share") == "-5.1 pts"
    assert between(-0.1, 0.2, "share") == "-10.0 to +20.0 pts"
    assert interval(0.1, 0.2, "share") == "10.0 to 20.0%"
    assert interval(None, None, "share") == ""


def test_a_change_is_better_or_worse_by_the_direction_that_is_good() -> None:
    answered, recontact, inflow = (CATALOGUE[name] for name in ("answered", "recontact_rate", "inflow"))
    assert mood(answered, 0.1, clear=True) == "better"
    assert mood(recontact, 0.1, clear=True) == "worse"
    assert mood(inflow, 9.0, clear=True) == "moved"
    assert mood(answered, 0.1, clear=False) == "unclear"
