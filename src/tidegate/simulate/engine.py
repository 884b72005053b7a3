"""The replay: agents take tickets, one at a time, in the order that a queue says, and finish what they began.

At one instant three things happen in this order: agents become free or start a shift, tickets enter, tickets are handed
out. An agent who is free takes the ticket that the queue puts first among those of the agent's skills; of several free
agents the one who has been free longest goes first, then the one named first. Nobody puts a ticket down for a more
urgent one; an agent takes no ticket at or after the end of a shift, and finishes the one in hand in overtime. The first
answer is given when a ticket is taken up.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heapify, heappop, heappush, heapreplace
from math import exp, inf
from typing import TYPE_CHECKING

import numpy as np

from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.queues import Queue
    from tidegate.simulate.roster import Seat

    Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of every visit, row by row as the workload has them.

    Attributes
    ----------
    entered
        When it began to wait; for a visit that never came about, nan.
    start, end
        When an agent took it up and was done; nan where nobody did before the last shift ended.
    seat
        Position of the agent's seat in the roster; -1 where nobody took it.
    follow_ups
        Messages that the customer sent while waiting.
    overtime
        Minutes of work after the end of the agent's shift.
    order
        Rows in the order in which they were handed out.
    """

    entered: Column
    start: Column
    end: Column
    seat: NDArray[np.int64]
    follow_ups: NDArray[np.int64]
    overtime: Column
    order: NDArray[np.int64]

    @property
    def wait(self) -> Column:
        """Minutes between entering and being taken up."""
        return self.start - self.entered


class Ledger:
    """The arrivals to come and the record of what was done, as plain lists: the loops below read them at every step."""

    def __init__(self, workload: Workload, follow_ups: FollowUps) -> None:
        self.tickets = workload.tickets
        self.at, self.work = workload.at.tolist(), workload.work.tolist()
        before = workload.follows[self.tickets :].tolist()
        self.follower = {row: after for after, row in enumerate(before, start=self.tickets)}
        self.rules, self.writes = follow_ups, follow_ups.per_day > 0
        self.luck = workload.luck.tolist()
        self.quiet = (-np.log(workload.luck)).tolist()  # no message while the expected number is at most this
        self.entered = self.at[: self.tickets] + [np.nan] * (len(self.at) - self.tickets)
        self.done: list[tuple[int, float, float, int, int, float]] = []
        self.reopened: list[tuple[float, int]] = []
        self.next = 0

    def due(self) -> float:
        """When the next visit enters."""
        new = self.at[self.next] if self.next < self.tickets else inf
        return min(new, self.reopened[0][0]) if self.reopened else new

    def admit(self, now: float, push: Callable[[int, float], None]) -> int:
        """Let everything that is due by now wait; return how many that were."""
        at, tickets, reopened = self.at, self.tickets, self.reopened
        place, back = self.next, 0
        while True:
            limit = min(now, reopened[0][0]) if reopened else now
            while place < tickets and at[place] <= limit:
                push(place, at[place])
                place += 1
            if not reopened or reopened[0][0] > now:
                break
            due, row = heappop(reopened)
            self.entered[row] = due
            push(row, due)
            back += 1
        count, self.next = place - self.next + back, place
        return count

    def hand_out(self, row: int, now: float, seat: int, shift_end: float) -> float:
        """Write down that a seat takes a visit now; return when it will be done."""
        end, messages = now + self.work[row], 0
        if self.writes and now > self.entered[row] and row < self.tickets:
            messages = self._messages(row, now - self.entered[row])
            end += messages * self.rules.minutes
        self.done.append((row, now, end, seat, messages, shift_end))
        if self.follower:
            after = self.follower.get(row)
            if after is not None:
                heappush(self.reopened, (end + self.at[after], after))
        return end

    def _messages(self, row: int, wait: float) -> int:
        """Poisson number of messages by inversion of the visit's one uniform: it never falls as the wait grows."""
        rules, share = self.rules, wait / self.rules.patience
        mean = rules.per_day * rules.patience / rules.day * (share - 1.0 + exp(-share))
        if mean <= self.quiet[row]:
            return 0
        count, term = 0, exp(-mean)
        total, luck = term, self.luck[row]
        while total < luck and count < rules.most:
            count += 1
            term *= mean / count
            total += term
        return count

    def outcome(self) -> Outcome:
        """Lay the record out by visit."""
        rows = len(self.at)
        done = np.array(self.done, dtype=np.float64).reshape(-1, 6)
        order = done[:, 0].astype(np.int64)
        columns = {
            name: np.full(rows, empty) for name, empty in (("start", np.nan), ("end", np.nan), ("overtime", np.nan))
        }
        start, end, shift_end = done[:, 1], done[:, 2], done[:, 5]
        overtime = np.maximum(0.0, end - np.maximum(start, shift_end))
        for name, values in (("start", start), ("end", end), ("overtime", overtime)):
            columns[name][order] = values
        seat, messages = np.full(rows, -1, dtype=np.int64), np.zeros(rows, dtype=np.int64)
        seat[order], messages[order] = done[:, 3], done[:, 4]
        entered = np.array(self.entered)
        return Outcome(entered=entered, seat=seat, follow_ups=messages, order=order, **columns)


