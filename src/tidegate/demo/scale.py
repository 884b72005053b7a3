"""What each intent is like: how often, how grave, how long, who takes it. Every part of the demo reads this table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BLOCK: Final = 16_384
"""Tickets that share one random stream. Never the size of a batch, so that batching cannot change a byte."""

LANGUAGES: Final = ("en", "de", "fr", "es", "pt", "it")
LANGUAGE_SHARES: Final = (0.46, 0.18, 0.12, 0.11, 0.07, 0.06)
GROUPS: Final = ("frontline", "billing", "technical", "orders", "success")
PRODUCTS: Final = (*("billing", "sign-in", "exports", "integrations", "shop", "shipping", "workspace", "mobile app"),)
CHANNELS: Final = ("email", "web", "chat", "phone")
CHANNEL_SHARES: Final = (0.5, 0.3, 0.15, 0.05)
PRIORITIES: Final = ("urgent", "high", "normal", "low")
"""The help desk's own words for P0 to P3."""


class Intent(NamedTuple):
    """One intent of the default taxonomy."""

    name: str
    share: float
    """of ordinary tickets, in percent"""
    levels: tuple[float, float, float, float]
    """chances of true P0 to P3"""
    minutes: float
    """median handling time of a P2"""
    rounds: float
    """mean of the replies after the first"""
    nature: str
    group: str
    type: str
    products: tuple[str, ...]


INTENTS: Final = (
    Intent("billing", 12, (0.01, 0.14, 0.45, 0.40), 14, 0.7, "process", "billing", "question", ("billing",)),
    Intent(
        *("bug", 15, (0.02, 0.18, 0.50, 0.30), 32, 1.4, "advisory", "technical", "problem"),
        ("exports", "integrations", "workspace", "mobile app", "shop"),
    ),
    Intent(
        *("outage", 3, (0.30, 0.48, 0.18, 0.04), 30, 1.2, "advisory", "technical", "incident"),
        ("workspace", "sign-in", "shop", "integrations"),
    ),
    Intent("access", 12, (0.02, 0.18, 0.45, 0.35), 9, 0.6, "process", "frontline", "incident", ("sign-in",)),
    Intent(
        *("onboarding", 6, (0.00, 0.06, 0.40, 0.54), 24, 1.0, "advisory", "success", "question"),
        ("workspace", "integrations"),
    ),
    Intent(
        *("how_to", 15, (0.00, 0.02, 0.26, 0.72), 10, 0.6, "lookup", "frontline", "question"),
        ("workspace", "exports", "mobile app", "integrations"),
    ),
    Intent(
        *("feature_request", 5, (0.00, 0.01, 0.12, 0.87), 8, 0.3, "advisory", "success", "task"),
        ("workspace", "exports", "mobile app"),
    ),
    Intent(
        *("cancellation_or_refund", 5, (0.00, 0.14, 0.50, 0.36), 16, 0.8, "process", "billing", "task"),
        ("billing", "shop"),
    ),
    Intent(
        *("security", 2.5, (0.28, 0.40, 0.24, 0.08), 40, 1.6, "advisory", "technical", "incident"),
        ("sign-in", "workspace", "integrations"),
    ),
    Intent("order_change", 6, (0.00, 0.20, 0.52, 0.28), 8, 0.4, "process", "orders", "task", ("shop",)),
    Intent("shipping", 8, (0.00, 0.07, 0.43, 0.50), 8, 0.5, "lookup", "orders", "question", ("shipping",)),
    Intent(
        *("complaint", 4, (0.02, 0.18, 0.45, 0.35), 22, 1.2, "emotional", "success", "problem"),
        ("workspace", "shop", "billing"),
    ),
    Intent(
        *("legal_or_procurement", 3, (0.01, 0.15, 0.44, 0.40), 34, 1.3, "advisory", "success", "task"),
        ("workspace", "billing"),
    ),
    Intent("other", 3.5, (0.00, 0.02, 0.18, 0.80), 6, 0.3, "lookup", "frontline", "question", ("workspace",)),
)
INTENT_NAMES: Final = tuple(intent.name for intent in INTENTS)
NATURE_BY_INTENT: Final = tuple(intent.nature for intent in INTENTS)
EFFORT_BY_LEVEL: Final = (2.2, 1.6, 1.0, 0.75)
EFFORT_SIGMA: Final = 0.7
"""Spread of the logarithm of handling time within an intent and level."""


def shares() -> NDArray[np.float64]:
    """Shares of the intents among ordinary tickets, adding up to 1."""
    parts = np.array([intent.share for intent in INTENTS])
    return parts / parts.sum()


def choose(draws: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.intp]:
    """Pick an index by chance, whole columns at a time.

    Parameters
    ----------
    draws
        Uniform in [0, 1), shape (n,).
    chances
        Either one row of chances, shape (k,), or one row a draw, shape (n, k); each adds up to 1.
    """
    if chances.ndim == 1:
        picked = np.searchsorted(np.cumsum(chances), draws, side="right")
        return np.minimum(picked, len(chances) - 1)
    passed = (draws[:, None] >= np.cumsum(chances, axis=1)).sum(axis=1)
    return np.minimum(passed, chances.shape[1] - 1)


def handling_minutes(
    rng: np.random.Generator, intent: NDArray[np.intp], level: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Draw true handling times in minutes: lognormal, median by intent and level."""
    median = np.array([row.minutes for row in INTENTS])[intent] * np.array(EFFORT_BY_LEVEL)[level]
    return np.round(median * np.exp(EFFORT_SIGMA * rng.standard_normal(len(intent))), 1) + 0.5


def mean_handling_minutes(
    median: NDArray[np.float64] | None = None,
    levels: NDArray[np.float64] | None = None,
    share: NDArray[np.float64] | None = None,
) -> float:
    """Return the expected handling time in minutes, of an ordinary ticket unless told.

    Parameters
    ----------
    median, levels, share
        Median minutes of a P2, chances of P0 to P3, and share, one row a kind of ticket.
    """
    median = np.array([row.minutes for row in INTENTS]) if median is None else median
    levels = np.array([row.levels for row in INTENTS]) if levels is None else levels
    share = shares() if share is None else share
    return float(share @ (median * (levels @ np.array(EFFORT_BY_LEVEL)))) * float(np.exp(EFFORT_SIGMA**2 / 2)) + 0.5
