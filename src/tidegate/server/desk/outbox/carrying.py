"""What happens in the desk itself: assignments, labels, notes and escalations, as events, messages and rows of our own.

What is written here is seen in our queue and on the ticket's page, and the help desk is told of it (`updates`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.db import connection
from django.utils import timezone

from tidegate.server.desk import tables
from tidegate.server.desk.inbox import landing
from tidegate.server.desk.inbox.draining import ADVISORY_LOCK
from tidegate.server.desk.models import Action, Escalation, Ticket
from tidegate.server.desk.outbox.actions import actions_record
from tidegate.server.desk.outbox.updates import Update, events_tell, updates_record
from tidegate.server.desk.policies import actions_in_force
from tidegate.tables.contracts import Actions, Events, Messages
from tidegate.tables.errors import TidegateError

if TYPE_CHECKING:
    from collections.abc import Sequence

INWARD: Final = frozenset({"assign", "tag", "note", "draft", "review", "escalate"})
ACTOR: Final = "tidegate"
_LINKED: Final = 1_000


class NotWantedError(TidegateError):
    """What was decided no longer fits what is there: it isn't done, and nothing is wrong."""


def carry_out(action: Action) -> None:
    """Do it; call it in the transaction that marks it done.

    Raises
    ------
    NotWantedError
        If somebody has taken the ticket meanwhile, or it is gone.
    """
    {
        "assign": _assign,
        "tag": _tag,
        "note": _note,
        "draft": _note,
        "review": _nothing,
        "escalate": _escalate,
    }[action.kind](action)


def _nothing(action: Action) -> None:
    """Do nothing more: the decision itself is the mark."""
    del action


def _event(action: Action, ticket_id: str, kind: str, old: str | None, new: str | None) -> dict[str, Any]:
    about = "" if ticket_id == action.ticket_id else f"-{ticket_id}"
    return {
        "event_id": f"{ACTOR}-{action.key}-{kind}{about}",
        "ticket_id": ticket_id,
        "at": timezone.now(),
        "kind": kind,
        "actor": ACTOR,
        "actor_kind": "system",
        "old": old,
        "new": new,
    }


def _append(events: Sequence[dict[str, Any]]) -> None:
    """Add events to the ledger, and bring the tickets to what they say; one at a time with the inbox."""
    schema = {name: column.dtype for name, column in Events.columns().items()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ADVISORY_LOCK])
    landing.land({"events": pl.DataFrame(list(events), schema=schema)})
    events_tell(events)


def _ticket(action: Action) -> Ticket:
    found = Ticket.objects.select_for_update().filter(ticket_id=action.ticket_id).first()
    if found is None:
        raise NotWantedError("the ticket is gone")
    return found


def _assign(action: Action) -> None:
    ticket, route = _ticket(action), action.payload
    if ticket.assignee != route.get("had"):
        raise NotWantedError(f"{ticket.assignee or 'nobody'} has the ticket by now")
    if ticket.status in ("solved", "closed"):
        raise NotWantedError(f"the ticket is {ticket.status}")
    events = []
    group, agent = route.get("group"), route.get("agent_id")
    if group and group != ticket.group:
        events.append(_event(action, ticket.ticket_id, "transferred", ticket.group, group))
    if agent and agent != ticket.assignee:
        events.append(_event(action, ticket.ticket_id, "assigned", ticket.assignee, agent))
    if events:
        _append(events)


def _tag(action: Action) -> None:
    ticket = _ticket(action)
    if action.target not in (ticket.tags or []):
        ticket.tags = [*(ticket.tags or []), action.target]
        ticket.save(update_fields=["tags"])
        _append([_event(action, ticket.ticket_id, "note", None, f"label: {action.target}")])
        _tell(action, action.target)


def _tell(action: Action, value: str) -> None:
    """Have the help desk told of what was added to the ticket."""
    key = f"{ACTOR}-{action.key}"
    updates_record([Update(key=key, ticket_id=action.ticket_id, change=action.kind, value=value, at=timezone.now())])


def _note(action: Action) -> None:
    """Write a note, or a draft of the answer, for the team's eyes only."""
    message = {
        "message_id": f"{ACTOR}-{action.key}",
        "ticket_id": action.ticket_id,
        "at": timezone.now(),
        "author": ACTOR,
        "author_kind": "system",
        "public": False,
        "body": f"{action.title}\n{action.body}",
    }
    schema = {name: column.dtype for name, column in Messages.columns().items()}
    tables.upsert("messages", pl.DataFrame([message], schema=schema))
    _tell(action, f"{action.title}\n{action.body}")


def _escalate(action: Action) -> None:
    """Open the case, mark its tickets, and tell the group that it goes to."""
    tickets = list(action.payload.get("tickets", [action.ticket_id]))[:_LINKED]
    _, new = Escalation.objects.get_or_create(
        key=action.key,
        defaults={
            "title": action.title[:300],
            "impact": action.body,
            "level": action.payload.get("level", "P1"),
            "to": action.target,
            "tickets": tickets,
            "facts": action.payload,
            "cluster": action.payload.get("cluster", ""),
        },
    )
    if not new:
        return
    known = set(Ticket.objects.filter(ticket_id__in=tickets).values_list("ticket_id", flat=True))
    _append([_event(action, ticket, "escalated", None, action.target) for ticket in tickets if ticket in known])
    _notify(action)


def _notify(action: Action) -> None:
    """Send the case through the channels of its group."""
    told = actions_in_force()
    if "notify" not in told.enabled:
        return
    rows = [
        {
            "key": f"{action.key[:24]}-{number}",
            "ticket_id": action.ticket_id,
            "kind": "notify",
            "target": channel,
            "causes": ["escalation"],
            "episode": action.episode,
            "title": f"Escalation: {action.title}"[:200],
            "body": action.body,
            "payload": json.dumps(action.payload, ensure_ascii=False),
        }
        for number, channel in enumerate(told.channels.get(action.target, ()))
    ]
    schema = {name: column.dtype for name, column in Actions.columns().items()}
    actions_record(pl.DataFrame(rows, schema=schema), now=timezone.now(), dry_run=told.dry_run)
