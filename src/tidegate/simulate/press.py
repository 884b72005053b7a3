"""Cost of delay while it grows: the best of many waiting visits without looking at all of them.

Between two target passings the cost of a visit is ``a * e(t) + b``: what presses towards a target grows by the same
factor ``e(t) = exp(clock(t) / horizon)`` for everybody, what has passed its target stays. So the cost that a visit
will have reached at the end of a short epoch bounds its cost until then. `PressQueue` keeps the visits with the
highest bounds in front, in a heap; only when the best of them could be beaten from behind, or the epoch is over, are
all bounds taken anew. Near ties, and hand-outs at the very instant of a passing, are settled by the ranking function
itself, so the order is that of scoring every waiting visit at every hand-out, to the last bit.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush
from math import exp, inf
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.belief import Belief
    from tidegate.simulate.queues import Score

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Entry = tuple[float, int, float, float, float, float]

NEAR: Final = 1e-9
"""Costs within this share of each other are settled by the ranking function."""

INSTANT: Final = 1e-6
"""Minutes around a target passing in which rounding could tell the two sides apart differently."""

APART: Final = 2 * NEAR
"""The same for the logarithms of costs."""

_CLEAR: Final = 1.0 - NEAR
_FRONT: Final = 32
_SMALL: Final = 12
_SHARE: Final = 16  # of everybody who waits, where that is more than the front
_EPOCH: Final = 0.5  # of the horizon, at first
_SHORTER: Final = 0.5  # an epoch whose front ran out was too long
_SHORTEST: Final = 1e-3
_LONGER: Final = 1.25  # one that ended by time could have been longer


class Ranking(NamedTuple):
    """Visits in the order in which they are handed out if none passes a target; see `queues.Front`.

    And what each of them is between its first passing and its second: the logarithm at minute 0 of what grows, what has
    settled, and when the second comes.
    """

    rank: Sequence[int]
    rows: Sequence[int]
    key: Sequence[float]
    until: Sequence[float]
    growing: Sequence[float]
    settled: Sequence[float]
    second: Sequence[float]


class Press:
    """The constants of `a` and `b` for every visit, taken once for all queues over the same belief.

    Parameters
    ----------
    belief
        What the policy knows.
    entered
        When each visit enters, where that is known beforehand; nan for visits that follow others.

    Raises
    ------
    InputError
        If the levels are counted on more than two different clocks.
    """

    def __init__(self, belief: Belief, entered: Column) -> None:
        clocks = list(dict.fromkeys(belief.clocks))
        if len(clocks) > 2:  # noqa: PLR2004 -- the two growing terms below
            raise InputError("levels on more than two clocks", mend="use ScanQueue, which fits every ranking")
        self.belief, self.entered = belief, entered
        self.known = int(np.count_nonzero(~np.isnan(entered)))
        self.first, self.second = clocks[0], clocks[-1]
        self.single = [clock is self.first for clock in belief.clocks]
        self.member = np.array([[one, not one] for one in self.single], dtype=np.float64)
        self.factor = belief.probability * belief.weights * (belief.value / belief.effort)[:, None]
        self.columns = np.hstack((self.factor, np.empty((entered.size, 8))))  # so that a row is one look-up
        self.due, self.passing = self.columns[:, 4:8], self.columns[:, 8:]
        self.enter(np.arange(entered.size), entered)
        growing = self.factor * np.exp(-belief.minutes / belief.horizon) @ self.member
        self.first_terms, self.second_terms = growing[:, 0].tolist(), growing[:, 1].tolist()
        soonest = self.passing.min(axis=1) - INSTANT
        self.soonest = soonest.tolist()
        self.ranking = self._ranked(growing[:, 0], soonest)

    def _ranked(self, growing: Column, soonest: Column) -> Ranking | None:
        """Rank visits by what they cost before any target passes; None where that is no fixed order."""
        timed = self.first.times or self.second.times
        if timed or not 0.0 < self.belief.missed <= 1.0 or self.known < self.entered.size:
            return None
        with np.errstate(divide="ignore"):
            key = np.log(growing) - self.entered / self.belief.horizon
        if not np.isfinite(key).all():
            return None
        rows = np.argsort(-key, kind="stable")
        rank = np.empty_like(rows)
        rank[rows] = np.arange(key.size)
        near = np.flatnonzero(-np.diff(key[rows]) <= APART)
        soonest[rows[near]] = soonest[rows[near + 1]] = -inf  # never sure
        order = (rank.tolist(), rows.tolist(), key[rows].tolist(), soonest[rows].tolist())
        return Ranking(*order, *(column.tolist() for column in self._after_first()))

    def _after_first(self) -> tuple[Column, Column, Column]:
        """Describe every visit between its first passing and its second; passings within two instants are one."""
        belief = self.belief
        open_ = self.passing > self.passing.min(axis=1, keepdims=True) + 2 * INSTANT
        growing = np.where(open_, self.factor * np.exp(-belief.minutes / belief.horizon), 0.0).sum(axis=1)
        settled = np.where(open_, 0.0, self.factor).sum(axis=1) * belief.missed
        with np.errstate(divide="ignore"):
            growing = np.log(growing) - self.entered / belief.horizon
        return growing, settled, np.where(open_, self.passing, inf).min(axis=1) - INSTANT

    def enter(self, rows: Rows, entered: Column) -> None:
        """Write down when these visits enter."""
        for k, clock in enumerate(self.belief.clocks):
            self.due[rows, k] = clock.read(entered) + self.belief.minutes[rows, k]
            self.passing[rows, k] = clock.when(self.due[rows, k])

    def lines(self, rows: Rows, now: float) -> tuple[Column, Column, Column]:
        """(n, 4) growing terms at `now`, n settled terms, n moments of the next passing."""
        belief = self.belief
        reading = np.array([clock.at(now) for clock in belief.clocks])
        open_ = self.passing[rows] > now - INSTANT
        factor = self.factor[rows]
        left = np.maximum(self.due[rows] - reading, 0.0)
        growing = np.where(open_, factor * np.exp(left / -belief.horizon), 0.0)
        settled = (factor * ~open_).sum(axis=1) * belief.missed
        return growing, settled, np.where(open_, self.passing[rows], inf).min(axis=1) - INSTANT

    def line(self, row: int, reading: tuple[float, ...], now: float) -> tuple[float, float, float, float]:
        """One visit's two growing terms as they were at `reading`, its settled term and its next passing."""
        columns, horizon = self.columns[row].tolist(), self.belief.horizon
        first = second = settled = 0.0
        soonest, limit = inf, now - INSTANT
        for k in range(4):
            passing = columns[8 + k]
            if passing <= limit:
                settled += columns[k]
                continue
            term = columns[k] * exp((reading[k] - columns[4 + k]) / horizon)
            if self.single[k]:
                first += term
            else:
                second += term
            soonest = min(soonest, passing)
        return first, second, settled * self.belief.missed, soonest - INSTANT


