"""Acts that a session left open must not be enough for: who does them has shown within minutes that it is them.

A sign-in counts, and so does a password or a second factor given again. What was sent meanwhile is kept with the
session and done once that is shown (docs/decisions/confirmed-acts.md).
"""

from __future__ import annotations

import time
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate, get_reauthentication_flows
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login

from tidegate.server.people.access import person_of
from tidegate.server.people.sessions import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

V = TypeVar("V", bound="Callable[..., HttpResponseBase]")


def confirmed(view: V) -> V:
    """Ask for a fresh sign of who it is before anything is changed; stands below ``needs``.

    Who signs in through the company's provider alone has nothing to show here, and signs in there again.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - a view's own
        if request.method in ("GET", "HEAD") or recently(request):
            return view(request, *args, **kwargs)
        if get_reauthentication_flows(person_of(request)):
            raise ReauthenticationRequired
        logout(request)
        messages.info(request, "Sign in again to do this.")
        return redirect_to_login(request.path if request.path.endswith("/new") else "/")

    guarded.confirmed = True  # ty: ignore[missing-attribute]
    return cast("V", guarded)


def recently(request: HttpRequest) -> bool:
    """Say whether the person signed in, or showed again that it is them, within the last minutes."""
    since = time.time() - request.session.get(STARTED, 0)
    return 0 <= since < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT or did_recently_reauthenticate(request)
