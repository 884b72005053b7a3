"""Lanes of a replay: what goes out before anything else, and the turn of the oldest."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from tidegate.simulate.clocks import TIME, Clock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.simulate.queues import Queue


class LaneQueue:
    """Lane now before everything; and every k-th hand-out outside it goes to the oldest visit past an age.

    Parameters
    ----------
    now
        One boolean a visit: lane now.
    first, others
        Queues of lane now and of the rest, empty.
    every
        k; 0 turns the aged lane off.
    after
        Age in minutes from which a visit counts as aged.
    clock
        What the age is counted on.
    """

    def __init__(
        self,
        now: Sequence[bool],
        first: Queue,
        others: Queue,
        *,
        every: int = 0,
        after: float = 510.0,
        clock: Clock = TIME,
    ) -> None:
        self._now, self._first, self._others = now, first, others
        self._every, self._after, self._clock = every, after, clock
        self._waiting_now: set[int] = set()
        self._line: deque[tuple[float, int]] = deque()
        self._taken: set[int] = set()
        self._handed = 0

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        if self._now[row]:
            self._waiting_now.add(row)
            self._first.push(row, now)
            return
        self._others.push(row, now)
        if self._every:
            self._line.append((self._clock.at(now), row))

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        if self._waiting_now:
            row = self._first.take(now)
            self._waiting_now.remove(row)
            return row
        if not self._every:
            return self._others.take(now)
        self._handed += 1
        if self._handed % self._every == 0 and (row := self._oldest(now)) >= 0:
            self._others.drop(row)
            return row
        row = self._others.take(now)
        self._taken.add(row)
        return row

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        if self._now[row]:
            self._waiting_now.remove(row)
            self._first.drop(row)
        else:
            self._others.drop(row)
            self._taken.add(row)

    def _oldest(self, now: float) -> int:
        """Take the visit that has waited longest, if it is past the age; else -1."""
        line, taken = self._line, self._taken
        while line and line[0][1] in taken:
            taken.remove(line.popleft()[1])
        if line and self._clock.at(now) - line[0][0] >= self._after:
            return line.popleft()[1]
        return -1
