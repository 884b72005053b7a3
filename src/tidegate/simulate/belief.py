"""What a policy knows of every visit when it ranks, as columns; the truth stays in the workload."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidegate.simulate.clocks import TIME, Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Belief:
    """One row a visit of the workload, m in all, four columns for P0 to P3.

    Attributes
    ----------
    probability
        (m, 4) level posterior after the policy's rules, as it was when the visit entered.
    value, effort
        m values and efforts after the rules, 1 is ordinary.
    minutes, weights
        (m, 4) targets in minutes, and what each level weighs there: rows of the policy's target table.
    horizon, missed
        The policy's constants; the horizon in minutes.
    clocks
        What the target of each level is counted on.
    band
        m bands of `lanes` that rules and the outlook put the visits in; None where all of them are in between.
    """

    probability: Column
    value: Column
    effort: Column
    minutes: Column
    weights: Column
    horizon: float
    missed: float
    clocks: tuple[Clock, Clock, Clock, Clock] = (TIME, TIME, TIME, TIME)
    band: NDArray[np.uint8] | None = None

    @property
    def level(self) -> NDArray[np.int64]:
        """The likeliest level of each visit; of equal ones the more urgent."""
        return np.argmax(self.probability, axis=1)

    def age(self, since: Column, now: float) -> Column:
        """(n, 4) minutes on each level's clock at `now` for visits that have waited since then."""
        return np.column_stack([clock.at(now) - clock.read(since) for clock in self.clocks])

    def of(self, rows: NDArray[np.int64]) -> Belief:
        """Return the same belief about some rows only."""
        kept = {name: getattr(self, name)[rows] for name in ("probability", "value", "effort", "minutes", "weights")}
        return replace(self, band=None if self.band is None else self.band[rows], **kept)

    def certain(self) -> Belief:
        """Return the same belief with all probability on the likeliest level: what a label knows."""
        return replace(self, probability=np.eye(4)[self.level])
