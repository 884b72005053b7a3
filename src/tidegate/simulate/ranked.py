"""Cost of delay where time is the only clock: most visits keep their order, so a hand-out seldom compares anything.

What presses towards a target grows by the same factor for everybody. So visits that have passed no target keep their
order: they wait by rank, in a heap of whole numbers. Whatever passes a target, or has passed one, grows more slowly
than that. The logarithm of a cost, less what everybody has grown by, is therefore a bound that holds from then on: it
never rises. Visits that have passed a target wait by such bounds, which are taken anew only when one comes to the top.
Where many of them wait, the highest are in front and the rest behind, below a bound of their own.

Near ties, and hand-outs at the very instant of a passing, are settled by the ranking function itself, so the order is
that of scoring every waiting visit at every hand-out, to the last bit.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush, heapreplace
from math import exp, inf, log
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.press import APART, INSTANT
from tidegate.simulate.queues import Front

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.press import Press, Ranking
    from tidegate.simulate.queues import Score

    Rows = NDArray[np.int64]
    Entry = tuple[float, int, float, float, float]
    """Bound with its sign turned, row, logarithm at minute 0 of what grows, what has settled, next passing."""

_FRONT: Final = 32
_SMALL: Final = 12
_SHARE: Final = 16  # of everybody who has passed a target, where that is more than the front


class RankedQueue:
    """Waiting visits in the order of their cost of delay, where `Press` could rank them.

    Parameters
    ----------
    press
        The constants of the belief.
    ranking
        Its `ranking`.
    score
        The ranking itself: ``score(rows, since, now)``, the highest first; it settles what is too near to call.
    """

    def __init__(self, press: Press, ranking: Ranking, score: Score) -> None:
        self._press, self._score = press, score
        self._columns, self._missed, self._scale = press.columns, press.belief.missed, 1.0 / press.belief.horizon
        self._after = ranking.growing, ranking.settled, ranking.second
        self.front = Front([], ranking.rank, ranking.rows, ranking.key, ranking.until)
        self._passed: list[Entry] = []
        self._behind: list[int] = []
        self._rest: Rows = np.empty(0, dtype=np.int64)
        self._beaten = -inf  # no visit behind has a higher bound
        self._gone: set[int] = set()

    def push(self, row: int, now: float) -> None:  # noqa: ARG002 -- part of the protocol; the rank knows the time
        """See `Queue.push`."""
        heappush(self.front.heap, self.front.rank[row])

    def drop(self, row: int) -> None:
        """See `Queue.drop`."""
        self._gone.add(row)

    def take(self, now: float) -> int:
        """See `Queue.take`."""
        front, passed, bar = self.front, self._passed, self._beaten
        row = -1 if self._gone or not self._sorted_out(now) else self._clear(now)
        if row < 0:
            row, bar = self._settled(now), self._beaten
            passed = self._passed
        if passed and -passed[0][0] > bar:
            bar = -passed[0][0]
        front.bar = bar + APART
        return row

    def _sorted_out(self, now: float) -> bool:
        """Put aside who comes to the top by rank and has passed a target; False where the top is near another."""
        front, passed, grown = self.front, self._passed, now * self._scale
        heap, until, (growing, settled, second) = front.heap, front.until, self._after
        while heap and (end := until[heap[0]]) <= now:
            if end == -inf:
                return False
            row = front.rows[heappop(heap)]
            if now < second[row] and end <= now - 3 * INSTANT:
                cost = exp(growing[row] + grown) + settled[row]
                entry = (grown - log(cost) if cost > 0.0 else inf, row, growing[row], settled[row], second[row])
            else:
                entry = self._entry(row, now)
            if -entry[0] > self._beaten:
                heappush(passed, entry)
            else:
                self._behind.append(row)
        return True

    def _clear(self, now: float) -> int:
        """Take the first of all if nobody is near to it; -1 where that is not clear.

        Bounds of those that have passed a target are taken anew from the top, until the first is as high as it looks.
        """
        heap, passed, grown = self.front.heap, self._passed, now * self._scale
        best = self.front.key[heap[0]] if heap else -inf
        below = best - APART
        while passed and -passed[0][0] > below:
            _, row, growing, settled, passing = passed[0]
            if now >= passing:
                entry = self._entry(row, now)
                if now >= entry[4]:
                    return -1
            else:
                cost = exp(growing + grown) + settled
                entry = (grown - log(cost) if cost > 0.0 else inf, row, growing, settled, passing)
            heapreplace(passed, entry)
            if passed[0][1] == row:  # as high as it looks, and others may be as high
                floor = -entry[0] - APART
                rival = passed[1][0] if len(passed) > 1 else inf
                if len(passed) > 2 and passed[2][0] < rival:  # noqa: PLR2004 -- the second is one of the two behind
                    rival = passed[2][0]
                if floor > best and floor > -rival and floor > self._beaten:
                    heappop(passed)
                    return row
                return -1
        return self.front.rows[heappop(heap)] if heap and below > self._beaten else -1

    def _settled(self, now: float) -> int:
        """Take the best, whatever it takes to find out."""
        heap, rank = self.front.heap, self.front.rank
        rivals, first = self._rivals(now)
        best = self._best(now, rivals, first)
        if best < 0:
            self._renew(now)
            best = self._best(now, rivals, first)
        if best < 0:
            best = self._scan(now, rivals)
        for row in rivals:
            if row != best:
                heappush(heap, rank[row])
        return best

    def _rivals(self, now: float) -> tuple[list[int], float]:
        """Take the first by rank and all that are too near to it, and its key; put aside what has passed a target."""
        heap, rows, key, soonest = self.front.heap, self.front.rows, self.front.key, self._press.soonest
        rivals: list[int] = []
        first = -inf
        while heap and key[place := heap[0]] >= first - APART:
            heappop(heap)
            row = rows[place]
            if row in self._gone:
                self._gone.remove(row)
            elif now < soonest[row]:
                rivals.append(row)
                first = max(first, key[place])
            else:
                entry = self._entry(row, now)
                if -entry[0] > self._beaten:
                    heappush(self._passed, entry)
                else:
                    self._behind.append(row)
        return rivals, first

    def _best(self, now: float, rivals: list[int], first: float) -> int:
        """Take the best of rivals and of those that passed a target; -1 where the front cannot tell."""
        heap, grown = self._passed, now * self._scale
        best, floor, sure = first, first - APART, True
        if len(rivals) == 1 and floor > self._beaten and not (heap and -heap[0][0] >= floor):
            return rivals[0]
        seen: list[Entry] = []
        while heap and -heap[0][0] >= floor:
            entry = heappop(heap)
            _, row, growing, settled, passing = entry
            if row in self._gone:
                self._gone.remove(row)
                continue
            if now >= passing:
                entry = self._entry(row, now)
                sure = sure and now < entry[4]
            else:
                cost = exp(growing + grown) + settled
                entry = (grown - log(cost) if cost > 0.0 else inf, row, growing, settled, passing)
            seen.append(entry)
            if -entry[0] > best:
                best = -entry[0]
                floor = best - APART
        row = -1
        if sure and (seen or rivals) and floor > self._beaten:
            near = [entry[1] for entry in seen if -entry[0] >= floor]
            if first >= floor:
                near += rivals
            row = near[0] if len(near) == 1 else self._settle(np.sort(near), now)
        for entry in seen:
            if entry[1] != row:
                heappush(heap, entry)
        return row

    def _settle(self, rows: Rows, now: float) -> int:
        return int(rows[np.argmax(self._score(rows, self._press.entered[rows], now))])

    def _scan(self, now: float, rivals: Sequence[int]) -> int:
        """Score everybody who could be the best."""
        rows = np.concatenate((self._waiting(), np.array(rivals, dtype=np.int64)))
        row = self._settle(np.sort(rows), now)
        if row not in rivals:
            self._gone.add(row)
        return row

    def _waiting(self) -> Rows:
        front = np.array([entry[1] for entry in self._passed] + self._behind, dtype=np.int64)
        rows = np.concatenate((self._rest, front))
        return rows[~np.isin(rows, list(self._gone))] if self._gone else rows

    def _entry(self, row: int, now: float) -> Entry:
        """Look at one visit as it is now; see `Press.line`, which does so for any clocks."""
        numbers, limit, scale = self._columns[row].tolist(), now - INSTANT, self._scale
        growing, settled, passing = 0.0, 0.0, inf
        for k in (0, 1, 2, 3):
            due = numbers[4 + k]
            if due <= limit:
                settled += numbers[k]
            else:
                growing += numbers[k] * exp((now - due) * scale)
                if due < passing:  # noqa: PLR1730 -- called for every tenth hand-out
                    passing = due
        settled *= self._missed
        grown, cost = now * scale, growing + settled
        bound = grown - log(cost) if cost > 0.0 else inf
        return bound, row, log(growing) - grown if growing > 0.0 else -inf, settled, passing - INSTANT

    def _renew(self, now: float) -> None:
        """Take all bounds anew, the highest in front."""
        rows = self._waiting()
        self._gone.difference_update(self._rest.tolist(), self._behind, [entry[1] for entry in self._passed])
        self._behind.clear()
        self._rest, self._beaten = rows[:0], -inf
        if rows.size > _SMALL:
            rows = self._split(rows, now)
        self._passed = [self._entry(row, now) for row in rows.tolist()]
        heapify(self._passed)

    def _split(self, rows: Rows, now: float) -> Rows:
        """Keep the rest behind; return those in front."""
        front = max(_FRONT, rows.size // _SHARE)
        if front >= rows.size:
            return rows
        growing, settled, _ = self._press.lines(rows, now)
        with np.errstate(divide="ignore"):
            bound = np.log(growing.sum(axis=1) + settled) - now * self._scale
        order = np.argpartition(-bound, front)
        behind = order[front:]
        self._rest, self._beaten = rows[behind], float(bound[behind].max()) + APART
        return rows[order[:front]]
