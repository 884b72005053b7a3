"""Business time against a twin that walks it minute by minute, the two nights of the year included."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as slowly
from hypothesis import strategies as st

from helpers.boards import policy_with
from helpers.slow_clocks import Week, utc
from tidegate.enrich.calendar import ALWAYS, Calendar, calendars, compile_calendar
from tidegate.policy import model
from tidegate.tables import PolicyError

NIGHTS = {
    "UTC": (),
    "Europe/London": (utc(2024, 3, 31, 1), utc(2024, 10, 27, 1)),
    "America/New_York": (utc(2024, 3, 10, 7), utc(2024, 11, 3, 6)),
    "Australia/Lord_Howe": (utc(2024, 4, 6, 15), utc(2024, 10, 5, 15, 30)),  # half an hour
    "America/St_Johns": (utc(2024, 3, 10, 5, 30), utc(2024, 11, 3, 4, 30)),
    "Africa/Casablanca": (utc(2024, 3, 10, 2), utc(2024, 4, 14, 2)),  # back for Ramadan
    "Asia/Kathmandu": (),
    "Pacific/Apia": (utc(2011, 12, 30, 10),),  # a day that never was
}


@st.composite
def weeks(draw: st.DrawFn) -> Week:
    zone = draw(st.sampled_from(sorted(NIGHTS)))
    spans = {}
    for day in range(7):
        corners = sorted(draw(st.sets(st.integers(0, 1440), max_size=6)))
        if pairs := list(zip(corners[::2], corners[1::2], strict=False)):
            spans[day] = pairs
    if not spans:
        spans = {0: [(540, 1050)]}
    moment = draw(st.sampled_from(NIGHTS[zone] or (utc(2024, 5, 6),)))
    closed = draw(st.frozensets(st.integers(-2, 2).map(lambda n: (moment + timedelta(days=n)).date()), max_size=2))
    return Week(zone, spans, closed)


@st.composite
def moments(draw: st.DrawFn, week: Week, *, minutes: int = 4 * 1440) -> tuple[datetime, datetime]:
    """Two whole minutes around one of the zone's two nights."""
    night = draw(st.sampled_from(NIGHTS[week.zone] or (utc(2024, 5, 6),)))
    start = night + timedelta(minutes=draw(st.integers(-minutes // 2, 120)))
    return start, start + timedelta(minutes=draw(st.integers(0, minutes)))


def compiled(week: Week) -> Calendar:
    return compile_calendar(model.Calendar.model_validate(week.spec()))


def us(moment: datetime) -> int:
    return (moment - utc(1970, 1, 1)) // timedelta(microseconds=1)


def when(micros: int) -> datetime:
    return utc(1970, 1, 1) + timedelta(microseconds=int(micros))


@pytest.mark.slow
@given(st.data())
@slowly(max_examples=60, deadline=None)
def test_elapsed_is_what_the_minutes_say(data: st.DataObject) -> None:
    week = data.draw(weeks())
    start, end = data.draw(moments(week))
    assert compiled(week).elapsed(us(start), us(end)) == week.minutes(start, end) * 60_000_000


@pytest.mark.slow
@given(st.data())
@slowly(max_examples=30, deadline=None)
def test_elapsed_is_what_the_seconds_say(data: st.DataObject) -> None:
    week = data.draw(weeks())
    start, end = data.draw(moments(week, minutes=90))
    start += timedelta(seconds=data.draw(st.integers(0, 59)))
    end += timedelta(seconds=data.draw(st.integers(60, 119)))
    seconds = sum(week.open_at(start + timedelta(seconds=n)) for n in range((end - start) // timedelta(seconds=1)))
    assert compiled(week).elapsed(us(start), us(end)) == seconds * 1_000_000


@pytest.mark.slow
@given(st.data(), st.integers(1, 2000))
@slowly(max_examples=50, deadline=None)
def test_due_is_the_first_minute_by_which_so_much_has_passed(data: st.DataObject, minutes: int) -> None:
    week = data.draw(weeks())
    start, _ = data.draw(moments(week))
    found = when(compiled(week).due(us(start), minutes * 60_000_000))
    if found - start < timedelta(days=20):
        assert found == week.due(start, minutes)
    else:
        assert week.open_at(found - timedelta(minutes=1))
        assert compiled(week).elapsed(us(start), us(found)) == minutes * 60_000_000


@pytest.mark.slow
@given(st.data(), st.lists(st.integers(0, 50 * 365 * 86_400 * 10**6), min_size=3, max_size=3))
@slowly(max_examples=40, deadline=None)
def test_elapsed_adds_up_to_the_microsecond_over_half_a_century(data: st.DataObject, times: list[int]) -> None:
    calendar = compiled(data.draw(weeks()))
    first, second, third = sorted(times)
    whole = calendar.elapsed(first, third)
    assert calendar.elapsed(first, second) + calendar.elapsed(second, third) == whole
    assert calendar.elapsed(third, first) == -whole
    assert 0 <= whole <= third - first
    if whole:
        assert calendar.elapsed(first, calendar.due(first, whole)) == whole


@pytest.mark.slow
@given(st.data())
@slowly(max_examples=10, deadline=None)
def test_what_was_asked_before_changes_nothing(data: st.DataObject) -> None:
    week = data.draw(weeks())
    start, end = (us(moment) for moment in data.draw(moments(week)))
    fresh, used = (replace(compiled(week), _line=None) for _ in range(2))
    used.elapsed(us(utc(1999, 1, 1)), us(utc(2031, 1, 1)))
    assert used.elapsed(start, end) == fresh.elapsed(start, end)
    assert used.due(start, 10**9) == fresh.due(start, 10**9)


def test_the_night_that_loses_an_hour_and_the_one_that_has_it_twice() -> None:
    nights = compile_calendar(model.Calendar(timezone="Europe/London", hours={"mon-sun": "00:00-24:00"}))
    hours = {
        name: int(nights.elapsed(us(utc(*start)), us(utc(*end)))) / 3.6e9
        for name, start, end in (
            ("spring", (2024, 3, 31, 0), (2024, 3, 31, 23)),
            ("autumn", (2024, 10, 26, 23), (2024, 10, 28, 0)),
        )
    }
    assert hours == {"spring": 23.0, "autumn": 25.0}
    shift = compile_calendar(model.Calendar(timezone="Europe/London", hours={"mon-sun": "01:00-02:00"}))
    assert shift.elapsed(us(utc(2024, 3, 31, 0)), us(utc(2024, 3, 31, 12))) == 0
    assert shift.elapsed(us(utc(2024, 10, 26, 23)), us(utc(2024, 10, 27, 12))) == 2 * 3600 * 10**6


def test_holidays_and_own_closed_dates_do_not_count() -> None:
    calendar = compile_calendar(model.Calendar(hours={"mon-fri": "09:00-17:00"}, holidays="GB", closed=("2024-12-27",)))
    week = calendar.elapsed(us(utc(2024, 12, 23)), us(utc(2024, 12, 30)))
    assert week == 2 * 8 * 3600 * 10**6  # Monday and Tuesday; then Christmas, Boxing Day and our own day


def test_a_part_of_a_country_has_its_own_holidays() -> None:
    day = us(utc(2024, 5, 30)), us(utc(2024, 5, 31))  # Corpus Christi: in Bavaria, not in Hamburg
    hours = {"mon-fri": "09:00-17:00"}
    assert compile_calendar(model.Calendar(hours=hours, holidays="DE-BY")).elapsed(*day) == 0
    assert compile_calendar(model.Calendar(hours=hours, holidays="DE-HH")).elapsed(*day) > 0


def test_a_shift_past_midnight_belongs_to_both_days() -> None:
    night = compile_calendar(model.Calendar(hours={"fri": "22:00-06:00"}))
    assert night.elapsed(us(utc(2024, 5, 3)), us(utc(2024, 5, 4))) == 2 * 3600 * 10**6
    assert night.elapsed(us(utc(2024, 5, 4)), us(utc(2024, 5, 5))) == 6 * 3600 * 10**6


def test_whole_columns_and_nothing_at_all() -> None:
    calendar = compile_calendar(model.Calendar())
    start = np.array([us(utc(2024, 5, 6, 9)), us(utc(2024, 5, 6, 16))])
    assert calendar.elapsed(start, us(utc(2024, 5, 6, 17))).tolist() == [8 * 3600 * 10**6, 3600 * 10**6]
    assert [when(t) for t in calendar.due(start, 2 * 3600 * 10**6)] == [utc(2024, 5, 6, 11), utc(2024, 5, 7, 10)]
    assert calendar.elapsed(np.zeros(0, np.int64), 0).shape == (0,)
    assert calendar.due(np.zeros(0, np.int64), 0).shape == (0,)
    assert calendar.due(start, 0).tolist() == start.tolist()


def test_around_the_clock_is_plain_subtraction() -> None:
    start, end = us(utc(2024, 3, 30)), us(utc(2024, 4, 2, 1, 2, 3))
    assert ALWAYS.elapsed(start, end) == end - start
    assert ALWAYS.due(start, end - start) == end


def test_times_that_no_calendar_knows_count_as_its_ends() -> None:
    calendar = compile_calendar(model.Calendar())
    far = us(datetime(9999, 1, 1, tzinfo=UTC))
    assert calendar.elapsed(us(utc(2200, 12, 31, 23)), far) == 0
    assert when(calendar.due(us(utc(2200, 12, 31)), 10**15)) == utc(2201, 1, 1)


def test_a_calendar_whose_every_day_is_closed_never_gets_there() -> None:
    sundays = {(date(1899, 12, 31) + timedelta(weeks=n)).isoformat() for n in range(16_000)}
    calendar = compile_calendar(model.Calendar(hours={"sun": "09:00-17:00"}, closed=tuple(sorted(sundays))))
    assert calendar.elapsed(us(utc(2024, 1, 1)), us(utc(2024, 6, 1))) == 0
    assert when(calendar.due(us(utc(2024, 1, 1)), 1)) == utc(2201, 1, 1)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ({"timezone": "Europe/Londn"}, "Europe/Londn"),
        ({"timezone": ""}, "timezone"),
        ({"timezone": "/etc/passwd"}, "timezone"),
        ({"hours": {}}, "no day has any hours"),
        ({"hours": {"mon": "closed"}}, "no day has any hours"),
        ({"hours": {"mon": "09:00-12:00, 11:00-13:00"}}, "overlap"),
        ({"hours": {"mon": "09:00-09:00"}}, "no length"),
        ({"hours": {"mun": "09:00-12:00"}}, "mun"),
        ({"holidays": "XX"}, "XX"),
        ({"holidays": "DE-XX"}, "DE-XX"),
        ({"closed": ("25.12.2024",)}, "25.12.2024"),
    ],
)
def test_a_calendar_that_does_not_hold_together_says_what_is_wrong(spec: dict[str, object], names: str) -> None:
    with pytest.raises(PolicyError, match=names):
        compile_calendar(model.Calendar.model_validate(spec), "calendars.x")


def test_levels_that_share_a_calendar_share_its_work() -> None:
    made = calendars(policy_with(calendars={"asia": {"timezone": "Asia/Tokyo"}}))
    assert made["P0"] is ALWAYS
    assert made["P1"] is made["P2"] is made["P3"]
    assert made["P1"].closed == frozenset[date]()
