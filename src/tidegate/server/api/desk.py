"""The queue, tickets, claims, overrides, the policy in force and the outbox."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from django.http import Http404, HttpResponse
from ninja import Query, Router, Status
from pydantic import Field

from tidegate.server.api.callers import Caller, allowed
from tidegate.server.api.describing import errors
from tidegate.server.api.schemas import (
    ActionsOut,
    AssignIn,
    ExplanationOut,
    ForIn,
    Lane,
    Level,
    NextOut,
    OverrideIn,
    OverrideOut,
    Page,
    PlaceOut,
    PolicyOut,
    QueueOut,
    TicketOut,
)
from tidegate.server.desk.acts import claims, overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters, Row
from tidegate.server.desk.models import Action, Override, PolicyVersion, Ticket
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.desk.seeing import scope_by_ticket, sees_ticket
from tidegate.server.middleware import origin
from tidegate.server.people import audit
from tidegate.server.people.access import scope
from tidegate.server.people.models import Person
from tidegate.tables.contracts import Tickets

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tidegate.ranking.explain import Lead

router = Router(tags=["queue"])
_Word = Annotated[str, Field(max_length=200)]
READ: Final = allowed("queue:read", "viewer")
CLAIM: Final = allowed("claims:write", "agent")
OVERRIDE: Final = allowed("overrides:write", "agent")


class QueueQuery(Page):
    """Which tickets of the queue."""

    lane: Lane | None = Field(default=None, description="in this lane")
    level: Level | None = Field(default=None, description="of this level")
    group: _Word = Field(default="", description="of this group")
    assignee: _Word = Field(default="", description="of this person")
    account: _Word = Field(default="", description="of this account, by key or name")
    intent: _Word = Field(default="", description="about this")
    search: _Word = Field(default="", description="with this in identifier, subject or account")
    unassigned: bool = Field(default=False, description="that nobody has")
    snoozed: bool = Field(default=False, description="that somebody set aside")


class ActionQuery(Page):
    """Which actions of the outbox."""

    state: Literal["intended", "waiting", "done", "dead", "cancelled"] | None = Field(
        default=None, description="in this state"
    )
    ticket_id: _Word = Field(default="", description="of this ticket")
    kind: _Word = Field(default="", description="of this kind")


class OverrideQuery(Page):
    """Which overrides."""

    ticket_id: _Word = Field(default="", description="of this ticket")
    holding: bool = Field(default=False, description="only those that hold")


def caller(request: HttpRequest) -> Caller:
    """Return who asks."""
    return request.auth  # ty: ignore[missing-attribute] - ninja's


def eyes(request: HttpRequest) -> Person:
    """Return through whose eyes tickets are seen: a program sees all."""
    return caller(request).person or Person(groups_seen=[])


def place(row: Row | None) -> PlaceOut | None:
    """Lay out a row of the queue."""
    if row is None:
        return None
    told = {name: getattr(row, name) for name in PlaceOut.model_fields}
    for name in ("parts", "rules"):
        told[name] = [{"name": part, "points": points} for part, points in told[name]]
    told["reasons"] = [reason._asdict() for reason in row.reasons]
    return PlaceOut.model_validate(told)


def lead_told(lead: Lead) -> dict[str, Any]:
    """Lay out why a ticket stands above the next one."""
    return {**asdict(lead), "parts": [{"name": name, "points": points} for name, points in lead.parts]}


def override_told(override: Override) -> dict[str, Any]:
    """Lay out an override."""
    fields = ("ticket_id", "kind", "value", "was", "reason", "at", "undone_at")
    return {"id": override.pk, "by": str(override.by), **{name: getattr(override, name) for name in fields}}


@router.get(
    "/queue", auth=READ, response={200: QueueOut, **errors(400, 401, 403, 422, 429)},
    operation_id="queue_list", summary="The queue, ranked now",
)  # fmt: skip
def queue_list(request: HttpRequest, query: Query[QueueQuery]) -> dict[str, Any]:
    """List tickets in the order in which they should be worked on, with reasons."""
    snapshot, person = board.snapshot(), eyes(request)
    said = query.model_dump(exclude={"offset", "limit"}, exclude_none=True)
    filters = Filters(**said)
    return {
        "now": snapshot.now,
        "version": snapshot.version,
        "policy": {"number": snapshot.policy.number, "hash": snapshot.policy.hash},
        "lanes": snapshot.lanes(person),
        "total": snapshot.total(person, filters),
        "tickets": [place(row) for row in snapshot.rows(person, filters, query.offset, query.limit)],
    }


@router.post(
    "/next", auth=CLAIM, response={200: NextOut, 204: None, **errors(400, 401, 403, 409, 413, 415, 422, 429)},
    operation_id="next_claim", summary="Claim the best free ticket",
)  # fmt: skip
def next_claim(request: HttpRequest, told: ForIn | None = None) -> Status[Any]:
    """Give the best ticket that nobody has to the person who acts; 204 where there is none. Of many at a time each gets another."""  # noqa: E501 - the description that readers see
    person = caller(request).acting(told.person if told else None)
    snapshot = board.snapshot()
    ticket_id = claims.ticket_claim_next(person=person, request_id=origin().request_id, snapshot=snapshot)
    if ticket_id is None:
        return Status(204, None)
    for_a_program(request, "ticket.claim_for", ticket_id, person)
    return Status(200, {"ticket_id": ticket_id, "place": place(snapshot.row(ticket_id))})


@router.get(
    "/tickets/{path:ticket_id}/explain", auth=READ,
    response={200: ExplanationOut, **errors(400, 401, 403, 404, 422, 429)},
    operation_id="ticket_explain", summary="Why a ticket stands where it stands",
)  # fmt: skip
def ticket_explain(request: HttpRequest, ticket_id: str) -> dict[str, Any]:
    """Open one ranked ticket up: its parts, why it stands above the next one, what would change it."""
    _seen(request, ticket_id)
    snapshot = board.snapshot()
    row, found = snapshot.row(ticket_id), snapshot.explain(ticket_id)
    if row is None or found is None:
        raise Http404
    lead = found.lead if found.lead and sees_ticket(eyes(request), found.lead.next_id) else None
    return {"place": place(row), "above_next": lead and lead_told(lead), "would_change": list(found.moves)}


@router.post(
    "/tickets/{path:ticket_id}/assign", auth=CLAIM,
    response={204: None, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="ticket_assign", summary="Give a ticket to somebody, or back",
)  # fmt: skip
def ticket_assign(request: HttpRequest, ticket_id: str, told: AssignIn) -> HttpResponse | Status[None]:
    """Assign a ticket, under the rights of the person who acts."""
    person = caller(request).acting(told.person)
    claims.ticket_assign(
        person=person, ticket_id=ticket_id, assignee=told.assignee or None, request_id=origin().request_id
    )
    for_a_program(request, "ticket.assign_for", ticket_id, person)
    return Status(204, None)


@router.post(
    "/tickets/{path:ticket_id}/overrides", auth=OVERRIDE,
    response={201: OverrideOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="override_set", summary="Say what a ticket is, over the policy",
)  # fmt: skip
def override_set(request: HttpRequest, ticket_id: str, told: OverrideIn) -> Status[dict[str, Any]]:
    """Override level, lane, intent or route; it holds until it is taken back or said anew."""
    person = caller(request).acting(told.person)
    made = overrides.override_set(
        person=person,
        ticket_id=ticket_id,
        kind=told.kind,
        value=told.value,
        reason=told.reason,
        request_id=origin().request_id,
    )
    for_a_program(request, "ticket.override_for", ticket_id, person)
    return Status(201, override_told(made))


@router.delete(
    "/overrides/{int:number}", auth=OVERRIDE, response={200: OverrideOut, **errors(400, 401, 403, 404, 409, 422, 429)},
    operation_id="override_undo", summary="Take an override back",
)  # fmt: skip
def override_undo(request: HttpRequest, number: int, query: Query[ForIn]) -> dict[str, Any]:
    """Let the policy's word hold again."""
    person = caller(request).acting(query.person)
    if number > 2**63 - 1:
        raise Http404
    undone = overrides.override_undo(person=person, override_id=number, request_id=origin().request_id)
    for_a_program(request, "ticket.override_undo_for", undone.ticket_id, person)
    return override_told(undone)


