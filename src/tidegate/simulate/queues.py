"""Waiting tickets, and which of them the next free agent gets.

Every queue says the same three things: `push` a visit that starts to wait, `take` the one to hand out now, and `drop`
one that was handed out by another hand (the aged lane). Rows are visits of a `Workload`; equal scores go to the smaller
row, which is the older ticket.
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import inf
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
        """Let a visit wait; `now` is when its wait began, which may be long ago if it changed while it waited."""
        ...

    def take(self, now: float) -> int:
        """Remove and return the visit to hand out now; at least one is waiting."""
        ...

    def drop(self, row: int) -> None:
        """Forget a visit that was handed out by another hand."""
        ...


class Front:
    """Waiting visits whose order is known beforehand, as a heap of ranks that the engine may take from itself.

    The first of the heap goes out if it is `sure`; whether it does otherwise, only the queue's `take` can say.

    Parameters
    ----------
    heap
        Ranks of those that wait.
    rank, rows
        The place of every visit in the order, and which visit has each place.
    key
        What the visit of each place is ranked by, the highest first.
    until
        From when on the key at each place may be too high; -inf where it is near another, inf for always sure.
    """

    __slots__ = ("bar", "heap", "in_turn", "key", "rank", "rows", "until")

    def __init__(
        self,
        heap: list[int],
        rank: Sequence[int],
        rows: Sequence[int],
        key: Sequence[float],
        until: Sequence[float],
    ) -> None:
        self.heap, self.rank, self.rows, self.key, self.until = heap, rank, rows, key, until
        self.bar = -inf
        """No visit outside the heap has a higher key."""
        self.in_turn = isinstance(rows, range)
        """Whether everybody goes out in the order of entering."""

    def sure(self, now: float) -> bool:
        """Whether the first of the heap goes out, whoever else waits."""
        place = self.heap[0]
        return now < self.until[place] and self.key[place] > self.bar


class KeyQueue:
    """Waiting visits whose order never changes while they wait.

    Parameters
    ----------
    keys
        One a visit: the smallest is handed out first, of equal ones the one that has waited longest.
    entered
        When each visit enters, where that is known of all beforehand; the order is the same, and quicker to take.
    """

    def __init__(self, keys: ArrayLike, entered: Column | None = None) -> None:
        column = np.asarray(keys, dtype=np.float64)
        self._keys = column.tolist() if entered is None else []
        self._heap: list[tuple[float, float, int]] = []
        self._gone: set[int] = set()
        self.front = None if entered is None else _fixed(column, entered)

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        if self.front is not None:
            heappush(self.front.heap, self.front.rank[row])
        else:
            heappush(self._heap, (self._keys[row], now, row))

    def take(self, now: float) -> int:  # noqa: ARG002 -- part of the protocol; a fixed order does not look at the time
        """See `Queue.take`."""
        front = self.front
        while True:
            row = heappop(self._heap)[2] if front is None else front.rows[heappop(front.heap)]
            if row not in self._gone:
                return row
            self._gone.remove(row)

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        self._gone.add(row)


def _fixed(keys: Column, entered: Column) -> Front:
    """Order by key, then by time, then by row; every first is sure."""
    if (keys == keys[:1]).all():
        turn = range(keys.size)
        return Front([], turn, turn, [0.0] * keys.size, [inf] * keys.size)
    rows = np.lexsort((np.arange(keys.size), entered, keys))
    rank = np.empty_like(rows)
    rank[rows] = np.arange(keys.size)
    return Front([], rank.tolist(), rows.tolist(), [0.0] * keys.size, [inf] * keys.size)


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
