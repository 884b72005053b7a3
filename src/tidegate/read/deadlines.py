"""When a text says that something must be done: "by Friday 5pm", "bis morgen 12 Uhr", "before 2026-03-05"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from tidegate.read import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

FARTHEST: Final = timedelta(days=120)
"""A date farther ahead is not a deadline of this ticket."""
NEAREST: Final = timedelta(minutes=5)
DAY_ENDS: Final = time(17)
"""When a day's deadline without a time of day falls due."""

_HOUR: Final = timedelta(hours=1)
_NOON: Final = 12
_FRIDAY: Final = 5
_HOURS: Final = 24
_MINUTES: Final = 60
_CENTURY: Final = 100
_WORDS: Final = phrases.data("times")


def _either(words: Iterable[str]) -> str:
    """Alternation, longest first."""
    return "(?:" + "|".join(sorted(words, key=lambda word: (-len(word), word))) + ")"


def _numbered(name: str) -> dict[str, int]:
    return {word: int(number) for number, words in _WORDS[name].items() for word in words}


_DAYS: Final = _numbered("days")
_MONTHS: Final = _numbered("months")
_UNITS: Final = _numbered("units")
_COUNTS: Final = _numbered("counts")
_MONTH: Final = _either(_MONTHS)
_DATE: Final = (
    r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2})|\d{1,2}\.\d{1,2}\.|\d{1,2}/\d{1,2}|"
    rf"{_MONTH}\.? \d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th|er|o|\.)? (?:of |de )?{_MONTH}"
)
_CLOCK: Final = (
    rf"{_either(_WORDS['noon'])}|"
    r"\d{1,2}[:.h]\d{2} ?(?:am|pm|uhr|h)?|\d{1,2} ?(?:am|pm|a\.m\.|p\.m\.|uhr|heures)|\d{1,2}h"
)
_LINK: Final = rf"(?:,? {_either(_WORDS['link'])}){{0,3}},? ?"
_DAY: Final = (
    rf"(?:(?P<today>{_either(_WORDS['today'])})|(?P<tomorrow>{_either(_WORDS['tomorrow'])})|"
    rf"(?P<week>{_either(_WORDS['week'])})|(?P<weekday>{_either(_DAYS)})|(?P<date>{_DATE}))"
)
_END: Final = "(?![a-z0-9])"
_STATED: Final = re.compile(
    rf"{_either(_WORDS['cue'])}{_LINK} ?(?:(?P<first>{_CLOCK}){_LINK} ?)?"
    rf"(?:(?:end of |ende |fin de |final de )?{_DAY}(?:{_LINK} ?(?P<last>{_CLOCK}))?){_END}"
)
_AT: Final = re.compile(rf"{_either(_WORDS['until'])}{_LINK} ?(?P<only>{_CLOCK}){_END}")
_SPAN: Final = re.compile(
    rf"{_either(_WORDS['within'])}(?: the next| the)? (?P<count>\d{{1,3}}|{_either(_COUNTS)}) ?"
    rf"(?P<unit>{_either(_UNITS)}){_END}"
)
_MARKS: Final = " \n\t.,;:!?)(\"'"


class Due(NamedTuple):
    """A deadline (UTC) that a text states, hours from its writing, and where it does, in characters of the text."""

    row: int
    at: datetime
    hours: float
    start: int
    end: int


def deadlines(
    texts: Iterable[tuple[int, str, Sequence[int]]],
    created: Sequence[datetime | None],
    *,
    zone: str = "UTC",
    day_ends: time = DAY_ENDS,
) -> list[Due]:
    """Read the first stated deadline of every text that lies ahead, `FARTHEST` at most.

    Parameters
    ----------
    texts
        Number, flat text as `views.View` has it, and where words like ``by`` begin in it, ascending.
    created
        When each of them was written, UTC; None where it is not known: then no deadline is read.
    zone
        Time zone in which the writer's clock runs.
    day_ends
        When a day's deadline without a time of day falls due, in that zone.

    Returns
    -------
    list
        One entry for each text that states a deadline. A date like 5/4 is read as the nearer of its two meanings.

    Notes
    -----
    A pattern is tried at these places alone, and no part of it repeats without bound: linear time on any text.
    """
    clock = ZoneInfo(zone)
    found = []
    for (row, text, places), written in zip(texts, created, strict=True):
        if written is not None and (due := _first(text, places, _Clock(written, clock, day_ends))) is not None:
            found.append(Due(row, *due))
    return found