@router.get(
    "/overrides", auth=allowed("overrides:read", "viewer"),
    response={200: list[OverrideOut], **errors(400, 401, 403, 422, 429)},
    operation_id="override_list", summary="Overrides, the newest first",
)  # fmt: skip
def override_list(request: HttpRequest, query: Query[OverrideQuery]) -> list[dict[str, Any]]:
    """List what people said over the policy, of tickets that the caller sees."""
    chosen = scope_by_ticket(Override.objects.select_related("by"), eyes(request))
    if query.ticket_id:
        chosen = chosen.filter(ticket_id=query.ticket_id)
    if query.holding:
        chosen = chosen.filter(undone_at=None)
    return [override_told(one) for one in chosen.order_by("-pk")[query.offset : query.offset + query.limit]]


@router.get(
    "/tickets/{path:ticket_id}", auth=READ, response={200: TicketOut, **errors(400, 401, 403, 404, 422, 429)},
    operation_id="ticket_show", summary="A ticket",
)  # fmt: skip
def ticket_show(request: HttpRequest, ticket_id: str) -> dict[str, Any]:
    """Show what is known of a ticket, where it stands, and what people said of it."""
    ticket = _seen(request, ticket_id)
    holding = Override.objects.select_related("by").filter(ticket_id=ticket_id, undone_at=None).order_by("pk")
    return {
        "facts": {name: getattr(ticket, name) for name in Tickets.column_names()},
        "place": place(board.snapshot().row(ticket_id)),
        "overrides": [override_told(one) for one in holding],
    }


