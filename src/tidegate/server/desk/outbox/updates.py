"""Services of updates: the help desk that tickets come from is told what was changed here, through the outbox.

An update is an action of kind ``update`` on the channel that the policy calls ``actions.help_desk``, written in the
transaction of the change. What was an event of the ledger here has that event's identifier as its key. What comes from
the help desk makes no update, so nothing goes in circles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from tidegate.server.desk.models import Action
from tidegate.server.desk.moments import database_now
from tidegate.server.desk.outbox.actions import State, rows_record
from tidegate.server.desk.policies import actions_in_force

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from tidegate.server.people.models import Person

ADDED: Final = frozenset({"tag", "note", "draft"})
"""Changes that add something: each is told. Of the others (assign, group, status, level) the last one holds."""
_OF_EVENTS: Final = {"assigned": "assign", "transferred": "group", "status": "status"}
POLICY: Final = "tidegate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One change of a ticket.

    Attributes
    ----------
    key
        The idempotency key.
    change
        ``assign`` (to an agent), ``group``, ``status``, ``level``, ``tag``, ``note`` or ``draft``.
    value, was
        What it is now, and what it was: None is nobody, no group. Of what is added the text, and None.
    at
        When it was changed here.
    by
        Who did it; None is the policy.
    reason
        Why, where they said so.
    """

    key: str
    ticket_id: str
    change: str
    value: str | None
    was: str | None = None
    at: datetime
    by: Person | None = None
    reason: str = ""


def events_tell(events: Iterable[Mapping[str, Any]], *, by: Person | None = None) -> None:
    """Write down what the help desk is to be told of events of our own, in the transaction that appends them.

    Parameters
    ----------
    events
        Columns of `tables.Events`; those that change nothing that the help desk keeps are left out.
    by
        Whose they are; None is the policy.
    """
    updates_record(
        Update(
            key=event["event_id"],
            ticket_id=event["ticket_id"],
            change=_OF_EVENTS[event["kind"]],
            value=event["new"],
            was=event["old"],
            at=event["at"],
            by=by,
        )
        for event in events
        if event["kind"] in _OF_EVENTS
    )


def updates_record(updates: Iterable[Update]) -> None:
    """Write down what the help desk is to be told; nothing where the policy names no channel for it."""
    told = actions_in_force()
    if told.help_desk:
        state = State.INTENDED if told.dry_run else State.WAITING
        rows_record([_row(update, told.help_desk, state) for update in updates])


def _row(update: Update, channel: str, state: str) -> dict[str, object]:
    who = str(update.by) if update.by else POLICY
    added = update.change in ADDED and update.change != "tag"
    payload = {"value": update.value, "was": update.was, "at": update.at.isoformat(), "by": who}
    return {
        "kind": Action.UPDATE,
        "ticket_id": update.ticket_id,
        "target": channel,
        "title": update.change if added else f"{update.change}: {update.value or 'nobody'}",
        "body": update.value if added else update.reason,
        "causes": [f"{update.change} by {who}"],
        "episode": 0,
        "key": update.key,
        "payload": payload | {"change": update.change, "reason": update.reason},
        "state": state,
        "last_error": "",
        "next_at": database_now().isoformat() if state == State.WAITING else None,
        "by_id": update.by.pk if update.by else None,
    }


def overtaken(action: Action) -> bool:
    """Say whether the same of the ticket was changed again since: then only the later change is told."""
    change = action.payload.get("change")
    if action.kind != Action.UPDATE or change in ADDED:
        return False
    later = Action.objects.filter(kind=Action.UPDATE, ticket_id=action.ticket_id, pk__gt=action.pk)
    return later.filter(payload__change=change).exclude(state=State.CANCELLED).exists()


__all__ = ["ADDED", "Update", "events_tell", "overtaken", "updates_record"]
