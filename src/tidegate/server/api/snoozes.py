"""Setting tickets aside, and calling them back."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - read at run time
from typing import TYPE_CHECKING, Annotated, Any, Final

from ninja import Query, Router, Schema, Status
from pydantic import Field

from tidegate.server.api.callers import allowed
from tidegate.server.api.describing import errors
from tidegate.server.api.desk import caller, for_a_program
from tidegate.server.api.outbox import Moment  # noqa: TC001 - read at run time
from tidegate.server.api.schemas import ForIn
from tidegate.server.desk.acts import snoozes
from tidegate.server.middleware import origin

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tidegate.server.desk.models import Snooze

router = Router(tags=["queue"])
WRITE: Final = allowed("claims:write", "agent")


class SnoozeIn(ForIn):
    """Until when a ticket is set aside."""

    until: Moment | None = Field(
        default=None, description="when it comes back, within a year; null is when the customer writes"
    )
    reason: Annotated[str, Field(max_length=2000)] = Field(
        default="", description="why; people see it", examples=["The part arrives on Monday"]
    )


class SnoozeOut(Schema):
    """A ticket that was set aside."""

    ticket_id: str = Field(description="the ticket")
    until: datetime | None = Field(description="when it comes back at the latest; null is when the customer writes")
    reason: str = Field(description="why")
    by: str = Field(description="who set it aside")
    at: datetime = Field(description="when")
    ended_at: datetime | None = Field(description="when that ended; null while it holds")


def told(snooze: Snooze) -> dict[str, Any]:
    """Lay out a snooze."""
    return {"by": str(snooze.by), **{name: getattr(snooze, name) for name in SnoozeOut.model_fields if name != "by"}}


@router.post(
    "/tickets/{path:ticket_id}/snooze", auth=WRITE,
    response={201: SnoozeOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="ticket_snooze", summary="Set a ticket aside",
)  # fmt: skip
def ticket_snooze(request: HttpRequest, ticket_id: str, given: SnoozeIn) -> Status[dict[str, Any]]:
    """Set a ticket aside until a time or an answer. It comes back earlier if it becomes urgent, or before its target would be missed; what would come back at once is refused."""  # noqa: E501 - the description that readers see
    person = caller(request).acting(given.person)
    made = snoozes.snooze_set(
        person=person, ticket_id=ticket_id, until=given.until, reason=given.reason, request_id=origin().request_id
    )
    for_a_program(request, "ticket.snooze_for", ticket_id, person)
    return Status(201, told(made))


@router.delete(
    "/tickets/{path:ticket_id}/snooze", auth=WRITE,
    response={200: SnoozeOut, **errors(400, 401, 403, 404, 409, 422, 429)},
    operation_id="ticket_snooze_end", summary="Call a ticket back",
)  # fmt: skip
def ticket_snooze_end(request: HttpRequest, ticket_id: str, query: Query[ForIn]) -> dict[str, Any]:
    """Bring back a ticket that was set aside."""
    person = caller(request).acting(query.person)
    ended = snoozes.snooze_end(person=person, ticket_id=ticket_id, request_id=origin().request_id)
    for_a_program(request, "ticket.snooze_end_for", ticket_id, person)
    return told(ended)