@router.get(
    "/policy", auth=READ, response={200: PolicyOut, **errors(400, 401, 403, 429)},
    operation_id="policy_show", summary="The policy in force",
)  # fmt: skip
def policy_show(request: HttpRequest) -> dict[str, Any]:
    """Show the policy file that ranks the queue."""
    del request
    policy = PolicyVersion.objects.filter(active=True).first() or policy_ensure()
    return {name: getattr(policy, name) for name in ("number", "hash", "why", "activated_at", "text")}


@router.get(
    "/actions", auth=allowed("queue:read", "agent"), response={200: ActionsOut, **errors(400, 401, 403, 422, 429)},
    operation_id="action_list", summary="The outbox, the newest first",
)  # fmt: skip
def action_list(request: HttpRequest, query: Query[ActionQuery]) -> dict[str, Any]:
    """List actions that were decided, of tickets that the caller sees."""
    chosen = scope_by_ticket(Action.objects.all(), eyes(request))
    for name in ("state", "ticket_id", "kind"):
        if value := getattr(query, name):
            chosen = chosen.filter(**{name: value})
    page = chosen.order_by("-pk")[query.offset : query.offset + query.limit]
    return {"total": chosen.count(), "actions": list(page)}


def _seen(request: HttpRequest, ticket_id: str) -> Ticket:
    ticket = scope(Ticket.objects.filter(ticket_id=ticket_id), eyes(request)).first()
    if ticket is None:
        raise Http404
    return ticket


def for_a_program(request: HttpRequest, act: str, object_id: str, person: Person) -> None:
    """Write down which program did it, where one did: the act itself is written down under the person's name.

    ``act`` begins with the kind of the object.
    """
    token = caller(request).token
    if token is not None:
        audit.record(
            actor=None, actor_name=f"token {token.name}", act=act, object_kind=act.partition(".")[0],
            object_id=object_id[:200], after={"person": person.email},
        )  # fmt: skip
