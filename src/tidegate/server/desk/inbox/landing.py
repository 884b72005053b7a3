"""Rows to facts, so that order, repeats and crashes leave the same facts.

A ticket's row is a function of two things: the latest payload that was ever delivered of it (its *basis*), and the
events that are newer than that. Each delivery recomputes it from those, so it does not matter in which order they
came, nor how often. Messages and events are appended once, by their identifiers. Accounts, incidents and agents carry
no time of change: the last delivery counts.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final

import polars as pl
from django.db import connection, transaction

from tidegate.server.desk import tables
from tidegate.server.desk.inbox import wake
from tidegate.server.desk.inbox.arrivals import DELIVERY, RECEIVED
from tidegate.server.desk.inbox.effects import CHANGED, effects, with_effects
from tidegate.tables.contracts import Tickets
from tidegate.tables.words import TIME

ADVISORY_LOCK: Final = 7_151_001
"""Whoever writes payloads of tickets holds it: a ticket is a function of all that came, so one comes after another."""
BASIS: Final[dict[str, Any]] = {
    "ticket_id": pl.String(),
    "at": TIME,
    "tie": pl.String(),
    "reopens": pl.Int32(),
    "transfers": pl.Int32(),
}
_LOCK: Final = "SELECT ticket_id FROM desk_ticket WHERE ticket_id = ANY(%s) ORDER BY ticket_id FOR UPDATE"
_LEDGER: Final = {
    "ticket_id": pl.String(),
    "at": TIME,
    "event_id": pl.String(),
    "kind": pl.String(),
    "new": pl.String(),
}
_COUNTED: Final = ("reopens", "transfers", "replies")


def land(rows: dict[str, pl.DataFrame]) -> None:
    """Write what arrived, by kind; call it in a transaction, one at a time (`draining` sees to both)."""
    for kind in ("accounts", "incidents", "agents"):
        if kind in rows:
            _replace(kind, rows[kind])
    if "messages" in rows:
        tables.upsert("messages", rows["messages"])
    payloads, events = rows.get("tickets"), rows.get("events")
    touched = _touched(payloads, events)
    if not touched:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [touched])  # who takes or assigns a ticket meanwhile waits; who did before is seen below
    if events is not None:
        tables.upsert("events", events)
    _tickets(touched, payloads)


def tickets_import(tickets: pl.DataFrame) -> int:
    """Write tickets from a file; call it in a transaction. Those that are known as later stay as they are.

    A ticket that names no time of change counts as it was when it was opened: whatever is known beyond that is newer.

    Returns
    -------
    int
        Tickets added or replaced.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    transaction.on_commit(wake)  # a drain that found us at work has left its deliveries waiting
    touched = _touched(tickets)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [touched])
    return _tickets(touched, tickets.with_columns(pl.lit(0).alias(DELIVERY), pl.col("created_at").alias(RECEIVED)))


def _replace(kind: str, rows: pl.DataFrame) -> None:
    key = tables.CONTRACTS[kind][1].primary_key()[0]
    tables.upsert(kind, rows.sort(DELIVERY, maintain_order=True).unique(key, keep="last", maintain_order=True))


def _touched(*frames: pl.DataFrame | None) -> list[str]:
    return sorted({name for frame in frames if frame is not None for name in frame["ticket_id"].unique()})


def _tickets(touched: list[str], payloads: pl.DataFrame | None) -> int:
    """Bring the rows of these tickets to what their latest payload and the events since then say.

    Returns how many payloads became their ticket's basis.
    """
    standing = tables.read("tickets", "ticket_id = ANY(%s)", [touched], columns=["ticket_id", "created_at", *CHANGED])
    known = _bases(touched, standing)
    won = _won(payloads, known) if payloads is not None else None
    basis = known
    if won is not None and won.height:
        basis = pl.concat([known.join(won, on="ticket_id", how="anti"), _basis_of(won)])
    changes = effects(_ledger(basis))
    if won is not None and won.height:
        tables.upsert("tickets", with_effects(won, changes, basis).select(Tickets.column_names()))
    others = standing if won is None else standing.join(won, on="ticket_id", how="anti")
    _update(others, with_effects(others, changes, basis))
    _keep(basis)
    return 0 if won is None else won.height


