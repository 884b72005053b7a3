"""Two readers, one after the other: what the first is not sure of goes to a dearer one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import polars as pl

from tidegate.read.embedding import MODELS
from tidegate.read.reader import load_reader

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tidegate.policy.model import Given, Policy
    from tidegate.read.cache import ReadingCache

    Progress = Callable[[int, int], None]

_CHANCES: Final = "intent_probabilities"


class FullReader(Protocol):
    """A reader that can also say what the readings table has no column for."""

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `reader.Reader.read`."""
        ...

    def read_fully(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `reader.StaticReader.read_fully`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CascadeReader:
    """Reads with the first reader, and with the second where the first is not sure of the intent.

    Parameters
    ----------
    first
        Cheap: it reads every ticket.
    second
        Dear: a sentence transformer, or anything else that keeps the contract. It reads tickets whose intent the first
        gives less than ``review.second_below`` of the policy, or no confidence at all.
    policy
        Holds that threshold.

    Notes
    -----
    A ticket's whole reading is from one of the two: values of different readers are never mixed in a row. Tickets
    without text stay with the first. Whether a ticket is read again does not depend on the tickets around it.
    """

    first: FullReader
    second: FullReader
    policy: Policy

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `reader.Reader.read`."""
        readings = self.first.read(tickets, now=now, progress=progress)
        doubtful = self.doubtful(readings)
        if not doubtful.any():
            return readings
        return _replaced(readings, self.second.read(tickets.filter(doubtful), now=now), doubtful)

    def read_fully(self, tickets: pl.DataFrame, *, now: datetime, progress: Progress | None = None) -> pl.DataFrame:
        """Read tickets; see `reader.StaticReader.read_fully`. Columns that one reader has not are null in its rows."""
        readings = self.first.read_fully(tickets, now=now, progress=progress)
        doubtful = self.doubtful(readings)
        if not doubtful.any():
            return readings
        again = self.second.read_fully(tickets.filter(doubtful), now=now)
        return _replaced(*_with_same_intents(readings, again), doubtful)

    def doubtful(self, readings: pl.DataFrame) -> pl.Series:
        """Say which tickets go to the second reader."""
        sure = pl.col("intent_confidence") >= self.policy.review.second_below
        silent = pl.col("intent").is_null()
        return readings.select(~silent & ~sure.fill_null(value=False)).to_series()


def open_reader(
    model: Path | str | None,
    policy: Policy,
    *,
    second: Path | str | None = None,
    learned: Given | None = None,
    cache: ReadingCache | None = None,
) -> FullReader:
    """Open a reader of one model, or of two.

    Parameters
    ----------
    model
        A folder that ``tidegate train`` wrote; None opens the packaged model.
    second
        Another such folder, for tickets whose intent the first is unsure of; see `CascadeReader`.
    policy, learned, cache
        See `reader.StaticReader`.
    """
    first, *others = (
        load_reader(Path(folder), policy, learned=learned, cache=cache)
        for folder in (model or MODELS, second)
        if folder is not None
    )
    return CascadeReader(first=first, second=others[0], policy=policy) if others else first


def _replaced(readings: pl.DataFrame, again: pl.DataFrame, where: pl.Series) -> pl.DataFrame:
    """Put rows in the places that are marked."""
    number = pl.int_range(readings.height, dtype=pl.UInt32, eager=True).alias("place")
    parts = [readings.with_columns(number).filter(~where), again.with_columns(number.filter(where))]
    return pl.concat(parts, how="diagonal").sort("place").drop("place")


def _with_same_intents(one: pl.DataFrame, other: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give both tables' probabilities the fields of both taxonomies, null where a reader does not know the intent."""
    fields = [frame.schema[_CHANCES].to_schema() for frame in (one, other)]  # ty: ignore[missing-attribute]
    names = list(dict.fromkeys([*fields[0], *fields[1]]))

    def widened(frame: pl.DataFrame, known: pl.Schema) -> pl.DataFrame:
        said = pl.col(_CHANCES).struct
        every = [
            (said.field(name) if name in known else pl.lit(None, pl.Float64)).cast(pl.Float64).alias(name)
            for name in names
        ]
        there = pl.col(_CHANCES).is_not_null()
        return frame.with_columns(pl.when(there).then(pl.struct(every)).alias(_CHANCES))

    return widened(one, fields[0]), widened(other, fields[1])
