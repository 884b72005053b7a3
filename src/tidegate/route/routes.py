"""The table of routes: groups decided, work given out, and every choice with its reasons and alternatives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.route.assign import assign
from tidegate.route.demand import demands
from tidegate.route.fit import Fits, fits
from tidegate.route.why import agent_reasons
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

OTHERS: Final = 3
"""Alternatives that are named."""
WORK: Final = {
    "ticket_id": pl.String,
    "position": pl.UInt32,
    "level": pl.Enum(LEVELS),
    "rules": pl.List(pl.String),
    "group": pl.String,
    "said_group": pl.String,
    "intent": pl.String,
    "intent_confidence": pl.Float64,
    "product": pl.String,
    "category": pl.String,
    "language": pl.String,
    "had_ticket": pl.String,
    "had_requester": pl.String,
}
"""Columns that routing looks at; of these ``ticket_id``, ``position`` and ``level`` are never null. ``said_group`` is
what a person said over everything else."""
_ROUTES: Final = ("ticket_id", "agent_id", "group", "confidence", "automatic", "reasons", "alternatives")


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The agents, what they hold, and how their tickets ended.

    Attributes
    ----------
    agents
        As `tables.Agents`.
    held
        Open tickets of each, in the same order.
    ended
        As `record.outcomes`.
    """

    agents: pl.DataFrame
    held: pl.Series
    ended: pl.DataFrame

    def sorted(self) -> pl.DataFrame:
        """Lay the agents out by key, with ``held``, so that the order of the input does not matter."""
        return self.agents.with_columns(self.held.cast(pl.Int64).alias("held")).sort("agent_id")


def route(work: pl.DataFrame, team: Team, policy: Policy) -> pl.DataFrame:
    """Suggest who should take each ticket.

    Parameters
    ----------
    work
        Tickets that nobody has, with the columns of `WORK`; what is missing altogether counts as null.
    team
        Who may take them.
    policy
        Its rules, `routing` and severities.

    Returns
    -------
    DataFrame valid by `tables.Routes`
        A row a ticket, the most pressing first. No agent gets more than there is room for, and none who is not
        available gets any. Where a group has not room for all its work, the most pressing tickets are given out and
        the others name the group alone.

    Notes
    -----
    Among those who are served, the assignment is the one with the greatest sum of severity of the ticket's level times
    fit of its agent. ``confidence`` is the lesser of the certainty of the group and the match of the agent; it is
    ``automatic`` where that reaches ``routing.automatic``.
    """
    asked = _asked(work, team, policy)
    agents = team.sorted()
    able = agents.filter(pl.col("available").fill_null(value=True))
    keys = able["group"].str.strip_chars().str.to_lowercase()
    spare = able["held"].to_numpy().copy()
    parts = []
    for key in [*sorted(asked["key"].unique().drop_nulls().to_list()), None]:
        mine = asked.filter(pl.col("key").eq_missing(pl.lit(key, pl.String)))
        of_group = (
            (keys == key).fill_null(value=False)
            if key is not None
            else pl.repeat(value=True, n=able.height, eager=True)
        )
        members = np.flatnonzero(of_group.to_numpy())
        if mine.height:
            routed, taken = _share(mine, able[members], spare[members], team.ended, policy=policy, agents=agents)
            np.add.at(spare, members[taken[taken >= 0]], 1)
            parts.append(routed)
    if not parts:
        return _empty()
    return pl.concat(parts).sort("position", "ticket_id").select(_ROUTES)


