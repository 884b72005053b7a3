"""Browsers in which somebody has signed in before have failures of their own, so that strangers cannot keep them out.

OWASP's device cookies: whoever guesses at an address uses up the attempts of those that are not known, and the owner
signs in from where they did before (docs/decisions/known-devices.md). A cookie is good for one person, and none of it
opens anything: it buys five attempts of its own.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.core import signing

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

    from tidegate.server.people.models import Person

_SALT: Final = "tidegate.people.device"
KEPT_SECONDS: Final = 180 * 24 * 3600


def known(request: HttpRequest, person: Person | None) -> str:
    """Return the name of the browser that asks, where this person has signed in with it before; else nothing.

    Sessions that were ended by somebody's word end what is known of browsers too.
    """
    told = _told(request)
    if person is None or told.get("person") != person.pk or told.get("epoch") != person.session_epoch:
        return ""
    return str(told.get("name", ""))


def remember(request: HttpRequest, response: HttpResponseBase, person: Person) -> None:
    """Let the browser be known from now on; one that was keeps its name, and with it its failures."""
    name = known(request, person) or secrets.token_urlsafe(16)
    value = signing.dumps({"person": person.pk, "epoch": person.session_epoch, "name": name}, salt=_SALT)
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        value,
        max_age=KEPT_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _told(request: HttpRequest) -> dict[str, object]:
    try:
        told = signing.loads(request.COOKIES.get(settings.DEVICE_COOKIE_NAME, ""), salt=_SALT, max_age=KEPT_SECONDS)
    except signing.BadSignature:
        return {}
    return told if isinstance(told, dict) else {}
