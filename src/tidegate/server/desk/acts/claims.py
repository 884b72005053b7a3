"""Services that hand tickets out: claim the best one, assign one, give one back.

Every claim is one conditional update, so that of many at a time each gets another ticket and none gets one twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction

from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.ledger import event_append
from tidegate.server.desk.models import Agent, Snooze, Ticket
from tidegate.server.people import audit
from tidegate.server.people.access import scope
from tidegate.server.people.models import Person, Role
from tidegate.tables.words import LANES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.server.desk.board import Snapshot

_TRIED: Final = 200
"""Tickets tried a statement: more than could be claimed by others since the snapshot."""
_OPEN: Final = ("new", "open")
_HANDED_OUT: Final = tuple(lane for lane in LANES if lane not in ("waiting", "review"))

_CLAIM: Final = """
WITH wanted AS (
  SELECT ticket_id FROM desk_ticket JOIN unnest(%(ids)s::text[]) WITH ORDINALITY AS best (id, place) ON id = ticket_id
  WHERE assignee IS NULL AND status = ANY(%(open)s) ORDER BY place LIMIT 1 FOR UPDATE OF desk_ticket SKIP LOCKED
)
UPDATE desk_ticket SET assignee = %(assignee)s, updated_at = greatest(updated_at, %(now)s)
FROM wanted WHERE desk_ticket.ticket_id = wanted.ticket_id RETURNING desk_ticket.ticket_id
"""


def assignee_of(person: Person) -> str:
    """Return the name under which tickets are assigned to a person: the help desk's agent, else their own name."""
    return person.agent_id or person.name


def names_of(person: Person) -> tuple[str, ...]:
    """Return every name under which tickets of a person may stand."""
    agent = Agent.objects.filter(agent_id=person.agent_id).values_list("name", flat=True) if person.agent_id else []
    return tuple({assignee_of(person), person.name, *(name for name in agent if name)})


def ticket_claim_next(*, person: Person, request_id: str = "", snapshot: Snapshot | None = None) -> str | None:
    """Give a person the best ticket that they may take and nobody has.

    1. The ranked queue of this moment, cut to what the person sees, nobody has or set aside and no person must look at
       first.
    2. One statement locks the first of these that is still free, passing over those that others are locking, and
       assigns it. If all were taken meanwhile, the next ones are tried.
    3. Whoever sets a ticket aside locks it as well: what was set aside since the queue was ranked is seen now, and
       passed over.
    4. The event and the audit entry are written in the same transaction.

    Returns
    -------
    str or None
        The ticket; None if there is none.

    Raises
    ------
    RefusedError
        If the person may not take tickets, or has as many as their capacity.
    """
    _may(person, "take tickets")
    _has_room(person)
    now = datetime.now(UTC)
    seen = snapshot or board.snapshot()
    free = seen.visible(person, Filters(unassigned=True))
    ids = free.filter(free["lane"].cast(str).is_in(_HANDED_OUT) & ~free["snoozed"])["ticket_id"].to_list()
    awake = seen.held.snoozes["id"].to_list()
    while ids:
        with transaction.atomic():
            claimed = _claim(ids[:_TRIED], assignee_of(person), now)
            if claimed is None:
                del ids[:_TRIED]
                continue
            if Snooze.objects.filter(ticket_id=claimed, ended_at=None).exclude(pk__in=awake).exists():
                transaction.set_rollback(True)
                ids.remove(claimed)
                continue
            _written(person, claimed, old=None, new=assignee_of(person), now=now, request_id=request_id)
            return claimed
    return None


def ticket_assign(*, person: Person, ticket_id: str, assignee: str | None, request_id: str = "") -> None:
    """Give a ticket to somebody, or with None give it back.

    Agents may take a free ticket, and give back or hand on their own; leads may move any.

    Raises
    ------
    RefusedError
        If the person may not, or there is no such ticket that they see.
    """
    _may(person, "assign tickets")
    now = datetime.now(UTC)
    with transaction.atomic():
        ticket = scope(Ticket.objects.select_for_update(), person).filter(ticket_id=ticket_id).first()
        if ticket is None:
            raise RefusedError("no such ticket", status=404)
        if ticket.assignee == assignee:
            return
        if ticket.assignee is not None and ticket.assignee not in names_of(person) and not person.may(Role.LEAD):
            raise RefusedError("somebody else has this ticket", mend="A lead can move it.", status=409)
        if ticket.assignee is None and assignee not in names_of(person) and not person.may(Role.LEAD):
            raise RefusedError("agents take tickets for themselves", mend="A lead can give it to somebody else.")
        old = ticket.assignee
        ticket.assignee = assignee
        ticket.updated_at = max(now, ticket.updated_at or now)
        ticket.save(update_fields=["assignee", "updated_at"])
        _written(person, ticket_id, old=old, new=assignee, now=now, request_id=request_id)


def ticket_resolve(*, person: Person, ticket_id: str, request_id: str = "") -> None:
    """Mark a ticket as solved; the help desk's own word goes over it when it says something later.

    Raises
    ------
    RefusedError
        If the person may not, or there is no such unfinished ticket that they see.
    """
    _change_status(person, ticket_id, "solved", request_id)


def ticket_reopen(*, person: Person, ticket_id: str, request_id: str = "") -> None:
    """Take a solution back; parameters and errors as for `ticket_resolve`."""
    _change_status(person, ticket_id, "open", request_id)


def _change_status(person: Person, ticket_id: str, status: str, request_id: str) -> None:
    _may(person, "change tickets")
    now = datetime.now(UTC)
    with transaction.atomic():
        ticket = scope(Ticket.objects.select_for_update(), person).filter(ticket_id=ticket_id).first()
        if ticket is None:
            raise RefusedError("no such ticket", status=404)
        old = ticket.status
        if old == status:
            return
        ticket.status = status
        ticket.solved_at = now if status == "solved" else None
        ticket.closed_at = None
        ticket.updated_at = max(now, ticket.updated_at or now)
        ticket.save(update_fields=["status", "solved_at", "closed_at", "updated_at"])
        event_append(ticket_id=ticket_id, at=now, kind="status", by=person, old=old, new=status)
        audit.record(
            actor=person, act="ticket.status", object_kind="ticket", object_id=ticket_id,
            before={"status": old}, after={"status": status}, request_id=request_id,
        )  # fmt: skip


def _claim(ids: Sequence[str], assignee: str, now: datetime) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"ids": list(ids), "open": list(_OPEN), "assignee": assignee, "now": now})
        row = cursor.fetchone()
    return row[0] if row else None


def _has_room(person: Person) -> None:
    capacity = Agent.objects.filter(agent_id=person.agent_id).values_list("capacity", flat=True).first()
    if person.agent_id and capacity is not None:
        held = Ticket.objects.filter(assignee__in=names_of(person), status__in=_OPEN).count()
        if held >= capacity:
            raise RefusedError(
                f"you have {held} open tickets, and your capacity is {capacity}",
                mend="Resolve one or give one back, or let a lead assign it.",
                status=409,
            )


def _may(person: Person, what: str) -> None:
    if not person.may(Role.AGENT):
        raise RefusedError(f"a {person.role} may not {what}", mend="An admin can give you another role.")


def _written(
    person: Person, ticket_id: str, *, old: str | None, new: str | None, now: datetime, request_id: str
) -> None:
    event_append(ticket_id=ticket_id, at=now, kind="assigned", by=person, old=old, new=new)
    audit.record(
        actor=person, act="ticket.assign", object_kind="ticket", object_id=ticket_id,
        before={"assignee": old}, after={"assignee": new}, request_id=request_id,
    )  # fmt: skip
