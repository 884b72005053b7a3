"""Times as exports spell them, to UTC, a whole column at a time.

A column is tried form by form, the form of its first value first; what one form leaves over, the next one tries. Only
a date such as 03/04/2021 needs evidence from the rest of its column: a first number above 12 says day first, a second
one month first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from tidegate.ingest.quantities import told
from tidegate.ingest.timeforms import DAY_FIRST, FORMS, MONTH_FIRST, NUMBERS, UTC_SECONDS, Form
from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

Order = Literal["day first", "month first"]
_NAIVE: Final = pl.Datetime("us")
_UNSET: Final = datetime.fromtimestamp(0, UTC)  # how Request Tracker writes a time that is not set
_EARLIEST: Final = pl.datetime(1970, 1, 2, time_unit="us", time_zone="UTC")
_LATEST: Final = pl.datetime(2200, 1, 1, time_unit="us", time_zone="UTC")
_NOTHING: Final = pl.Series([None], dtype=pl.String)
_FOUR_DIGITS: Final = 1000  # a smaller year is one of two digits, read by a format for four
_GAPS: Final = ("3h", "27h")  # longer than any skipped hour, and than the day that Samoa skipped in 2011


@dataclass(frozen=True, slots=True)
class Parsed:
    """A column of times in UTC, and what it took.

    ``naive`` counts times that named no zone; of them, ``twice`` those whose hour happened twice (the earlier was
    taken) and ``never`` those in a skipped hour (moved forward by the gap). ``unread`` counts texts that are no time,
    or lie outside 1970-01-02 to 2199; the first second of 1970 and words for nothing say that there is no time.
    """

    times: pl.Series
    naive: int = 0
    twice: int = 0
    never: int = 0
    unread: int = 0
    order: Order | None = None  # of dates such as 03/04/2021, where they occur
    certain: bool = True  # false when nothing in the column tells that order


def parse_times(values: pl.Series, timezone: str, order: Order | None = None) -> Parsed:
    """Read a column of texts, dates or datetimes as UTC.

    Parameters
    ----------
    values
        Texts (any mixture of the forms of `tidegate.ingest.timeforms`), or a column that already is a date or datetime.
    timezone
        IANA name of the zone of times that name none.
    order
        Order of dates such as 03/04/2021; decided by the column itself when not given.
    """
    if values.dtype != pl.String:
        zoned, naive = _typed(values)
        return _finish(values, zoned, naive, timezone)
    zoned, naive, left = _by_form(values)
    decided: Order | None = None
    certain = True
    if left is not None and left.str.contains(NUMBERS).any():
        decided, certain = (order, True) if order else _order(left)
        naive = _merge(naive, _formats(left.str.strip_chars(), DAY_FIRST if decided == "day first" else MONTH_FIRST))
        if order is None:  # a date that only makes sense the other way round
            naive = _merge(
                naive, _formats(left.str.strip_chars(), MONTH_FIRST if decided == "day first" else DAY_FIRST)
            )
    return _finish(values, zoned, naive, timezone, decided, certain=certain)


def _by_form(values: pl.Series) -> tuple[pl.Series | None, pl.Series | None, pl.Series | None]:
    """Return zoned times, naive times and the texts that no form fits; None where there are none."""
    zoned: pl.Series | None = None
    naive: pl.Series | None = None
    left = values
    for form in _likeliest_first(values):
        if form is UTC_SECONDS and left is values:  # the usual case: no other form reads like it, so just try
            found = _read(form, values)
            if found.null_count() == values.null_count():
                return found, None, None
        fits = left.str.contains(form.shape)
        if not fits.any():
            continue
        whole = fits.sum() + left.null_count() == left.len()
        texts = left if whole else left.zip_with(fits.fill_null(value=False), _NOTHING)
        found = _read(form, texts)
        zoned, naive = (_merge(zoned, found), naive) if found.dtype == TIME else (zoned, _merge(naive, found))
        if whole and found.null_count() == left.null_count():
            return zoned, naive, None
        left = left.zip_with(found.is_null(), _NOTHING)
    return zoned, naive, left


def _likeliest_first(values: pl.Series) -> Sequence[Form]:
    place = values.is_not_null().arg_max()
    first = values[place] if place is not None else None
    return sorted(FORMS, key=lambda form: not (first and re.match(form.shape, first)))


def _read(form: Form, texts: pl.Series) -> pl.Series:
    """Read the texts that have a form's shape: zoned forms and counts give UTC, the others naive times."""
    if form is UTC_SECONDS:
        return texts.str.to_datetime(form.formats[0], time_unit="us", strict=False).dt.replace_time_zone("UTC")
    texts = texts.str.strip_chars()
    if form.kind == "count":
        ticks = texts.cast(pl.Float64, strict=False) * (1_000_000 / int(form.formats[0]))
        return ticks.round().cast(pl.Int64, strict=False).cast(TIME)
    if form.kind == "serial":  # days since 1899-12-30, which is 25,569 days before 1970
        seconds = (texts.cast(pl.Float64, strict=False) - 25_569) * 86_400
        return (seconds.round().cast(pl.Int64) * 1_000_000).cast(_NAIVE)
    if form.kind == "zoned":
        texts = texts.str.replace(r"\s*(?:Z|UTC|GMT)$", "+0000").str.replace(r"\s+([+-]\d{2}:?\d{2})$", "$1")
        return _formats(texts, form.formats, zone="UTC")
    return _formats(texts, form.formats)


