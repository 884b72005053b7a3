"""Rules that see that a waiting customer wrote again: `replies`, `updated_at` and `last_requester_at`.

How many messages a wait brings is settled by the visit's own luck, so when each one comes is known beforehand. What a
policy makes of a ticket with none of them, with one, with two is judged apart, and put together for the luck of a seed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.turns import Turns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.belief import Belief
    from tidegate.simulate.workload import FollowUps, Workload

    Column = NDArray[np.float64]

FACTS: Final = frozenset({"replies", "updated_at", "last_requester_at"})
"""Facts that a message changes."""

_HALVINGS: Final = 80
_LONGEST: Final = 1e8  # minutes


def message_times(workload: Workload, follow_ups: FollowUps) -> Column:
    """When each customer writes again if the ticket still waits: (visits, most) moments, ascending; inf for never.

    They are the moments at which the number of messages that `FollowUps` gives a wait rises, with the visit's luck.
    """
    waits = np.full((workload.at.size, follow_ups.most), np.inf)
    if not follow_ups.per_day:
        return waits
    for place in range(follow_ups.most):
        low, high = np.zeros(workload.at.size), np.full(workload.at.size, _LONGEST)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            fewer = _at_most(place, follow_ups.expected(middle)) >= workload.luck
            low, high = np.where(fewer, middle, low), np.where(fewer, high, middle)
        waits[:, place] = np.where(high < _LONGEST, high, np.inf)
    return workload.at[:, None] + waits


def _at_most(count: int, mean: Column) -> Column:
    """Probability of so many Poisson events or fewer."""
    term = total = np.exp(-mean)
    for one in range(1, count + 1):
        term = term * mean / one
        total = total + term
    return total


def as_written(by_messages: Sequence[Turns], times: Column) -> Turns:
    """Put together what a policy makes of tickets as their customers write.

    Parameters
    ----------
    by_messages
        What it makes of them with no message, with one, and so on up to the most.
    times
        (visits, most) moments of the messages, ascending.
    """
    visits = times.shape[0]
    edges = np.column_stack((np.full(visits, -np.inf), times, np.full(visits, np.inf)))
    begins, kept = [], []
    for count, turns in enumerate(by_messages):
        first = np.diff(turns.visit, prepend=-1) > 0
        begin = np.where(first, -np.inf, np.roll(turns.until, 1))
        begin = np.maximum(begin, edges[turns.visit, count])
        rows = np.flatnonzero(begin < np.minimum(turns.until, edges[turns.visit, count + 1]))
        begins.append(begin[rows])
        kept.append((turns.visit[rows], turns.belief.of(rows), turns.standing[rows]))
    visit = np.concatenate([one for one, _, _ in kept])
    begin = np.concatenate(begins)
    order = np.lexsort((begin, visit))
    visit, begin = visit[order], begin[order]
    until = np.where(np.diff(visit, append=-1) == 0, np.roll(begin, -1), np.inf)
    belief = _joined([one for _, one, _ in kept]).of(order)
    return Turns(visit=visit, until=until, belief=belief, standing=np.concatenate([one for *_, one in kept])[order])


def _joined(beliefs: Sequence[Belief]) -> Belief:
    """Put the rows of beliefs of one policy one behind another."""
    names = ("probability", "value", "effort", "minutes", "weights")
    columns = {name: np.concatenate([getattr(one, name) for one in beliefs]) for name in names}
    bands = [np.ones(one.value.size, dtype=np.uint8) if one.band is None else one.band for one in beliefs]
    return replace(beliefs[0], band=np.concatenate(bands), **columns)
