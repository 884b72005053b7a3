"""Numbers, grades, yes and no, lists and languages, from the texts that stand for them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.ingest.words import FALSE, LANGUAGES, NOTHING, SATISFACTION, TRUE

if TYPE_CHECKING:
    from collections.abc import Callable

UNITS: Final[dict[str, str]] = {
    "minutes": "minutes",
    "seconds": "seconds, to minutes",
    "hours": "hours, to minutes",
    "hours:minutes": "a duration such as 1:30, to minutes",
    "minutes after created_at": "minutes since the ticket was opened, to a time",
    "hours after created_at": "hours since the ticket was opened, to a time",
    "stations": "how many had it, the first included; one less is the times it was handed over",
    "without the first": "messages besides the first; one more is all",
    "added up": "a number in each of several columns, added up",
    "words": "separated by spaces",
    "0 to 100": "a number from 0 to 100, more being more urgent",
    "1 to 5": "a score from 1 to 5, to 0 to 1",
    "in tags": "among the tags",
}
"""Units that a source column may come in, and what is done about them."""

_NO_LABEL: Final = ("", "-", "none", "null")
_STARS: Final = 5.0  # a scale that begins at one
_SCALES: Final = (_STARS, 10.0, 100.0)
_FACTORS: Final = {"seconds": 1 / 60, "hours": 60.0}
_WORDED: Final = {"day": 1440.0, "hour": 60.0, "minute": 1.0, "second": 1 / 60}
_DATE: Final = r"^\s*\d{4}-\d{2}-\d{2}"
_NUMBER: Final = r"([-+]?\d+(?:[.,]\d+)*(?:[eE][-+]?\d+)?)"


def by_word(values: pl.Series, meaning: Callable[[str], object], dtype: pl.DataType) -> pl.Series:
    """Look every distinct text up once; what a function says of it is what all its rows get."""
    words = values.unique().drop_nulls().sort()
    meanings = pl.Series([meaning(word) for word in words.to_list()], dtype=dtype)
    if words.is_empty():
        return pl.Series(values.name, [None], dtype=dtype).new_from_index(0, values.len())
    return values.replace_strict(words, meanings, default=None, return_dtype=dtype)


def told(values: pl.Series) -> pl.Series:
    """Tell the rows that say something at all."""
    return values.is_not_null() & ~values.str.strip_chars().str.to_lowercase().is_in(list(NOTHING))


def to_number(values: pl.Series) -> pl.Series:
    """Read numbers; currency signs and units around them, and separators of thousands in them, are left out."""
    plain = values.cast(pl.Float64, strict=False)
    if plain.null_count() == values.null_count():
        return plain.set(plain.is_infinite() | plain.is_nan(), None)
    number = values.str.extract(_NUMBER, 1)
    comma = number.str.contains(r"^[-+]?[\d.]*,\d+$") & ~number.str.contains(r"^[-+]?\d{1,3}(?:,\d{3})+$")
    dots = number.str.contains(r"\..*\.")
    english = number.str.replace_all(",", "", literal=True)
    german = number.str.replace_all(".", "", literal=True).str.replace(",", ".", literal=True)
    usual = english.zip_with(~(comma | dots).fill_null(value=False), german)
    return plain.fill_null(usual.cast(pl.Float64, strict=False))


def to_minutes(values: pl.Series, unit: str | None) -> pl.Series:
    """Read durations in a unit as minutes.

    In any unit, "1:30" and "1:30:00" are hours, minutes and seconds, "1970-01-02 01:30:00" is a day and as much
    (ServiceNow), and "1.50 hours (90 minutes)" or "2 hours 5 minutes" is what it says (Request Tracker, ServiceNow).
    """
    numbers = values.cast(pl.Float64, strict=False)
    if numbers.null_count() == values.null_count():
        return to_number(values) * _FACTORS.get(unit or "", 1.0)
    clock, worded = _clock(values), _worded(values)
    plain = values.set(values.str.contains(_DATE), None)
    return clock.fill_null(worded).fill_null(to_number(plain) * _FACTORS.get(unit or "", 1.0))


def _clock(values: pl.Series) -> pl.Series:
    parts = values.str.extract_groups(r"^\s*(?:1970-01-(\d{2}) )?(\d+):(\d{2})(?::(\d{2}))?\s*$").struct
    days, hours, minutes, seconds = (parts.field(name).cast(pl.Float64, strict=False) for name in "1234")
    return (days.fill_null(1) - 1) * 1440 + hours * 60 + minutes + seconds.fill_null(0) / 60


def _worded(values: pl.Series) -> pl.Series:
    """Read "2 days 3 hours"; what stands in brackets at the end says the same again, rounded less."""
    text = values.str.to_lowercase()
    text = text.str.extract(r"\(([^()]*minutes?)\)\s*$", 1).fill_null(text)
    result = pl.Series(values.name, [None], dtype=pl.Float64).new_from_index(0, values.len())
    for word, factor in _WORDED.items():
        part = text.str.extract(rf"(\d+(?:\.\d+)?)\s*{word}", 1).cast(pl.Float64) * factor
        result = result.zip_with(part.is_null(), result.fill_null(0) + part)
    return result


def to_sum(columns: list[pl.Series]) -> pl.Series:
    """Add whole numbers up, row by row; what cannot be read counts as nothing, and none at all is null."""
    numbers = [to_whole(column, pl.Int64()).alias(str(place)) for place, column in enumerate(columns)]
    total = pl.when(~pl.all_horizontal(pl.all().is_null())).then(pl.sum_horizontal(pl.all()))
    return pl.DataFrame(numbers).select(total.cast(pl.String)).to_series()


def to_whole(values: pl.Series, dtype: pl.DataType) -> pl.Series:
    """Read whole numbers, "3.0" included; anything else is null."""
    whole = values.cast(dtype, strict=False)
    if whole.null_count() == values.null_count():
        return whole
    number = to_number(values)
    return whole.fill_null(number.set(number != number.floor(), None).cast(dtype, strict=False))


def to_flag(values: pl.Series) -> pl.Series:
    """Read yes and no, in six languages."""

    def meaning(text: str) -> bool | None:
        word = text.strip().lower()
        return True if word in TRUE else False if word in FALSE else None

    return by_word(values, meaning, pl.Boolean())


def to_score(values: pl.Series, unit: str | None) -> tuple[pl.Series, str | None]:
    """Read satisfaction as 0 to 1 from words or from a scale that the column's largest score tells."""
    words = by_word(values, lambda text: SATISFACTION.get(text.strip().lower()), pl.Float64())
    number = to_number(values.zip_with(words.is_null(), pl.Series([None], dtype=pl.String)))
    most = number.drop_nulls().to_numpy().max(initial=0.0)
    if most <= 1 and unit is None:
        return words.fill_null(number.set((number < 0) | (number > 1), None)), None
    top = _STARS if unit == "1 to 5" else next((scale for scale in _SCALES if most <= scale), _SCALES[-1])
    low = 1.0 if top == _STARS else 0.0
    score = (number - low) / (top - low)
    return words.fill_null(score.set((score < 0) | (score > 1), None)), f"{low:g} to {top:g}"


