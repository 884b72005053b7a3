"""What the system is unsure of: which tickets, and what each answer would do to the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.ranking import rules
from tidegate.ranking.order import sort_keys
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Decision, Override
from tidegate.server.desk.presenting.kept import kept
from tidegate.tables.words import LANE, LANES, LEVEL, LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer: the level, how likely it is, and where the ticket would stand."""

    level: str
    share: float
    likely: bool
    lane: str
    place: int
    points: float
    change: float


def doubtful(snapshot: Snapshot, person: Person) -> pl.Series:
    """List the tickets that a person should look at and sees, the costliest first."""
    ranked, order = snapshot.ranked, snapshot.order
    asked = ranked.facts["ticket_id"].gather(order[ranked.scores.review[order]])
    seen = snapshot.visible(person)["ticket_id"]
    return asked.filter(asked.is_in(seen.implode()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A suggestion that was not sure enough to be carried out."""

    ticket_id: str
    group: str
    agent_id: str | None
    confidence: float


def routes(snapshot: Snapshot, person: Person) -> dict[str, Route]:
    """List unsure suggestions of another group, by ticket, in the order of the queue; what nobody has, and is seen."""
    return kept(snapshot, person, "routes", lambda: _routes(snapshot, person))


def _routes(snapshot: Snapshot, person: Person) -> dict[str, Route]:
    settled = Override.objects.filter(kind=Override.Kind.ROUTE, undone_at=None).values("ticket_id")
    unsure = Decision.objects.filter(latest=True, automatic=False, group__isnull=False).exclude(ticket_id__in=settled)
    said = {
        ticket: Route(ticket_id=ticket, group=group, agent_id=agent, confidence=confidence or 0.0)
        for ticket, group, agent, confidence in unsure.values_list("ticket_id", "group", "agent_id", "confidence")
    }
    free = snapshot.visible(person, Filters(unassigned=True)).select("ticket_id", "group")
    return {
        ticket: said[ticket] for ticket, group in free.iter_rows() if ticket in said and said[ticket].group != group
    }


def doubts(snapshot: Snapshot, person: Person) -> int:
    """Count what waits for a person's word: levels, then routes."""
    return kept(snapshot, person, "doubts", lambda: doubtful(snapshot, person).len()) + len(routes(snapshot, person))


def first_of(tickets: Iterable[str], *, without: Collection[str]) -> str | None:
    """Return the first that was not put off."""
    return next((ticket for ticket in tickets if ticket not in without), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A group that a ticket may go to."""

    group: str
    share: float | None
    likely: bool
    then: str


CHOICES: Final = 4


def choices(snapshot: Snapshot, route: Route, current: str | None, names: Mapping[str, str]) -> list[Choice]:
    """List where a ticket may go: the suggestion, where it is, and the groups that have most of its intent."""
    index = snapshot.index
    intent = index.filter(pl.col("ticket_id") == route.ticket_id)["intent"]
    alike = index.filter(pl.col("intent") == intent[0]) if intent.len() and intent[0] else index
    counted = alike["group"].drop_nulls().value_counts(sort=True)
    held = dict(counted.iter_rows())
    groups = list(dict.fromkeys([route.group, *([current] if current else []), *counted["group"].to_list()]))
    agent = names.get(route.agent_id or "", route.agent_id or "")
    return [
        Choice(
            group=group,
            share=route.confidence if group == route.group else None,
            likely=group == route.group,
            then=_then(group, route, current, agent, held),
        )
        for group in groups[:CHOICES]
    ]


def _then(group: str, route: Route, current: str | None, agent: str, held: Mapping[str, int]) -> str:
    said = [f"{held.get(group, 0)} open of the same kind"]
    if group == route.group:
        said.insert(0, f"suggested, for {agent}" if agent else "suggested")
    if group == current:
        said.insert(0, "where it is now")
    return ", ".join(said)


def answers(snapshot: Snapshot, ticket_id: str) -> list[Answer]:
    """Say what each level would do: judged by the same rules and scores as the queue."""
    ranked = snapshot.ranked
    row = ranked.facts["ticket_id"].index_of(ticket_id)
    if row is None:
        return []
    alone = ranked.take([row])
    policy = ranked.policy
    if not any(isinstance(rule, rules.Override) for rule in policy.rules):
        policy = rules.with_overrides(policy)
    facts = pl.concat([alone.facts] * len(LEVELS)).with_columns(
        override_level=pl.Series(LEVELS, dtype=LEVEL), override_lane=pl.lit(None, LANE)
    )
    scores = type(ranked).of(facts, policy, ranked.targets).scores
    keys = sort_keys(ranked.scores.points, ranked.scores.band)
    would = sort_keys(scores.points, scores.band)
    now = int(ranked.scores.level[row])
    return [
        Answer(
            level=level,
            share=float(alone.facts[f"level_p{k}"][0]),
            likely=k == now,
            lane=LANES[int(scores.lane[k])],
            place=int(np.count_nonzero(np.delete(keys, row) < would[k])) + 1,
            points=float(scores.points[k]),
            change=float(scores.points[k] - ranked.scores.points[row]),
        )
        for k, level in enumerate(LEVELS)
    ]
