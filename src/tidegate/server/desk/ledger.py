"""Services that append to the ledger what people do here: each change of a ticket is an event of our own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tidegate.server.desk.models import Event
from tidegate.server.desk.outbox.updates import events_tell

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.server.people.models import Person


def event_append(
    *, ticket_id: str, at: datetime, kind: str, by: Person, old: str | None = None, new: str | None = None
) -> Event:
    """Append an event, and have the help desk told of it; call it in the transaction that makes the change."""
    row = {"event_id": f"tidegate:{uuid4()}", "ticket_id": ticket_id, "at": at, "kind": kind, "old": old, "new": new}
    event = Event.objects.create(**row, actor=str(by), actor_kind="agent")
    events_tell([row], by=by)
    return event
