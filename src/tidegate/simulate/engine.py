"""The replay: agents take tickets in the order that a queue says, one at a time or a few at once, and finish them.

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
    seats
        Position of the agent's seat in the roster, -1 where nobody took it; or how many agents there were, all of them
        without shifts and able to take everything. See `seat`.
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
    seats: NDArray[np.int64] | int
    follow_ups: NDArray[np.int64]
    overtime: Column
    order: NDArray[np.int64]

    @property
    def wait(self) -> Column:
        """Minutes between entering and being taken up."""
        return self.start - self.entered

    @property
    def seat(self) -> NDArray[np.int64]:
        """Position of the agent's seat in the roster; -1 where nobody took it."""
        if not isinstance(self.seats, int):
            return self.seats
        free = [(-inf, place) for place in range(self.seats)]
        places: list[int] = []
        for end in self.end[self.order].tolist():
            place = free[0][1]
            places.append(place)
            heapreplace(free, (end, place))
        return _spread(np.array(places, dtype=np.float64), self.order, self.start.size, empty=-1.0).astype(np.int64)


class Ledger:
    """The arrivals to come and the record of what was done, as plain lists: the loops below read them at every step."""

    def __init__(self, workload: Workload, follow_ups: FollowUps) -> None:
        self.tickets = workload.tickets
        self.at, self.work = workload.at.tolist(), workload.work.tolist()
        before = workload.follows[self.tickets :].tolist()
        self.follower = {row: after for after, row in enumerate(before, start=self.tickets)}
        self.rules, self.writes = follow_ups, follow_ups.per_day > 0
        self.luck = workload.luck.tolist() if self.writes else []
        # no message while the expected number is at most this
        self.quiet = (-np.log(workload.luck)).tolist() if self.writes else []
        self.entered = self.at[: self.tickets] + [np.nan] * (len(self.at) - self.tickets)
        self.rows: list[int] = []  # empty where visits go out in turn
        self.starts: list[float] = []
        self.places: list[int] = []
        self.sent: dict[int, int] = {}
        self.reopened: list[tuple[float, int]] = []
        self.next = 0
        self.unseated = False  # whether nobody wrote down who took what, since all are alike
        self.shared = False  # whether ends are known only when they come
        self.ends: dict[int, float] = {}
        self.late: dict[int, float] = {}

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

    def hand_out(self, row: int, now: float, seat: int) -> float:
        """Write down that a seat takes a visit now; return when it will be done if nothing else is in hand."""
        end = now + self.work[row]
        if self.writes and now > self.entered[row] and row < self.tickets:
            end += self.messages(row, now - self.entered[row])
        self.rows.append(row)
        self.starts.append(now)
        self.places.append(seat)
        if self.follower and not self.shared:
            self.ended(row, end)
        return end

    def ended(self, row: int, end: float) -> None:
        """Let what follows a visit come back later."""
        after = self.follower.get(row)
        if after is not None:
            heappush(self.reopened, (end + self.at[after], after))

    def messages(self, row: int, wait: float) -> float:
        """Write down how many messages such a wait brings, and return the minutes of work that they add.

        The number is Poisson, by inversion of the visit's one uniform: it never falls as the wait grows.
        """
        rules, share = self.rules, wait / self.rules.patience
        mean = rules.per_day * rules.patience / rules.day * (share - 1.0 + exp(-share))
        if mean <= self.quiet[row]:
            return 0.0
        count, term = 0, exp(-mean)
        total, luck = term, self.luck[row]
        while total < luck and count < rules.most:
            count += 1
            term *= mean / count
            total += term
        self.sent[row] = count
        return count * rules.minutes

    def outcome(self, workload: Workload, seats: Sequence[Seat]) -> Outcome:
        """Lay the record out by visit."""
        rows = len(self.at)
        order = np.array(self.rows, dtype=np.int64) if self.rows else np.arange(len(self.starts))
        start = np.array(self.starts)
        messages = np.zeros(rows, dtype=np.int64)
        end = start + workload.work[order]
        if self.sent:
            messages[list(self.sent)] = list(self.sent.values())
            end += messages[order] * self.rules.minutes
        overtime, taken = np.zeros(start.size), len(seats)
        if not self.unseated:
            seat = np.array(self.places, dtype=np.int64)
            overtime = np.maximum(0.0, end - np.maximum(start, _shift_ends(seats, seat, start)))
            taken = _spread(seat.astype(np.float64), order, rows, empty=-1.0).astype(np.int64)
        if self.shared:
            end, overtime = (np.array([of.get(row, np.nan) for row in order.tolist()]) for of in (self.ends, self.late))
        return Outcome(
            entered=np.array(self.entered) if self.follower else workload.at.copy(),
            start=_spread(start, order, rows),
            end=_spread(end, order, rows),
            seats=taken,
            follow_ups=messages,
            overtime=_spread(overtime, order, rows),
            order=order,
        )


