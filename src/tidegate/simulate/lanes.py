"""Lanes of a replay: what goes out before anything else, what goes out after it, and the turn of the oldest."""

from __future__ import annotations

from collections import deque
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING, Final

from tidegate.simulate.clocks import TIME, Clock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.simulate.queues import Queue
    from tidegate.simulate.turns import Turns

FIRST, BETWEEN, LAST = range(3)
"""Bands, as the queue has them: lane now, the lanes in which points decide, lane later."""

_NEVER: Final = -1


class LaneQueue:
    """Band by band; and every k-th hand-out outside lane now goes to the oldest visit past an age.

    Parameters
    ----------
    bands
        The band of each visit, or of each of its stretches.
    make
        Makes an empty queue; one is made for each band that occurs.
    every
        k; 0 turns the aged lane off.
    after
        Age in minutes from which a visit counts as aged.
    clock
        What the age is counted on.
    turns
        How visits change while they wait; the queues then hold stretches in place of visits.
    """

    def __init__(
        self,
        bands: Sequence[int],
        make: Callable[[], Queue],
        *,
        every: int = 0,
        after: float = 510.0,
        clock: Clock = TIME,
        turns: Turns | None = None,
    ) -> None:
        self._bands = bands
        occurring = sorted(set(bands))
        self._queues: dict[int, Queue] = {band: make() for band in occurring}
        self._order = [(band, self._queues[band]) for band in occurring]
        self._count = [0, 0, 0]
        self._every, self._after, self._clock = every, after, clock
        self._line: deque[tuple[float, int]] = deque()
        self._taken: set[int] = set()
        self._handed = 0
        rows = range(len(bands))
        self._first: Sequence[int] = rows if turns is None else turns.first.tolist()
        self._visit: Sequence[int] = rows if turns is None else turns.visit.tolist()
        self._until: Sequence[float] | None = None if turns is None else turns.until.tolist()
        self._now_row: dict[int, int] = {}  # the stretch of each waiting visit that has several
        self._agenda: list[
            tuple[float, int, float]
        ] = []  # when a stretch ends, of which visit, and since when it waits

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`; a row is a visit."""
        stretch = self._first[row]
        if self._until is not None and (end := self._until[stretch]) < inf:
            self._now_row[row] = stretch
            heappush(self._agenda, (end, row, now))
        self._enter(stretch, now)
        if self._every:
            self._line.append((self._clock.at(now), row))

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        agenda = self._agenda
        while agenda and agenda[0][0] <= now:
            self._turn(now)
        count, every = self._count, self._every
        if every and not count[FIRST]:
            self._handed += 1
            if self._handed % every == 0 and (row := self._oldest(now)) != _NEVER:
                self._leave(self._now_row.pop(row, self._first[row]))
                return row
        for band, queue in self._order:
            if count[band]:
                row = self._visit[queue.take(now)]
                count[band] -= 1
                break
        else:
            raise IndexError("nothing waits")
        if self._until is not None:
            self._now_row.pop(row, None)
        if every:
            self._taken.add(row)
        return row

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        self._leave(self._now_row.pop(row, self._first[row]))
        if self._every:
            self._taken.add(row)

    def _enter(self, stretch: int, since: float) -> None:
        band = self._bands[stretch]
        self._queues[band].push(stretch, since)
        self._count[band] += 1

    def _leave(self, stretch: int) -> None:
        band = self._bands[stretch]
        self._queues[band].drop(stretch)
        self._count[band] -= 1

    def _turn(self, now: float) -> None:
        """Put the stretch that holds now in the place of one that is over; its wait began when it began."""
        _, row, since = heappop(self._agenda)
        stretch, until = self._now_row.get(row), self._until
        if stretch is None or until is None:  # it was handed out
            return
        self._leave(stretch)
        while until[stretch] <= now:
            stretch += 1
        self._enter(stretch, since)
        self._now_row[row] = stretch
        if until[stretch] < inf:
            heappush(self._agenda, (until[stretch], row, since))

    def _oldest(self, now: float) -> int:
        """Take the visit that has waited longest, if it is past the age."""
        line, taken = self._line, self._taken
        while line and line[0][1] in taken:
            taken.remove(line.popleft()[1])
        if line and self._clock.at(now) - line[0][0] >= self._after:
            return line.popleft()[1]
        return _NEVER
