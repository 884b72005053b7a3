"""Waiting tickets, and which of them the next free agent gets.

Every queue says the same three things: `push` a visit that starts to wait, `take` the one to hand out now, and `drop`
one that was handed out by another hand (the aged lane). Rows are visits of a `Workload`; equal scores go to the smaller
row, which is the older ticket.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from tidegate.simulate.clocks import Clock

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Score = Callable[[Rows, Column, float], Column]


class Queue(Protocol):
    """What the engine asks of a policy."""

    def push(self, row: int, now: float) -> None:
        """Let a visit wait from now on."""
        ...

    def take(self, now: float) -> int:
        """Remove and return the visit to hand out now; at least one is waiting."""
        ...

    def drop(self, row: int) -> None:
        """Forget a visit that was handed out by another hand."""
        ...


class KeyQueue:
    """Waiting visits whose order never changes while they wait.

    Parameters
    ----------
    keys
        One a visit: the smallest is handed out first, of equal ones the one that has waited longest.
    """

    def __init__(self, keys: ArrayLike) -> None:
        self._keys = np.asarray(keys, dtype=np.float64).tolist()
        self._heap: list[tuple[float, float, int]] = []
        self._gone: set[int] = set()

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        heappush(self._heap, (self._keys[row], now, row))

    def take(self, now: float) -> int:  # noqa: ARG002 -- part of the protocol; a fixed order does not look at the time
        """See `Queue.take`."""
        while True:
            row = heappop(self._heap)[2]
            if row not in self._gone:
                return row
            self._gone.remove(row)

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        self._gone.add(row)


class DueQueue(KeyQueue):
    """Waiting visits by the moment at which their target passes, the earliest first.

    Parameters
    ----------
    minutes
        Target of each visit.
    clocks
        What the target of each visit is counted on, as positions in `dials`.
    dials
        The clocks.
    """

    def __init__(self, minutes: ArrayLike, clocks: ArrayLike, dials: Sequence[Clock]) -> None:
        super().__init__(minutes)
        self._clocks, self._dials = np.asarray(clocks).tolist(), dials

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        dial = self._dials[self._clocks[row]]
        due = float(dial.when(np.array([dial.at(now) + self._keys[row]]))[0])
        heappush(self._heap, (due, now, row))


class ScanQueue:
    """The obvious queue: at every hand-out it scores every visit that waits. Any ranking fits; nothing is clever.

    Parameters
    ----------
    score
        ``score(rows, since, now)`` gives one number a row, where ``since`` is when its wait began; the highest is
        handed out first, equal ones in the order of `rows`.
    """

    def __init__(self, score: Score) -> None:
        self._score = score
        self._since: dict[int, float] = {}

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        self._since[row] = now

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        rows = np.array(sorted(self._since), dtype=np.int64)
        since = np.array([self._since[row] for row in rows.tolist()])
        best = int(rows[np.argmax(self._score(rows, since, now))])
        del self._since[best]
        return best

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        del self._since[row]
