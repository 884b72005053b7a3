"""What a policy made of every ticket of a history: as it was opened, and as it went on waiting.

Rules, value and lanes are judged by the ranking's own functions, at every moment at which they could change: when a
fact that grows comes to what a rule compares it with, when an incident begins or ends, when nothing is due any longer
within the policy's outlook. Between two of these moments nothing changes but the age, which the replay counts itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.backtesting import written
from tidegate.backtesting.atoms import MOVING, atoms
from tidegate.backtesting.moving import INCIDENT, Moving
from tidegate.backtesting.others import FACTS as OTHERS
from tidegate.backtesting.scoring import aged_after, believe, replay_name, standing
from tidegate.enrich.facts import facts as facts_of
from tidegate.pipeline import FOR_WEIGHTED_SUM, needed
from tidegate.policy.conditions import compile_condition, rule_flags
from tidegate.policy.targets import day_minutes, target_table
from tidegate.ranking.beliefs import posterior
from tidegate.ranking.rules import clamp, outcome
from tidegate.ranking.score import score
from tidegate.ranking.value import value_of
from tidegate.simulate.turns import Turns
from tidegate.simulate.workload import FollowUps
from tidegate.tables.words import LEVELS, URGENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tidegate.backtesting.axis import Axis
    from tidegate.policy.model import Policy
    from tidegate.simulate.belief import Belief
    from tidegate.simulate.workload import Workload

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Flags = list[NDArray[np.bool_]]

_BLANK: Final = (
    "first_response_at",
    "solved_at",
    "closed_at",
    "csat",
    "handling_minutes",
    "escalated",
)
_ZERO: Final = ("reopens", "transfers")
_NEVER: Final = 2.0  # a probability of P0 that is never reached: lane now by probability is left to the replay


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The history as one policy saw it.

    Attributes
    ----------
    name
        What the replay calls the policy's method.
    belief
        What was believed of each ticket as it was opened.
    severity, standing, sla_gain, now_when, aged_after
        As `simulate.policies.Scene` has them.
    turns
        How that changed while tickets waited; None where it did not.
    by_messages
        The same for customers who had not written again, had once, twice and so on; empty where no rule sees that.
    """

    name: str
    belief: Belief
    severity: tuple[float, ...]
    standing: Column
    sla_gain: float
    now_when: float
    aged_after: float
    turns: Turns | None = None
    by_messages: tuple[Turns, ...] = ()

    def turns_of(self, workload: Workload, follow_ups: FollowUps) -> Turns | None:
        """How it changed while tickets waited, with the luck of one workload."""
        if not self.by_messages or not follow_ups.per_day:
            return self.turns
        return written.as_written(self.by_messages, written.message_times(workload, follow_ups))


def as_opened(live: pl.DataFrame, messages: int = 0) -> pl.DataFrame:
    """Tickets as they were when they were opened: no answer, no reopening, nobody's later word.

    With messages, as they are once the customer has written so often again, a minute apart.
    """
    later = pl.col("created_at") + pl.duration(minutes=messages)
    return live.with_columns(
        updated_at=later,
        last_requester_at=later if messages else pl.lit(None, live.schema["last_requester_at"]),
        status=pl.lit("new").cast(live.schema["status"]),
        replies=pl.lit(1 + messages, live.schema["replies"]),
        given_level=pl.when(pl.col("first_level").is_not_null()).then("first_level").otherwise("given_level"),
        **{name: pl.lit(None, live.schema[name]) for name in _BLANK},
        **{name: pl.lit(0, live.schema[name]) for name in _ZERO},
    )