def _bases(touched: list[str], standing: pl.DataFrame) -> pl.DataFrame:
    """Return the basis of each ticket that has a row; of one that was imported the row itself."""
    kept = tables.select(f"{', '.join(BASIS)} FROM desk_ticketbasis", BASIS, "ticket_id = ANY(%s)", [touched])
    imported = standing.join(kept, on="ticket_id", how="anti").select(
        "ticket_id",
        at=pl.col("updated_at").fill_null(pl.col("created_at")),
        tie=pl.lit(""),
        reopens="reopens",
        transfers="transfers",
    )
    return pl.concat([kept, imported])


def _won(payloads: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Keep the payloads that become their ticket's basis: the latest, and of those of one moment by their content."""
    dated = payloads.with_columns(pl.col("updated_at").fill_null(pl.max_horizontal("created_at", RECEIVED)))
    dated = dated.with_columns(tie=_ties(dated))
    if dated["ticket_id"].n_unique() < dated.height:
        dated = dated.sort("updated_at", "tie").unique("ticket_id", keep="last", maintain_order=True)
    beside = dated.join(known, on="ticket_id", how="left", suffix="_known", maintain_order="left")
    later = pl.col("updated_at") > pl.col("at")
    same = (pl.col("updated_at") == pl.col("at")) & (pl.col("tie") > pl.col("tie_known"))
    return beside.filter(pl.col("at").is_null() | later | same).select(dated.columns)


def _ties(payloads: pl.DataFrame) -> pl.Series:
    """Order payloads of one moment: by status and counts, as in a log that is folded, then by their content."""
    told = payloads.select(Tickets.column_names())
    statuses = told["status"].to_physical().to_list()
    counts = told.select(pl.col(_COUNTED).fill_null(0)).rows()
    texts = told.write_ndjson().splitlines()
    digests = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
    ties = [
        f"{status:02}{reopens:010}{transfers:010}{replies:010}{digest}"
        for status, (reopens, transfers, replies), digest in zip(statuses, counts, digests, strict=True)
    ]
    return pl.Series("tie", ties, dtype=pl.String)


def _basis_of(won: pl.DataFrame) -> pl.DataFrame:
    return won.select("ticket_id", "tie", "reopens", "transfers", at="updated_at").select(list(BASIS))


def _ledger(basis: pl.DataFrame) -> pl.DataFrame:
    """Read the events of tickets that are newer than their basis."""
    since = tables.as_json(basis.select("ticket_id", "at"))
    return tables.select(
        "e.ticket_id, e.at, e.event_id, e.kind, e.new FROM json_populate_recordset(NULL::desk_ticketbasis, %s::json) b "
        "JOIN desk_event e ON e.ticket_id = b.ticket_id AND e.at > b.at",
        _LEDGER,
        "e.kind <> 'created'",
        [since],
    )


def _update(before: pl.DataFrame, after: pl.DataFrame) -> None:
    """Write the columns that events may change, of the rows in which one did."""
    moved = after.filter(pl.any_horizontal(pl.col(name).ne_missing(before[name]) for name in CHANGED))
    if moved.is_empty():
        return
    columns = ", ".join(f'"{name}" = n."{name}"' for name in CHANGED)
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE desk_ticket t SET {columns} "  # noqa: S608 - names of our own
            "FROM json_populate_recordset(NULL::desk_ticket, %s::json) n WHERE t.ticket_id = n.ticket_id",
            [tables.as_json(moved.select("ticket_id", *CHANGED))],
        )


def _keep(basis: pl.DataFrame) -> None:
    """Write down what each ticket's row rests on."""
    columns = ", ".join(BASIS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO desk_ticketbasis AS known ({columns}) "  # noqa: S608 - names of our own
            f"SELECT {columns} FROM json_populate_recordset(NULL::desk_ticketbasis, %s::json) "
            "ON CONFLICT (ticket_id) DO UPDATE SET at = EXCLUDED.at, tie = EXCLUDED.tie, "
            "reopens = EXCLUDED.reopens, transfers = EXCLUDED.transfers "
            "WHERE (known.at, known.tie) IS DISTINCT FROM (EXCLUDED.at, EXCLUDED.tie)",
            [tables.as_json(basis)],
        )


__all__ = ["ADVISORY_LOCK", "BASIS", "land", "tickets_import"]
