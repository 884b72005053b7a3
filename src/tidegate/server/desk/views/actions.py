"""The outbox's page: what waits, what needs a person, what was done; sent or cancelled by one click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse

from tidegate.server.desk.acts import escalations
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Action, Agent
from tidegate.server.desk.outbox import actions, selectors
from tidegate.server.desk.policies import actions_in_force
from tidegate.server.middleware import origin
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

STATES: Final = {
    "dead": "Need a person",
    "waiting": "Waiting",
    "intended": "Intended",
    "done": "Done",
    "cancelled": "Cancelled",
    "all": "All",
}
MEANINGS: Final = {
    "dead": "Given up after too many attempts, or refused at once.",
    "waiting": "To be carried out now, or after a pause.",
    "intended": "Recorded in a dry run: nothing was carried out.",
    "done": "Carried out; what was sent was taken.",
    "cancelled": "Kept from being carried out, by a person or because it no longer fitted.",
    "all": "Everything that followed from decisions, the newest first.",
}
_AGAIN: Final = (Action.State.INTENDED, Action.State.DEAD, Action.State.CANCELLED)
_CANCEL: Final = (Action.State.WAITING, Action.State.DEAD, Action.State.INTENDED)
_FIRST: Final = ("dead", "waiting", "intended", "done")
"""States by what a person would want to see first."""
_MOST: Final = 100_000
PAGE: Final = selectors.PAGE


@needs("lead", "GET")
def listing(request: HttpRequest) -> HttpResponse:
    """Show the outbox by state; what needs a person first."""
    person = person_of(request)
    state = request.GET.get("state", "")
    counts = selectors.actions_counts(person=person)
    state = state if state in STATES else next((name for name in _FIRST if counts[name]), "dead")
    start = request.GET.get("from", "")
    offset = min(int(start), _MOST) if start.isdecimal() and len(start) < 9 else 0  # noqa: PLR2004 - a number at all
    dry_run = actions_in_force().dry_run
    counts["all"] = sum(counts.values())
    rows = selectors.actions_list(person=person, state="" if state == "all" else state, offset=offset, limit=PAGE + 1)
    context = {
        "page_name": "actions",
        "state": state,
        "states": [(name, title, counts[name]) for name, title in STATES.items()],
        "meaning": MEANINGS[state],
        "rows": [
            (row, target, row.state in _AGAIN and not dry_run, row.state in _CANCEL)
            for row, target in zip(rows, _targets(rows[:PAGE]), strict=False)
        ],
        "older": urlencode({"state": state, "from": offset + PAGE}) if len(rows) > PAGE else "",
        "offset": offset,
        "dry_run": dry_run,
        "channels": selectors.channels_list(),
        "cases": escalations.escalations_seen(person).count(),
        "routing": selectors.routing_counts(person=person),
        "anything": bool(counts["all"]),
    }
    return render(request, "desk/actions.html", context)


def _targets(rows: list[Action]) -> list[str]:
    """Say whom each action is for: agents by name, nobody where somebody should be named."""
    agents = Agent.objects.filter(agent_id__in={row.target for row in rows if row.kind == "assign"})
    names = {agent: name or agent for agent, name in agents.values_list("agent_id", "name")}
    missing = dict.fromkeys(("page", "notify", "assign"), "nobody")
    return [names.get(row.target, row.target) or missing.get(row.kind, "") for row in rows]


@needs("lead", "POST")
def retry(request: HttpRequest, number: int) -> HttpResponse:
    """Send an action; the list comes back and says so."""
    return _done(request, number, actions.action_retry, "{} for {} will be sent")


@needs("lead", "POST")
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Cancel an action; the list comes back and says so."""
    return _done(request, number, actions.action_cancel, "{} for {} is cancelled")


def _done(request: HttpRequest, number: int, act: Callable[..., Action], said: str) -> HttpResponse:
    try:
        done = act(by=person_of(request), action=number, request_id=origin().request_id)
        messages.success(request, said.format(done.kind, f"ticket {done.ticket_id}"))
    except RefusedError as error:
        messages.error(request, str(error))
    state = request.POST.get("state", "")
    return redirect(f"{reverse('actions')}?state={state}" if state in STATES else reverse("actions"))
