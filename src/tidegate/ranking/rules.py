"""What the rules that hold do to a ticket: they move its level posterior, multiply its value, choose its lane.

Effects do not depend on the order in which the rules stand: the most urgent demand wins. A demand moves probability,
it does not throw it away: "at least P1" puts on P1 what was believed of P2 and P3. (Conditioning, which drops it, would
let a ticket fall when it is believed to be more urgent: docs/decisions/rules-clamp.md.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Rule

    Column = NDArray[np.float64]
    Flags = Sequence[NDArray[np.bool_]]

LEAST_URGENT: Final = len(LEVELS) - 1
NO_LANE: Final = len(LANES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What all rules together demand of n tickets.

    Attributes
    ----------
    floor
        Level index that the ticket has at least (0 is P0); 3 demands nothing.
    ceiling
        Level index that the ticket has at most; 0 demands nothing.
    value
        Factor on value; None where no rule multiplies.
    lane
        Index into `LANES`, or `NO_LANE`.
    review, escalate
        Whether a rule asks for it.
    """

    floor: NDArray[np.uint8]
    ceiling: NDArray[np.uint8]
    value: Column | None
    lane: NDArray[np.uint8]
    review: NDArray[np.bool_]
    escalate: NDArray[np.bool_]


def outcome(rules: Sequence[Rule], flags: Flags, rows: int) -> Outcome:
    """Combine the rules that hold.

    Parameters
    ----------
    rules
        The policy's rules.
    flags
        For each rule, n booleans: whether it holds.
    rows
        n.
    """
    floor = np.full(rows, LEAST_URGENT, dtype=np.uint8)
    ceiling = np.zeros(rows, dtype=np.uint8)
    lane = np.full(rows, NO_LANE, dtype=np.uint8)
    review, escalate = np.zeros(rows, dtype=bool), np.zeros(rows, dtype=bool)
    value: Column | None = None
    for rule, holds in zip(rules, flags, strict=True):
        then = rule.then
        at_least, at_most = then.at_least or then.level, then.at_most or then.level
        if at_least:
            np.minimum(floor, LEVELS.index(at_least), out=floor, where=holds)
        if at_most:
            np.maximum(ceiling, LEVELS.index(at_most), out=ceiling, where=holds)
        if then.lane:
            np.minimum(lane, LANES.index(then.lane), out=lane, where=holds)
        if then.value is not None:
            value = np.ones(rows) if value is None else value
            np.multiply(value, then.value, out=value, where=holds)
        if then.review:
            review |= holds
        if then.escalate:
            escalate |= holds
    return Outcome(floor=floor, ceiling=ceiling, value=value, lane=lane, review=review, escalate=escalate)


def clamp(
    probability: Sequence[Column], floor: NDArray[np.uint8], ceiling: NDArray[np.uint8], *, copy: bool = True
) -> tuple[Column, Column, Column, Column]:
    """Move probability from levels that the rules exclude to the nearest level that they allow.

    The ceiling is applied first and the floor last, so that of two rules that disagree the more urgent one wins.

    Parameters
    ----------
    probability
        Four columns of n each, P0 first; changed in place if ``copy`` is false.
    floor, ceiling
        n level indexes each, as in `Outcome`.

    Returns
    -------
    tuple of four ndarrays of shape (n,)
    """
    p = [np.array(column, dtype=np.float64) for column in probability] if copy else probability
    for limit in range(1, LEAST_URGENT + 1):
        rows = np.flatnonzero(ceiling == limit)
        for k in range(limit if rows.size else 0):
            p[limit][rows] += p[k][rows]
            p[k][rows] = 0.0
    for limit in range(LEAST_URGENT):
        rows = np.flatnonzero(floor == limit)
        for k in range(LEAST_URGENT if rows.size else 0, limit, -1):
            p[limit][rows] += p[k][rows]
            p[k][rows] = 0.0
    return p[0], p[1], p[2], p[3]
