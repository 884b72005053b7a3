"""A signed request to a receiver of the team's own: who gets it can prove that it came from here, and take it once."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
import stamina

from tidegate.server.outgoing.connecting import client
from tidegate.server.outgoing.failures import PermanentError, TransientError, waiting_asked

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.server.outgoing.connecting import GuardedBackend
    from tidegate.server.outgoing.message import Message

TIMESTAMP: Final = "Tidegate-Timestamp"
SIGNATURE: Final = "Tidegate-Signature"
KEY: Final = "Idempotency-Key"
_SOON: Final = frozenset({408, 425, 429})
"""Answers of the 4xx kind that say: later."""
_SHOWN: Final = 200
_QUICK: Final = 2
"""Attempts at once, for a connection that broke; what fails longer waits for the job's next turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Where to, and the secret that signs.

    Attributes
    ----------
    url
        ``https://`` or ``http://``.
    secret
        Known to both sides.
    """

    url: str
    secret: str


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 of timestamp, a dot and the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def body_of(message: Message) -> bytes:
    """Write a message as JSON; the same message gives the same bytes."""
    value: dict[str, Any] = {
        "key": message.key,
        "kind": message.kind,
        "ticket_id": message.ticket_id,
        "title": message.title,
        "body": message.body,
        "payload": message.payload,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode()


def send(webhook: Webhook, message: Message, now: datetime, backend: GuardedBackend) -> None:
    """Post a message; an answer of the 2xx kind means that it was taken.

    Raises
    ------
    TransientError
        If it may work later: no connection, too slow, an answer of the 5xx kind, or "too many".
    PermanentError
        If it will not: any other answer, a redirect among them.
    ForbiddenAddressError
        If the receiver is at an address that requests may not go to.
    """
    data, stamp = body_of(message), str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json",
        KEY: message.key,
        TIMESTAMP: stamp,
        SIGNATURE: f"v1={signature(webhook.secret, stamp, data)}",
    }
    try:
        for attempt in stamina.retry_context(on=httpx.ConnectError, attempts=_QUICK, wait_initial=0.2, timeout=None):
            with attempt, client(backend) as http:
                _judge(*_posted(http, webhook.url, data, headers))
    except (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError) as error:
        raise TransientError(f"{type(error).__name__}: {error}") from error
    except (httpx.InvalidURL, httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
        raise PermanentError(f"cannot be sent there: {error}") from error


def _posted(http: httpx.Client, url: str, data: bytes, headers: dict[str, str]) -> tuple[httpx.Response, str]:
    """Return the answer and how it begins; more of it is not read."""
    with http.stream("POST", url, content=data, headers=headers) as response:
        begin = next(response.iter_raw(_SHOWN), b"") if response.is_error else b""
        return response, begin.decode(errors="replace")


def _judge(response: httpx.Response, begin: str) -> None:
    if response.is_success:
        return
    said = f"answered {response.status_code}" + (f": {begin[:_SHOWN]}" if begin else "")
    if response.is_server_error or response.status_code in _SOON:
        raise TransientError(said, wait=waiting_asked(response.headers.get("Retry-After")))
    raise PermanentError(f"{said} (redirects are not followed)" if response.is_redirect else said)
