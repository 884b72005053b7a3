"""Escalations: cases for people outside support. Listed with their tickets, closed with a reason, opened again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Escalation, Ticket
from tidegate.server.people import audit
from tidegate.server.people.access import scope
from tidegate.server.people.models import Person, Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

PAGE: Final = 20
LONGEST: Final = 2000
_OF_GROUPS: Final = (
    'SELECT e.id FROM desk_escalation e JOIN desk_ticket t ON t.ticket_id = ANY(e.tickets) WHERE t."group" = ANY(%s)'
)


@dataclass(frozen=True, slots=True)
class Case:
    """An escalation, and of its tickets those that the person sees."""

    escalation: Escalation
    tickets: tuple[Ticket, ...]
    hidden: int


def escalations_seen(person: Person, *, closed: bool = False) -> QuerySet[Escalation]:
    """Choose the cases of which a person sees a ticket, the newest first; open ones, or closed ones."""
    rows = Escalation.objects.filter(closed_at__isnull=not closed).select_related("created_by", "closed_by")
    if person.groups_seen:
        rows = rows.filter(pk__in=RawSQL(_OF_GROUPS, [list(person.groups_seen)]))  # noqa: S611 (our own text)
    return rows.order_by("-closed_at" if closed else "-created_at", "-pk")


def cases_of(person: Person, escalations: Sequence[Escalation]) -> list[Case]:
    """Lay cases out with those of their tickets that the person sees."""
    named = {ticket for escalation in escalations for ticket in escalation.tickets}
    seen = {
        ticket.ticket_id: ticket
        for ticket in scope(Ticket.objects.filter(ticket_id__in=named), person).only(
            "ticket_id", "subject", "status", "assignee", "group"
        )
    }
    return [
        Case(
            escalation=escalation,
            tickets=(shown := tuple(seen[name] for name in escalation.tickets if name in seen)),
            hidden=len(escalation.tickets) - len(shown),
        )
        for escalation in escalations
    ]


def escalation_close(*, person: Person, escalation_id: int, why: str, request_id: str = "") -> Escalation:
    """Close a case: say what became of it. New urgent tickets of the same cause are then escalated anew.

    Raises
    ------
    RefusedError
        If the person may not, there is no such case of which they see a ticket, it is closed, or no reason is given.
    """
    why = why.replace("\0", "").strip()
    if not why or len(why) > LONGEST:
        raise RefusedError(f"say in 1 to {LONGEST} characters what became of it", status=422)
    with transaction.atomic():
        found = _locked(person, escalation_id)
        if found.closed_at is not None:
            raise RefusedError("it is closed already", status=409)
        found.closed_at, found.closed_by, found.closed_why = timezone.now(), person, why
        found.save(update_fields=["closed_at", "closed_by", "closed_why"])
        _written(person, found, "escalation.close", before="open", after="closed", why=why, request_id=request_id)
    return found


def escalation_reopen(*, person: Person, escalation_id: int, request_id: str = "") -> Escalation:
    """Open a case again; errors as for `escalation_close`."""
    with transaction.atomic():
        found = _locked(person, escalation_id)
        if found.closed_at is None:
            raise RefusedError("it is open already", status=409)
        found.closed_at, found.closed_by, found.closed_why = None, None, ""
        found.save(update_fields=["closed_at", "closed_by", "closed_why"])
        _written(person, found, "escalation.reopen", before="closed", after="open", why="", request_id=request_id)
    return found


def _locked(person: Person, escalation_id: int) -> Escalation:
    if not person.may(Role.LEAD):
        raise RefusedError(f"a {person.role} may not close escalations", mend="A lead can.")
    found = Escalation.objects.select_for_update().filter(pk=escalation_id).first()
    seen = found is not None and (
        not person.groups_seen or scope(Ticket.objects.filter(ticket_id__in=found.tickets), person).exists()
    )
    if found is None or not seen:
        raise RefusedError("no such escalation", status=404)
    return found


def _written(
    person: Person, escalation: Escalation, act: str, *, before: str, after: str, why: str, request_id: str
) -> None:
    audit.record(
        actor=person, act=act, object_kind="escalation", object_id=str(escalation.pk), request_id=request_id,
        before={"state": before}, after={"state": after} | ({"reason": why} if why else {}),
    )  # fmt: skip
