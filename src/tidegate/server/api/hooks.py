"""Signed webhooks: a help desk's own words, believed because of their signature, looked at later.

The signature is an HMAC-SHA256 over the time, a full stop and the body, with the signing secret of a token of that
source. While a secret is exchanged, a source has two such tokens and either one holds. A delivery is known by a digest
of what was signed, so the same message is taken once, whatever else a replay says.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from ninja import Router, Status

from tidegate.server.api import bodies, submissions
from tidegate.server.api.callers import ALLOWANCE
from tidegate.server.api.describing import errors
from tidegate.server.api.facts import accepted
from tidegate.server.api.problems import Finding, ProblemError
from tidegate.server.api.schemas import AcceptedOut
from tidegate.server.desk import inbox
from tidegate.server.desk.inbox.payloads import KINDS
from tidegate.server.middleware import origin
from tidegate.server.people import tokens
from tidegate.server.people.models import Token
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

    from tidegate.ingest.mapping import Table

router = Router(tags=["webhooks"])
WINDOW: Final = 300
"""Seconds by which the time of a signature may differ from ours."""
TIME: Final = "Tidegate-Timestamp"
SIGNATURE: Final = "Tidegate-Signature"
SCHEME: Final = "v1="
_MOST_SIGNATURES: Final = 4
_HEADERS: Final = [
    {
        "in": "header",
        "name": TIME,
        "required": True,
        "description": f"Seconds since 1970, UTC, at most {WINDOW} away from our clock.",
        "schema": {"type": "string", "pattern": "^[0-9]{1,12}$"},
        "example": "1772442000",
    },
    {
        "in": "header",
        "name": SIGNATURE,
        "required": True,
        "description": "`v1=` and the HMAC-SHA256 in hex over the time, a full stop and the body; several by commas.",
        "schema": {"type": "string"},
        "example": SCHEME + "0" * 64,
    },
]


def sign(secret: str, at: str, body: bytes) -> str:
    """Return the signature of a body at a time, as the header has it."""
    return SCHEME + hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def signed_at(headers: Any, now: Callable[[], float] = time.time) -> str:  # noqa: ANN401 - Django's
    """Return when a message was signed; asked before its body is read.

    Raises
    ------
    ProblemError
        If that is not within the last minutes.
    """
    at: str = headers.get(TIME, "")
    if not (at.isascii() and at.isdigit() and len(at) <= 12):  # noqa: PLR2004 - seconds until the year 33658
        raise _refused(TIME, at, "seconds since 1970", "Send the time at which the message is signed.")
    if abs(now() - int(at)) > WINDOW:
        raise _refused(TIME, at, f"a time within {WINDOW} seconds of ours", "Sign anew, and set the sender's clock.")
    return at


def verify(source: str, headers: Any, body: bytes, now: Callable[[], float] = time.time) -> Token:  # noqa: ANN401 - Django's
    """Return the token with whose secret a message was signed.

    Raises
    ------
    ProblemError
        If it was signed by none of the source's tokens, or not within the last minutes.
    """
    at = signed_at(headers, now)
    given = [part.strip() for part in headers.get(SIGNATURE, "").split(",")][:_MOST_SIGNATURES]
    found: Token | None = None
    for token in Token.objects.filter(source=source, revoked_at=None).exclude(signing_secret=b"").order_by("-pk"):
        wanted = sign(tokens.signing_secret(token), at, body).encode()
        same = [hmac.compare_digest(wanted, one.encode("utf-8", "replace")) for one in given]
        if any(same) and tokens.holds(token) and found is None:
            found = token
    if found is None:
        raise _refused(SIGNATURE, None, f"{SCHEME} and the HMAC-SHA256 in hex over time, full stop and body", "")
    if not tokens.allows(found, "facts:write"):
        raise ProblemError("forbidden", "This takes the scope facts:write.")
    return found


def _refused(header: str, value: str | None, expected: str, mend: str) -> ProblemError:
    finding = Finding(
        message=f"{header} does not hold",
        pointer=f"header/{header}",
        value=None if value is None else shorten(value),
        expected=expected,
        mend=mend or "Check the secret, that the raw body is signed, and that nothing changed it on its way.",
    )
    return ProblemError("bad-signature", "The signature does not hold.", finding)


@router.post(
    "/{source}/{kind}",
    auth=None,
    response={202: AcceptedOut, **errors(400, 401, 403, 404, 409, 413, 415, 422, 429)},
    operation_id="hook_receive",
    summary="Receive a signed webhook",
    openapi_extra={
        "parameters": _HEADERS,
        "requestBody": {
            "required": True,
            "content": {
                bodies.JSON: {
                    "schema": {"oneOf": [{"type": "object"}, {"type": "array", "items": {"type": "object"}}]},
                    "example": {"id": 4711, "created_at": "2026-03-02T09:15:00Z", "subject": "Checkout fails"},
                }
            },
        },
    },
)
def hook_receive(request: HttpRequest, source: str, kind: str) -> Status[dict[str, Any]]:
    """Take what a help desk sends by itself, in its own words.

    A row that cannot be used is kept with its reason on the delivery: who sends webhooks cannot mend them.
    """
    bodies.content_type(request, (bodies.JSON,))
    at = signed_at(request.headers)
    body = bodies.read(request, bodies.MOST_BYTES)
    token = verify(source, request.headers, body)
    wait = ALLOWANCE.wait(token.pk, settings.API_REQUESTS_A_MINUTE)
    if wait:
        raise ProblemError("too-many", "Too many webhooks a minute.", headers={"Retry-After": str(int(wait) + 1)})
    table = _table(kind)
    sent = submissions.well_formed(body)
    delivery_id = hashlib.sha256(at.encode() + b"." + body).hexdigest()
    found = inbox.delivery_accept(
        source=source,
        delivery_id=delivery_id,
        kind=table,
        body=sent.text,
        rows=sent.rows,
        request_id=origin().request_id,
    )
    if not found.new:
        raise ProblemError("replayed", f"This message was received already, as delivery {found.id}.")
    tokens.token_note_use(token)
    return Status(202, accepted(found, delivery_id, sent.rows))


def _table(kind: str) -> Table:
    for known in KINDS:
        if kind == known:
            return known
    finding = Finding(message="this is no kind of facts", pointer="path/kind", value=shorten(kind))
    raise ProblemError("not-found", f"There is no kind {shorten(kind)}; there are {', '.join(KINDS)}.", finding)
