"""What a policy makes of a visit changes while it waits: a rule on its age begins to hold, an incident ends.

Between two such changes everything but the age stands still. So each visit has one row a stretch, in the order of
time, and a queue that holds a row puts the next one in its place when the stretch is over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.simulate.belief import Belief

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turns:
    """One row a stretch of a visit's wait, r in all, those of a visit together and in the order of time.

    Attributes
    ----------
    visit
        r rows of the workload, ascending; every visit has at least one stretch.
    until
        r moments at which the visit's next stretch begins; inf in its last.
    belief
        What the policy makes of the visit in that stretch, r rows.
    standing
        r points of the weighted sum, as `Scene.standing` has them.
    """

    visit: Rows
    until: Column
    belief: Belief
    standing: Column

    def __post_init__(self) -> None:
        """Check the stretches.

        Raises
        ------
        InputError
            If they are not in order, or a last one ends.
        """
        step = np.diff(self.visit)
        last = np.append(step > 0, True)
        if not np.isin(step, (0, 1)).all() or (np.isinf(self.until) != last).any():
            raise InputError("stretches stand visit by visit, and the last of each has no end")
        if (self.until[1:] <= self.until[:-1])[step == 0].any():
            raise InputError("the stretches of a visit are in the order of time")

    @property
    def first(self) -> Rows:
        """Row of the first stretch of each visit."""
        return np.flatnonzero(np.diff(self.visit, prepend=-1))

    def of(self, visits: Rows) -> Turns:
        """Keep the stretches of some visits, in ascending order, and number these anew."""
        kept = np.isin(self.visit, visits)
        return replace(
            self,
            visit=np.searchsorted(visits, self.visit[kept]),
            until=self.until[kept],
            belief=self.belief.of(np.flatnonzero(kept)),
            standing=self.standing[kept],
        )
