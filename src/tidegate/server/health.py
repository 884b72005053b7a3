"""Is it alive, and is it ready: two addresses for a supervisor, a proxy and a person in a hurry.

`/healthz` answers as long as the process can; it asks nothing else, so that a slow database restarts no web. `/readyz`
says whether work would succeed now, part by part.
"""

from __future__ import annotations

import functools
import hmac
import ipaddress
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpResponse, HttpResponseNotAllowed, HttpResponseNotFound, JsonResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

WORKER_SECONDS: Final = 30
"""A worker that was not heard of for so long is taken for dead; it speaks every 5 s."""
OK: Final = "ok"
SAFE: Final = ("GET", "HEAD")
FRESH: Final = {"Cache-Control": "no-store"}


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    if request.method not in SAFE:
        return HttpResponseNotAllowed(SAFE)
    return HttpResponse("ok\n", content_type="text/plain", headers=FRESH)


def readyz(request: HttpRequest) -> HttpResponse:
    """Say part by part whether work would succeed now; 503 where it would not."""
    if request.method not in SAFE:
        return HttpResponseNotAllowed(SAFE)
    found = {name: check() for name, check in CHECKS.items()}
    ready = all(word == OK for word in found.values())
    return JsonResponse({"ready": ready, "checks": found}, status=200 if ready else 503, headers=FRESH)


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the metrics to who may have them; a stranger learns not even that they are there."""
    if request.method not in SAFE:
        return HttpResponseNotAllowed(SAFE)
    if not _may_measure(request):
        return HttpResponseNotFound("not found\n", content_type="text/plain", headers=FRESH)
    from tidegate.server.metrics import exposition

    return HttpResponse(exposition(), content_type="text/plain; version=0.0.4; charset=utf-8", headers=FRESH)


def _may_measure(request: HttpRequest) -> bool:
    """Ask for the token where there is one; without one only this machine may, and behind a proxy nobody is."""
    token: str | None = settings.METRICS_TOKEN
    if token is not None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    if any(name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via")):
        return False
    try:
        return ipaddress.ip_address(str(request.META.get("REMOTE_ADDR", ""))).is_loopback
    except ValueError:
        return False


def _asking(question: Callable[[], str]) -> Callable[[], str]:
    """Turn a database that does not answer into an answer; its own words may hold an address or a name."""

    @functools.wraps(question)
    def asked() -> str:
        try:
            return question()
        except DatabaseError:
            return "the database does not answer"

    return asked


@_asking
def database() -> str:
    """Ask the database for anything."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return OK


@_asking
def migrations() -> str:
    """See that the database is at this version."""
    waiting = _pending()
    return f"{waiting} migrations have not run; run tidegate migrate" if waiting else OK


@_asking
def worker() -> str:
    """See that a worker was heard of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT extract(epoch FROM now() - max(last_heartbeat)) FROM procrastinate_workers")
        (seconds,) = cursor.fetchone()
    if seconds is None:
        return "no worker; run tidegate work"
    return OK if seconds <= WORKER_SECONDS else f"no worker was heard of for {seconds:.0f} s; run tidegate work"


def board() -> str:
    """See that this process has its tickets in memory; it begins to read them when it starts."""
    from tidegate.server.desk.board import board as held

    return OK if held.age != float("inf") else "the open tickets are being read"


CHECKS: Final[dict[str, Callable[[], str]]] = {
    "database": database,
    "migrations": migrations,
    "board": board,
    "worker": worker,
}

_at_this_version = False


def _pending() -> int:
    """Count what has not run; once it is nothing it stays so for the life of the process."""
    from tidegate.server import migrating

    global _at_this_version  # noqa: PLW0603 -- a fact about the process
    if _at_this_version:
        return 0
    waiting = len(migrating.pending())
    _at_this_version = waiting == 0
    return waiting
