"""Facts and policy in; level, points and lane of every ticket out. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.policy.targets import day_minutes
from tidegate.ranking.beliefs import ages, likeliest, posterior
from tidegate.ranking.methods import Method, method_of
from tidegate.ranking.rules import NO_LANE, Outcome, clamp, outcome
from tidegate.ranking.value import value_of
from tidegate.tables.words import LANES, URGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.policy.targets import TargetTable

    Column = NDArray[np.float64]
    Flags = Sequence[NDArray[np.bool_]]

NOW, ESCALATE, AGED, REVIEW, QUEUE, LATER, _WAITING = range(len(LANES))
BAND: Final = np.array([0, 1, 1, 1, 1, 2, 3, 1], dtype=np.uint8)
"""By lane: `now` stands above everything, `later` below; in between the points decide, whatever the lane."""

_BLOCK: Final = 1 << 17
_URGENT: Final = len(URGENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """What the policy says of n tickets, row by row as the facts have them.

    Attributes
    ----------
    points
        n points.
    level
        n indexes into `LEVELS`: the likeliest level after the rules.
    floor, ceiling
        n level indexes each: what the rules demand, as in `rules.Outcome`.
    lane
        n indexes into `LANES`.
    review, escalate, late
        n booleans: a person should look; should go to people who can act; the target of that level is missed.
    asleep
        n booleans: somebody set it aside, and nothing calls it back yet.
    value
        n business values before the rules.
    """

    points: Column
    level: NDArray[np.uint8]
    floor: NDArray[np.uint8]
    ceiling: NDArray[np.uint8]
    lane: NDArray[np.uint8]
    review: NDArray[np.bool_]
    escalate: NDArray[np.bool_]
    late: NDArray[np.bool_]
    asleep: NDArray[np.bool_]
    value: Column

    @property
    def band(self) -> NDArray[np.uint8]:
        """Return the band of each ticket: 0 for lane now, 2 for later, 1 for the others."""
        return BAND[self.lane]


def score(facts: pl.DataFrame, policy: Policy, targets: TargetTable, flags: Flags) -> Scores:
    """Score every ticket, block by block, so that what is worked out on the way takes little memory.

    Parameters
    ----------
    facts
        n tickets with ``level_p0..3``, ``age_p0..3``, ``target_row`` and what the policy's value factors name.
    policy, targets
        The policy and its target table.
    flags
        For each rule, n booleans: whether it holds.
    """
    starts = range(0, max(facts.height, 1), _BLOCK)
    blocks = [
        _score(facts.slice(start, _BLOCK), policy, targets, [flag[start : start + _BLOCK] for flag in flags])
        for start in starts
    ]
    return Scores(
        **{part.name: np.concatenate([getattr(block, part.name) for block in blocks]) for part in fields(Scores)}
    )


def _score(facts: pl.DataFrame, policy: Policy, targets: TargetTable, flags: Flags) -> Scores:
    value = facts.lazy().with_columns(value_of(policy)).select("value").collect()["value"].to_numpy()
    ruled = outcome(policy.rules, flags, facts.height)
    probability = clamp(posterior(facts), ruled.floor, ruled.ceiling)
    weighed = value if ruled.value is None else value * ruled.value
    level = likeliest(probability)
    left = _minutes_left(facts, level, targets)
    late = left <= 0
    outlook = policy.ranking.outlook.minutes(day_minutes(policy)["P3"])
    review, escalate = _review(facts, policy, probability, ruled), ruled.escalate
    if policy.ranking.escalate_late:
        escalate = escalate | (late & (level < _URGENT))
    lane = _lane(
        policy,
        probability[0],
        ruled=ruled.lane,
        chosen=ruled.chosen,
        review=review,
        escalate=escalate,
        nothing_due=(level >= _URGENT) & (left > outlook),
    )
    asleep = _asleep(facts, policy, level=level, left=left, lane=lane)
    lane[asleep] = LATER
    return Scores(
        points=method_of(facts, policy, targets).points(weighed, probability),
        level=level,
        floor=ruled.floor,
        ceiling=ruled.ceiling,
        lane=lane,
        review=review,
        escalate=escalate,
        late=late,
        asleep=asleep,
        value=value,
    )


def rule_points(
    method: Method, policy: Policy, value: Column, probability: Sequence[Column], flags: Flags
) -> dict[str, Column]:
    """Points that each rule adds, by name, in the order of the file: together they lead from before the rules to after.

    Parameters
    ----------
    method
        Made for the same n tickets.
    policy
        The policy.
    value, probability
        n values and four columns of n, before the rules.
    flags
        For each rule, n booleans.
    """
    before, gained = method.points(value, probability), {}
    for i, rule in enumerate(policy.rules):
        so_far = outcome(policy.rules[: i + 1], flags[: i + 1], value.size)
        moved = clamp(probability, so_far.floor, so_far.ceiling)
        after = method.points(value if so_far.value is None else value * so_far.value, moved)
        gained[rule.name] = after - before
        before = after
    return gained


def _minutes_left(facts: pl.DataFrame, level: NDArray[np.uint8], targets: TargetTable) -> Column:
    age, row = ages(facts), facts["target_row"].to_numpy()
    left = targets.minutes[row, level]
    for k, column in enumerate(age):
        np.subtract(left, column, out=left, where=level == k)
    return left


def _review(facts: pl.DataFrame, policy: Policy, probability: Sequence[Column], ruled: Outcome) -> NDArray[np.bool_]:
    """Whether the coverage cannot tell urgent from not urgent, or a reader or a rule asks for a person."""
    urgent, coverage = probability[0] + probability[1], policy.review.coverage
    doubtful = (urgent < coverage) & (urgent > 1 - coverage)
    if "unsure" in facts.columns:
        said, settled = facts["unsure"], (ruled.floor < _URGENT) | (ruled.ceiling >= _URGENT)
        doubtful = np.where(said.is_null().to_numpy(), doubtful, said.fill_null(value=False).to_numpy() & ~settled)
    return doubtful | ruled.review


def _lane(
    policy: Policy,
    p0: Column,
    *,
    ruled: NDArray[np.uint8],
    chosen: NDArray[np.bool_],
    review: NDArray[np.bool_],
    escalate: NDArray[np.bool_],
    nothing_due: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """Choose lanes: a person's choice, now by probability, what a rule says, then escalate, review, later, queue."""
    lane = np.full(p0.size, QUEUE, dtype=np.uint8)
    lane[nothing_due] = LATER
    lane[review] = REVIEW
    lane[escalate] = ESCALATE
    np.copyto(lane, ruled, where=ruled != NO_LANE)
    lane[p0 >= policy.ranking.now_when] = NOW
    np.copyto(lane, ruled, where=chosen)
    return lane


def _asleep(
    facts: pl.DataFrame, policy: Policy, *, level: NDArray[np.uint8], left: Column, lane: NDArray[np.uint8]
) -> NDArray[np.bool_]:
    """Whether what was set aside may stay so: not urgent, its deadline not pressing, wanted by no rule now.

    A target that had been missed before the ticket was set aside calls nothing back; one that would be missed
    meanwhile does, as early as it starts to press (`ranking.horizon`).
    """
    if "snoozed" not in facts.columns:
        return np.zeros(facts.height, dtype=bool)
    known_late = (facts["snoozed_missed"] == facts["clock"].cast(pl.String)).fill_null(value=False).to_numpy()
    quiet = (left > policy.ranking.horizon.minutes()) | (known_late & (left <= 0))
    wanted = facts["snoozed"].to_numpy() & (level >= _URGENT) & quiet
    return wanted & (lane != NOW) & (lane != ESCALATE)
