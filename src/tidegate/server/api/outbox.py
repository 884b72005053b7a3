"""The outbox for programs and pages: one action, sending and cancelling it, cases, and how routing does."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

from django.http import Http404
from ninja import Query, Router, Schema
from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field

from tidegate.server.api.callers import allowed
from tidegate.server.api.describing import errors
from tidegate.server.api.desk import caller, eyes, for_a_program
from tidegate.server.api.schemas import ActionOut, ForIn, Level, Page
from tidegate.server.desk.acts import escalations
from tidegate.server.desk.outbox import actions, selectors
from tidegate.server.middleware import origin

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.http import HttpRequest

    from tidegate.server.desk.models import Action, Escalation
    from tidegate.server.people.models import Person

router = Router(tags=["actions"])
READ: Final = allowed("queue:read", "agent")
WRITE: Final = allowed("actions:write", "lead")
_BIGGEST: Final = 2**63 - 1


def _in_utc(moment: datetime) -> datetime:
    """Bring a time to UTC: the database knows no offset of 16 hours or more, Python does."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("lies outside the years 1 to 9999") from None


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class ActionFullOut(ActionOut):
    """An action with what it says."""

    title: str = Field(description="one line")
    body: str = Field(description="the text that is sent or written down")
    causes: list[str] = Field(description="the rules, the lane or the route that it follows from")
    payload: dict[str, Any] = Field(description="everything else that its kind needs")
    next_at: datetime | None = Field(description="not before then is it tried again")


class EscalationOut(Schema):
    """A case for people outside support."""

    id: int = Field(description="number of the case")
    title: str = Field(description="what it is about")
    impact: str = Field(description="what is at stake, as it was when the case was made")
    level: Level = Field(description="of its gravest ticket")
    to: str = Field(description="the group that it goes to")
    tickets: list[str] = Field(description="linked tickets that the caller sees")
    hidden: int = Field(description="how many more are linked, of groups that the caller does not see")
    facts: dict[str, Any] = Field(description="the figures behind the impact")
    created_at: datetime = Field(description="when it was made")
    closed_at: datetime | None = Field(description="when it was closed; null while it is open")
    closed_why: str = Field(description="what became of it")


class CloseIn(ForIn):
    """What became of a case."""

    why: Annotated[str, Field(min_length=1, max_length=2000)] = Field(
        description="what became of it; people read it", examples=["Mended with release 4.2"]
    )


class EscalationQuery(Page):
    """Which cases."""

    closed: bool = Field(default=False, description="closed ones instead of open ones")


class RoutingOut(Schema):
    """How routing did over a time."""

    automatic: int = Field(description="assignments that were carried out without asking")
    suggested: int = Field(description="routes that were not sure enough")
    overridden: int = Field(description="routes that people said over the policy's")
    misrouted: int = Field(description="automatic assignments that people moved to another group within a week")


class RoutingQuery(Schema):
    """Over which time."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[Moment | None, Field(description="from then on; missing: the last 28 days")] = None


def _acted(request: HttpRequest, number: int, told: ForIn | None, act: Callable[..., Action], name: str) -> Action:
    """Do something with an action under the rights of the person who acts; say which program asked, where one did."""
    person = caller(request).acting(told.person if told else None)
    done = act(by=person, action=_number(number), request_id=origin().request_id)
    for_a_program(request, f"{name}_for", str(done.pk), person)
    return done


def _number(number: int) -> int:
    if number > _BIGGEST:
        raise Http404
    return number


@router.get(
    "/actions/{int:number}", auth=READ, response={200: ActionFullOut, **errors(400, 401, 403, 404, 422, 429)},
    operation_id="action_show", summary="An action",
)  # fmt: skip
def action_show(request: HttpRequest, number: int) -> Action:
    """Show an action with what it says, if the caller sees its ticket."""
    found = selectors.action_get(person=eyes(request), action=_number(number))
    if found is None:
        raise Http404
    return found


@router.post(
    "/actions/{int:number}/retry", auth=WRITE,
    response={200: ActionFullOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="action_retry", summary="Send an action",
)  # fmt: skip
def action_retry(request: HttpRequest, number: int, told: ForIn | None = None) -> Action:
    """Carry out an action that is dead, cancelled or was only intended; its key stays."""
    return _acted(request, number, told, actions.action_retry, "action.retry")


@router.post(
    "/actions/{int:number}/cancel", auth=WRITE,
    response={200: ActionFullOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="action_cancel", summary="Cancel an action",
)  # fmt: skip
def action_cancel(request: HttpRequest, number: int, told: ForIn | None = None) -> Action:
    """Keep an action that waits, is dead or was only intended from being carried out."""
    return _acted(request, number, told, actions.action_cancel, "action.cancel")


@router.get(
    "/escalations", auth=READ, response={200: list[EscalationOut], **errors(400, 401, 403, 422, 429)},
    operation_id="escalation_list", summary="Cases, the newest first",
)  # fmt: skip
def escalation_list(request: HttpRequest, query: Query[EscalationQuery]) -> list[EscalationOut]:
    """List the open or the closed cases of which the caller sees a ticket."""
    seen = escalations.escalations_seen(eyes(request), closed=query.closed)
    return _laid_out(eyes(request), list(seen[query.offset : query.offset + query.limit]))


@router.post(
    "/escalations/{int:number}/close", auth=WRITE,
    response={200: EscalationOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="escalation_close", summary="Close a case",
)  # fmt: skip
def escalation_close(request: HttpRequest, number: int, told: CloseIn) -> EscalationOut:
    """Close a case and say what became of it; new urgent tickets of its cause are then escalated anew."""
    person = caller(request).acting(told.person)
    closed = escalations.escalation_close(
        person=person, escalation_id=_number(number), why=told.why, request_id=origin().request_id
    )
    for_a_program(request, "escalation.close_for", str(closed.pk), person)
    return _laid_out(eyes(request), [closed])[0]


def _laid_out(person: Person, cases: Sequence[Escalation]) -> list[EscalationOut]:
    """Lay cases out, of their tickets those that the person sees."""
    return [
        EscalationOut.model_validate(
            {
                **{name: getattr(case.escalation, name) for name in EscalationOut.model_fields if name != "hidden"},
                "tickets": [ticket.ticket_id for ticket in case.tickets],
                "hidden": case.hidden,
            }
        )
        for case in escalations.cases_of(person, cases)
    ]


@router.get(
    "/routing", auth=READ, response={200: RoutingOut, **errors(400, 401, 403, 422, 429)},
    operation_id="routing_counts", summary="How routing does",
)  # fmt: skip
def routing_counts(request: HttpRequest, query: Query[RoutingQuery]) -> dict[str, Any]:
    """Count automatic assignments, suggestions, overrides and misroutes of the tickets that the caller sees."""
    return asdict(selectors.routing_counts(person=eyes(request), since=query.since))