def _spread(values: Column, order: NDArray[np.int64], rows: int, empty: float = np.nan) -> Column:
    """Put values in the order of hand-outs into the rows of their visits."""
    spread = np.full(rows, empty)
    spread[order] = values
    return spread


def _shift_ends(seats: Sequence[Seat], seat: NDArray[np.int64], start: Column) -> Column:
    """When the shift ends in which each hand-out took place."""
    if all(map(_always, seats)):
        return np.full(start.shape, inf)
    kinds = {shifts: place for place, shifts in enumerate(dict.fromkeys(one.shifts for one in seats))}
    kind = np.array([kinds[one.shifts] for one in seats])[seat]
    ends = np.empty_like(start)
    for shifts, place in kinds.items():
        mine = kind == place
        until = np.array([end for _, end in shifts])
        ends[mine] = until[np.searchsorted(until, start[mine], side="right")] if until.size else inf
    return ends


def _always(seat: Seat) -> bool:
    return seat.shifts == ((-inf, inf),)


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
    pools = frozenset(np.unique(workload.pool).tolist() if workload.pool.any() else (0,))
    if any(seat.at_once > 1 for seat in seats):
        from tidegate.simulate.sharing import Sharing

        Sharing(workload.pool.tolist(), pools, seats, queue).run(ledger)
    elif all(seat.skills is None or seat.skills >= pools for seat in seats):
        one = queue()
        front = None if ledger.follower else getattr(one, "front", None)
        if front is None or not all(map(_always, seats)):
            _one_pool(ledger, seats, one)
        else:
            from tidegate.simulate import quick

            ledger.unseated = True
            if front.in_turn:
                quick.in_turn(ledger, len(seats))
            else:
                quick.ranked(ledger, len(seats), one, front)
    else:
        from tidegate.simulate.skills import Desk

        Desk(workload.pool.tolist(), pools, seats, queue).run(ledger)
    return ledger.outcome(workload, seats)


def _one_pool(ledger: Ledger, seats: Sequence[Seat], queue: Queue) -> None:
    """Everybody takes everything: the seat that is free first goes on."""
    crew = Crew(seats)
    free, until = crew.free, crew.until
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
            heapreplace(free, (hand_out(take(now), now, place), place))
            waiting -= 1
        else:
            crew.turn_over(now)


class Crew:
    """Seats by when they are free, and until when their shifts run."""

    def __init__(self, seats: Sequence[Seat]) -> None:
        shifts = [seat.next_shift(-inf) for seat in seats]
        self.free = [(shift[0], place) for place, shift in enumerate(shifts) if shift]
        self.until = [shift[1] if shift else -inf for shift in shifts]
        self._seats = seats
        heapify(self.free)

    def turn_over(self, now: float) -> None:
        """Let the seat that has been free longest, whose shift is over, wait for its next one or go home."""
        since, place = self.free[0]
        if shift := self._seats[place].next_shift(now):
            self.until[place] = shift[1]
            heapreplace(self.free, (max(since, shift[0]), place))
        else:
            heappop(self.free)
