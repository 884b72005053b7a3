"""How solved tickets ended, and what they were about: what agents are judged by. Read now and then; it moves slowly."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from tidegate.deciding import PAST
from tidegate.server.desk import tables

if TYPE_CHECKING:
    from datetime import datetime

    import polars as pl

    from tidegate.server.desk.board.held import Held

EVERY: Final = timedelta(minutes=15)
_KEPT: Final = (*("ticket_id", "created_at", "status", "assignee", "requester_id", "reopens", "transfers", "csat"),)
_last: dict[str, tuple[datetime, pl.DataFrame]] = {}


def solved(held: Held, now: datetime) -> pl.DataFrame:
    """Return the last solved tickets with ``intent``, read once in a while in each process.

    Parameters
    ----------
    held
        Its reader says what they were about; texts that were read before are not read again.
    now
        The moment of asking.
    """
    kept = _last.get("solved")
    if kept is not None and timedelta() <= now - kept[0] < EVERY:
        return kept[1]
    found = tables.read(
        "tickets", "status IN ('solved', 'closed') ORDER BY created_at DESC, ticket_id LIMIT %s", [PAST]
    )
    intents = held.reader.read(found, now=now).select("ticket_id", "intent")
    table = found.select(_KEPT).join(intents, on="ticket_id", how="left", maintain_order="left")
    _last["solved"] = (now, table)
    return table


def forget() -> None:
    """Read anew at the next asking."""
    _last.clear()
