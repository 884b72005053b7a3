"""From scores to probabilities that mean what they say: one temperature, and how far off they are.

A single temperature divides all logits of a head. It cannot change which class is likeliest, only how sure the reader
is, and it can be learned from a few hundred rows: Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern
neural networks".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS: Final = 15
"""Bins of equal width in which confidence and accuracy are compared, as in most of the literature."""

_RANGE: Final = (np.log(0.05), np.log(20.0))
_GOLDEN: Final = (np.sqrt(5) - 1) / 2
_STEPS: Final = 40


def softmax(logits: NDArray[np.floating], temperature: float = 1.0) -> NDArray[np.float64]:
    """Turn logits, shape (rows, classes), into probabilities that sum to 1 in each row."""
    scaled = np.asarray(logits, dtype=np.float64) / temperature
    scaled -= scaled.max(axis=1, keepdims=True)
    weights = np.exp(scaled)
    return weights / weights.sum(axis=1, keepdims=True)


def log_loss(probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Mean negative log probability of the true class, in nats; a probability of 0 counts as 1e-12."""
    chosen = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())


def fit_temperature(logits: NDArray[np.floating], truth: NDArray[np.int64]) -> float:
    """Find the temperature with the least log loss, by golden-section search between 0.05 and 20.

    Parameters
    ----------
    logits
        Shape (rows, classes), from rows that the head was not trained on.
    truth
        Index of the true class of each row.

    Returns
    -------
    float
        Above 1 if the head was too sure, below 1 if it was too shy; 1 for no rows. The log loss is convex in the
        inverse of the temperature, so the search finds its minimum.
    """
    if len(truth) == 0:
        return 1.0
    low, high = _RANGE

    def loss(place: float) -> float:
        return log_loss(softmax(logits, float(np.exp(place))), truth)

    left, right = high - _GOLDEN * (high - low), low + _GOLDEN * (high - low)
    at_left, at_right = loss(left), loss(right)
    for _ in range(_STEPS):
        if at_left <= at_right:
            high, right, at_right = right, left, at_left
            left = high - _GOLDEN * (high - low)
            at_left = loss(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + _GOLDEN * (high - low)
            at_right = loss(right)
    return float(np.exp((low + high) / 2))


def reliability(probabilities: NDArray[np.float64], truth: NDArray[np.int64], *, bins: int = BINS) -> pl.DataFrame:
    """Compare confidence with accuracy, bin by bin.

    Parameters
    ----------
    probabilities
        Shape (rows, classes).
    truth
        Index of the true class of each row.
    bins
        Bins of equal width over 0 to 1; a row falls in the bin of its likeliest class's probability.

    Returns
    -------
    polars.DataFrame
        ``confidence`` (mean of the bin), ``accuracy`` (share right), ``rows``; bins without rows are left out.
    """
    confidence = probabilities.max(axis=1)
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    right = probabilities.argmax(axis=1) == truth
    frame = pl.DataFrame({"bin": place, "confidence": confidence, "right": right})
    return (
        frame.group_by("bin")
        .agg(pl.col("confidence").mean(), accuracy=pl.col("right").mean(), rows=pl.len())
        .sort("bin")
        .select("confidence", "accuracy", pl.col("rows").cast(pl.Int64))
    )


def calibration_error(probabilities: NDArray[np.float64], truth: NDArray[np.int64], *, bins: int = BINS) -> float:
    """Mean distance between confidence and accuracy over the bins of `reliability`, weighted by their rows."""
    if len(truth) == 0:
        return 0.0
    table = reliability(probabilities, truth, bins=bins)
    gap = (table["confidence"] - table["accuracy"]).abs().to_numpy()
    return float((gap * table["rows"].to_numpy()).sum() / len(truth))
