"""How a text feels: sentiment, and frustration, which is kept apart from urgency."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.read.hits import Hits
    from tidegate.read.views import View

FLIP: Final = -0.6
"""What a negation makes of a valence: "not happy" is bad, but milder than "unhappy"."""
_SPREAD: Final = 1.6  # sum of valences that counts as very good or very bad
_SHOUTED: Final = 20  # letters from which capitals are shouting rather than a product's name
_HARSH: Final = 0.75  # frustration of one phrase of full weight
_LOUDEST: Final = 0.5
_MARKS: Final = 0.08  # loudness of a run of exclamation marks; two count at most


def sentiment(hits: Hits, rows: int) -> NDArray[np.float64]:
    """Sum the valences of every text: -1 to 1, and 0 where nothing was said.

    Parameters
    ----------
    hits
        With weights already lowered for doubt and language; positive, negative and frustration count.
    rows
        Texts in all.
    """
    felt = hits.of("positive", "negative", "frustration")
    sign = np.where(hits.of("positive"), 1.0, -1.0) * np.where(hits.negated, FLIP, 1.0)
    sums = np.bincount(hits.row[felt], weights=(sign * hits.weight)[felt], minlength=rows)
    return np.tanh(sums / _SPREAD)


def shouting(view: View) -> NDArray[np.float64]:
    """How loud each text is written, 0 to 0.5: share of capitals above one half, and runs of exclamation marks."""
    return np.array([_loudness(*counted) for counted in view.cases()])


def _loudness(letters: int, capitals: int, runs: int) -> float:
    share = max(capitals / letters - 0.5, 0) if letters >= _SHOUTED else 0
    return min(share * 0.7 + min(runs, 2) * _MARKS, _LOUDEST)


def frustration(hits: Hits, loudness: NDArray[np.float64]) -> NDArray[np.float64]:
    """Frustration of every text, 0 to 1, of its words and of how loud it is written."""
    words = hits.of("frustration") & ~hits.negated
    calm = np.bincount(hits.row[words], weights=np.log1p(-_HARSH * hits.weight[words]), minlength=len(loudness))
    return 1 - np.exp(calm) * (1 - loudness)
