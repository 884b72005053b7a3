"""Saved views: keep the filters that are set, let one go."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from tidegate.server.desk import saved_views
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.views.shared import number
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest


@require_http_methods(["POST"])
@needs("viewer")
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the filters under a name."""
    person = person_of(request)
    filters = Filters.of(dict(parse_qsl(request.POST.get("query", "")[:4000])))
    shared = request.POST.get("shared") == "1" and person.may("agent")
    try:
        view = saved_views.view_save(person=person, name=request.POST.get("name", ""), filters=filters, shared=shared)
    except RefusedError as error:
        messages.error(request, str(error))
    else:
        saved_views.note_change(request.session)
        messages.success(request, f"Saved as {view.name}.")
    return _to_queue(filters)


@require_http_methods(["POST"])
@needs("viewer")
def view_delete(request: HttpRequest) -> HttpResponse:
    """Let a view of one's own go."""
    if saved_views.view_delete(person=person_of(request), view_id=number(request.POST.get("view"), 0)):
        saved_views.note_change(request.session)
        messages.success(request, "The view is deleted.")
    else:
        messages.error(request, "That view is not yours, or not there any more.")
    return _to_queue(Filters())


def _to_queue(filters: Filters) -> HttpResponse:
    query = urlencode(saved_views.query_of(filters))
    return HttpResponseRedirect(reverse("queue") + (f"?{query}" if query else ""))
