"""Review: one doubt at a time, and what the answers taught."""

from __future__ import annotations

from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from tidegate.server.desk.acts import bulk
from tidegate.server.desk.acts.answers import rows_to_learn, taught
from tidegate.server.desk.board import board
from tidegate.server.desk.board.reader import intents
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Override
from tidegate.server.desk.presenting.doubts import answers, choices, doubtful, first_of, routes
from tidegate.server.desk.presenting.lines import zone_of
from tidegate.server.desk.views.opened import head_of, opened_or_404
from tidegate.server.desk.views.shared import refused, said, tickets_of
from tidegate.server.middleware import origin
from tidegate.server.people.access import needs, person_of
from tidegate.server.people.audit import record
from tidegate.tables.spreadsheet import without_formulas

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tidegate.server.desk.presenting.doubts import Answer, Route
    from tidegate.server.desk.views.opened import Opened
    from tidegate.server.people.models import Person

_PUT_OFF: Final = "put_off"
_MOST: Final = 500


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def review(request: HttpRequest) -> HttpResponse:
    """Show the first doubt."""
    return render(request, "desk/review.html", {**_card(request), "page_name": "review"})


@require_http_methods(["POST"])
@needs("agent")
def review_answer(request: HttpRequest) -> HttpResponse:
    """Keep an answer, or put the ticket off; the next card follows in the same answer, or with the page.

    The page is for a form that was sent before the scripts had got hold of it.
    """
    person = person_of(request)
    kind = "route" if request.POST.get("kind") == "route" else "level"
    value = request.POST.get("value", "")
    try:
        tickets = tickets_of(request, person)
        if value == "later":
            _put_off(request, tickets)
            return render(request, "desk/parts/card.html", _card(request))
        done = bulk.act(
            person=person,
            kind=kind,
            value=value,
            reason=_reason(request),
            tickets=tickets,
            also=_about(request),
            request_id=origin().request_id,
        )
    except RefusedError as error:
        return refused(error)
    if request.headers.get("HX-Request") != "true":
        return redirect("review")
    answer = render(request, "desk/parts/card.html", _card(request))
    text = f"{tickets[0]} goes to {value}." if kind == "route" else f"{tickets[0]} is {value}."
    answer["HX-Trigger"] = said(text, undo=done.undo, event="answered")["HX-Trigger"]
    return answer


@require_http_methods(["GET", "HEAD"])
@needs("viewer")
def review_card(request: HttpRequest) -> HttpResponse:
    """Write the card alone, as after an undo."""
    return render(request, "desk/parts/card.html", _card(request))


@require_http_methods(["GET", "HEAD"])
@needs("lead")
def review_export(request: HttpRequest) -> HttpResponse:
    """Hand out the rows that `tidegate train` learns from."""
    person = person_of(request)
    rows = rows_to_learn(person)
    form = "parquet" if request.GET.get("format") == "parquet" else "csv"
    record(
        actor=person,
        act="training.export",
        object_kind="training",
        object_id=form,
        after={"rows": rows.height},
    )
    out = BytesIO()
    if form == "csv":
        without_formulas(rows).write_csv(out)
    else:
        rows.write_parquet(out)
    kind = "text/csv; charset=utf-8" if form == "csv" else "application/vnd.apache.parquet"
    name = f"tidegate-training-{datetime.now(UTC):%Y%m%d}.{form}"
    return HttpResponse(
        out.getvalue(), content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


def _reason(request: HttpRequest) -> str:
    return request.POST.get("reason", "").strip()[:500] or "answered in review"


def _about(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the intent where the person chose another one than what was read."""
    intent = request.POST.get("intent", "")
    return [("intent", intent)] if intent and intent != request.POST.get("was_intent", "") else []


def _put_off(request: HttpRequest, tickets: list[str]) -> None:
    kept = [ticket for ticket in request.session.get(_PUT_OFF, []) if ticket not in tickets]
    request.session[_PUT_OFF] = [*kept, *tickets][-_MOST:]


def _card(request: HttpRequest) -> dict[str, Any]:
    """Gather the next card: the ticket, what is unsure, the answers; and what today taught.

    The next card does not wait for a ranking with the last answer in it: what was answered is left out.
    """
    person = person_of(request)
    snapshot = board.snapshot()
    levels, unsure = doubtful(snapshot, person).to_list(), routes(snapshot, person)
    held = Override.objects.filter(undone_at=None, ticket_id__in=[*levels, *unsure])
    answered = set(held.values_list("ticket_id", "kind"))
    levels = [one for one in levels if (one, "level") not in answered]
    unsure = {one: route for one, route in unsure.items() if (one, "route") not in answered}
    count = len(levels) + len(unsure)
    context = {
        "waiting": count,
        "review_count": count,
        "may_act": person.may("agent"),
        **_counts(person, snapshot),
    }
    order = [*levels, *(ticket for ticket in unsure if ticket not in set(levels))]
    put_off = set(request.session.get(_PUT_OFF, []))
    chosen = first_of(order, without=put_off) or first_of(order, without=())
    if chosen is None:
        return context
    opened = opened_or_404(person, chosen)
    context |= {**head_of(opened), "thread": opened.thread(), "intents": intents()}
    if chosen in levels:
        found = answers(snapshot, chosen)
        return {**context, **_unsure(context["row"]), "unruled": _unruled(found), "kind": "level", "answers": found}
    return {**context, **_unsure_route(opened, unsure[chosen]), "kind": "route"}


def _unruled(found: list[Answer]) -> str:
    """Name the level that is likeliest before the rules, where the ticket stands at another; else nothing."""
    likeliest = max(found, key=lambda answer: answer.share, default=None)
    return "" if likeliest is None or likeliest.likely else likeliest.level


def _unsure_route(opened: Opened, route: Route) -> dict[str, Any]:
    told = choices(opened.snapshot, route, opened.ticket.group, opened.names)
    return {"unsure": "Who should take it is unsure; it was not sent on by itself.", "choices": told}


def _unsure(row: Any) -> dict[str, Any]:  # noqa: ANN401 (a row of the board)
    """Say in words what is unsure."""
    urgent = [level for level in row.level_set if level in ("P0", "P1")]
    if len(row.level_set) > 1 and urgent:
        return {"unsure": "The level is unsure: it could be " + " or ".join(row.level_set) + "."}
    if row.level_set:
        return {"unsure": "A rule of the policy asks for a person's word on the level."}
    return {"unsure": "The text is unlike what the reader has learned from."}


def _counts(person: Person, snapshot: Any) -> dict[str, Any]:  # noqa: ANN401 (a snapshot)
    zone = zone_of(snapshot)
    morning = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return {"today": taught(person, since=morning), "ever": taught(person)}
