"""How many people a text says are affected: "40 users", "the whole team", "all our customers"."""

from __future__ import annotations

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
    return (
        pl.concat([_numbers(frame), _crowds(frame)])
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


def _numbers(frame: pl.DataFrame) -> pl.DataFrame:
    """People in figures or number words, unless they are only planned."""
    counted = (
        rf" (?:\d{{1,3}}(?:[., ]\d{{3}})+|\d{{1,7}}|{_spoken()})\+?"
        rf"(?: {_BETWEEN})? ?(?:[a-z]{{2,12}} )?(?:{WHO})[ .!?;:,\n]"
    )
    reach, start = 26, pl.col("start")
    before = pl.col("view").str.slice(pl.max_horizontal(start - reach, 0), pl.min_horizontal(start, reach) + 1)
    digits = pl.col("quote").str.extract(r"^ ([\d., ]+)").str.replace_all(r"\D", "").cast(pl.Int64, strict=False)
    word = pl.col("quote").str.extract(rf"^ ({_spoken()}) ")
    return (
        _matches(frame, pl.col("view"), counted)
        .filter(~before.str.contains(rf" (?:{_ONLY_PLANNED})(?: [a-z]+)? ?$"))
        .select(
            "row",
            "start",
            "quote",
            users=pl.coalesce(digits, _count(word, NUMBERS)),
            confidence=pl.when(word.is_in(list(VAGUE))).then(_VAGUE).otherwise(_SURE),
        )
    )


def _crowds(frame: pl.DataFrame) -> pl.DataFrame:
    """People named as a crowd."""
    crowd = rf" (?:{'|'.join(sorted(CROWDS, key=lambda word: (-len(word), word)))})[ .!?;:,\n]"
    named = _count(pl.col("quote").str.strip_chars(" .!?;:,\n"), CROWDS)
    return _matches(frame, pl.col("view"), crowd).select(
        "row", "start", "quote", users=named, confidence=pl.lit(_VAGUE)
    )


def _count(words: pl.Expr, counts: dict[str, int]) -> pl.Expr:
    return words.replace_strict(counts, default=None, return_dtype=pl.Int64)


def _width(quote: pl.Expr) -> pl.Expr:
    """Characters between the marks at both ends."""
    return quote.str.len_bytes().cast(pl.Int32) - 2


def _matches(frame: pl.DataFrame, view: pl.Expr, pattern: str) -> pl.DataFrame:
    """First match of a pattern in each text: ``row``, ``view``, ``start`` (of the original), ``quote``."""
    return frame.filter(view.str.contains(pattern)).with_columns(
        start=view.str.find(pattern).cast(pl.Int32), quote=view.str.extract(f"({pattern})")
    )
