"""The queue: the page, its list, what is new, the preview, and what is done from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tidegate.server.desk import saved_views
from tidegate.server.desk.acts import bulk, claims, overrides
from tidegate.server.desk.acts.claims import assignee_of
from tidegate.server.desk.acts.snooze_times import BACK
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Override, Ticket
from tidegate.server.desk.presenting import asides
from tidegate.server.desk.presenting.choices import choices_of
from tidegate.server.desk.presenting.doubts import doubts
from tidegate.server.desk.presenting.kept import kept
from tidegate.server.desk.presenting.lanes import LANE_WORDS
from tidegate.server.desk.presenting.lines import lines, names_of, zone_of
from tidegate.server.desk.seeing import ticket_or_404
from tidegate.server.desk.views.opened import opened_or_404, preview_of
from tidegate.server.desk.views.shared import act_dialogs, number, page, refused, said, tickets_of
from tidegate.server.middleware import origin
from tidegate.server.people.access import needs, person_of, scope
from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person

PAGE: Final = 50
_FOUND: Final = 8
_P0: Final = 20


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def queue(request: HttpRequest) -> HttpResponse:
    """Show the queue."""
    person, snapshot = person_of(request), board.snapshot()
    filters, at = Filters.of(request.GET), number(request.GET.get("page"), 1, least=1)
    what = (filters, at, saved_views.change_of(request.session))
    return page(request, snapshot, "desk/queue.html", what, lambda: _queue(snapshot, person, filters, at))


def _queue(snapshot: Snapshot, person: Person, filters: Filters, at: int) -> dict[str, Any]:
    return {
        "page_name": "queue",
        "list": _list(snapshot, person, filters, at),
        "lane_list": kept(snapshot, person, ("lanes", filters.lane), lambda: _lane_list(snapshot, person, filters)),
        "filter_form": kept(snapshot, person, ("filters", filters), lambda: _filter_form(snapshot, person, filters)),
        "views": _views(snapshot, person, filters),
        "filters": filters,
        "active": _active(filters),
        "title": _title(filters),
        "lane_words": LANE_WORDS.get(filters.lane, ""),
        "query": urlencode(saved_views.query_of(filters)),
        "page": at,
        "waiting_texts": snapshot.held.waiting.len(),
        "may_act": person.may("agent"),
        "act_dialogs": act_dialogs(snapshot, person),
    }


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def queue_lines(request: HttpRequest) -> HttpResponse:
    """Write the list alone."""
    person, snapshot = person_of(request), board.snapshot(fresh=0 if request.GET.get("now") else None)
    at = number(request.GET.get("page"), 1, least=1)
    return HttpResponse(_list(snapshot, person, Filters.of(request.GET), at))


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def queue_news(request: HttpRequest) -> HttpResponse:
    """Say how the list stands now; 204 while nothing changed since the version that the page shows."""
    person, snapshot = person_of(request), board.snapshot()
    if request.GET.get("v") == _mark(snapshot):
        return HttpResponse(status=204)
    filters, at = Filters.of(request.GET), number(request.GET.get("page"), 1, least=1)
    return JsonResponse(kept(snapshot, person, ("news", filters, at), lambda: _news(snapshot, person, filters, at)))


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def queue_preview(request: HttpRequest) -> HttpResponse:
    """Show a ticket beside the list."""
    opened = opened_or_404(person_of(request), request.GET.get("ticket", ""))
    return render(request, "desk/preview.html", {**preview_of(opened), "may_act": person_of(request).may("agent")})


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def queue_find(request: HttpRequest) -> HttpResponse:
    """Find tickets for the palette."""
    person, snapshot = person_of(request), board.snapshot()
    sought = Filters.of({"search": request.GET.get("q", "")})
    rows = snapshot.visible(person, sought).head(_FOUND) if sought.search else snapshot.index.clear()
    named = rows.join(
        snapshot.held.tickets.select("ticket_id", "subject"), on="ticket_id", how="left", maintain_order="left"
    )
    found = [
        {
            "title": f"{row['ticket_id']}  {row['subject'] or ''}".strip(),
            "kind": " ".join(str(word) for word in (row["level"], row["lane"]) if word),
            "url": reverse("ticket", args=[row["ticket_id"]]),
        }
        for row in named.iter_rows(named=True)
    ]
    return JsonResponse({"found": [*found, *_finished(person, sought.search, found)]})


def _finished(person: Person, name: str, found: list[dict[str, str]]) -> list[dict[str, str]]:
    """Find a ticket that is not in the queue any more by its whole identifier."""
    url = reverse("ticket", args=[name]) if name else ""
    if not name or any(entry["url"] == url for entry in found):
        return []
    named = scope(Ticket.objects.filter(ticket_id=name), person)
    return [
        {"title": f"{name}  {subject or ''}".strip(), "kind": status, "url": url}
        for subject, status in named.values_list("subject", "status")
    ]


@require_http_methods(["POST"])
@needs("agent")
def queue_act(request: HttpRequest) -> HttpResponse:
    """Do one thing to the chosen tickets."""
    person = person_of(request)
    given = {name: request.POST.get(name, "")[:500] for name in ("act", "value", "reason")}
    try:
        tickets = tickets_of(request, person)
        done = bulk.act(
            person=person,
            kind=given["act"],
            value=given["value"],
            reason=given["reason"],
            tickets=tickets,
            request_id=origin().request_id,
        )
    except RefusedError as error:
        return refused(error)
    board.snapshot(fresh=0)
    if not done.count:
        return said("Nothing was to be changed.", event="unchanged")
    return said(_done(given["act"], given["value"], done.count, tickets), undo=done.undo)


@require_http_methods(["POST"])
@needs("agent")
def queue_undo(request: HttpRequest) -> HttpResponse:
    """Take the last act back."""
    try:
        count = bulk.undo(person=person_of(request), token=request.POST.get("undo", ""), request_id=origin().request_id)
    except RefusedError as error:
        return refused(error)
    board.snapshot(fresh=0)
    return said(f"Taken back for {_tickets(count)}.")


@require_http_methods(["POST"])
@needs("agent")
def queue_take_back(request: HttpRequest) -> HttpResponse:
    """Take an override back, however old it is."""
    person = person_of(request)
    found = get_object_or_404(Override, pk=number(request.POST.get("override"), 0), undone_at=None)
    ticket_or_404(person, found.ticket_id)
    try:
        overrides.override_undo(person=person, override_id=found.pk, request_id=origin().request_id)
    except RefusedError as error:
        return refused(error)
    board.snapshot(fresh=0)
    return said(f"{found.ticket_id}: the {found.kind} is the policy's again.")


@require_http_methods(["POST"])
@needs("agent")
def queue_take(request: HttpRequest) -> HttpResponse:
    """Take the best ticket that the person may take, and open it."""
    htmx = request.headers.get("HX-Request") == "true"
    try:
        taken = claims.ticket_claim_next(person=person_of(request), request_id=origin().request_id)
    except RefusedError as error:
        return refused(error)
    if taken is None:
        return said("There is no ticket that you may take.", event="unchanged") if htmx else _back()
    url = reverse("ticket", args=[taken])
    return HttpResponse(status=204, headers={"HX-Redirect": url}) if htmx else HttpResponseRedirect(url)


def _back() -> HttpResponse:
    return HttpResponseRedirect(reverse("queue"))


def _mark(snapshot: Snapshot) -> str:
    return f"{snapshot.version}-{int(snapshot.now.timestamp())}"


def _list(snapshot: Snapshot, person: Person, filters: Filters, page: int) -> str:
    """Render the list, once for all who see the same."""
    return kept(snapshot, person, ("list", filters, page), lambda: _rendered(snapshot, person, filters, page))


def _rendered(snapshot: Snapshot, person: Person, filters: Filters, page: int) -> str:
    total = snapshot.total(person, filters)
    first = (page - 1) * PAGE
    shown = lines(snapshot, snapshot.rows(person, filters, first, PAGE))
    query = saved_views.query_of(filters)
    context = {
        "lines": shown,
        "total": total,
        "first": first + 1,
        "last": first + len(shown),
        "before": urlencode({**query, "page": page - 1}) if page > 1 else "",
        "after": urlencode({**query, "page": page + 1}) if first + len(shown) < total else "",
        "mark": _mark(snapshot),
        "now": snapshot.now,
        "clock": f"{snapshot.now.astimezone(zone_of(snapshot)):%H:%M}",
        "lane_words": LANE_WORDS.get(filters.lane, ""),
        "lane": filters.lane,
        "filtered": filters not in (Filters(), Filters(lane=filters.lane)),
        "anything": snapshot.total(person, Filters()) > 0,
    }
    return render_to_string("desk/lines.html", context)


def _news(snapshot: Snapshot, person: Person, filters: Filters, page: int) -> dict[str, Any]:
    seen = snapshot.visible(person, filters)
    shown = seen.slice((page - 1) * PAGE, PAGE)
    urgent = snapshot.visible(person, Filters(level="P0")).head(_P0)
    subjects = snapshot.held.tickets.select("ticket_id", "subject")
    named = urgent.join(subjects, on="ticket_id", how="left", maintain_order="left")
    return {
        "mark": _mark(snapshot),
        "clock": f"{snapshot.now.astimezone(zone_of(snapshot)):%H:%M}",
        "total": seen.height,
        "lanes": snapshot.lanes(person),
        "review": doubts(snapshot, person),
        "rows": shown.select("ticket_id", "level", "lane").rows(),
        "urgent": named.select("ticket_id", "subject").rows(),
    }


def _lane_list(snapshot: Snapshot, person: Person, filters: Filters) -> str:
    counts = snapshot.lanes(person)
    lanes = [
        {"name": lane, "count": counts[lane], "here": filters.lane == lane, "words": LANE_WORDS[lane]}
        for lane in LANES
        if counts[lane] or lane not in ("aged", "escalate")
    ]
    return render_to_string("desk/parts/lanes.html", {"lanes": lanes})


def _filter_form(snapshot: Snapshot, person: Person, filters: Filters) -> str:
    words = {"filters": filters, "choices": choices_of(snapshot, person), "levels": LEVELS}
    return render_to_string("desk/parts/filters.html", words)


def _views(snapshot: Snapshot, person: Person, filters: Filters) -> list[dict[str, Any]]:
    standing = [
        ("All", Filters()),
        ("Mine", Filters(assignee=assignee_of(person))),
        ("Unassigned", Filters(unassigned=True)),
        ("Snoozed", Filters(snoozed=True)),
    ]
    own = [(view.name, saved_views.filters_of(view), view) for view in saved_views.views_of(person)]
    return [
        {
            "name": name,
            "query": urlencode(saved_views.query_of(chosen)),
            "count": snapshot.total(person, chosen),
            "here": chosen == filters,
            "id": view.pk if view is not None and view.person_id == person.pk else None,
            "by": view.person.name if view is not None and view.person_id != person.pk else "",
            "shared": view is not None and view.shared,
        }
        for name, chosen, view in [*((name, chosen, None) for name, chosen in standing), *own]
    ]


def _active(filters: Filters) -> list[dict[str, str]]:
    """List the filters that hold, each with the query that is left without it."""
    query = saved_views.query_of(filters)
    return [
        {
            "name": name,
            "value": "" if name in ("unassigned", "snoozed") else value,
            "without": urlencode({other: word for other, word in query.items() if other != name}),
        }
        for name, value in query.items()
        if name != "lane"
    ]


def _title(filters: Filters) -> str:
    return f"Lane {filters.lane}" if filters.lane else "Queue"


def _done(kind: str, value: str, count: int, tickets: list[str]) -> str:
    what = tickets[0] if len(tickets) == 1 else _tickets(count)
    if kind == "snooze":
        snapshot = board.snapshot()
        return f"{what} brought back." if value == BACK else asides.done(snapshot, tickets, zone_of(snapshot))
    if kind == "assign":
        who = names_of(board.snapshot()).get(value, value)
        return f"{what} assigned to {who}." if value else f"{what} given back."
    return f"{what} marked as solved." if kind == "resolve" else f"{what}: {kind} is now {value}."


def _tickets(count: int) -> str:
    return "1 ticket" if count == 1 else f"{count:,} tickets"
