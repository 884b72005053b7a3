"""The one question that measures ask a clock, and the answer of a team that never sleeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from datetime import datetime

    import numpy as np

Elapsed = Callable[[pl.Series, pl.Series], pl.Series]
"""Two columns of UTC times of equal length to minutes between them as Float64; null where either is null."""

Clocks = Elapsed | Mapping[str, Elapsed]
"""One clock for all tickets, or one by level; a level that is not named runs around the clock."""


def around_the_clock(start: pl.Series, end: pl.Series) -> pl.Series:
    """Minutes between two columns of times, every hour of every day counted; negative where ``end`` is earlier."""
    return (end - start).dt.total_microseconds().cast(pl.Float64) / 60e6


def from_microseconds(elapsed: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Elapsed:
    """Make a clock of a calendar's ``elapsed``, which counts UTC microseconds and knows no nulls."""

    def minutes(start: pl.Series, end: pl.Series) -> pl.Series:
        known = start.is_not_null() & end.is_not_null()
        first, last = (side.to_physical().fill_null(0).to_numpy() for side in (start, end))
        passed = pl.Series("minutes", elapsed(first, last)).cast(pl.Float64) / 60e6
        return passed.set(~known, None)

    return minutes


def minutes_between(start: pl.Series, end: pl.Series, level: pl.Series, clocks: Clocks) -> pl.Series:
    """Minutes on each row's own clock.

    Parameters
    ----------
    start, end
        UTC times; null in either gives null.
    level
        Level of each row as text; only read when ``clocks`` differ by level.
    clocks
        One clock or one by level.
    """
    if not isinstance(clocks, Mapping):
        return clocks(start, end)
    frame = pl.DataFrame({"start": start, "end": end, "level": level.cast(pl.String).fill_null("")})
    parts = [
        part.select("place", minutes=clocks.get(str(name), around_the_clock)(part["start"], part["end"]))
        for (name,), part in frame.with_row_index("place").partition_by("level", as_dict=True).items()
    ]
    return pl.concat(parts).sort("place")["minutes"] if parts else pl.Series("minutes", [], pl.Float64)


def until(moment: datetime, length: int) -> pl.Series:
    """Repeat one moment as a column of ``length`` times."""
    return pl.Series("until", [moment]).cast(pl.Datetime("us", "UTC")).new_from_index(0, length)


__all__ = ["Clocks", "Elapsed", "around_the_clock", "from_microseconds", "minutes_between", "until"]
