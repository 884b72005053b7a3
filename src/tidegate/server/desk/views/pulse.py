"""The pulse: four sentences, then charts, each figure with what it rests on. Everything was measured by a job."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect, render

from tidegate.server.desk import pulse
from tidegate.server.desk.views.shared import number
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase

    from tidegate.server.desk.models import Pulse


@needs("viewer", "GET")
def page(request: HttpRequest) -> HttpResponse:
    """Show the newest measurement of what the person sees."""
    person = person_of(request)
    found = pulse.pulse_of(person=person)
    context = {"page_name": "pulse", "may_ask": person.may("lead"), **({} if found is None else _context(found))}
    return render(request, "desk/pulse/page.html", context)


def _context(found: Pulse) -> dict[str, Any]:
    body: dict[str, Any] = found.body
    zone = ZoneInfo(body["zone"])
    return {
        "pulse": found,
        "body": body,
        "at": found.as_of.astimezone(zone),
        "old": datetime.now(UTC) - found.as_of > pulse.STALE,
        "since": datetime.fromisoformat(body["since"]).astimezone(zone),
        "routing": body.get("routing"),
        "taught": body.get("taught"),
        "changed": {row["what"]: row["tickets"] for row in body.get("changed", ())},
        "first": [_local(row, zone) for row in body.get("breach", {}).get("first", ())],
        "worse": [row for row in body.get("leading", ()) if row["mood"] == "worse"],
        "charts": [chart for chart in body.get("charts", ()) if not chart["key"].startswith("weekly-")],
        "trends": [chart for chart in body.get("charts", ()) if chart["key"].startswith("weekly-")],
    }


def _local(row: dict[str, Any], zone: ZoneInfo) -> dict[str, Any]:
    return row | {"due": datetime.fromisoformat(row["due_at"]).astimezone(zone)}


@needs("viewer", "GET")
def tickets(request: HttpRequest, key: str) -> HttpResponse:
    """List the tickets behind a figure."""
    person = person_of(request)
    measured = pulse.pulse_of(person=person)
    at = number(request.GET.get("page"), 1, least=1)
    first = (at - 1) * pulse.PAGE
    part = {"offset": first, "limit": pulse.PAGE}
    found = None if measured is None else pulse.pulse_tickets(pulse=measured, key=key, person=person, **part)
    if measured is None or found is None:
        raise Http404("no such figure")
    kept, rows = found
    row = next((row for row in measured.body["leading"] if f"measure:{row['name']}" == key), None)
    context = {
        "page_name": "tickets",
        "kept": kept,
        "rows": rows,
        "row": row,
        "first": first + 1,
        "last": min(first + pulse.PAGE, len(kept.ids)),
        "left_out": kept.total - len(kept.ids),
        "before": at - 1,
        "after": at + 1 if first + pulse.PAGE < len(kept.ids) else 0,
        "at": measured.as_of.astimezone(ZoneInfo(measured.body["zone"])),
        "zone": measured.body["zone"],
    }
    return render(request, "desk/pulse/tickets.html", context)


@needs("lead", "POST")
def measure(request: HttpRequest) -> HttpResponseBase:
    """Ask for a measurement now."""
    pulse.pulse_wanted()
    messages.success(request, "Measuring; look again in a moment.")
    return redirect("pulse")
