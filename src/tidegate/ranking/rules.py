"""What the rules that hold do to a ticket: they move its level posterior, multiply its value, choose its lane.

Effects do not depend on the order in which the rules stand: the most urgent demand wins. A demand moves probability,
it does not throw it away: "at least P1" puts on P1 what was believed of P2 and P3. (Conditioning, which drops it, would
let a ticket fall when it is believed to be more urgent: docs/decisions/rules-clamp.md.)

What a person said goes over all of it: an override is a rule that comes last and replaces what the others demand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.policy.model import Effect, Rule
from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

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
    chosen
        Whether the lane is a person's choice, which goes over everything.
    """

    floor: NDArray[np.uint8]
    ceiling: NDArray[np.uint8]
    value: Column | None
    lane: NDArray[np.uint8]
    review: NDArray[np.bool_]
    escalate: NDArray[np.bool_]
    chosen: NDArray[np.bool_]


class Override(Rule):
    """What a person said of a ticket, as the last rule."""


def with_overrides(policy: Policy) -> Policy:
    """Add to a policy what people may have said: a level, a lane. It then reads ``override_level`` and ``_lane``."""
    levels = [
        Override(name=f"override: {level}", when=f"override_level = '{level}'", then=Effect(level=level))
        for level in LEVELS
    ]
    lanes = [
        Override(name=f"override: lane {lane}", when=f"override_lane = '{lane}'", then=Effect(lane=lane))
        for lane in LANES
        if lane not in ("aged", "waiting")
    ]
    return policy.model_copy(update={"rules": (*policy.rules, *levels, *lanes)})


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
    review, escalate, chosen = (np.zeros(rows, dtype=bool) for _ in range(3))
    value: Column | None = None
    for rule, holds in zip(rules, flags, strict=True):
        then = rule.then
        if isinstance(rule, Override):
            _override(then, holds, floor=floor, ceiling=ceiling, lane=lane, review=review, chosen=chosen)
            continue
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
    asked = {"review": review, "escalate": escalate, "chosen": chosen}
    return Outcome(floor=floor, ceiling=ceiling, value=value, lane=lane, **asked)


def _override(
    then: Effect,
    holds: NDArray[np.bool_],
    *,
    floor: NDArray[np.uint8],
    ceiling: NDArray[np.uint8],
    lane: NDArray[np.uint8],
    review: NDArray[np.bool_],
    chosen: NDArray[np.bool_],
) -> None:
    """Put what a person said in place of what the rules before it demand; a word on the level is the review."""
    if then.level:
        floor[holds] = ceiling[holds] = LEVELS.index(then.level)
        review[holds] = False
    if then.lane:
        lane[holds] = LANES.index(then.lane)
        chosen |= holds


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
