"""Targets by clock, tier, group and level."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from helpers.boards import BARE, policy_with
from tidegate.policy.targets import target_table, weights
from tidegate.tables import PolicyError
from tidegate.tables.words import CLOCK

TARGETS = [
    {"level": "P1", "tier": "strategic", "group": "billing", "respond": "5m"},
    {"level": "P1", "tier": "strategic", "respond": "10m", "resolve": "1h"},
    {"level": "P1", "group": "billing", "respond": "20m", "next": "1h"},
    {"level": "P2", "tier": "free", "resolve": "2w"},
]


def minutes(clock: str, tier: str | None, group: str | None, level: int, **policy: object) -> float:
    table = target_table(policy_with(targets=TARGETS, **policy))
    row = table.rows(pl.Series([clock], dtype=CLOCK), pl.Series([tier]), pl.Series([group], dtype=pl.String))
    return float(table.minutes[row[0], level])


@pytest.mark.parametrize(
    ("clock", "tier", "group", "expected"),
    [
        ("first_response", "strategic", "billing", 5),
        ("first_response", "strategic", "other", 10),
        ("first_response", "standard", "billing", 20),
        ("first_response", None, None, 30),
        ("next_response", "strategic", "billing", 60),  # the first that names this clock
        ("resolution", "strategic", "billing", 60),
        ("resolution", "standard", "billing", 480),
        ("none", "strategic", "billing", np.inf),
    ],
)
def test_the_first_target_that_fits_and_names_the_clock_wins(
    clock: str, tier: str | None, group: str | None, expected: float
) -> None:
    assert minutes(clock, tier, group, 1) == expected


def test_a_business_day_is_the_mean_working_day_of_the_levels_own_calendar() -> None:
    levels = {**BARE["levels"], "P0": {**BARE["levels"]["P0"], "resolve": "1bd"}}  # type: ignore[dict-item]
    hours = {"mon-thu": "09:00-12:00, 13:00-18:00", "fri": "09:00-12:00"}
    got = [minutes("resolution", None, None, level, levels=levels, calendar={"hours": hours}) for level in range(4)]
    assert got == [1440, 420, 3 * 420, 5 * 420]  # (4 * 8 + 3) / 5 hours; around the clock for P0
    assert minutes("resolution", "free", None, 2) == 14 * 1440


def test_the_frame_names_every_row() -> None:
    table = target_table(policy_with(targets=TARGETS))
    assert table.frame["row"].to_list() == list(range(len(table.minutes)))
    for row in table.frame.iter_rows(named=True):
        clock = pl.Series([row["clock"]], dtype=CLOCK)
        names = (pl.Series([row[name]], dtype=pl.String) for name in ("tier", "group"))
        assert table.rows(clock, *names).item() == row["row"]
    assert table.frame["clock"][table.none] == "none"
    assert np.isinf(table.minutes[table.none]).all()


def test_a_whole_column_without_tier_or_group() -> None:
    table = target_table(policy_with(targets=TARGETS))
    clock = pl.Series(["resolution", "none", "first_response"], dtype=CLOCK)
    frame = table.frame[table.rows(clock)]
    assert frame["clock"].to_list() == clock.to_list()
    assert frame.select("tier", "group").null_count().row(0) == (3, 3)
    assert table.rows(clock).dtype == pl.UInt16


def test_weights_grow_with_severity_and_shrink_with_the_target() -> None:
    policy = policy_with(targets=TARGETS)
    table, found = target_table(policy), weights(policy)
    first = table.rows(pl.Series(["first_response"], dtype=CLOCK)).item()
    assert found[first, 0] == pytest.approx(20 * (10 / 60) ** -0.75)
    assert found[first, 3] == pytest.approx(1 * (480 / 60) ** -0.75)
    assert found[table.none].tolist() == [0, 0, 0, 0]


def test_a_target_of_nothing_and_a_calendar_that_is_not_there_are_errors() -> None:
    levels = {**BARE["levels"], "P3": {**BARE["levels"]["P3"], "next": 0}}  # type: ignore[dict-item]
    with pytest.raises(PolicyError, match=r"levels\.P3\.next"):
        target_table(policy_with(levels=levels))
    levels = {**BARE["levels"], "P3": {**BARE["levels"]["P3"], "clock": "busines"}}  # type: ignore[dict-item]
    with pytest.raises(PolicyError, match=r"'busines' is not|business"):
        target_table(policy_with(levels=levels))
