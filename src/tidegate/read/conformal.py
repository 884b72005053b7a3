"""Sets of classes that hold the true one as often as promised, and an alarm for when they stop doing so.

Split conformal prediction (Vovk, Gammerman and Shafer 2005; Sadinle, Lei and Wasserman 2019 for the score used here):
on rows that the model was not trained on, note one minus the probability that it gave to the true class. A set then
holds every class whose own score is no worse than the quantile of those notes at the wanted coverage. As long as new
tickets are like the noted ones, sets hold the truth at least that often, whatever the model is worth; a poor model
pays with larger sets. Tickets drift, so only the latest notes are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WINDOW: Final = 2000
"""Latest outcomes that a threshold is taken from."""

FEWEST: Final = 50
"""Outcomes below which no alarm is raised: the normal approximation needs about five expected misses."""

_ALARM: Final = 3.3
"""Standard errors between promised and seen coverage that raise the alarm: 1 false alarm in 1,000 looks."""


@dataclass(frozen=True, slots=True)
class Window:
    """The latest outcomes: one minus the probability that the true class was given, oldest first.

    Parameters
    ----------
    scores
        Shape (outcomes,), each from 0 to 1.
    """

    scores: NDArray[np.float64]

    @classmethod
    def of(cls, probabilities: NDArray[np.float64], truth: NDArray[np.int64]) -> Self:
        """Note outcomes, oldest first; only the last `WINDOW` are kept."""
        scores = 1 - probabilities[np.arange(len(truth)), truth]
        return cls(scores[-WINDOW:])

    def then(self, later: Window) -> Window:
        """Add later outcomes, forgetting the oldest beyond `WINDOW`."""
        return Window(np.concatenate([self.scores, later.scores])[-WINDOW:])

    def threshold(self, coverage: float) -> float:
        """Give the score up to which a class belongs to the set; 1 (every class) with too few outcomes to promise."""
        count = len(self.scores)
        rank = int(np.ceil((count + 1) * coverage))
        return 1.0 if rank > count else float(np.sort(self.scores)[rank - 1])

    def sets(self, probabilities: NDArray[np.float64], coverage: float) -> NDArray[np.bool_]:
        """Say which classes are in each row's set, shape (rows, classes); a row may have none: it is for review."""
        return 1 - probabilities <= self.threshold(coverage) + 1e-12


def likely_sets(probabilities: NDArray[np.float64], coverage: float) -> NDArray[np.bool_]:
    """Take the likeliest classes until they reach the coverage: for a reader that has seen no outcomes of this team.

    Parameters
    ----------
    probabilities
        Shape (rows, classes). Ties go to the earlier class.
    coverage
        What the probabilities of the set sum to at least. It holds as far as they are calibrated, with no guarantee.
    """
    order = (-probabilities).argsort(axis=1, kind="stable")
    rows = np.arange(len(probabilities))[:, None]
    ordered = probabilities[rows, order]
    before = ordered.cumsum(axis=1) - ordered
    out = np.zeros(probabilities.shape, dtype=bool)
    out[rows, order] = before < coverage - 1e-12
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How often sets held the truth of late, beside what was promised."""

    promised: float
    seen: float
    outcomes: int
    alarm: bool


def coverage_drift(covered: NDArray[np.bool_], coverage: float) -> Drift:
    """Compare the coverage seen on outcomes that arrived since the model was made with the promised one.

    Parameters
    ----------
    covered
        For each outcome, oldest first, whether its set held the truth; the last `WINDOW` count.
    coverage
        What was promised.

    Returns
    -------
    Drift
        ``alarm`` when the two differ by more than 3.3 standard errors, in either direction; never with fewer than 50
        outcomes. Sets that hold the truth too often are a drift too: they could be smaller.
    """
    latest = covered[-WINDOW:]
    count = len(latest)
    seen = float(latest.mean()) if count else coverage
    error = np.sqrt(coverage * (1 - coverage) / max(count, 1))
    enough = count >= FEWEST
    return Drift(
        promised=coverage, seen=seen, outcomes=count, alarm=bool(enough and abs(seen - coverage) > _ALARM * error)
    )
