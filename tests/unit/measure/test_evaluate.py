from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.histories import AS_OF, DAY, at, events, tickets
from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.cohorts import MOST_SEGMENTS, OTHERS
from tidegate.measure.evaluate import compare, measure
from tidegate.measure.ledger import build_ledger
from tidegate.measure.measures import RESULTS, Period
from tidegate.tables.errors import InputError

ALL = Period(start=DAY, end=AS_OF + timedelta(microseconds=1))


def figure(results: pl.DataFrame, name: str, segment: str = "all") -> dict[str, object]:
    return results.row(by_predicate=(pl.col("name") == name) & (pl.col("segment") == segment), named=True)


def solved(count: int, **more: object) -> pl.DataFrame:
    rows = [
        {"ticket_id": f"t{n:04}", "created_at": at(n), "status": "solved", "solved_at": at(n + 1 + n % 7), **more}
        for n in range(count)
    ]
    return tickets(*rows)


def test_every_measure_has_a_row_in_the_order_of_the_catalogue_and_keeps_the_schema() -> None:
    results = measure(build_ledger(solved(5), as_of=AS_OF), ALL)
    assert results.schema == RESULTS
    assert results["name"].unique(maintain_order=True).to_list() == list(CATALOGUE)
    nothing = results.filter((pl.col("n") == 0) & ~pl.col("name").is_in(["backlog", "days_to_drain"]))
    assert nothing["value"].null_count() == nothing.height > 0


def test_flow_adds_up_and_the_backlog_is_what_is_left() -> None:
    table = pl.concat([solved(10), tickets({"ticket_id": "open", "created_at": at(3), "given_level": "P1"})])
    results = measure(build_ledger(table, as_of=AS_OF), ALL)
    counts = [figure(results, name)["value"] for name in ("inflow", "closed", "net_flow", "backlog")]
    assert counts == [11, 10, 1, 1]
    assert figure(results, "backlog", "level=P1")["value"] == 1


def test_the_backlog_of_a_past_moment_is_as_it_was_then() -> None:
    log = events(
        ("a", 1, "status", "new", "solved"),
        ("a", 30, "reopened", "solved", "open"),
        ("a", 50, "status", "open", "solved"),
    )
    ledger = build_ledger(tickets({"ticket_id": "a"}), events=log, as_of=AS_OF)
    for hour, expected in ((0.5, 1), (10, 0), (40, 1), (60, 0)):
        results = measure(ledger, Period(start=DAY, end=at(hour)), names=["backlog", "backlog_age"])
        assert figure(results, "backlog")["n"] == expected
        if expected:
            assert figure(results, "backlog_age")["value"] == hour * 60


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=40))
def test_medians_and_their_bounds_agree_with_numpy(minutes: list[int]) -> None:
    rows = [{"ticket_id": str(n), "first_response_at": DAY + timedelta(minutes=m)} for n, m in enumerate(minutes)]
    row = figure(
        measure(build_ledger(tickets(*rows), as_of=AS_OF), ALL, names=["first_response_median"]),
        "first_response_median",
    )
    assert row["value"] == pytest.approx(np.median(minutes))
    assert row["low"] in minutes
    assert row["low"] <= row["value"] <= row["high"]  # ty: ignore[unsupported-operator]
    assert row["n"] == len(minutes)


def test_segments_add_up_to_the_total_and_rare_ones_are_put_together() -> None:
    rows = [{"ticket_id": str(n), "group": f"g{n % (MOST_SEGMENTS + 10):02}"} for n in range(300)]
    results = measure(build_ledger(tickets(*rows), as_of=AS_OF), ALL, by="group", names=["inflow"])
    parts = results.filter(pl.col("segment") != "all")
    assert parts["value"].sum() == 300
    assert f"group={OTHERS}" in parts["segment"].to_list()


def test_splitting_by_level_splits_by_level_once() -> None:
    rows = [{"ticket_id": str(n), "given_level": f"P{n % 4}"} for n in range(8)]
    results = measure(build_ledger(tickets(*rows), as_of=AS_OF), ALL, by="level")
    assert not results.select(pl.struct("name", "segment").is_duplicated().any()).item()


def test_the_same_seed_gives_the_same_intervals() -> None:
    ledger = build_ledger(solved(50), as_of=AS_OF)
    assert measure(ledger, ALL, seed=4).equals(measure(ledger, ALL, seed=4))


def test_capacity_is_what_each_solver_makes_on_a_working_day() -> None:
    rows = [
        {"ticket_id": f"{who}{n}", "assignee": who, "status": "solved", "solved_at": at(24 * day + 9)}
        for who, day, count in (("ada", 0, 4), ("ada", 1, 2), ("ben", 0, 1))
        for n in range(count * 10 + day, count * 10 + day + count)
    ]
    results = measure(build_ledger(tickets(*rows), as_of=AS_OF), ALL)
    assert figure(results, "capacity")["value"] == 4.0
    assert figure(results, "days_to_drain")["value"] == pytest.approx(0.0)


def test_a_comparison_shows_a_clear_change_and_hides_noise() -> None:
    week = timedelta(days=7)
    rows = [
        {"ticket_id": f"{n}", "created_at": at(n % 160), "first_response_at": at(n % 160 + 1) if n % 5 else None}
        for n in range(400)
    ]
    rows += [
        {
            "ticket_id": f"x{n}",
            "created_at": at(170 + n % 160),
            "first_response_at": at(171 + n % 160) if n % 2 else None,
        }
        for n in range(400)
    ]
    ledger = build_ledger(tickets(*rows), as_of=AS_OF)
    first, second = (Period(start=DAY + n * week, end=DAY + (n + 1) * week) for n in (0, 1))
    results = compare(*(measure(ledger, p, names=["answered", "first_response_median"]) for p in (second, first)))
    answered = figure(results, "answered")
    assert answered["change"] == pytest.approx(-0.3, abs=0.02)
    assert answered["clear"] is True
    assert figure(results, "first_response_median")["clear"] is False


def test_unknown_names_and_columns_list_what_is_valid() -> None:
    ledger = build_ledger(solved(2), as_of=AS_OF)
    with pytest.raises(InputError, match="inflow"):
        measure(ledger, ALL, names=["speed"])
    with pytest.raises(InputError, match="group"):
        measure(ledger, ALL, by="colour")


def test_declared_measures_name_each_other_and_end_as_sentences() -> None:
    for declared in CATALOGUE.values():
        assert set(declared.beside) <= set(CATALOGUE)
        assert declared.definition.endswith(".")
    assert all(a != b for a, b in pairwise(m.title for m in CATALOGUE.values()))
