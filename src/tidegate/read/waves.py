"""Waves over the embedding, so that a linear head may tell apart what no plane through the embedding parts.

Cosines of random projections: their inner product approaches exp(-`_NARROW` * squared distance), the kernel in which
two texts are alike if they lie close by (Rahimi and Recht 2007, "Random features for large-scale kernel machines").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

COUNT: Final = 1000
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
        directions = random.standard_normal((dimensions, COUNT)) * np.sqrt(2 * _NARROW)
        phases = random.uniform(0, 2 * np.pi, COUNT)
        return cls(directions=directions.astype(np.float16).astype(np.float32), phases=phases.astype(np.float32))

    def of(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Height of each wave at each embedding, shape (texts, waves); a row has a length of about 1."""
        angles = vectors @ self.directions
        angles += self.phases
        np.cos(angles, out=angles)
        angles *= np.float32(np.sqrt(2 / len(self.phases)))
        return angles
