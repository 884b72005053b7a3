"""The page of a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tidegate.server.desk.board.reader import intents
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Action, Decision, Escalation, Event, Snooze
from tidegate.server.desk.presenting import customer
from tidegate.server.desk.presenting.alike import alike
from tidegate.server.desk.presenting.choices import choices_of
from tidegate.server.desk.presenting.kept import kept
from tidegate.server.desk.presenting.thread import folded
from tidegate.server.desk.presenting.timeline import KINDS, timeline
from tidegate.server.desk.views.opened import head_of, opened_or_404, overrides_of
from tidegate.server.desk.views.shared import act_dialogs
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.views.opened import Opened
    from tidegate.server.people.models import Person

MOVES = 8
_MANY = 200


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def ticket(request: HttpRequest, ticket_id: str) -> HttpResponse:
    """Show a ticket."""
    person = person_of(request)
    opened = opened_or_404(person, ticket_id)
    snapshot = opened.snapshot
    overrides = overrides_of(ticket_id)
    context = {
        **head_of(opened),
        **_neighbours(snapshot, person, ticket_id),
        "page_name": "ticket",
        "thread": folded(opened.thread()),
        "overrides": [override for override in overrides if override.undone_at is None],
        "moments": _moments(opened, overrides),
        "kinds": KINDS,
        "suggested": _suggested(opened),
        "act_dialogs": act_dialogs(snapshot, person),
        "groups": kept(snapshot, person, "choices", lambda: choices_of(snapshot, person)).groups,
        "intents": intents(),
        "may_act": person.may("agent"),
    }
    return render(request, "desk/ticket.html", context)


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def ticket_why(request: HttpRequest) -> HttpResponse:
    """Say why a ticket stands above the next one and what would change it; asked for after the page."""
    person = person_of(request)
    opened = opened_or_404(person, request.GET.get("ticket", ""), alone=True)
    return render(request, "desk/parts/why.html", _why(opened, person))


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def ticket_customer(request: HttpRequest) -> HttpResponse:
    """Show who asks: what the business knows, incidents, their last tickets; asked for after the page."""
    person = person_of(request)
    opened = opened_or_404(person, request.GET.get("ticket", ""), alone=True)
    ticket_id = opened.ticket.ticket_id
    seen = customer.glance_of(opened.snapshot, opened.ticket, person)
    words = {
        "ticket": opened.ticket,
        "customer": customer.facts_of(seen, opened.zone),
        "incidents": seen.incidents,
        "escalations": Escalation.objects.filter(tickets__contains=[ticket_id], closed_at=None),
        "last_tickets": seen.last_tickets,
        "now": opened.snapshot.now,
        "zone": opened.zone,
    }
    return render(request, "desk/parts/customer.html", words)


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def ticket_similar(request: HttpRequest) -> HttpResponse:
    """List the tickets that are like one; asked for after the page, since it looks at many."""
    person = person_of(request)
    opened = opened_or_404(person, request.GET.get("ticket", ""), alone=True)
    found = kept(
        opened.snapshot,
        person,
        ("alike", opened.ticket.ticket_id),
        lambda: alike(opened.snapshot, opened.ticket, person),
    )
    return render(request, "desk/parts/similar.html", {"similar": found})


def _why(opened: Opened, person: Person) -> dict[str, Any]:
    """Say why it stands above the next one, and what would change it."""
    found = opened.snapshot.explain(opened.ticket.ticket_id)
    if found is None:
        return {"lead": None, "moves": ()}
    moves = sorted(found.moves, key=lambda move: abs(move.points))[:MOVES]
    lead = found.lead
    seen = lead is not None and opened.snapshot.visible(person)["ticket_id"].index_of(lead.next_id) is not None
    return {"lead": lead, "next_id": lead.next_id if lead is not None and seen else "", "moves": moves}


def _suggested(opened: Opened) -> dict[str, Any] | None:
    """Say who should take a ticket that nobody has, as it was last decided."""
    if opened.ticket.assignee or opened.row is None:
        return None
    last = Decision.objects.filter(ticket_id=opened.ticket.ticket_id, latest=True).first()
    if last is None or last.confidence is None or not (last.group or last.agent_id):
        return None
    agent = last.agent_id or ""
    return {"agent_id": agent, "agent": opened.names.get(agent, agent), "group": last.group, "share": last.confidence}


def _neighbours(snapshot: Snapshot, person: Person, ticket_id: str) -> dict[str, str]:
    """Return the addresses of the tickets above and below, in the whole queue as the person sees it."""
    ids = snapshot.visible(person, Filters())["ticket_id"]
    place = ids.index_of(ticket_id)
    if place is None:
        return {}
    above = ids[place - 1] if place > 0 else None
    below = ids[place + 1] if place + 1 < ids.len() else None
    return {
        "above": reverse("ticket", args=[above]) if above else "",
        "below": reverse("ticket", args=[below]) if below else "",
    }


def _moments(opened: Opened, overrides: list[Any]) -> list[Any]:
    ticket_id = opened.ticket.ticket_id
    return timeline(
        messages=opened.messages,
        decisions=Decision.objects.filter(ticket_id=ticket_id).select_related("policy").order_by("-at")[:_MANY],
        overrides=overrides,
        snoozes=Snooze.objects.filter(ticket_id=ticket_id).select_related("by", "ended_by").order_by("-at")[:_MANY],
        actions=Action.objects.filter(ticket_id=ticket_id).select_related("by").order_by("-created_at")[:_MANY],
        events=Event.objects.filter(ticket_id=ticket_id).order_by("-at")[:_MANY],
        names=opened.names,
        zone=opened.zone,
    )