def _asked(work: pl.DataFrame, team: Team, policy: Policy) -> pl.DataFrame:
    """Tickets with what they ask for, the most pressing first; ``key`` is the pool, null for everybody."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in WORK.items() if name not in work.columns]
    full = work.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in WORK.items())
    full = full.with_columns(pl.col("rules").fill_null([])).sort("position", "ticket_id")
    wanted = demands(full, team.agents, policy)
    spelt = {name.strip().lower(): name for name in team.agents["group"].drop_nulls().unique().sort()}
    key = pl.col("group").str.strip_chars().str.to_lowercase()
    pool = pl.lit(None, pl.String) if not spelt else key
    return (
        full.drop("group")
        .hstack(wanted)
        .with_columns(key=pool, group=key.replace_strict(spelt, default=pl.col("group"), return_dtype=pl.String))
    )


def _share(
    mine: pl.DataFrame,
    able: pl.DataFrame,
    held: NDArray[np.int64],
    ended: pl.DataFrame,
    *,
    policy: Policy,
    agents: pl.DataFrame,
) -> tuple[pl.DataFrame, NDArray[np.int64]]:
    """Give one group's work out among those who are there."""
    weights = policy.routing.weights
    capacity = able["capacity"].fill_null(policy.routing.capacity).cast(pl.Int64).clip(0).to_numpy()
    room = int(np.maximum(capacity - held, 0).sum())
    first = mine.head(room)
    judged = fits(first, able, ended)
    severity = np.array(policy.severity)[first["level"].to_physical().to_numpy()]
    size = np.maximum(capacity, 1)
    taken = np.full(mine.height, -1, dtype=np.int64)
    taken[: first.height], _ = assign(lambda left: judged.fit(weights, left), severity, held, capacity)
    left = np.clip((size - held) / size, 0, 1)
    shown = mine.with_columns(
        agent_id=pl.Series([able["agent_id"][int(place)] if place >= 0 else None for place in taken], dtype=pl.String),
        match=_match(judged, policy, taken),
    )
    confidence = (
        pl.when(pl.col("agent_id").is_null()).then("certainty").otherwise(pl.min_horizontal("certainty", "match"))
    )
    return shown.with_columns(
        confidence=confidence.clip(0, 1),
        automatic=confidence.ge(policy.routing.automatic)
        & pl.any_horizontal(pl.col("agent_id", "group").is_not_null()),
        reasons=agent_reasons(shown, judged, able, taken, _staff(mine, agents, able)),
        alternatives=pl.concat_list(
            _other_group(), _alternatives(judged.fit(weights, left), able, taken, capacity - held)
        ),
    ), taken


def _staff(mine: pl.DataFrame, agents: pl.DataFrame, able: pl.DataFrame) -> str:
    """Why a ticket may be left without an agent: none at all, none there, or none with room."""
    key = mine["key"][0]
    named = "the team" if key is None else mine["group"][0]
    if key is not None and not (agents["group"].str.strip_chars().str.to_lowercase() == key).any():
        return f"{named} has no agents in the table"
    return f"nobody of {named} is available" if able.is_empty() else f"nobody of {named} has room"


def _match(judged: Fits, policy: Policy, taken: NDArray[np.int64]) -> pl.Series:
    match = judged.match(policy.routing.weights)
    rows = np.flatnonzero(taken >= 0)
    values = np.zeros(taken.size)
    values[rows] = match[rows, taken[rows]]
    return pl.Series(values)


def _other_group() -> pl.Expr:
    """Name the group that the reading speaks for, where the ticket was filed with another."""
    entry = pl.struct(agent_id=pl.lit(None, pl.String), group="other_group", fit=1 - pl.col("certainty"))
    return pl.when(pl.col("other_group").is_null()).then(pl.lit([], dtype=_others())).otherwise(pl.concat_list(entry))


def _others() -> pl.DataType:
    return _empty().schema["alternatives"]


def _alternatives(
    fit: NDArray[np.float64], able: pl.DataFrame, taken: NDArray[np.int64], room: NDArray[np.int64]
) -> pl.Series:
    """Name the best of the others who have room; equal ones in the order of their keys."""
    keys, groups = able["agent_id"].to_list(), able["group"].to_list()
    ranked = np.argsort(-np.where(room[None, :] > 0, fit, -1.0), axis=1, kind="stable")[:, : OTHERS + 1]
    entries = [
        [
            {"agent_id": keys[at], "group": groups[at], "fit": float(fit[row, at])}
            for at in best
            if at != taken[row] and room[at] > 0
        ][:OTHERS]
        for row, best in enumerate(ranked)
    ]
    entries += [[] for _ in range(taken.size - len(entries))]
    return pl.Series(entries, dtype=_others())


def _empty() -> pl.DataFrame:
    from tidegate.tables.contracts import Routes

    return Routes.create_empty()
