"""How many people a text says are affected: "40 users", "the whole team", "all our customers"."""

from __future__ import annotations

import re
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
    most: dict[int, tuple[int, int, float, int, int]] = {}
    for count, pattern in ((_counted, _COUNTED), (_crowded, _CROWD)):
        for row, view, start, quote in _matches(frame, pattern):
            users, confidence = count(view, start, quote)
            larger = row not in most or (users, -start) > (most[row][1], -most[row][3])
            if 1 <= users <= MOST and larger:
                most[row] = row, users, confidence, start, start + len(quote) - 2
    return pl.DataFrame([most[row] for row in sorted(most)], schema=_SCHEMA, orient="row")


def _marked(flat_text: pl.Expr) -> pl.Expr:
    """Turn all but letters, digits and sentence marks into spaces, with a space at both ends (offsets move by one)."""
    return pl.concat_str(pl.lit(" "), flat_text.str.replace_all(r"[^a-z0-9.!?;:,\n]", " "), pl.lit(" "))


_COUNTED: Final = (
    rf" (?:\d{{1,3}}(?:[., ]\d{{3}})+|\d{{1,7}}|{_spoken()})\+?"
    rf"(?: {_BETWEEN})? ?(?:[a-z]{{2,12}} )?(?:{WHO})[ .!?;:,\n]"
)
_CROWD: Final = rf" (?:{'|'.join(sorted(CROWDS, key=lambda word: (-len(word), word)))})[ .!?;:,\n]"


_REACH: Final = 26
"""Characters before a number in which a word may say that its people are only planned."""
_PLANNED: Final = re.compile(rf" (?:{_ONLY_PLANNED})(?: [a-z]+)? ?$")
_FIGURES: Final = re.compile(r" [0-9., ]+")
_WORD: Final = re.compile(rf" ({_spoken()}) ")


def _counted(view: str, start: int, quote: str) -> tuple[int, float]:
    """People in figures or number words, and how sure that is; 0 where they are only planned."""
    if _PLANNED.search(view[max(start - _REACH, 0) : start + 1]):
        return 0, _SURE
    figures = _FIGURES.match(quote)
    digits = re.sub(r"[^0-9]", "", figures[0]) if figures else ""
    word = _WORD.match(quote)
    spoken = word[1] if word else ""
    return int(digits) if digits else NUMBERS.get(spoken, 0), _VAGUE if spoken in VAGUE else _SURE


def _crowded(view: str, start: int, quote: str) -> tuple[int, float]:
    """People named as a crowd."""
    del view, start
    return CROWDS.get(quote.strip(" .!?;:,\n"), 0), _VAGUE


def _matches(frame: pl.DataFrame, pattern: str) -> list[tuple[int, str, int, str]]:
    """First match of a pattern in each text: row, text, start (of the original), the match."""
    view = pl.col("view")
    found = frame.filter(view.str.contains(pattern))
    if found.is_empty():
        return []
    return found.select(
        "row", "view", view.str.find(pattern).alias("start"), view.str.extract(f"({pattern})").alias("quote")
    ).rows()
