"""When a text says that something must be done: "by Friday 5pm", "bis morgen 12 Uhr", "before 2026-03-05"."""

from __future__ import annotations

from datetime import time, timedelta
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
    found = pl.concat([_stated(frame, zone, day_ends), _at(frame, zone), _within(frame)], how="diagonal")
    return (
        found.with_columns(deadline_at=pl.col("deadline_at").dt.convert_time_zone("UTC").dt.cast_time_unit("us"))
        .filter(pl.col("deadline_at").is_between(pl.col("created") + NEAREST, pl.col("created") + FARTHEST))
        .sort("row", "start", maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .select("row", "deadline_at", "start", "end")
    )


def _matches(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    view = pl.col("view")
    whole = rf"({pattern})"
    return (
        frame.filter(view.str.contains(pattern))
        .with_columns(
            start=view.str.find(pattern).cast(pl.Int32),
            quote=view.str.extract(whole),
            parts=view.str.extract_groups(pattern),
        )
        .unnest("parts")
        .with_columns(lead=pl.col("quote").str.extract(r"^([^a-z0-9]?)").str.len_bytes().cast(pl.Int32))
        .with_columns(
            start=pl.col("start") + pl.col("lead"),
            end=pl.col("start")
            + pl.col("quote").str.strip_chars_end(" \n\t.,;:!?)(\"'").str.len_bytes().cast(pl.Int32),
        )
    )


def _stated(frame: pl.DataFrame, zone: str, day_ends: time) -> pl.DataFrame:
    """Read a cue and a day, with a time of day before or after it."""
    hits = _matches(frame, _STATED)
    here, midnight = pl.col("here"), pl.col("here").dt.truncate("1d")
    weekday = pl.col("weekday").replace_strict(_DAYS, default=None, return_dtype=pl.Int8)
    ahead = (weekday - here.dt.weekday()) % 7
    days = (
        pl.when(pl.col("today").is_not_null()).then(0)
        .when(pl.col("tomorrow").is_not_null()).then(1)
        .when(pl.col("week").is_not_null()).then((5 - here.dt.weekday()) % 7)
        .otherwise(pl.when(ahead == 0).then(7).otherwise(ahead))
    )  # fmt: skip
    minutes = pl.coalesce(
        _minutes(pl.coalesce("last", "first")),
        pl.lit(day_ends.hour * 60 + day_ends.minute),
    )
    spoken = midnight.dt.date().dt.offset_by(pl.format("{}d", days.fill_null(0)))
    day = pl.when(pl.col("date").is_not_null()).then(_date(here)).otherwise(spoken)
    dated = pl.any_horizontal(pl.col("today", "tomorrow", "week", "weekday", "date").is_not_null())
    return hits.filter(dated).with_columns(deadline_at=_moment(day, minutes, zone))


def _at(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Read a time of day alone: its next occurrence."""
    hits = _matches(frame, _AT).with_columns(minutes=_minutes(pl.col("only")))
    now = pl.col("here").dt.hour().cast(pl.Int32) * 60 + pl.col("here").dt.minute()
    day = (
        pl.col("here")
        .dt.date()
        .dt.offset_by(pl.when(pl.col("minutes") <= now).then(pl.lit("1d")).otherwise(pl.lit("0d")))
    )
    return hits.with_columns(deadline_at=_moment(day, pl.col("minutes"), zone)).drop_nulls("deadline_at")


def _within(frame: pl.DataFrame) -> pl.DataFrame:
    """Read a span from the moment of writing."""
    count = pl.coalesce(
        pl.col("count").cast(pl.Int64, strict=False),
        pl.col("count").replace_strict(_COUNTS, default=None, return_dtype=pl.Int64),
    )
    unit = pl.col("unit").replace_strict(_UNITS, default=None, return_dtype=pl.Int64)
    return _matches(frame, _SPAN).with_columns(deadline_at=pl.col("here") + pl.duration(minutes=count * unit))


def _moment(day: pl.Expr, minutes: pl.Expr, zone: str) -> pl.Expr:
    """Put a local day and minutes into it by the wall clock; an hour that summer time skips is the one after it."""
    wall = day.cast(pl.Datetime("us")) + pl.duration(minutes=minutes)
    later = wall + pl.duration(hours=1)
    options: dict[str, Any] = {"ambiguous": "earliest", "non_existent": "null"}
    return pl.coalesce(wall.dt.replace_time_zone(zone, **options), later.dt.replace_time_zone(zone, **options))


def _minutes(clock: pl.Expr) -> pl.Expr:
    """Minutes into the day of a written time of day; null where it is none."""
    hour = clock.str.extract(r"^(\d{1,2})").cast(pl.Int32)
    minute = clock.str.extract(r"^\d{1,2}[:.h](\d{2})").cast(pl.Int32).fill_null(0)
    half = clock.str.contains(r"p\.?m") & (hour < _NOON)
    night = clock.str.contains(r"a\.?m") & (hour == _NOON)
    hours = pl.when(half).then(hour + _NOON).when(night).then(0).otherwise(hour)
    noon = pl.when(clock.is_in(_WORDS["noon"])).then(_NOON * _MINUTES)
    return pl.when((hours < _HOURS) & (minute < _MINUTES)).then(hours * _MINUTES + minute).otherwise(noon)


def _date(here: pl.Expr) -> pl.Expr:
    """Date of a written one: ISO, day and month in figures, or a month's name. A missing year is the next that fits."""
    text = pl.col("date")
    figures = text.str.extract_all(r"\d+")
    first, second, third = (figures.list.get(at, null_on_oob=True).cast(pl.Int32, strict=False) for at in range(3))
    iso = _valid(first, second, third)
    month = text.str.extract(rf"({_MONTH})").replace_strict(_MONTHS, default=None, return_dtype=pl.Int32)
    year = pl.when(third < _CENTURY).then(third + 2000).otherwise(third)
    today = here.dt.date()
    named = _next(first, month, today)
    candidates = [
        _next_or(first, second, year, today),
        pl.when(text.str.contains("/")).then(_next_or(second, first, year, today)),
    ]
    return (
        pl.when(text.str.contains(r"^\d{4}-"))
        .then(iso)
        .when(month.is_not_null())
        .then(named)
        .otherwise(pl.min_horizontal(candidates))
    )


def _next_or(day: pl.Expr, month: pl.Expr, year: pl.Expr, today: pl.Expr) -> pl.Expr:
    return pl.when(year.is_not_null()).then(_valid(year, month, day)).otherwise(_next(day, month, today))


def _next(day: pl.Expr, month: pl.Expr, today: pl.Expr) -> pl.Expr:
    this = _valid(today.dt.year(), month, day)
    return pl.when(this >= today).then(this).otherwise(_valid(today.dt.year() + 1, month, day))


def _valid(year: pl.Expr, month: pl.Expr, day: pl.Expr) -> pl.Expr:
    """Date, or null where there is no such day."""
    text = pl.format("{}-{}-{}", year, month.cast(pl.String).str.zfill(2), day.cast(pl.String).str.zfill(2))
    return text.str.to_date("%Y-%m-%d", strict=False)
