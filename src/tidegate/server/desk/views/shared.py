"""What the pages of the queue share: answers that say something, and tickets named in a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.contrib import messages
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.crypto import get_random_string

from tidegate.server.desk.acts import overrides, snooze_times
from tidegate.server.desk.acts.claims import assignee_of
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.preferences import looks_of
from tidegate.server.desk.presenting.choices import agents_of
from tidegate.server.desk.presenting.kept import kept
from tidegate.server.desk.seeing import sees_ticket
from tidegate.server.people.access import person_of
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from django.http import HttpRequest

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person

MOST_TICKETS: Final = 200
"""Tickets of one bulk act."""
_TOKEN: Final = f"csrf{get_random_string(60)}"
"""Stands in a kept page where a request's own token goes; no text of a ticket can know it."""


def said(text: str, *, undo: str = "", event: str = "acted", status: int = 204, **details: Any) -> HttpResponse:  # noqa: ANN401 (JSON)
    """Answer with a toast and an event that scripts hear."""
    toast = {"text": text, **({"undo": undo} if undo else {})}
    response = HttpResponse(status=status)
    response["HX-Trigger"] = json.dumps({"toast": toast, event: details})
    return response


def refused(error: RefusedError) -> HttpResponse:
    """Answer with the sentence that says why."""
    text = str(error)
    return HttpResponse(text[:1].upper() + text[1:], status=error.status, content_type="text/plain; charset=utf-8")


def tickets_of(request: HttpRequest, person: Person) -> list[str]:
    """Return the tickets that a form names and the person sees.

    Raises
    ------
    RefusedError
        If it names none or too many, or one that the person does not see.
    """
    named = list(dict.fromkeys(request.POST.getlist("ticket")))
    if not named or len(named) > MOST_TICKETS:
        raise RefusedError(f"choose 1 to {MOST_TICKETS} tickets", status=422)
    if not all("\0" not in ticket and sees_ticket(person, ticket) for ticket in named):
        raise RefusedError("there is no such ticket", status=404)
    return named


def page(
    request: HttpRequest, snapshot: Snapshot, template: str, what: Hashable, say: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Answer with a page, written once for as long as the person, the queue and what they asked for stay the same.

    ``what`` holds everything that the page depends on besides those. The token against forged requests is put in anew
    each time; a page that has a message to say is written for that once.
    """
    if len(messages.get_messages(request)):
        return render(request, template, say())
    person = person_of(request)
    me = (person.pk, person.name, person.email, person.role, person.agent_id, looks_of(request))

    def write() -> bytes:
        return render_to_string(template, {**say(), "csrf_token": _TOKEN}, request).encode()

    written = kept(snapshot, person, (template, me, what), write)
    return HttpResponse(written.replace(_TOKEN.encode(), get_token(request).encode()))


def act_dialogs(snapshot: Snapshot, person: Person) -> str:
    """Write the dialogs of what can be done to tickets, once for all who see the same agents."""
    me = assignee_of(person)

    def write() -> str:
        policy = snapshot.held.policy
        words = {
            "agents": agents_of(snapshot, person),
            "me": me,
            "levels": LEVELS,
            "all_lanes": overrides.LANES_CHOSEN,
            "presets": snooze_times.presets(snapshot.now, policy),
            "zone": policy.calendar.timezone,
        }
        return render_to_string("desk/parts/acts.html", words)

    return kept(snapshot, person, ("acts", me), write)


def number(text: str | None, default: int, *, least: int = 0, most: int = 1_000_000) -> int:
    """Read a number of a query; what is none counts as the default."""
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 7:  # noqa: PLR2004 (a million)
        return default
    return max(least, min(most, int(text)))
