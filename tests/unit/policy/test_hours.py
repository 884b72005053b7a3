"""Business hours as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.policy.hours import DAYS, parse_hours

NINE, FIVE = 9 * 3600, 17 * 3600


def test_working_days_have_the_hours_and_the_weekend_has_none() -> None:
    assert parse_hours({"mon-fri": "09:00-17:00"}) == (((NINE, FIVE),),) * 5 + ((), ())


def test_spans_may_break_and_days_may_be_listed() -> None:
    week = parse_hours({"mon,wed": "09:00-12:00, 13:00-17:00", "sat": "00:00-24:00", "sun": "closed"})
    assert week[0] == week[2] == ((NINE, 12 * 3600), (13 * 3600, FIVE))
    assert week[5] == ((0, 86_400),)
    assert week[1] == week[6] == ()


def test_a_span_over_midnight_runs_on_into_the_next_day() -> None:
    week = parse_hours({"sun": "22:00-06:00"})
    assert week[6] == ((22 * 3600, 86_400),)
    assert week[0] == ((0, 6 * 3600),)


def test_a_run_of_days_may_wrap_around_the_week() -> None:
    week = parse_hours({"fri-mon": "10:00-11:00"})
    assert [bool(day) for day in week] == [True, False, False, False, True, True, True]


@pytest.mark.parametrize(
    ("hours", "named"),
    [
        ({"mun": "09:00-17:00"}, "mun"),
        ({"mon-": "09:00-17:00"}, "mon-"),
        ({"mon": "9-17"}, "9-17"),
        ({"mon": "09:00-25:00"}, "25:00"),
        ({"mon": "09:60-10:00"}, "09:60"),
        ({"mon": "09:00-09:00"}, "no length"),
        ({"mon": "24:00-06:00"}, "24:00-06:00"),
        ({"mon": "09:00-12:00, 11:00-13:00"}, "11:00"),
        ({"mon": "20:00-06:00", "tue": "05:00-09:00"}, "tue overlap"),
        ({"mon-fri": "09:00-17:00", "wed": "09:00-12:00"}, "wed is given twice"),
    ],
)
def test_what_cannot_be_read_is_named(hours: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_hours(hours)


@given(st.dictionaries(st.sampled_from(DAYS), st.tuples(st.integers(0, 1439), st.integers(1, 1440)), max_size=7))
def test_open_minutes_are_kept_whatever_the_spans(drawn: dict[str, tuple[int, int]]) -> None:
    """Twin: count open minutes on a circle of a week."""
    spans = {day: (start, end) for day, (start, end) in drawn.items() if start != end}
    minutes: list[int] = []
    for day, (start, end) in spans.items():
        first = DAYS.index(day) * 1440
        minutes += [(first + m) % 10_080 for m in range(start, end if end > start else end + 1440)]
    text = {day: f"{a // 60:02}:{a % 60:02}-{b // 60:02}:{b % 60:02}" for day, (a, b) in spans.items()}
    if len(set(minutes)) < len(minutes):
        with pytest.raises(ValueError, match="overlap"):
            parse_hours(text)
        return
    week = parse_hours(text)
    kept = {d * 1440 + m for d, day in enumerate(week) for a, b in day for m in range(a // 60, b // 60)}
    assert kept == set(minutes)