def to_language(values: pl.Series) -> pl.Series:
    """Read locales and names of languages as ISO 639-1 codes: en-US and English are en."""

    def meaning(text: str) -> str | None:
        word = text.strip().lower()
        code = word.replace("_", "-").split("-")[0]
        return LANGUAGES.get(word, code if re.fullmatch("[a-z]{2}", code) else None)

    return by_word(values, meaning, pl.String())


def to_list(values: pl.Series, unit: str | None = None) -> pl.Series:
    """Read labels as lists of distinct lower-case words.

    They are separated by comma, semicolon or bar, and by spaces where the unit is "words".
    """
    if values.dtype == pl.List(pl.String):
        lists = values.list.eval(pl.element().str.strip_chars().str.to_lowercase())
        return _named(lists)
    signs = r"[,;|\s]+" if unit == "words" else r"\s*[,;|]\s*"
    if values.is_empty():
        return pl.Series(values.name, [], dtype=pl.List(pl.String))
    cells = values.unique()
    text = cells.str.to_lowercase().str.replace_all(r"[\[\]\"']", "").str.strip_chars()
    lists = _named(text.str.replace_all(signs, "\x1f").str.split("\x1f"))
    places = pl.Series(range(cells.len()), dtype=pl.UInt32)
    return lists.gather(values.replace_strict(cells, places, return_dtype=pl.UInt32))


def _named(lists: pl.Series) -> pl.Series:
    named = lists.list.eval(pl.element().filter(pl.element().is_not_null() & ~pl.element().is_in(list(_NO_LABEL))))
    return named.list.unique(maintain_order=True)