def _formats(texts: pl.Series, formats: Sequence[str], zone: str | None = None) -> pl.Series:
    """Read with each format in turn until nothing is left. Formats of two-digit years come after those of four."""
    result = pl.Series([None], dtype=TIME if zone else _NAIVE).new_from_index(0, texts.len())
    left = texts
    for style in formats:
        if "%Y" in style:
            found = left.str.to_datetime(style, time_unit="us", time_zone=zone, strict=False)
            found = found.set(found.dt.year() < _FOUR_DIGITS, None)
        else:
            found = left.str.to_datetime(style, time_unit="us", time_zone=zone, strict=False)
        result = _merge(result, found)
        if result.null_count() == texts.null_count():
            break
        left = left.zip_with(found.is_null(), _NOTHING)
    return result


def _merge(first: pl.Series | None, second: pl.Series) -> pl.Series:
    if first is None or first.null_count() == first.len():
        return second
    return first if second.null_count() == second.len() else first.zip_with(first.is_not_null(), second)


def _order(texts: pl.Series) -> tuple[Order, bool]:
    """Decide between day first and month first by the numbers above 12, else by am and pm."""
    first = texts.str.extract(NUMBERS, 1).cast(pl.Int32)
    second = texts.str.extract(NUMBERS, 2).cast(pl.Int32)
    months = 12
    days_first, days_second = int((first > months).sum()), int((second > months).sum())
    if days_first != days_second:
        return ("day first" if days_first > days_second else "month first"), min(days_first, days_second) == 0
    return ("month first" if texts.str.contains(r"(?i)\b[ap]m\b").any() else "day first"), False


def _typed(values: pl.Series) -> tuple[pl.Series | None, pl.Series | None]:
    if values.dtype == pl.Date:
        return None, values.cast(_NAIVE)
    if isinstance(values.dtype, pl.Datetime):
        moment = values.dt.cast_time_unit("us")
        return (moment.dt.convert_time_zone("UTC"), None) if values.dtype.time_zone else (None, moment)
    return None, pl.Series([None], dtype=_NAIVE).new_from_index(0, values.len())


def _finish(
    values: pl.Series,
    zoned: pl.Series | None,
    naive: pl.Series | None,
    timezone: str,
    order: Order | None = None,
    *,
    certain: bool = True,
) -> Parsed:
    """Bring both kinds to UTC, drop what lies outside the calendar, and count."""
    twice = never = count = 0
    if naive is not None and (count := naive.len() - naive.null_count()):
        local, twice, never = to_utc(naive, timezone)
        zoned = _merge(zoned, local)
    if zoned is None:
        zoned = pl.Series([None], dtype=TIME).new_from_index(0, values.len())
    times = pl.select(pl.when(pl.lit(zoned).is_between(_EARLIEST, _LATEST)).then(pl.lit(zoned))).to_series()
    unread = 0
    if times.null_count() != values.null_count():
        says = told(values) if values.dtype == pl.String else values.is_not_null()
        unread = int((says & times.is_null() & (zoned != _UNSET).fill_null(value=True)).sum())
    return Parsed(times.rename(values.name), count, twice, never, unread, order, certain)


def to_utc(naive: pl.Series, timezone: str) -> tuple[pl.Series, int, int]:
    """Take wall-clock times of a zone to UTC.

    A time that happened twice is the earlier one; a time that the clocks skipped moves forward by the gap (02:30
    becomes 03:30).

    Returns
    -------
    tuple
        The times in UTC, how many happened twice, how many were skipped.
    """
    if timezone == "UTC":
        return naive.dt.replace_time_zone("UTC"), 0, 0
    first = naive.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    last = naive.dt.replace_time_zone(timezone, ambiguous="latest", non_existent="null")
    never = first.null_count() - naive.null_count()
    for gap in _GAPS if never else ():
        before = naive.dt.offset_by(f"-{gap}").dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
        moved = before.dt.convert_time_zone("UTC").dt.offset_by(gap).dt.convert_time_zone(timezone)
        first = first.zip_with(first.is_not_null(), moved)
    return first.dt.convert_time_zone("UTC"), int((first != last).sum()), never