def see(
    live: pl.DataFrame,
    levels: pl.DataFrame,
    policy: Policy,
    axis: Axis,
    *,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    history: pl.DataFrame | None = None,
) -> View:
    """Judge every ticket by a policy, as it was opened and at every moment at which that changes.

    Parameters
    ----------
    live
        Valid by `tables.Tickets`, ordered by time and identifier.
    levels
        Valid by `tables.Levels`, for the same tickets: the posterior when they were opened.
    policy
        The policy.
    axis
        The time axis of the replay.
    accounts, incidents
        Valid by `tables.Accounts` and `tables.Incidents`.
    history
        All tickets, those that are not replayed included; None is `live` alone.

    Raises
    ------
    InputError
        If a rule uses a fact that grows in a way that cannot be followed; see `atoms`.
    """
    known = _Known(accounts, incidents, live if history is None else history)
    seen = _Seen(as_opened(live), levels, policy, known)
    opened = seen.judged(np.arange(live.height), seen.moving.created, axis)
    turns, by_messages = seen.turns(axis), ()
    if written.FACTS & seen.read:
        some = (as_opened(live, count) for count in range(1, FollowUps().most + 1))
        by_messages = (turns, *(_Seen(one, levels, policy, known).turns(axis) for one in some))
    return View(
        name=replay_name(policy),
        belief=opened.belief,
        severity=policy.severity,
        standing=opened.standing,
        sla_gain=policy.ranking.weights.sla_risk,
        now_when=policy.ranking.now_when,
        aged_after=aged_after(policy),
        turns=None if turns.visit.size == live.height else turns,
        by_messages=by_messages,
    )


@dataclass(frozen=True, slots=True)
class _Judged:
    belief: Belief
    standing: Column


def _news(rows: Rows, found: _Judged) -> NDArray[np.bool_]:
    """Which moments differ from the one before of the same ticket; the first of each does."""
    belief = found.belief
    told = np.column_stack((belief.probability, belief.value, _bands(belief, rows.size), found.standing))
    changed = (told[1:] != told[:-1]).any(axis=1) | (np.diff(rows) > 0)
    return np.concatenate(([True], changed))


def _bands(belief: Belief, rows: int) -> NDArray[np.uint8]:
    return np.ones(rows, dtype=np.uint8) if belief.band is None else belief.band


@dataclass(frozen=True, slots=True)
class _Known:
    accounts: pl.DataFrame | None
    incidents: pl.DataFrame | None
    history: pl.DataFrame


