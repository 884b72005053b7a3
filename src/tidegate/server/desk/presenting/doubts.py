"""What the system is unsure of: which tickets, and what each answer would do to the queue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.ranking.order import sort_keys
from tidegate.ranking.rules import Override, with_overrides
from tidegate.server.desk.presenting.kept import kept
from tidegate.tables.words import LANE, LANES, LEVEL, LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection

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


def doubts(snapshot: Snapshot, person: Person) -> int:
    """Count them."""
    return kept(snapshot, person, "doubts", lambda: doubtful(snapshot, person).len())


def first_of(tickets: pl.Series, *, without: Collection[str]) -> str | None:
    """Return the first that was not put off."""
    return next((ticket for ticket in tickets.to_list() if ticket not in without), None)


def answers(snapshot: Snapshot, ticket_id: str) -> list[Answer]:
    """Say what each level would do: judged by the same rules and scores as the queue."""
    ranked = snapshot.ranked
    row = ranked.facts["ticket_id"].index_of(ticket_id)
    if row is None:
        return []
    alone = ranked.take([row])
    policy = ranked.policy
    if not any(isinstance(rule, Override) for rule in policy.rules):
        policy = with_overrides(policy)
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
