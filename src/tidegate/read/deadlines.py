"""When a text says that something must be done: "by Friday 5pm", "bis morgen 12 Uhr", "before 2026-03-05"."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.read import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable

FARTHEST: Final = timedelta(days=120)
"""A date farther ahead is not a deadline of this ticket."""
NEAREST: Final = timedelta(minutes=5)
DAY_ENDS: Final = time(17)
"""When a day's deadline without a time of day falls due."""

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
_EDGE: Final = "(?:^|[^a-z0-9])"
_END: Final = "(?:[^a-z0-9]|$)"
_STATED: Final = (
    rf"{_EDGE}(?P<cue>{_either(_WORDS['cue'])}){_LINK} ?(?:(?P<first>{_CLOCK}){_LINK} ?)?"
    rf"(?:(?:end of |ende |fin de |final de )?{_DAY}(?:{_LINK} ?(?P<last>{_CLOCK}))?){_END}"
)
_AT: Final = rf"{_EDGE}{_either(_WORDS['until'])}{_LINK} ?(?P<only>{_CLOCK}){_END}"
_SPAN: Final = (
    rf"{_EDGE}{_either(_WORDS['within'])}(?: the next| the)? (?P<count>\d{{1,3}}|{_either(_COUNTS)}) ?"
    rf"(?P<unit>{_either(_UNITS)}){_END}"
)
_SCHEMA: Final = {"row": pl.UInt32, "deadline_at": pl.Datetime("us", "UTC"), "start": pl.Int32, "end": pl.Int32}


def deadlines(
    flat_texts: pl.Series, created_at: pl.Series, *, zone: str = "UTC", day_ends: time = DAY_ENDS
) -> pl.DataFrame:
    """Read the first stated deadline of every text.

    Parameters
    ----------
    flat_texts
        Rows of a `views.View`, or what `phrases.flat` makes.
    created_at
        When each text was written, UTC; null where it is not known: then no deadline is read.
    zone
        Time zone in which the writer's clock runs.
    day_ends
        When a day's deadline without a time of day falls due, in that zone.

    Returns
    -------
    pl.DataFrame
        ``row``, ``deadline_at`` (UTC), ``start``, ``end`` (characters of the original). Rows without a deadline, or
        with one that has passed or lies farther ahead than `FARTHEST`, are absent. A date like 5/4 is read as the
        nearer of its two meanings.
    """
    if flat_texts.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    frame = pl.DataFrame({"view": flat_texts, "created": created_at}).with_row_index("row").drop_nulls("created")
    if frame.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    frame = frame.with_columns(here=pl.col("created").dt.convert_time_zone(zone))
    found = []
    for pattern in (_STATED, _AT, _SPAN):
        hits = frame.filter(pl.col("view").str.contains(pattern))
        if not hits.is_empty():
            hits = hits.with_columns(_PLACES[pattern]).unnest("parts")
            rows = hits.to_dicts()
            walls = [None if pattern == _SPAN else _wall(row, pattern, day_ends) for row in rows]
            spans = [_span(row) if pattern == _SPAN else None for row in rows]
            stated = (pl.Series("wall", walls, dtype=pl.Datetime("us")), pl.Series("span", spans, dtype=pl.Int64))
            found.append(hits.with_columns(*stated).select(*_PLACE))
    if not found:
        return pl.DataFrame(schema=_SCHEMA)
    first: dict[int, tuple[int, datetime, int, int]] = {}
    stated = pl.concat(found).select("row", "created", _moment(zone), "start", "end")
    for row, created, moment, start, end in stated.iter_rows():
        soon = moment is not None and NEAREST <= moment - created <= FARTHEST
        if soon and (row not in first or start < first[row][2]):
            first[row] = row, moment, start, end
    return pl.DataFrame([first[row] for row in sorted(first)], schema=_SCHEMA, orient="row")


_PLACE: Final = ("row", "created", "start", "end", "wall", "span")


def _places(pattern: str) -> tuple[pl.Expr, ...]:
    """Where the first match of a pattern starts and ends, and its named parts."""
    view = pl.col("view")
    quote = view.str.extract(rf"({pattern})")
    at = view.str.find(pattern).cast(pl.Int32)
    lead = quote.str.extract(r"^([^a-z0-9]?)").str.len_bytes().cast(pl.Int32)
    length = quote.str.strip_chars_end(" \n\t.,;:!?)(\"'").str.len_bytes().cast(pl.Int32)
    return (at + lead).alias("start"), (at + length).alias("end"), view.str.extract_groups(pattern).alias("parts")


_PLACES: Final = {pattern: _places(pattern) for pattern in (_STATED, _AT, _SPAN)}


def _wall(row: dict[str, Any], pattern: str, day_ends: time) -> datetime | None:
    """Wall clock time that the parts of a match state, each by itself: few tickets hold one."""
    here: datetime = row["here"].replace(tzinfo=None)
    if pattern == _AT:
        minutes = _minutes(row["only"])
        late = minutes is not None and minutes <= here.hour * 60 + here.minute
        day: date | None = here.date() + timedelta(days=int(late))
    else:
        clock = _minutes(row["last"] or row["first"])
        minutes = day_ends.hour * 60 + day_ends.minute if clock is None else clock
        day = _day(row, here.date())
    if day is None or minutes is None:
        return None
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _span(row: dict[str, Any]) -> int:
    """Minutes from the moment of writing that a match states."""
    count = int(row["count"]) if row["count"].isdigit() else _COUNTS[row["count"]]
    return count * _UNITS[row["unit"]]


def _day(row: dict[str, Any], today: date) -> date | None:
    """Day of a cue: a date, or a word such as tomorrow or Friday."""
    if row["date"] is not None:
        return _date(row["date"], today)
    if row["today"] is not None:
        return today
    if row["tomorrow"] is not None:
        return today + timedelta(days=1)
    if row["week"] is not None:
        return today + timedelta(days=(_FRIDAY - today.isoweekday()) % 7)
    return today + timedelta(days=(_DAYS[row["weekday"]] - today.isoweekday()) % 7 or 7)


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


@cache
def _moment(zone: str) -> pl.Expr:
    """Moment of a span, or of a wall clock time; an hour that summer time skips is the one after it."""
    options: dict[str, Any] = {"ambiguous": "earliest", "non_existent": "null"}
    later = pl.col("wall") + pl.duration(hours=1)
    there = (wall.dt.replace_time_zone(zone, **options) for wall in (pl.col("wall"), later))
    spanned = pl.col("created").dt.cast_time_unit("us") + pl.duration(minutes=pl.col("span"))
    return pl.coalesce(spanned, pl.coalesce(*there).dt.convert_time_zone("UTC")).alias("deadline_at")


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