def replay(
    workload: Workload,
    seats: Sequence[Seat],
    queue: Callable[[], Queue],
    *,
    follow_ups: FollowUps = FollowUps(),  # noqa: B008 -- frozen
) -> Outcome:
    """Run a workload through a team until nothing waits or the last shift has ended.

    Parameters
    ----------
    workload
        What enters, when, and how much work it is.
    seats
        Who works; the order settles who goes first among agents free since the same instant.
    queue
        Makes the policy's queue, empty; it is called once for each set of skills that agents have.
    follow_ups
        How customers write again while they wait.

    Returns
    -------
    Outcome
        The same for the same arguments, to the last bit.

    Raises
    ------
    InputError
        If there are no seats, or nobody has the skill that some ticket needs.

    Notes
    -----
    A hand-out costs one operation on a heap of agents besides what the queue costs.
    """
    if not seats:
        raise InputError("a replay needs at least one agent", mend="give --agents a number, or a file of agents")
    ledger = Ledger(workload, follow_ups)
    pools = frozenset(np.unique(workload.pool).tolist())
    if all(seat.skills is None or seat.skills >= pools for seat in seats):
        _one_pool(ledger, seats, queue())
    else:
        from tidegate.simulate.skills import Desk

        Desk(workload.pool.tolist(), pools, seats, queue).run(ledger)
    return ledger.outcome()


def _one_pool(ledger: Ledger, seats: Sequence[Seat], queue: Queue) -> None:
    """Everybody takes everything: the seat that is free first goes on."""
    shifts = [seat.next_shift(-inf) for seat in seats]
    free = [(shift[0], place) for place, shift in enumerate(shifts) if shift]
    until = [shift[1] if shift else -inf for shift in shifts]
    heapify(free)
    take, push, hand_out, reopened = queue.take, queue.push, ledger.hand_out, ledger.reopened
    at = [*ledger.at[: ledger.tickets], inf]
    coming, waiting, now = 0, 0, -inf
    while free:
        since, place = free[0]
        if since > now:  # noqa: PLR1730 -- once a hand-out, and four times as fast as max
            now = since
        if not waiting:
            due = min(at[coming], reopened[0][0]) if reopened else at[coming]
            if due == inf:
                return
            now = max(now, due)
        if reopened and reopened[0][0] <= now:
            ledger.next = coming
            waiting += ledger.admit(now, push)
            coming = ledger.next
        while at[coming] <= now:
            push(coming, at[coming])
            coming += 1
            waiting += 1
        if now < until[place]:
            heapreplace(free, (hand_out(take(now), now, place, until[place]), place))
            waiting -= 1
        elif shift := seats[place].next_shift(now):
            until[place] = shift[1]
            heapreplace(free, (max(since, shift[0]), place))
        else:
            heappop(free)