class _Seen:
    """Tickets under one policy, to be judged at any moment."""

    def __init__(
        self,
        fresh: pl.DataFrame,
        levels: pl.DataFrame,
        policy: Policy,
        known: _Known,
    ) -> None:
        wants = needed(policy) | FOR_WEIGHTED_SUM
        self._policy = policy.model_copy(update={"ranking": policy.ranking.model_copy(update={"now_when": _NEVER})})
        self._facts = facts_of(
            fresh,
            history=fresh.head(0),
            policy=policy,
            now=fresh["created_at"][-1],
            accounts=known.accounts,
            readings=levels,
            needs=wants,
        )
        self._targets = target_table(policy)
        self.moving = Moving(
            fresh, self._facts, policy, accounts=known.accounts, incidents=known.incidents, history=known.history
        )
        self._changes = [bool(_facts_of_rule(rule.when) & MOVING) for rule in policy.rules]
        self._still: Flags = self._flags(self._facts, changing=False)

    def _flags(self, facts: pl.DataFrame, *, changing: bool) -> Flags:
        """Judge the rules that move, or those that do not."""
        rules = [rule for rule, moves in zip(self._policy.rules, self._changes, strict=True) if moves == changing]
        flags = rule_flags(self._policy.model_copy(update={"rules": tuple(rules)}), facts)
        return [flag.to_numpy() for flag in flags.get_columns()]

    def judged(self, rows: Rows, moments: Rows, axis: Axis) -> _Judged:
        """Judge some tickets, each at a moment of its own."""
        policy, facts = self._policy, self.moving.at(rows, moments)
        moved, still = iter(self._flags(facts, changing=True)), iter(self._still)
        flags = tuple(next(moved) if moves else next(still)[rows] for moves in self._changes)
        ruled, scores = outcome(policy.rules, flags, rows.size), score(facts, policy, self._targets, flags)
        belief = believe(
            policy,
            np.column_stack(clamp(posterior(facts), ruled.floor, ruled.ceiling)),
            scores.value if ruled.value is None else scores.value * ruled.value,
            target_row=facts["target_row"].to_numpy(),
            clocks=axis.clocks(policy),
            band=scores.band if (scores.band != 1).any() else None,
        )
        return _Judged(belief, standing(policy, belief, facts))

    def turns(self, axis: Axis) -> Turns:
        """Cut every ticket's wait into stretches; each ends when the next one of its ticket begins."""
        rows, moments = self.candidates()
        rows = np.concatenate((np.arange(self.moving.created.size), rows))
        moments = np.concatenate((self.moving.created, moments))
        order = np.lexsort((moments, rows))
        rows, moments = rows[order], moments[order]
        found = self.judged(rows, moments, axis)
        kept = np.flatnonzero(_news(rows, found))
        visit, begins = rows[kept], axis.from_then(moments[kept])
        until = np.where(np.diff(visit, append=-1) == 0, np.roll(begins, -1), np.inf)
        return Turns(visit=visit, until=until, belief=found.belief.of(kept), standing=found.standing[kept])

    def candidates(self) -> tuple[Rows, Rows]:
        """Tickets, and moments after they were opened at which what the policy makes of them could change."""
        found = [*self._by_rules(), *self._by_value(), *self._by_outlook()]
        found += [self.moving.other_steps(name) for name in OTHERS if name in self.read]
        if self.read & INCIDENT:
            found.append(self.moving.incident_steps())
        rows = np.concatenate([np.empty(0, dtype=np.int64), *(rows for rows, _ in found)])
        moments = np.concatenate([np.empty(0, dtype=np.int64), *(moments for _, moments in found)])
        order = np.lexsort((moments, rows))
        rows, moments = rows[order], moments[order]
        new = (np.diff(rows, prepend=-1) > 0) | (np.diff(moments, prepend=-1) != 0)
        return rows[new], moments[new]

    @property
    def read(self) -> set[str]:
        """Facts that rules and value read."""
        of_rules = {name for rule in self._policy.rules for name in _facts_of_rule(rule.when)}
        return of_rules | set(value_of(self._policy).meta.root_names())

    def _crossings(self, fact: str, value: Column) -> Iterator[tuple[Rows, Rows]]:
        return (self.moving.later(moments) for moments in self.moving.crossings(fact, value))

    def _by_rules(self) -> Iterator[tuple[Rows, Rows]]:
        opened = self.moving.at(np.arange(self.moving.created.size), self.moving.created)
        for rule, moves in zip(self._policy.rules, self._changes, strict=True):
            for atom in atoms(rule) if moves else ():
                yield from self._crossings(atom.fact, atom.turning(opened))
            if "breached_since" in _facts_of_rule(rule.when):
                yield from self._crossings("minutes_left", np.zeros(opened.height))

    def _by_value(self) -> Iterator[tuple[Rows, Rows]]:
        renewal = self._policy.value.renewal
        for days in () if renewal is None else (0.0, renewal.within.minutes() / 1440):
            yield from self._crossings("days_to_renewal", np.full(self.moving.created.size, days))

    def _by_outlook(self) -> Iterator[tuple[Rows, Rows]]:
        """From when on something is due within the outlook, whatever level that is not urgent the rules arrive at."""
        outlook = self._policy.ranking.outlook.minutes(day_minutes(self._policy)["P3"])
        for level in range(len(URGENT), len(LEVELS)):
            left = self.moving.minutes[:, level] - outlook
            if (left > 0).any():
                yield from self._crossings(f"age_p{level}", np.where(left > 0, left, np.nan))


def _facts_of_rule(when: str) -> set[str]:
    return set(compile_condition(when).meta.root_names())
