"""The replay where an agent works on several tickets at once, as in chats: limited processor sharing.

An agent's working minutes are shared evenly among the tickets in hand, up to the most that the agent takes: with two of
them each gets on at half speed. Handling times are working minutes, so working on several at once makes no work and
saves none; it gives first answers sooner, since there is room sooner, and ends later. The order in which agents are
asked is by fewest tickets in hand, then the one with room for longest, then the one named first; each takes the best
ticket of those it may take, so nobody with room idles while there is one.

What each ticket in hand has got since it was taken is the same for all of an agent's, so the agent keeps one meter and
a heap of the readings at which tickets are done (the virtual time of processor sharing; Kleinrock 1967). The limit on
how many: Zhang, Dai and Zwart 2009.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from tidegate.simulate.skills import Desk

if TYPE_CHECKING:
    from tidegate.simulate.engine import Ledger
    from tidegate.simulate.roster import Seat


class Worker:
    """One seat at work.

    Parameters
    ----------
    seat
        Its shifts and how many tickets it takes.
    """

    def __init__(self, seat: Seat) -> None:
        self._seat, shift = seat, seat.next_shift(-inf)
        self.since, self.until = shift or (inf, -inf)  # since when it has room, until when its shift runs
        self._meter, self._at = 0.0, -inf
        self._hand: list[tuple[float, int]] = []  # reading at which it is done, and its row
        self._late: dict[int, float] = {}  # what the meter read when the shift ended in which it was taken

    @property
    def in_hand(self) -> int:
        """Tickets in hand."""
        return len(self._hand)

    @property
    def room(self) -> bool:
        """Whether it may take one more."""
        return len(self._hand) < self._seat.at_once

    @property
    def done(self) -> float:
        """When the next ticket in hand is done, if nothing is taken up before; inf without one."""
        return self._at + (self._hand[0][0] - self._meter) * len(self._hand) if self._hand else inf

    def take(self, row: int, now: float, work: float) -> None:
        """Take a ticket up."""
        self._on(now)
        heappush(self._hand, (self._meter + work, row))

    def finish(self, now: float) -> tuple[int, float]:
        """Put down what is done now; return its row and its minutes of work after the shift in which it was taken."""
        self._on(now)
        self._meter, row = heappop(self._hand)
        self.since = now
        return row, self._meter - self._late.pop(row, self._meter)

    def turn_over(self, now: float) -> bool:
        """Wait for the next shift; say whether there is one."""
        self._on(now)
        shift = self._seat.next_shift(now)
        self.since, self.until = (max(self.since, shift[0]), shift[1]) if shift else (inf, -inf)
        return shift is not None

    def _on(self, now: float) -> None:
        """Work until now."""
        if not self._hand:
            self._meter = 0.0
        else:
            if self._at <= self.until < now:
                ended = self._meter + (self.until - self._at) / len(self._hand)
                self._late |= {row: ended for _, row in self._hand if row not in self._late}
            self._meter += (now - self._at) / len(self._hand)
        self._at = now


class Sharing(Desk):
    """Seats that may work on several tickets at once; parameters and errors as for `Desk`."""

    def run(self, ledger: Ledger) -> None:
        """Replay until nothing waits that somebody could take."""
        ledger.shared = True
        self._ledger, self._workers = ledger, [Worker(seat) for seat in self._seats]
        self._coming = [(one.since, place) for place, one in enumerate(self._workers) if one.since < inf]
        heapify(self._coming)
        self._ends: list[tuple[float, int]] = []
        self._here: set[int] = set()  # who is on shift and has room
        now = -inf
        while (following := self._following()) < inf:
            now = max(now, following)
            self._finish(now)
            while self._coming and self._coming[0][0] <= now:
                self._here.add(heappop(self._coming)[1])
            ledger.admit(now, self._push)
            if any(self._waiting.values()):
                self._hand_out(now)

    def _following(self) -> float:
        """When something happens next."""
        ends, workers = self._ends, self._workers
        while ends and workers[ends[0][1]].done != ends[0][0]:  # it took another one meanwhile
            heappop(ends)
        due = self._ledger.due() if self._here or self._coming or ends else inf
        return min(ends[0][0] if ends else inf, self._coming[0][0] if self._coming else inf, due)

    def _finish(self, now: float) -> None:
        while self._ends and self._ends[0][0] <= now:
            end, place = heappop(self._ends)
            worker = self._workers[place]
            if worker.done != end:
                continue
            row, late = worker.finish(end)
            self._ledger.ends[row], self._ledger.late[row] = end, late
            self._ledger.ended(row, end)
            self._here.add(place)
            self._plan(place)

    def _plan(self, place: int) -> None:
        if (done := self._workers[place].done) < inf:
            heappush(self._ends, (done, place))

    def _hand_out(self, now: float) -> None:
        """Ask those with room, the least busy first, until nobody finds a ticket."""
        workers = self._workers
        asked = [(workers[place].in_hand, workers[place].since, place) for place in self._here]
        heapify(asked)
        while asked:
            _, _, place = heappop(asked)
            worker, kind = workers[place], self._kinds[place]
            if now >= worker.until:
                self._here.discard(place)
                if not worker.turn_over(now):
                    continue
                if worker.since > now:
                    heappush(self._coming, (worker.since, place))
                    continue
                self._here.add(place)
            elif self._waiting[kind]:
                row = self._take(kind, now)
                work = self._ledger.hand_out(row, now, place) - now
                worker.take(row, now, work)
                self._plan(place)
                if not worker.room:
                    self._here.discard(place)
                    continue
            else:
                continue
            heappush(asked, (worker.in_hand, worker.since, place))
