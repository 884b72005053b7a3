"""Composes what follows from a ranked queue: who should take each ticket, what was decided, and what should happen.

    queue, agents, history ── route ──> routes ─┐
    queue, the decisions before ────────────────┴─> changed decisions ── act ──> actions, as data

It stands on `pipeline`, which makes the queue; nothing here sends anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate import pipeline
from tidegate.act.changes import changed, with_routes
from tidegate.act.intend import intend
from tidegate.act.seen import SEEN
from tidegate.pipeline import CLOSED
from tidegate.ranking.board import queue_frame, rule_names
from tidegate.route.record import acquainted, held, needs_somebody, outcomes
from tidegate.route.routes import Team, route
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tidegate.pipeline import Ready
    from tidegate.read.cache import ReadingCache

FOR_ROUTES: Final = frozenset({"group", "intent", "intent_confidence", "product", "category", "language"})
"""Facts that `routes` wants of `pipeline.prepare`."""
FOR_ACTIONS: Final = frozenset(
    {"group", "product", "account_id", "account_name", "owner", "contract_value", "affected_users", "reopens"}
    | {"incident_id", "incident_title", "workaround", "subject", "tags", "assignee", "created_at"}
)
"""Facts that `actions` wants of it."""
QUOTES: Final = 3
"""Spans of a ticket's text that an escalation quotes of each ticket."""
PAST: Final = 5_000
"""Solved tickets, the newest, that agents are judged by."""


def routes(
    ready: Ready,
    tickets: pl.DataFrame,
    *,
    past: pl.DataFrame | None = None,
    said: pl.DataFrame | None = None,
    model: Path | str | None = None,
    cache: ReadingCache | None = None,
) -> pl.DataFrame:
    """Suggest who should take the ranked tickets that nobody has who is there.

    Parameters
    ----------
    ready
        What `prepare` gave, with agents among what is known and ``also=FOR_ROUTES``.
    tickets
        Those that `prepare` was given, or more: whom agents hold and helped.
    past
        Solved tickets with ``intent`` that agents are judged by; None takes the last ones of ``tickets``, and reads
        what they were about.
    said
        ``ticket_id`` and ``said_group``: the groups that people named over everything else.
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
    if said is not None:
        work = work.join(said.select("ticket_id", "said_group"), on="ticket_id", how="left", maintain_order="left")
    past = _past(tickets, ready, model, cache) if past is None else past
    team = Team(agents=agents, held=held(tickets, agents), ended=outcomes(past, agents))
    return route(work, team, board.policy)


def _past(tickets: pl.DataFrame, ready: Ready, model: Path | str | None, cache: ReadingCache | None) -> pl.DataFrame:
    """Return the last solved tickets, with what they were about where that is known or can be read."""
    solved = tickets.filter(pl.col("status").is_in(CLOSED)).sort("created_at", "ticket_id").tail(PAST)
    readings = ready.known.readings
    if readings is None:
        readings = pipeline.read(
            solved, ready.board.policy, ready.now, learned=None, model=model, cache=cache, progress=None
        )
    if "intent" not in readings.columns:
        return solved
    return solved.join(readings.select("ticket_id", "intent"), on="ticket_id", how="left", maintain_order="left")


def decided(ready: Ready, routes: pl.DataFrame | None) -> pl.DataFrame:
    """Lay out what is decided of every ranked ticket, best first, as `act.changes.DECIDED`."""
    rows, board = ready.board.order()
    shown = board.take(rows)
    return with_routes(queue_frame(shown).with_columns(rule_names(shown)), routes)


def decisions(ready: Ready, now_decided: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Find the decisions that changed, with everything that is written down and said of them.

    Parameters
    ----------
    ready
        What `prepare` gave, with ``also=FOR_ACTIONS``.
    now_decided
        As `decided` gives it.
    before
        The last decision of each ticket, with the columns of `act.changes.DECIDED`.

    Returns
    -------
    DataFrame
        A row a changed decision: the columns of `act.seen.SEEN`, and the route's ``agent_id``, ``to_group`` and
        ``automatic``.
    """
    new = changed(now_decided, before)
    order, board = ready.board.order()
    ids = board.facts["ticket_id"].gather(order)
    places = np.flatnonzero(ids.is_in(new["ticket_id"].implode()).to_numpy())
    rows = order[places]
    shown = pipeline.shown(ready, board, rows, pl.Series(places + 1, dtype=pl.UInt32))
    said = shown.select(
        *("ticket_id", "level", "lane", "points", "review", "escalate", "due_at", "minutes_left"),
        rules=pl.col("rules").list.eval(pl.element().struct.field("name")),
        reasons=pl.col("reasons").list.eval(pl.element().struct.field("text")),
    )
    known = _facts(ready, rows).drop("ticket_id")
    routed = now_decided.select("ticket_id", "agent_id", "automatic", to_group="group")
    return (
        said.hstack(known)
        .join(new, on="ticket_id", how="left", maintain_order="left")
        .join(routed, on="ticket_id", how="left", maintain_order="left")
    )


def actions(
    ready: Ready,
    new: pl.DataFrame,
    *,
    routes: pl.DataFrame | None = None,
    done: pl.DataFrame | None = None,
    standing: pl.DataFrame | None = None,
    link: Callable[[str], str] = lambda _: "",
) -> pl.DataFrame:
    """Say what should happen because of changed decisions; parameters as `act.intend.intend`, ``new`` as `decisions`.

    Returns
    -------
    DataFrame valid by `tables.Actions`
    """
    rows, _ = ready.board.order()
    return intend(
        new,
        ready.board.policy,
        ready.now,
        routes=routes,
        others=_facts(ready, rows).with_columns(queue_frame(ready.board, rows).select("level", "lane", "points")),
        done=done,
        standing=standing,
        link=link,
    )


def _facts(ready: Ready, rows: np.ndarray) -> pl.DataFrame:
    """Facts of some tickets under the names and types of `act.seen.SEEN`, as far as they are known."""
    facts = ready.board.facts[rows]
    columns = {"ticket_id", *FOR_ACTIONS} & set(facts.columns)
    known = facts.select(pl.col(name).cast(SEEN[name]) for name in SEEN if name in columns)
    if ready.known.similar is not None and "similar_group" in ready.known.similar.columns:
        groups = ready.known.similar.select("ticket_id", "similar_group")
        known = known.join(groups, on="ticket_id", how="left", maintain_order="left")
    if "evidence" in facts.columns:
        quote = pl.col("evidence").list.eval(pl.element().struct.field("quote")).list.head(QUOTES)
        known = known.with_columns(facts.select(evidence=quote))
    return known
