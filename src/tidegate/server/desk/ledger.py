"""Services that append to the ledger what is done here: each change of a ticket is an event of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tidegate.server.desk.models import Event

if TYPE_CHECKING:
    from datetime import datetime


def event_append(
    *, ticket_id: str, at: datetime, kind: str, actor: str, old: str | None = None, new: str | None = None,
    actor_kind: str = "agent",
) -> Event:  # fmt: skip
    """Append an event; call it in the transaction that makes the change."""
    return Event.objects.create(
        event_id=f"tidegate:{uuid4()}",
        ticket_id=ticket_id,
        at=at,
        kind=kind,
        actor=actor,
        actor_kind=actor_kind,
        old=old,
        new=new,
    )
