"""Escalations: cases for people outside support, what each is about, its tickets, and closing it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.shortcuts import render

from tidegate.server.desk.acts import bulk, escalations
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.policies import actions_in_force
from tidegate.server.desk.views.shared import number, refused, said
from tidegate.server.middleware import origin
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from tidegate.server.people.models import Person

PAGE = escalations.PAGE


@needs("agent", "GET")
def listing(request: HttpRequest) -> HttpResponse:
    """List the open cases, or the closed ones."""
    closed = request.GET.get("state") == "closed"
    context = _context(person_of(request), closed=closed, at=number(request.GET.get("page"), 1, least=1))
    part = request.headers.get("HX-Request") == "true"
    return render(request, "desk/parts/cases.html" if part else "desk/escalations.html", context)


@needs("lead", "POST")
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a case; the list comes back without it."""
    person = person_of(request)
    why = request.POST.get("why", "")
    try:
        done = bulk.case_close(person=person, escalation_id=number, why=why, request_id=origin().request_id)
    except RefusedError as error:
        return refused(error)
    answer = render(request, "desk/parts/cases.html", _context(person, closed=False, at=1))
    answer["HX-Trigger"] = said("The escalation is closed.", undo=done.undo, event="closed")["HX-Trigger"]
    return answer


def _context(person: Person, *, closed: bool, at: int) -> dict[str, Any]:
    first = (at - 1) * PAGE
    found = list(escalations.escalations_seen(person, closed=closed)[first : first + PAGE + 1])
    return {
        "page_name": "escalations",
        "state": "closed" if closed else "open",
        "cases": escalations.cases_of(person, found[:PAGE]),
        "counts": {
            name: escalations.escalations_seen(person, closed=name == "closed").count() for name in ("open", "closed")
        },
        "before": at - 1,
        "after": at + 1 if len(found) > PAGE else 0,
        "may_close": person.may("lead"),
        "dry_run": actions_in_force().dry_run,
        "now": datetime.now(UTC),
    }
