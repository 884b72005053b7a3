"""What is said of tickets that somebody set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from tidegate.server.desk.acts.snoozes import snooze_of
from tidegate.server.desk.presenting import times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.board.rows import Row


def until(at: datetime | None, zone: ZoneInfo) -> str:
    """Say until when."""
    return "until the customer writes" if at is None else f"until {times.clock(at, zone)}"


def chip(row: Row, zone: ZoneInfo) -> str:
    """Say it in the line of a ticket; nothing for one that is not set aside."""
    return until(row.snoozed_until, zone) if row.snoozed else ""


def earlier(row: Row, now: datetime) -> bool:
    """Whether its target calls it back before its time."""
    ahead = row.due_at is not None and row.due_at > now
    return bool(ahead and (row.snoozed_until is None or row.due_at < row.snoozed_until))


def aside_of(row: Row | None, now: datetime, zone: ZoneInfo) -> dict[str, Any] | None:
    """Return what its page says: until when, by whom, when, why, and whether it comes back earlier."""
    found = snooze_of(row.ticket_id) if row is not None and row.snoozed else None
    if found is None or row is None:
        return None
    called = times.clock(row.due_at, zone) if earlier(row, now) else ""
    told = {"by": found.by, "at": found.at, "reason": found.reason.rstrip(".")}
    return {**told, "until": until(found.until, zone), "earlier": called}


def done(snapshot: Snapshot, tickets: Sequence[str], zone: ZoneInfo) -> str:
    """Say what was set aside, and what of it comes back earlier than asked."""
    index = snapshot.index.filter(pl.col("ticket_id").is_in(list(tickets)))
    rows = [row for row in snapshot.shown(index) if row.snoozed]
    if not rows:
        return "Snoozed."
    what = rows[0].ticket_id if len(rows) == 1 else f"{len(rows)} tickets"
    early = [row for row in rows if earlier(row, snapshot.now)]
    text = f"{what} snoozed {until(rows[0].snoozed_until, zone)}."
    if not early:
        return text
    if len(rows) == 1:
        return f"{text} It comes back before its target, {times.clock(early[0].due_at, zone)}."
    return f"{text} {len(early)} of them come back earlier, before their targets."
