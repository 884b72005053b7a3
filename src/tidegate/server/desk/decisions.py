"""Services of decisions: written down when they change, with what follows from them, in one transaction.

One decides at a time, whichever worker it is; the others find the lock taken and leave. Decisions and actions are pure
functions of the facts, the policy and the moment (`tidegate.deciding`): a crash in the middle leaves nothing, and the
next turn finds the same.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

import polars as pl
from django.conf import settings
from django.db import connection, transaction

from tidegate import deciding, pipeline
from tidegate.act.changes import DECIDED
from tidegate.act.intend import DONE, STANDING
from tidegate.server.desk import record, tables
from tidegate.server.desk.board import board
from tidegate.server.desk.outbox.actions import actions_record
from tidegate.tables.errors import MissingExtraError

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.pipeline import Ready
    from tidegate.server.desk.board import Snapshot

ADVISORY_LOCK: Final = 7_151_002
_ROWS: Final = 5_000
_INSERT: Final = """
    INSERT INTO desk_decision (ticket_id, at, level, lane, points, review, reasons, rules, agent_id, "group",
                               confidence, automatic, policy_id, model, latest)
    SELECT n.ticket_id, %s, n.level, n.lane, n.points, n.review, n.reasons, n.rules, n.agent_id, n."group",
           n.confidence, n.automatic, %s, %s, true
    FROM json_populate_recordset(NULL::desk_decision, %s::json) n
    RETURNING ticket_id, id
"""
_BEFORE: Final = 'ticket_id, level, lane, review, rules, agent_id, "group", automatic FROM desk_decision'
_DONE: Final = "ticket_id, kind, nullif(target, ''), episode, causes FROM desk_action"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What one turn did.

    Attributes
    ----------
    decisions
        Changed decisions that were written down.
    actions
        New actions.
    """

    decisions: int
    actions: int


def decide(snapshot: Snapshot | None = None) -> Decided | None:
    """Write down the decisions that changed and what follows from them; None where another one is at it.

    Parameters
    ----------
    snapshot
        The queue to decide about; None is that of this moment.
    """
    seen = board.snapshot(fresh=0) if snapshot is None else snapshot
    ready = _ready(seen)
    routes = _routes(seen, ready)
    decided = deciding.decided(ready, routes)
    with transaction.atomic():
        if not _alone():
            return None
        new = deciding.decisions(ready, decided, tables.select(_BEFORE, DECIDED, "latest"))
        if new.is_empty():
            return Decided(decisions=0, actions=0)
        written = _write(new, routes, seen)
        actions = deciding.actions(
            ready,
            new,
            routes=routes,
            done=tables.select(_DONE, DONE, "ticket_id = ANY(%s)", [new["ticket_id"].to_list()]),
            standing=tables.select('"to", tickets FROM desk_escalation', STANDING, "closed_at IS NULL"),
            link=link,
        )
        recorded = actions_record(actions, now=ready.now, dry_run=ready.board.policy.actions.dry_run, decisions=written)
        _join_escalations(ready)
    return Decided(decisions=new.height, actions=recorded)


def link(ticket_id: str) -> str:
    """Return where a ticket is opened; empty where the service's own address is not known."""
    from urllib.parse import quote

    base = settings.PUBLIC_URL.rstrip("/")
    return f"{base}/tickets/{quote(ticket_id, safe='')}" if base else ""


def _alone() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
        return cast("tuple[bool]", cursor.fetchone())[0]


def _ready(seen: Snapshot) -> Ready:
    held = seen.held
    wanted = deciding.FOR_ROUTES | deciding.FOR_ACTIONS
    return pipeline.prepare(held.tickets, held.policy, seen.now, known=held.known(seen.now), also=wanted)


def _routes(seen: Snapshot, ready: Ready) -> pl.DataFrame | None:
    """Suggest routes where agents are known; the desk goes on without what is not installed."""
    if ready.known.agents is None:
        return None
    solved = record.solved(seen.held, seen.now)
    columns = [*solved.drop("intent").columns]
    history = pl.concat([seen.held.tickets.select(columns), solved.select(columns)]).unique(
        "ticket_id", keep="first", maintain_order=True
    )
    said = seen.held.overrides.filter(pl.col("kind") == "route").select("ticket_id", said_group="value")
    try:
        return deciding.routes(ready, history, past=solved, said=said)
    except MissingExtraError:
        return None


def _write(new: pl.DataFrame, routes: pl.DataFrame | None, seen: Snapshot) -> dict[str, int]:
    """Write the decisions down as the latest of their tickets; returns their identifiers by ticket."""
    confidence = pl.DataFrame(schema={"ticket_id": pl.String, "confidence": pl.Float64})
    if routes is not None:
        confidence = routes.select("ticket_id", "confidence")
    rows = (
        new.join(confidence, on="ticket_id", how="left", maintain_order="left")
        .with_columns(group="to_group")
        .select(
            pl.col("ticket_id", "agent_id", "group").str.replace_all("\0", "\ufffd", literal=True),
            *("level", "lane", "points", "review", "confidence", "automatic", "rules"),
            pl.col("reasons").list.eval(pl.element().str.replace_all("\0", "\ufffd", literal=True)),
        )
    )
    written: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE desk_decision SET latest = false WHERE latest AND ticket_id = ANY(%s)",
            [rows["ticket_id"].to_list()],
        )
        for start in range(0, rows.height, _ROWS):
            text = rows.slice(start, _ROWS).write_json()
            cursor.execute(_INSERT, [seen.now, seen.policy.pk, seen.held.model, text])
            written |= dict(cursor.fetchall())
    return written


def _join_escalations(ready: Ready) -> None:
    """Link open tickets of an incident to the case that is open for it already."""
    open_ = tables.select(
        "id, cluster, tickets FROM desk_escalation",
        {"id": pl.Int64, "cluster": pl.String, "tickets": pl.List(pl.String)},
        "closed_at IS NULL AND cluster LIKE %s",
        ["incident %"],
    )
    if open_.is_empty() or "incident_id" not in ready.board.facts.columns:
        return
    now_in = (
        ready.board.facts.select("ticket_id", cluster=pl.format("incident {}", "incident_id"))
        .drop_nulls("cluster")
        .group_by("cluster", maintain_order=True)
        .agg(found="ticket_id")
    )
    more: list[dict[str, Any]] = [
        {"id": row["id"], "tickets": sorted({*row["tickets"], *row["found"]})}
        for row in open_.join(now_in, on="cluster", how="inner").iter_rows(named=True)
        if set(row["found"]) - set(row["tickets"])
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE desk_escalation e SET tickets = n.tickets "
            "FROM json_populate_recordset(NULL::desk_escalation, %s::json) n WHERE e.id = n.id",
            [json.dumps(more)],
        )


def last_decided() -> datetime | None:
    """Return when a decision was written down last."""
    from tidegate.server.desk.models import Decision

    return Decision.objects.order_by("-at").values_list("at", flat=True).first()
