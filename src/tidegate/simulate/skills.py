"""The replay where not everybody takes everything."""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.simulate.engine import Ledger
    from tidegate.simulate.queues import Queue
    from tidegate.simulate.roster import Seat

    Free = tuple[float, int, float]  # since when, which seat, until when its shift runs


class Desk:
    """Seats of several sets of skills; a visit waits in the queue of every set that covers it.

    Parameters
    ----------
    pool
        Skill that each visit needs.
    pools
        All skills that are needed.
    seats
        Who works.
    queue
        Makes an empty queue; called once for each set of skills.

    Raises
    ------
    InputError
        If nobody has the skill that some visit needs.
    """

    def __init__(
        self, pool: Sequence[int], pools: frozenset[int], seats: Sequence[Seat], queue: Callable[[], Queue]
    ) -> None:
        self._pool, self._seats = pool, seats
        self._kinds = [pools if seat.skills is None else seat.skills & pools for seat in seats]
        if missing := pools.difference(*self._kinds):
            raise InputError("some tickets need a skill that no agent has", value=sorted(missing))
        self._queues = {kind: queue() for kind in dict.fromkeys(self._kinds)}
        self._covering = {one: [kind for kind in self._queues if one in kind] for one in pools}
        self._waiting = dict.fromkeys(self._queues, 0)

    def run(self, ledger: Ledger) -> None:
        """Replay until nothing waits that somebody could take."""
        first = [(seat.next_shift(-inf), place) for place, seat in enumerate(self._seats)]
        coming = [(shift[0], place, shift[1]) for shift, place in first if shift]
        heapify(coming)
        idle: list[Free] = []
        now = -inf
        while coming or idle:
            now = max(now, min(coming[0][0] if coming else inf, ledger.due()))
            if now == inf:
                return
            while coming and coming[0][0] <= now:
                idle.append(heappop(coming))
            ledger.admit(now, self._push)
            idle = [one for one in sorted(idle) if not self._sent(one, now, coming, ledger)]

    def _sent(self, one: Free, now: float, coming: list[Free], ledger: Ledger) -> bool:
        """Give an idle seat work, or send it home; say whether it is idle no longer."""
        since, place, until = one
        if now >= until:
            if shift := self._seats[place].next_shift(now):
                heappush(coming, (max(since, shift[0]), place, shift[1]))
            return True
        kind = self._kinds[place]
        if not self._waiting[kind]:
            return False
        heappush(coming, (ledger.hand_out(self._take(kind, now), now, place), place, until))
        return True

    def _push(self, row: int, now: float) -> None:
        for kind in self._covering[self._pool[row]]:
            self._queues[kind].push(row, now)
            self._waiting[kind] += 1

    def _take(self, kind: frozenset[int], now: float) -> int:
        row = self._queues[kind].take(now)
        for other in self._covering[self._pool[row]]:
            self._waiting[other] -= 1
            if other != kind:
                self._queues[other].drop(row)
        return row
