"""When a text says that something must be done: "by Friday 5pm", "bis morgen 12 Uhr", "before 2026-03-05"."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
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
            hits = _dated(hits.with_columns(_PLACES[pattern]).unnest("parts"))
            for step in _steps(pattern, zone, day_ends):
                hits = hits.with_columns(step)
            found.append(hits.select(*_PLACE))
    if not found:
        return pl.DataFrame(schema=_SCHEMA)
    return (
        pl.concat(found)
        .filter(pl.col("deadline_at").is_between(pl.col("created") + NEAREST, pl.col("created") + FARTHEST))
        .sort("row", "start", maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .select("row", "deadline_at", "start", "end")
    )


_PLACE: Final = ("row", "created", "start", "end", "deadline_at")


def _places(pattern: str) -> tuple[pl.Expr, ...]:
    """Where the first match of a pattern starts and ends, and its named parts."""
    view = pl.col("view")
    quote = view.str.extract(rf"({pattern})")
    at = view.str.find(pattern).cast(pl.Int32)
    lead = quote.str.extract(r"^([^a-z0-9]?)").str.len_bytes().cast(pl.Int32)
    length = quote.str.strip_chars_end(" \n\t.,;:!?)(\"'").str.len_bytes().cast(pl.Int32)
    return (at + lead).alias("start"), (at + length).alias("end"), view.str.extract_groups(pattern).alias("parts")


_PLACES: Final = {pattern: _places(pattern) for pattern in (_STATED, _AT, _SPAN)}


@cache
def _steps(pattern: str, zone: str, day_ends: time) -> tuple[tuple[pl.Expr, ...], ...]:
    """From the named parts of a pattern to ``deadline_at``, one step after the other: nothing is worked out twice."""
    if pattern == _STATED:
        minutes = pl.coalesce("minutes", pl.lit(day_ends.hour * 60 + day_ends.minute))
        clock, known = pl.coalesce("last", "first"), minutes.alias("minutes")
        return ((clock.alias("clock"),), _clock(), (_minutes(),), (known, _stated()), *_moment(zone))
    if pattern == _AT:
        return ((pl.col("only").alias("clock"),), _clock(), (_minutes(),), (_at(),), *_moment(zone))
    return ((_within(),),)


def _stated() -> pl.Expr:
    """Day of a cue: a date, or a word such as tomorrow or Friday."""
    here = pl.col("here")
    weekday = pl.col("weekday").replace_strict(_DAYS, default=None, return_dtype=pl.Int8)
    ahead = (weekday - here.dt.weekday()) % 7
    days = (
        pl.when(pl.col("today").is_not_null()).then(0)
        .when(pl.col("tomorrow").is_not_null()).then(1)
        .when(pl.col("week").is_not_null()).then((5 - here.dt.weekday()) % 7)
        .otherwise(pl.when(ahead == 0).then(7).otherwise(ahead))
    )  # fmt: skip
    spoken = here.dt.date() + pl.duration(days=days.fill_null(0))
    return pl.when(pl.col("date").is_not_null()).then("dated").otherwise(spoken).alias("day")


def _at() -> pl.Expr:
    """Day of a time of day alone: its next occurrence."""
    here, minutes = pl.col("here"), pl.col("minutes")
    now = here.dt.hour().cast(pl.Int32) * 60 + here.dt.minute()
    return (here.dt.date() + pl.duration(days=(minutes <= now).cast(pl.Int64))).alias("day")


def _within() -> pl.Expr:
    """Read a span from the moment of writing."""
    count = pl.coalesce(
        pl.col("count").cast(pl.Int64, strict=False),
        pl.col("count").replace_strict(_COUNTS, default=None, return_dtype=pl.Int64),
    )
    unit = pl.col("unit").replace_strict(_UNITS, default=None, return_dtype=pl.Int64)
    return _utc(pl.col("here") + pl.duration(minutes=count * unit))


def _moment(zone: str) -> tuple[tuple[pl.Expr, ...], ...]:
    """Put a local day and minutes into it by the wall clock; an hour that summer time skips is the one after it."""
    wall = pl.col("day").cast(pl.Datetime("us")) + pl.duration(minutes=pl.col("minutes"))
    later = pl.col("wall") + pl.duration(hours=1)
    options: dict[str, Any] = {"ambiguous": "earliest", "non_existent": "null"}
    there = (moment.dt.replace_time_zone(zone, **options) for moment in (pl.col("wall"), later))
    return (wall.alias("wall"),), (_utc(pl.coalesce(*there)),)


def _utc(moment: pl.Expr) -> pl.Expr:
    return moment.dt.convert_time_zone("UTC").dt.cast_time_unit("us").alias("deadline_at")


def _clock() -> tuple[pl.Expr, ...]:
    """Hour and minute of a written time of day."""
    clock = pl.col("clock")
    minute = clock.str.extract(r"^\d{1,2}[:.h](\d{2})").cast(pl.Int32).fill_null(0)
    return clock.str.extract(r"^(\d{1,2})").cast(pl.Int32).alias("hour"), minute.alias("minute")


def _minutes() -> pl.Expr:
    """Minutes into the day of a written time of day; null where it is none."""
    clock, hour, minute = (pl.col(name) for name in ("clock", "hour", "minute"))
    half = clock.str.contains(r"p\.?m") & (hour < _NOON)
    night = clock.str.contains(r"a\.?m") & (hour == _NOON)
    hours = pl.when(half).then(hour + _NOON).when(night).then(0).otherwise(hour)
    noon = pl.when(clock.is_in(_WORDS["noon"])).then(_NOON * _MINUTES)
    right = (hour < _HOURS) & (minute < _MINUTES)
    return pl.when(right).then(hours * _MINUTES + minute).otherwise(noon).alias("minutes")


def _dated(hits: pl.DataFrame) -> pl.DataFrame:
    """Read the written dates, each by itself: few tickets hold one."""
    if "date" not in hits.columns:
        return hits
    rows = zip(hits["date"].to_list(), hits["here"].dt.date().to_list(), strict=True)
    dates = [None if text is None else _date(text, today) for text, today in rows]
    return hits.with_columns(pl.Series("dated", dates, dtype=pl.Date))


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
