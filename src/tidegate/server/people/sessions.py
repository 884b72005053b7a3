"""Sessions end: after some time unused, after some time at all, and at once when somebody says so.

Django rotates a session's key at sign-in and binds it to the password and to ``Person.session_epoch``.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user, logout
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from tidegate.server.people import devices
from tidegate.server.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.contrib.auth.base_user import AbstractBaseUser
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest, HttpResponseBase

    Respond = Callable[[HttpRequest], HttpResponseBase]

STARTED: Final = "tidegate.started"
SEEN: Final = "tidegate.seen"
SECOND_FACTOR: Final = "tidegate.second_factor"
NOTED_EVERY: Final = 60
"""Seconds between two notes of a session's use, so that reading a page costs no write."""
OPEN: Final = ("account_logout", "account_change_password", "account_reauthenticate")
ENROL: Final = "/accounts/2fa/"


@receiver(user_logged_in)
def session_start(request: HttpRequest, user: Person, **_: object) -> None:
    """Start both clocks of a session, and let the browser be known."""
    request.session[STARTED] = request.session[SEEN] = int(time.time())
    request.signed_in = user  # ty: ignore[missing-attribute] - for the middleware below


class PersonMiddleware(AuthenticationMiddleware):
    """Says who asks, without a statement of its own where the session's row has named them."""

    def process_request(self, request: HttpRequest) -> None:
        """Set ``request.user``, found when it is first asked for."""
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: person_of_session(request))  # ty: ignore[invalid-assignment]


def person_of_session(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return who is signed in.

    The person that the session's row names is taken if the session says the same, is bound to their password and epoch,
    and they are active. Whatever else there is (a key of an older secret, somebody who left) is for Django to judge.
    """
    session = request.session
    known = session.get(SESSION_KEY)
    person = getattr(session, "person", None)
    if (
        person is not None
        and person.is_active
        and str(person.pk) == known
        and session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
        and constant_time_compare(session.get(HASH_SESSION_KEY, ""), person.get_session_auth_hash())
    ):
        return person
    return get_user(request)


class SessionMiddleware:
    """Ends sessions in time, and keeps who owes a password or a second factor to the pages that settle it.

    A request with ``X-Background: true``, as a page sends that looks for news by itself, is not use of the session.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, or send the person where they have to go first."""
        if isinstance(request.user, Person):
            if _over(request):
                logout(request)
                messages.info(request, "Your session had ended. Sign in again.")
            elif owed := _owed(request, request.user):
                return owed
        response = self.get_response(request)
        person = getattr(request, "signed_in", None)
        if person is not None:
            devices.remember(request, response, person)
        return response


def _over(request: HttpRequest) -> bool:
    """Say whether a session has ended; note its use otherwise."""
    now, session = int(time.time()), request.session
    started, seen = session.setdefault(STARTED, now), session.setdefault(SEEN, now)
    if max(started, seen) > now + NOTED_EVERY:  # the clock was set back: it counts from here
        started = seen = session[STARTED] = session[SEEN] = now
    if now - started > settings.SESSION_ABSOLUTE_SECONDS or now - seen > settings.SESSION_IDLE_SECONDS:
        return True
    if now - seen >= NOTED_EVERY and request.headers.get("X-Background") != "true":
        session[SEEN] = now
    return False


def _owed(request: HttpRequest, person: Person) -> HttpResponseBase | None:
    """Return the way to the page that a person has to use before any other."""
    path = request.path
    if path.startswith(settings.STATIC_URL) or path in {reverse(name) for name in OPEN}:
        return None
    if person.password_is_temporary:
        return _sent(request, reverse("account_change_password"), "Choose a password of your own first.")
    if not path.startswith(ENROL) and _lacks_second_factor(request, person):
        return _sent(request, reverse("mfa_index"), "Your role needs a second factor. Add one first.")
    return None


def _lacks_second_factor(request: HttpRequest, person: Person) -> bool:
    """Say whether a second factor is due; what was found present is remembered with the session."""
    role: str = settings.SECOND_FACTOR_FROM
    if not role or not person.may(role) or request.session.get(SECOND_FACTOR):
        return False
    if is_mfa_enabled(person):
        request.session[SECOND_FACTOR] = True
        return False
    return True


def _sent(request: HttpRequest, where: str, why: str) -> HttpResponseBase:
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=403, headers={"HX-Redirect": where})
    messages.warning(request, why)
    return redirect(where)