class _Clock(NamedTuple):
    """When a text was written (UTC), and how its times are meant."""

    written: datetime
    zone: ZoneInfo
    day_ends: time


def _first(text: str, places: Sequence[int], clock: _Clock) -> tuple[datetime, float, int, int] | None:
    """Find the first stated moment that lies ahead: when, hours until then, start and end in the text."""
    for place, pattern in product(places, (_STATED, _AT, _SPAN)):
        if (found := pattern.match(text, place)) and (at := _moment(found.groupdict(), clock)):
            ahead = at - clock.written
            if NEAREST <= ahead <= FARTHEST:
                return at, ahead / _HOUR, place, place + len(found[0].rstrip(_MARKS))
    return None


def _moment(parts: dict[str, Any], clock: _Clock) -> datetime | None:
    """Moment that the parts of a match state; an hour that summer time skips is the one after it."""
    try:
        if "unit" in parts:
            return clock.written + timedelta(minutes=_span(parts))
        wall = _wall(parts, clock.written.astimezone(clock.zone), clock.day_ends)
        return wall and wall.replace(tzinfo=clock.zone).astimezone(UTC)
    except OverflowError:
        return None


def _wall(parts: dict[str, Any], here: datetime, day_ends: time) -> datetime | None:
    """Wall clock time that the parts of a match state."""
    if "only" in parts:
        minutes = _minutes(parts["only"])
        late = minutes is not None and minutes <= here.hour * 60 + here.minute
        day: date | None = here.date() + timedelta(days=int(late))
    else:
        clock = _minutes(parts["last"] or parts["first"])
        minutes = day_ends.hour * 60 + day_ends.minute if clock is None else clock
        day = _day(parts, here.date())
    if day is None or minutes is None:
        return None
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _span(parts: dict[str, Any]) -> int:
    """Minutes from the moment of writing that a match states."""
    count = int(parts["count"]) if parts["count"].isdigit() else _COUNTS[parts["count"]]
    return count * _UNITS[parts["unit"]]


def _day(parts: dict[str, Any], today: date) -> date | None:
    """Day of a cue: a date, or a word such as tomorrow or Friday."""
    if parts["date"] is not None:
        return _date(parts["date"], today)
    if parts["today"] is not None:
        return today
    if parts["tomorrow"] is not None:
        return today + timedelta(days=1)
    if parts["week"] is not None:
        return today + timedelta(days=(_FRIDAY - today.isoweekday()) % 7)
    return today + timedelta(days=(_DAYS[parts["weekday"]] - today.isoweekday()) % 7 or 7)


def _minutes(clock: str | None) -> int | None:
    """Minutes into the day of a written time of day; None where it is none."""
    if clock is None or (found := re.match(r"([0-9]{1,2})(?:[:.h]([0-9]{2}))?", clock)) is None:
        return _NOON * _MINUTES if clock in _WORDS["noon"] else None
    hour, minute = int(found[1]), int(found[2] or 0)
    if re.search(r"p\.?m", clock) and hour < _NOON:
        hour += _NOON
    elif re.search(r"a\.?m", clock) and hour == _NOON:
        hour = 0
    return hour * _MINUTES + minute if hour < _HOURS and minute < _MINUTES else None


def _date(text: str, today: date) -> date | None:
    """Date of a written one: ISO, day and month in figures, or a month's name. A missing year is the next that fits."""
    figures = [int(figure) for figure in re.findall(r"[0-9]+", text)]
    first, second, third = (*figures, *_NO_FIGURES)[:3]
    if re.match(r"[0-9]{4}-", text):
        return _valid(first, second, third)
    if named := re.search(_MONTH, text):
        return _next(first, _MONTHS[named[0]], None, today)
    year = third + 2000 if third is not None and third < _CENTURY else third
    swapped = _next(second, first, year, today) if "/" in text else None
    return min((day for day in (_next(first, second, year, today), swapped) if day), default=None)


_NO_FIGURES: Final = (None, None, None)


def _next(day: int | None, month: int | None, year: int | None, today: date) -> date | None:
    if year is not None:
        return _valid(year, month, day)
    this = _valid(today.year, month, day)
    return this if this and this >= today else _valid(today.year + 1, month, day)


def _valid(year: int | None, month: int | None, day: int | None) -> date | None:
    """Date, or None where there is no such day."""
    if year is None or month is None or day is None:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None
