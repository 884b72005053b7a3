"""A file as it was read, before any column is understood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, NamedTuple

import polars as pl

ROW: Final = "\x00row"
"""Name of the 1-based data row number in the frames between reading and `Intake`; no export can have such a column."""

FILE: Final = "\x00file"
"""Name of the column with the file's name, where rows of several files stand together."""


class Rejection(NamedTuple):
    """Why one row cannot be used."""

    file: str
    row: int
    column: str | None
    value: str | None
    why: str


REJECTED: Final = pl.Schema(
    {"file": pl.String, "row": pl.UInt32, "column": pl.String, "value": pl.String, "why": pl.String}
)


@dataclass(slots=True)
class Raw:
    """The rows of one file, all columns text (or lists of texts, or times), with the rows that could not be read."""

    name: str
    frame: pl.DataFrame  # with the column ROW
    rejected: list[Rejection] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def with_rows(frame: pl.DataFrame) -> pl.DataFrame:
    """Add the data row numbers, from 1."""
    return frame.with_row_index(ROW, offset=1)
