"""Intervals that say how sure a figure is; all hold 95% of the time, whole columns at a time.

Shares: Wilson (1927), which never leaves 0 to 1 and holds for small n. Quantiles: order statistics, which assume
nothing about the distribution. Means and counts: the Poisson bootstrap (Chamandy et al. 2012) over at most `BLOCKS`
blocks of rows, so that its cost does not grow with the rows. Differences: Zou and Donner (2008), which for shares is
Newcombe's.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import polars as pl

Z: Final = 1.959963984540054
"""Quantile of the normal distribution for 95%."""

TAIL: Final = 0.025
"""What a 95% interval leaves out on either side."""

BLOCKS: Final = 1_000
REPEATS: Final = 1_000


def wilson(successes: pl.Expr, trials: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper bound of a share; null where there are no trials."""
    trials = pl.when(trials > 0).then(trials.cast(pl.Float64))
    share = successes / trials
    centre = share + Z**2 / (2 * trials)
    spread = Z * (share * (1 - share) / trials + Z**2 / (4 * trials**2)).sqrt()
    scale = 1 + Z**2 / trials
    return ((centre - spread) / scale).clip(0, 1), ((centre + spread) / scale).clip(0, 1)


def quantile_bounds(values: pl.Expr, share: float) -> tuple[pl.Expr, pl.Expr]:
    """Lower and upper bound of a quantile by order statistics.

    Parameters
    ----------
    values
        Values without nulls.
    share
        Which quantile, between 0 and 1.

    Returns
    -------
    tuple of Expr
        The values at the ranks that the binomial distribution (normal approximation, outward) leaves. Where there are
        too few values for 95%, the smallest or largest: the interval then holds less often.
    """
    ordered, count = values.sort(), values.len().cast(pl.Float64)
    spread = Z * (count * share * (1 - share)).sqrt()
    low = (count * share - spread).floor().clip(lower_bound=1)
    high = (count * share + spread).ceil() + 1
    last = count.clip(lower_bound=1)
    lowest, highest = (
        ordered.get(pl.min_horizontal(rank, last).cast(pl.Int64) - 1, null_on_oob=True) for rank in (low, high)
    )
    return lowest, highest


def bootstrap_mean(totals: np.ndarray, counts: np.ndarray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bound of ratios of sums, such as means.

    Parameters
    ----------
    totals, counts
        Shape (blocks, measures): sum of the values and number of rows in each block. A block is drawn as a whole.
    seed
        Of the random weights.

    Returns
    -------
    tuple of ndarray
        Shape (measures,); NaN where nothing was counted.
    """
    weights = np.random.default_rng(seed).poisson(1.0, (REPEATS, len(totals))).astype(np.float64)
    drawn = weights @ counts
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(drawn > 0, (weights @ totals) / drawn, np.nan)
    return bounds(means)


def bounds(repeats: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Central 95% of each column, repeats that drew nothing left out."""
    out = np.full((2, repeats.shape[1]), np.nan)
    for column, drawn in enumerate(repeats.T):
        known = drawn[~np.isnan(drawn)]
        if known.size:
            out[:, column] = np.quantile(known, (TAIL, 1 - TAIL))
    return out[0], out[1]


def differences(
    *, value: pl.Expr, low: pl.Expr, high: pl.Expr, other: pl.Expr, other_low: pl.Expr, other_high: pl.Expr
) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """Difference ``value - other`` of two independent figures with its bounds, from the bounds of each."""
    change = value - other
    down = ((value - low) ** 2 + (other_high - other) ** 2).sqrt()
    up = ((high - value) ** 2 + (other - other_low) ** 2).sqrt()
    return change, change - down, change + up


__all__ = ["BLOCKS", "REPEATS", "TAIL", "Z", "bootstrap_mean", "bounds", "differences", "quantile_bounds", "wilson"]
