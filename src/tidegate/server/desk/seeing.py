"""Which tickets a person sees: by the groups that `people.access` limits them to."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.http import Http404

from tidegate.server.desk.models import Ticket
from tidegate.server.people.access import scope

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from tidegate.server.people.models import Person

M = TypeVar("M", bound="Model")


def sees_ticket(person: Person, ticket_id: str) -> bool:
    """Say whether there is such a ticket and the person sees it."""
    return scope(Ticket.objects.filter(ticket_id=ticket_id), person).exists()


def ticket_or_404(person: Person, ticket_id: str) -> None:
    """Answer 404 unless the person sees the ticket: whether it exists is not told."""
    if not sees_ticket(person, ticket_id):
        raise Http404("no such ticket")


def scope_by_ticket(rows: QuerySet[M], person: Person, field: str = "ticket_id") -> QuerySet[M]:
    """Keep the rows of tickets that the person sees, for tables that name only the ticket."""
    if not person.groups_seen:
        return rows
    return rows.filter(**{f"{field}__in": scope(Ticket.objects.all(), person).values("ticket_id")})
