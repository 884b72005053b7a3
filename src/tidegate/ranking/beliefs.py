"""What is believed of each ticket, as columns: its level posterior, and its age if it were of each level."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    Column = NDArray[np.float64]


def posterior(facts: pl.DataFrame) -> list[Column]:
    """Four columns: the level posterior before the rules."""
    return [facts[f"level_p{k}"].to_numpy() for k in range(4)]


def ages(facts: pl.DataFrame) -> list[Column]:
    """Four columns: minutes on the running clock, if the ticket were P0 to P3."""
    return [facts[f"age_p{k}"].to_numpy() for k in range(4)]


def likeliest(probability: Sequence[Column]) -> NDArray[np.uint8]:
    """Index of the likeliest level; of equally likely ones the more urgent."""
    best, level = np.array(probability[0]), np.zeros(probability[0].size, dtype=np.uint8)
    for k in range(1, len(LEVELS)):
        higher = probability[k] > best
        level[higher] = k
        np.maximum(best, probability[k], out=best)
    return level
