"""Scores that rise by the minute until a target and then stand still: the order of the playbook's weighted sum.

Visits whose scores rise at the same rate on the same clock keep their order until a target passes, and what has passed
keeps it for good. So one heap for each rate and clock and one for what stands still are enough: a hand-out compares
their tops. A visit that has
passed its target since it was put in its heap is found when it comes to the top, where it only looks higher than it is.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.clocks import TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from tidegate.simulate.clocks import Clock
    from tidegate.simulate.queues import Score

NEAR: Final = 1e-7
"""Scores this near to each other are settled by the ranking function."""


class SlopeQueue:
    """Waiting visits scored ``standing + gain * min(wait / target, 1)``, the wait being read on each visit's clock.

    Parameters
    ----------
    standing
        What each visit scores as it enters.
    minutes
        Its target in minutes.
    gain
        What it has gained when the target is reached.
    score
        The ranking itself: ``score(rows, since, now)``, the highest first; it settles what is too near to call.
    clocks
        Which of `dials` the target of each visit is counted on; None is the first for all.
    dials
        The clocks.
    """

    def __init__(
        self,
        standing: ArrayLike,
        minutes: ArrayLike,
        gain: float,
        score: Score,
        *,
        clocks: ArrayLike | None = None,
        dials: Sequence[Clock] = (TIME,),
    ) -> None:
        self._standing = np.asarray(standing, dtype=np.float64).tolist()
        self._minutes = np.asarray(minutes, dtype=np.float64).tolist()
        self._gain, self._score = gain, score
        self._clock = [0] * len(self._standing) if clocks is None else np.asarray(clocks).tolist()
        self._dials = dials
        self._rising: dict[tuple[float, int], list[tuple[float, int]]] = {}
        self._still: list[tuple[float, int]] = []
        self._since: dict[int, float] = {}
        self._read: dict[int, float] = {}  # what its clock read when each waiting visit entered

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        target, clock = self._minutes[row], self._clock[row]
        reading = self._dials[clock].at(now)
        self._since[row], self._read[row] = now, reading
        entry = (reading * self._gain / target - self._standing[row], row)
        heappush(self._rising.setdefault((target, clock), []), entry)

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        del self._since[row]

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        since, read, floor = self._since, self._read, -inf
        near: list[tuple[float, int, list[tuple[float, int]], tuple[float, int]]] = []
        readings = [dial.at(now) for dial in self._dials]
        for (target, clock), heap in [*self._rising.items(), ((inf, 0), self._still)]:
            reading = readings[clock]
            rise = reading * self._gain / target
            while heap and rise - heap[0][0] >= floor - NEAR:
                key, row = heap[0]
                if row not in since or reading - read[row] >= target:
                    self._settle_down(heappop(heap)[1])
                    continue
                near.append((rise - key, row, heap, heappop(heap)))
                floor = max(floor, rise - key)
                if heap is self._still:  # its order is exact: nobody behind the first can win
                    break
        best = self._choose([row for height, row, _, _ in near if height >= floor - NEAR], now)
        for _, row, heap, entry in near:
            if row != best:
                heappush(heap, entry)
        del since[best]
        return best

    def _settle_down(self, row: int) -> None:
        if row in self._since:
            heappush(self._still, (-self._standing[row] - self._gain, row))

    def _choose(self, rows: list[int], now: float) -> int:
        if len(rows) == 1:
            return rows[0]
        ordered = np.array(sorted(rows), dtype=np.int64)
        since = np.array([self._since[row] for row in ordered.tolist()])
        return int(ordered[np.argmax(self._score(ordered, since, now))])