class PressQueue:
    """Waiting visits in the order of their cost of delay.

    Parameters
    ----------
    press
        The constants of the belief.
    score
        The ranking itself: ``score(rows, since, now)``, the highest first; it settles what is too near to call.
    """

    def __init__(self, press: Press, score: Score) -> None:
        self._press, self._score = press, score
        self._plain = not press.first.times and not press.second.times
        self._first, self._second, self._soonest, self._known = (
            press.first_terms,
            press.second_terms,
            press.soonest,
            press.known,
        )
        self._scale = 1.0 / press.belief.horizon
        self._entered = press.entered.copy()
        self._heap: list[Entry] = []
        self._behind: list[int] = []
        self._rest: Rows = np.empty(0, dtype=np.int64)
        self._beaten = -inf  # no visit behind the front can cost more before the epoch is over
        self._gone: set[int] = set()
        self._began, self._until, self._epoch = -inf, -inf, _EPOCH
        self._base: tuple[float, float] = (0.0, 0.0)
        self._reading: tuple[float, ...] = (0.0,) * 4
        self._growth: tuple[float, float] = (1.0, 1.0)

    def push(self, row: int, now: float) -> None:
        """See `Queue.push`."""
        if row >= self._known:
            self._press.enter(np.array([row]), np.array([now]))
            self._entered[row] = now
            self._soonest[row] = float(self._press.passing[row].min()) - INSTANT
        if now > self._until:
            self._behind.append(row)
            return
        if now < self._began:  # it has waited for long, and changed: its terms may be far from what they were
            entry = self._entry(row, self._began)
            if -entry[0] > self._beaten:
                heappush(self._heap, entry)
            else:
                self._behind.append(row)
            return
        if self._plain:
            first, second = self._first[row] / exp((now - self._base[0]) * self._scale), 0.0
            bound = first * self._growth[0]
        else:
            grown, other = self._grown(now)
            first, second = self._first[row] / grown, self._second[row] / other
            bound = first * self._growth[0] + second * self._growth[1]
        if bound > self._beaten:
            heappush(self._heap, (-bound, row, first, second, 0.0, self._soonest[row]))
        else:
            self._behind.append(row)

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        if now > self._until:
            self._epoch = min(self._epoch * _LONGER, 1.0)
            self._renew(now)
        heap = self._heap
        if heap and self._plain and not self._gone:  # most often the first is so far ahead that nobody else can win
            _, _, first, _, settled, passing = heap[0]
            cost = (first * exp((now - self._base[0]) * self._scale) + settled) * _CLEAR
            rival = 0.0 if len(heap) == 1 else heap[1][0]
            if len(heap) > 2 and heap[2][0] < rival:  # noqa: PLR2004 -- the second best is one of the two behind
                rival = heap[2][0]
            if now < passing and cost > self._beaten and cost > -rival:
                return heappop(heap)[1]
        row = self._best(now)
        while row < 0 and self._epoch > _SHORTEST:
            self._epoch *= _SHORTER
            self._renew(now)
            row = self._best(now)
        return self._scan(now) if row < 0 else row

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        self._gone.add(row)

    def _grown(self, now: float) -> tuple[float, float]:
        """How much pressing terms have grown since the epoch began."""
        if self._plain:
            return exp((now - self._base[0]) * self._scale), 1.0
        first, second = self._press.first.at(now), self._press.second.at(now)
        return exp((first - self._base[0]) * self._scale), exp((second - self._base[1]) * self._scale)

    def _best(self, now: float) -> int:
        """Take the best of the front; -1 where the front cannot tell."""
        heap, gone, (grown, other) = self._heap, self._gone, self._grown(now)
        seen: list[tuple[float, Entry]] = []
        best = floor = 0.0
        sure = True
        while heap and -heap[0][0] >= floor:
            entry = heappop(heap)
            if gone and entry[1] in gone:
                gone.remove(entry[1])
                continue
            if now >= entry[5]:
                entry = self._entry(entry[1], now)
                sure = sure and now < entry[5]
            cost = entry[2] * grown + entry[3] * other + entry[4]
            seen.append((cost, entry))
            if cost > best:
                best, floor = cost, cost * _CLEAR
        if not (sure and seen and floor > self._beaten):
            for _, entry in seen:
                heappush(heap, entry)
            return -1
        if len(seen) == 1:
            return seen[0][1][1]
        near = [entry[1] for cost, entry in seen if cost >= floor]
        row = near[0] if len(near) == 1 else self._settle(np.sort(near), now)
        for _, entry in seen:
            if entry[1] != row:
                heappush(heap, entry)
        return row

    def _settle(self, rows: Rows, now: float) -> int:
        return int(rows[np.argmax(self._score(rows, self._entered[rows], now))])

    def _scan(self, now: float) -> int:
        row = self._settle(np.sort(self._waiting()), now)
        self._gone.add(row)
        return row

    def _waiting(self) -> Rows:
        front = np.array([entry[1] for entry in self._heap] + self._behind, dtype=np.int64)
        rows = np.concatenate((self._rest, front))
        return rows[~np.isin(rows, list(self._gone))] if self._gone else rows

    def _entry(self, row: int, now: float) -> Entry:
        first, second, settled, passing = self._press.line(row, self._reading, now)
        bound = first * self._growth[0] + second * self._growth[1] + settled
        return -bound, row, first, second, settled, passing

    def _renew(self, now: float) -> None:
        """Begin an epoch: bounds for everybody, the highest in front."""
        press, rows = self._press, self._waiting()
        self._gone.clear()
        self._behind.clear()
        self._began, self._until = now, now + self._epoch * press.belief.horizon
        self._base = press.first.at(now), press.second.at(now)
        self._reading = tuple(clock.at(now) for clock in press.belief.clocks)
        self._growth = self._grown(self._until)
        if rows.size <= _SMALL:
            self._rest, self._beaten = rows[:0], -inf
            self._heap = [self._entry(row, now) for row in rows.tolist()]
        else:
            self._heap = self._split(rows, now)
        heapify(self._heap)

    def _split(self, rows: Rows, now: float) -> list[Entry]:
        """Keep the rest behind; return the front."""
        growing, settled, passing = self._press.lines(rows, now)
        growth = self._press.member @ np.array(self._growth)
        bound = np.minimum(growing * growth, self._press.factor[rows]).sum(axis=1) + settled
        front = max(_FRONT, rows.size // _SHARE)
        order = np.argpartition(-bound, front) if front < rows.size else np.arange(rows.size)
        first, behind = order[:front], order[front:]
        self._rest, self._beaten = rows[behind], float(bound[behind].max(initial=-inf))
        terms = growing[first] @ self._press.member
        columns = (-bound[first], rows[first], *terms.T, settled[first], passing[first])
        return list(zip(*(column.tolist() for column in columns), strict=True))
