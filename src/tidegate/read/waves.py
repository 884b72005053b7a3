"""Waves over the embedding, so that a linear head may tell apart what no plane through the embedding parts.

Cosines of random projections: their inner product approaches exp(-`_NARROW` * squared distance), the kernel in which
two texts are alike if they lie close by (Rahimi and Recht 2007, "Random features for large-scale kernel machines").
Directions at right angles to each other, with a cosine and a sine each, come closer to it than as many drawn one by one
(Yu and others 2016, "Orthogonal random features"; Sutherland and Schneider 2015, "On the error of random Fourier
features").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT: Final = 1024
_NARROW: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """Directions and phases of the waves; they rest on chance alone, not on any text.

    Parameters
    ----------
    directions
        Shape (dimensions, waves), float32, each a number that half precision holds.
    phases
        Shape (waves,), float32, radians.
    """

    directions: NDArray[np.float32]
    phases: NDArray[np.float32]

    @classmethod
    def over(cls, dimensions: int) -> Self:
        """Draw `COUNT` waves over embeddings of some length; the same ones each time."""
        random = np.random.default_rng(0)
        half = COUNT // 2
        turns = [
            np.linalg.qr(random.standard_normal((dimensions, dimensions)))[0] for _ in range(-(-half // dimensions))
        ]
        lengths = np.sqrt(2 * _NARROW * random.chisquare(dimensions, half))
        directions = np.hstack(turns)[:, :half] * lengths
        return cls(
            directions=np.tile(directions.astype(np.float16).astype(np.float32), 2),
            phases=np.repeat(np.array([0, -np.pi / 2], dtype=np.float32), half),
        )

    def of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Height of each wave at each embedding, shape (texts, waves); a row has a length of 1."""
        angles = vectors @ self.directions
        angles += self.phases
        np.cos(angles, out=angles)
        angles *= np.float32(np.sqrt(2 / len(self.phases)))
        return angles
