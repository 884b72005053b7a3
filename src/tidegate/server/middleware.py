"""What every request gets: an id, the client's address, and headers that keep pages where they belong."""

from __future__ import annotations

import ipaddress
import re
import uuid
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.http import HttpResponseNotAllowed

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    Respond = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")
PAGE_METHODS: Final = ("GET", "HEAD", "POST")
HEADERS: Final = {
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an act came from."""

    request_id: str = ""
    address: str | None = None


NOWHERE: Final = Origin()
_ORIGIN: ContextVar[Origin] = ContextVar("origin", default=NOWHERE)


def origin() -> Origin:
    """Return the request that is being answered; empty outside of one, as in a job."""
    return _ORIGIN.get()


def client_address(request: HttpRequest, trusted_proxies: int) -> str | None:
    """Read the client's address.

    Each proxy appends the address that it was spoken to from, so with ``n`` proxies of our own the client is the
    ``n``-th from the end of ``X-Forwarded-For``; what stands before it is the client's own word and is not believed.
    """
    address = str(request.META.get("REMOTE_ADDR", ""))
    if trusted_proxies:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        address = forwarded[-trusted_proxies] if len(forwarded) >= trusted_proxies else ""
    return _normal(address)


@lru_cache(maxsize=1_000)
def _normal(address: str) -> str | None:
    """Spell an address as all of us do; None where it is none. The same few ask again and again."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def request_id(request: HttpRequest, trusted_proxies: int) -> str:
    """Return the request's id: the one that a proxy of ours gave it, or a new one."""
    given = request.headers.get("X-Request-ID", "")
    if trusted_proxies and REQUEST_ID.fullmatch(given):
        return given
    return uuid.uuid4().hex


class OriginMiddleware:
    """Knows each request's id and address; ``origin()`` has them anywhere below, and the answer carries the id."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer within the request's origin."""
        proxies: int = settings.TRUSTED_PROXIES
        found = Origin(request_id(request, proxies), client_address(request, proxies))
        token = _ORIGIN.set(found)
        try:
            response = self.get_response(request)
        finally:
            _ORIGIN.reset(token)
        response["X-Request-ID"] = found.request_id
        return response


class MethodsMiddleware:
    """Takes GET, HEAD and POST alone outside of the API: views of libraries would take PUT and PATCH for POST."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or say which methods there are."""
        if request.method not in PAGE_METHODS and not request.path.startswith("/api/"):
            return HttpResponseNotAllowed(PAGE_METHODS)
        return self.get_response(request)


class HeadersMiddleware:
    """Says what a page may use, who may embed it, and that no cache keeps it."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the headers where the view set none of its own."""
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Cache-Control", "no-store, private")
        return response
