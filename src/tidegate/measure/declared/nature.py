"""What kind of questions these are."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.measures import Measure, share
from tidegate.tables.words import NATURES

MEASURES: Final[tuple[Measure, ...]] = tuple(
    share(
        name=f"nature_{nature}",
        title=f"Nature: {nature}",
        family="Mix",
        definition=f"Share of {nature} questions among the last 500 tickets whose nature was read.",
        value=pl.col("nature") == nature,
        better="",
        cohort="recent",
    )
    for nature in NATURES
)

__all__ = ["MEASURES"]
