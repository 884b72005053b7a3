"""Evidence: the spans of a ticket's original text that its readings rest on, with their quotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.read.columns import FEW_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.read.columns import Column

    Span = tuple[int, int, int, str, float]

EVIDENCE: Final = pl.Struct(
    {"name": pl.String, "confidence": pl.Float64, "start": pl.Int32, "end": pl.Int32, "quote": pl.String}
)
LISTS: Final = pl.List(EVIDENCE)


def evidence(originals: Sequence[str], spans: Sequence[Span]) -> Column:
    """Put spans into one list a text.

    Parameters
    ----------
    originals
        The texts that are quoted.
    spans
        Row, start, end, name and confidence, rows ascending; the order in a row is kept.
    """
    if len(originals) <= FEW_ROWS:
        return _one_by_one(originals, spans)
    rows, starts, ends, names, sure = zip(*spans, strict=True) if spans else ((), (), (), (), ())
    quotes = [originals[row][start:end] for row, start, end, *_ in spans]
    flat = pl.DataFrame(
        [names, sure, starts, ends, quotes, rows], schema={**dict(EVIDENCE.to_schema()), "row": pl.UInt32}
    )
    lists = flat.group_by("row", maintain_order=True).agg(each=pl.struct(*EVIDENCE.to_schema()))
    every = pl.select(row=pl.int_range(len(originals), dtype=pl.UInt32))
    return every.join(lists, on="row", how="left", maintain_order="left")["each"].fill_null(pl.lit([], LISTS))


def _one_by_one(originals: Sequence[str], spans: Sequence[Span]) -> list[list[dict[str, object]]]:
    lists: list[list[dict[str, object]]] = [[] for _ in originals]
    for row, start, end, name, sure in spans:
        quote = originals[row][start:end]
        lists[row].append({"name": name, "confidence": sure, "start": start, "end": end, "quote": quote})
    return lists


def joined(one: Column, other: Column) -> Column:
    """Put the spans of two columns into one list a text, those of the first before those of the second."""
    if isinstance(one, list) and isinstance(other, list):
        return [[*first, *second] for first, second in zip(one, other, strict=True)]
    both = {"one": one, "other": other}
    frame = pl.DataFrame([pl.Series(name, column, dtype=LISTS) for name, column in both.items()])
    return frame.select(pl.concat_list("one", "other")).to_series()
