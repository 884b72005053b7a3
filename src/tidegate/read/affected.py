"""How many people a text says are affected: "40 users", "the whole team", "all our customers"."""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from tidegate.read import phrases

_WORDS: Final = phrases.data("people")
WHO: Final = "|".join(_WORDS["who"])


def _counts(table: str) -> dict[str, int]:
    return {phrase: int(count) for count, listed in _WORDS[table].items() for phrase in listed}


EXACT: Final = _counts("numbers")
"""Number words."""
VAGUE: Final = _counts("vague")
"""Words like "several", and the cautious guess that they stand for."""
CROWDS: Final = _counts("crowds")
"""Ways to say a crowd without a number, and a cautious guess of its size."""
NUMBERS: Final = EXACT | VAGUE
_BETWEEN: Final = "(?:of|de|di|von|our|nos|unserer|other|active|different|affected)"
MOST: Final = 10_000_000
_VAGUE: Final = 0.6
_SURE: Final = 0.9
_ONLY_PLANNED: Final = "|".join(_WORDS["planned"])
"""Before a number these speak of seats to buy or people to add, not of people who are hit."""


_SCHEMA: Final = {"row": pl.UInt32, "users": pl.Int32, "confidence": pl.Float64, "start": pl.Int32, "end": pl.Int32}


def _spoken() -> str:
    return "|".join(sorted(NUMBERS, key=lambda word: (-len(word), word)))


def affected(flat_texts: pl.Series) -> pl.DataFrame:
    """Read the number of people affected, the largest where several are named.

    Parameters
    ----------
    flat_texts
        Rows of a `views.View`, or what `phrases.flat` makes.

    Returns
    -------
    pl.DataFrame
        ``row``, ``users``, ``confidence``, ``start``, ``end`` (characters of the original); rows that name none are
        absent. Vague words give a cautious guess with confidence 0.6.
    """
    if flat_texts.is_empty():
        return pl.DataFrame(schema=_SCHEMA)
    frame = pl.DataFrame({"view": flat_texts}).with_columns(view=_marked(pl.col("view"))).with_row_index("row")
    numbers, crowds = _matches(frame, _COUNTED), _matches(frame, _CROWD)
    numbers = numbers if numbers.is_empty() else numbers.filter(_unplanned())
    read = ((numbers, _numbers()), (crowds, _crowds()))
    found = [hits.select("row", "start", "quote", *values) for hits, values in read if not hits.is_empty()]
    if not found:
        return pl.DataFrame(schema=_SCHEMA)
    return (
        pl.concat(found)
        .filter(pl.col("users").is_between(1, MOST))
        .sort("row", "users", "start", descending=[False, True, False], maintain_order=True)
        .unique("row", keep="first", maintain_order=True)
        .select(
            "row",
            pl.col("users").cast(pl.Int32),
            "confidence",
            "start",
            end=pl.col("start") + pl.col("quote").str.len_bytes().cast(pl.Int32) - 2,
        )
    )


def _marked(flat_text: pl.Expr) -> pl.Expr:
    """Turn all but letters, digits and sentence marks into spaces, with a space at both ends (offsets move by one)."""
    return pl.concat_str(pl.lit(" "), flat_text.str.replace_all(r"[^a-z0-9.!?;:,\n]", " "), pl.lit(" "))


_COUNTED: Final = (
    rf" (?:\d{{1,3}}(?:[., ]\d{{3}})+|\d{{1,7}}|{_spoken()})\+?"
    rf"(?: {_BETWEEN})? ?(?:[a-z]{{2,12}} )?(?:{WHO})[ .!?;:,\n]"
)
_CROWD: Final = rf" (?:{'|'.join(sorted(CROWDS, key=lambda word: (-len(word), word)))})[ .!?;:,\n]"


@cache
def _unplanned() -> pl.Expr:
    """Whether the words before a number leave open that these people are hit."""
    reach, start = 26, pl.col("start")
    before = pl.col("view").str.slice(pl.max_horizontal(start - reach, 0), pl.min_horizontal(start, reach) + 1)
    return ~before.str.contains(rf" (?:{_ONLY_PLANNED})(?: [a-z]+)? ?$")


@cache
def _numbers() -> tuple[pl.Expr, ...]:
    """People in figures or number words."""
    digits = pl.col("quote").str.extract(r"^ ([\d., ]+)").str.replace_all(r"\D", "").cast(pl.Int64, strict=False)
    word = pl.col("quote").str.extract(rf"^ ({_spoken()}) ")
    return (
        pl.coalesce(digits, _count(word, NUMBERS)).alias("users"),
        pl.when(word.is_in(list(VAGUE))).then(_VAGUE).otherwise(_SURE).alias("confidence"),
    )


@cache
def _crowds() -> tuple[pl.Expr, ...]:
    """People named as a crowd."""
    named = _count(pl.col("quote").str.strip_chars(" .!?;:,\n"), CROWDS)
    return named.alias("users"), pl.lit(_VAGUE).alias("confidence")


def _count(words: pl.Expr, counts: dict[str, int]) -> pl.Expr:
    return words.replace_strict(counts, default=None, return_dtype=pl.Int64)


def _matches(frame: pl.DataFrame, pattern: str) -> pl.DataFrame:
    """First match of a pattern in each text: ``row``, ``view``, ``start`` (of the original), ``quote``."""
    view = pl.col("view")
    found = frame.filter(view.str.contains(pattern))
    start, quote = view.str.find(pattern).cast(pl.Int32), view.str.extract(f"({pattern})")
    return found if found.is_empty() else found.with_columns(start=start, quote=quote)
