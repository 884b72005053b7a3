"""Composes what follows from a ranked queue: who should take each ticket, and what should happen.

    queue, agents, history ── route ──> routes ── act ──> actions, as data

It stands on `pipeline`, which makes the queue; nothing here sends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.pipeline import CLOSED, read
from tidegate.ranking.board import queue_frame, rule_names
from tidegate.route.record import acquainted, held, needs_somebody, outcomes
from tidegate.route.routes import Team, route
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.pipeline import Ready
    from tidegate.read.cache import ReadingCache

FOR_ROUTES: Final = frozenset({"group", "intent", "intent_confidence", "product", "category", "language"})
"""Facts that `routes` wants of `pipeline.prepare`."""
PAST: Final = 5_000
"""Solved tickets, the newest, that agents are judged by."""


def routes(
    ready: Ready,
    tickets: pl.DataFrame,
    *,
    model: Path | str | None = None,
    cache: ReadingCache | None = None,
) -> pl.DataFrame:
    """Suggest who should take the ranked tickets that nobody has who is there.

    Parameters
    ----------
    ready
        What `prepare` gave, with agents among what is known and ``also=FOR_ROUTES``.
    tickets
        Those that `prepare` was given: agents are judged by the last solved ones, and known by whom they helped.
    model, cache
        As for `prepare`: what solved tickets were about is read from their texts.

    Returns
    -------
    DataFrame valid by `tables.Routes`, the most pressing first

    Raises
    ------
    InputError
        If nothing is known about agents.
    """
    agents = ready.known.agents
    if agents is None or agents.is_empty():
        raise InputError("routing needs the people who take tickets", mend="Give an agents file with --agents.")
    rows, board = ready.board.order()
    places = np.flatnonzero(needs_somebody(ready.tickets[rows], agents).to_numpy())
    shown = board.take(rows[places])
    open_tickets = ready.tickets[rows[places]]
    knows = acquainted(open_tickets, tickets, agents, events=ready.known.events, messages=ready.known.messages)
    facts = shown.facts.select(pl.col(name) for name in sorted(FOR_ROUTES) if name in shown.facts.columns)
    work = (
        queue_frame(shown)
        .select("ticket_id", "level")
        .hstack(facts)
        .with_columns(
            rule_names(shown), *knows.drop("ticket_id").get_columns(), position=pl.Series(places + 1, dtype=pl.UInt32)
        )
    )
    past = _past(tickets, ready, model, cache)
    team = Team(agents=agents, held=held(tickets, agents), ended=outcomes(past, agents))
    return route(work, team, board.policy)


def _past(tickets: pl.DataFrame, ready: Ready, model: Path | str | None, cache: ReadingCache | None) -> pl.DataFrame:
    """Return the last solved tickets, with what they were about where that is known or can be read."""
    solved = tickets.filter(pl.col("status").is_in(CLOSED)).sort("created_at", "ticket_id").tail(PAST)
    readings = ready.known.readings
    if readings is None:
        readings = read(solved, ready.board.policy, ready.now, learned=None, model=model, cache=cache, progress=None)
    if "intent" not in readings.columns:
        return solved
    return solved.join(readings.select("ticket_id", "intent"), on="ticket_id", how="left", maintain_order="left")
