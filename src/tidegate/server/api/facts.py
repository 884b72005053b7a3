"""Facts in: tickets, messages, events, accounts, incidents and agents, and what became of a delivery."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from django.http import Http404, HttpResponse, JsonResponse
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import Field

from tidegate.server.api import bodies, submissions
from tidegate.server.api.callers import BySession, allowed, no_token
from tidegate.server.api.describing import errors, facts_body
from tidegate.server.api.problems import Finding, ProblemError
from tidegate.server.api.schemas import AcceptedOut, DeliveryOut, Page
from tidegate.server.desk import inbox
from tidegate.server.desk.inbox.draining import rejected_rows
from tidegate.server.desk.inbox.payloads import KINDS
from tidegate.server.desk.models import Delivery
from tidegate.server.middleware import origin
from tidegate.server.people import audit, tokens
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from tidegate.ingest.mapping import Table
    from tidegate.server.api.callers import Caller
    from tidegate.server.desk.inbox import Accepted

router = Router(tags=["facts"])
LONGEST_ID: Final = 200
_BIGGEST: Final = 2**63 - 1


def idempotency_key(request: HttpRequest) -> str:
    """Return the delivery's id: the sender's, or a new one.

    Raises
    ------
    ProblemError
        If it is no printable ASCII, or too long.
    """
    given = request.headers.get("Idempotency-Key")
    if given is None:
        return uuid.uuid4().hex
    if not (1 <= len(given) <= LONGEST_ID and given.isascii() and given.isprintable() and given.strip() == given):
        finding = Finding(
            message="this is no idempotency key",
            pointer="header/Idempotency-Key",
            value=shorten(given),
            expected=f"1 to {LONGEST_ID} printable ASCII characters",
            mend="Use your own identifier of the delivery, or a UUID.",
        )
        raise ProblemError("invalid", "The idempotency key cannot be used.", finding)
    return given


def accepted(found: Accepted, delivery_id: str, rows: int) -> dict[str, Any]:
    """Lay out a delivery that was accepted."""
    return {
        "id": found.id,
        "delivery_id": delivery_id,
        "rows": rows,
        "duplicate": not found.new,
        "status_url": f"/api/v1/deliveries/{found.id}",
    }


def take(request: HttpRequest, kind: Table) -> HttpResponse:
    """Check a body, store it, answer. That the token holds is asked in the statement that stores."""
    caller: Caller = request.auth  # ty: ignore[missing-attribute] - ninja's
    try:
        return _taken(request, kind, caller)
    except inbox.TokenEndedError:
        raise no_token() from None
    except ProblemError:
        if caller.token is not None and not tokens.token_holds(caller.token):
            raise no_token() from None  # whose token has ended hears nothing else
        raise


def _taken(request: HttpRequest, kind: Table, caller: Caller) -> HttpResponse:
    sent_as = bodies.content_type(request, (bodies.JSON, bodies.LINES))
    delivery_id = idempotency_key(request)
    body = bodies.read(request, bodies.MOST_BYTES)
    sent = submissions.check(kind, body, lines=sent_as == bodies.LINES, received_at=timezone.now())
    found = inbox.delivery_accept(
        source=caller.source,
        delivery_id=delivery_id,
        kind=kind,
        body=sent.text,
        rows=sent.rows,
        request_id=origin().request_id,
        token=caller.token.pk if caller.token else None,
    )
    if not found.same:
        finding = Finding(
            message="the key came before with another body",
            pointer="header/Idempotency-Key",
            value=shorten(delivery_id),
            mend="Use a new key for a new delivery.",
        )
        raise ProblemError("key-reused", "The idempotency key came before with another body.", finding)
    if found.new and caller.person is not None:
        told = {"kind": kind, "rows": sent.rows}
        audit.record(actor=caller.person, act="facts.send", object_kind="delivery", object_id=str(found.id), after=told)
    return JsonResponse(accepted(found, delivery_id, sent.rows), status=202 if found.new else 200)


def _operation(kind: Table) -> None:
    def operation(request: HttpRequest) -> HttpResponse:
        return take(request, kind)

    operation.__name__ = f"{kind}_send"
    router.post(
        f"/{kind}",
        auth=allowed("facts:write", "admin", recalled=True),
        response={200: AcceptedOut, 202: AcceptedOut, **errors(400, 401, 403, 413, 415, 422, 429)},
        operation_id=f"{kind}_send",
        summary=f"Send {kind}",
        description=(
            f"Stores {kind} and answers at once; a job turns them into facts within moments. Send one object, an "
            f"array, or one object a line (NDJSON): at most {submissions.MOST_ROWS:,} objects and "
            f"{bodies.MOST_BYTES // 2**20} MiB. The same `Idempotency-Key` again changes nothing and is answered with "
            "200. An object with our field names must keep to this schema; one with the field names of a help desk's "
            "own export is recognised as that export is."
        ),
        openapi_extra=facts_body(kind),
    )(operation)


for _kind in KINDS:
    _operation(_kind)


class DeliveryQuery(Page):
    """Which deliveries."""

    state: Literal["waiting", "done", "failed"] | None = Field(default=None, description="in this state")
    source: Annotated[str, Field(max_length=50)] = Field(default="", description="of this source")


def deliveries(request: HttpRequest) -> QuerySet[Delivery]:
    """Return the deliveries that the caller may look at: a program those of its own source.

    Raises
    ------
    ProblemError
        If it is a person who sees the tickets of some groups alone: a delivery may hold any.
    """
    caller: Caller = request.auth  # ty: ignore[missing-attribute] - ninja's
    if caller.person is not None and caller.person.groups_seen:
        raise ProblemError("forbidden", "This takes somebody who sees the tickets of all groups.")
    return Delivery.objects.filter(source=caller.source) if caller.token else Delivery.objects.all()


def delivery_told(found: Delivery) -> dict[str, Any]:
    """Lay out a delivery."""
    unused = rejected_rows(found.rejected)
    return {
        **{name: getattr(found, name) for name in ("source", "delivery_id", "kind", "state", "received_at")},
        **{name: getattr(found, name) for name in ("done_at", "rows", "rejected", "error")},
        "id": found.pk,
        "used": found.rows - unused if found.state == Delivery.State.DONE else 0,
        "unused": unused,
    }


@router.get(
    "/deliveries",
    auth=allowed("facts:write", "lead"),
    response={200: list[DeliveryOut], **errors(400, 401, 403, 422, 429)},
    operation_id="delivery_list",
    summary="Deliveries, the newest first",
)
def delivery_list(request: HttpRequest, query: Query[DeliveryQuery]) -> list[dict[str, Any]]:
    """List deliveries, such as those that failed. A program sees those of its own source."""
    chosen = deliveries(request)
    if query.state:
        chosen = chosen.filter(state=query.state)
    if query.source:
        chosen = chosen.filter(source=query.source)
    page = chosen.defer("body").order_by("-pk")[query.offset : query.offset + query.limit]
    return [delivery_told(one) for one in page]


@router.get(
    "/deliveries/{int:number}",
    auth=allowed("facts:write", "lead"),
    response={200: DeliveryOut, **errors(400, 401, 403, 404, 429)},
    operation_id="delivery_show",
    summary="What became of a delivery",
)
def delivery_show(request: HttpRequest, number: int) -> dict[str, Any]:
    """Say where a delivery is, and which of its rows could not be used. A program sees those of its own source."""
    return delivery_told(_delivery(request, number))


@router.post(
    "/deliveries/{int:number}/retry",
    auth=[BySession("lead")],
    response={202: DeliveryOut, **errors(400, 401, 403, 404, 409, 429)},
    operation_id="delivery_retry",
    summary="Try a failed delivery again",
)
def delivery_retry(request: HttpRequest, number: int) -> Status[dict[str, Any]]:
    """Let a delivery that failed wait again, as after the mend of what it failed for."""
    found = _delivery(request, number)
    caller: Caller = request.auth  # ty: ignore[missing-attribute] - ninja's
    if not inbox.delivery_retry(by=caller.acting(None), delivery=found.pk, request_id=origin().request_id):
        raise ProblemError("conflict", f"The delivery is {found.state}; only one that failed can be tried again.")
    found.refresh_from_db()
    return Status(202, delivery_told(found))


def _delivery(request: HttpRequest, number: int) -> Delivery:
    found = deliveries(request).defer("body").filter(pk=number).first() if number <= _BIGGEST else None
    if found is None:
        raise Http404
    return found
