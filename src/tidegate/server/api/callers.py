"""Who asks: a program by its token, or a person by the session of their browser, and what each may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from ninja.security import APIKeyCookie, HttpBearer
from ninja.utils import check_csrf

from tidegate.server.api.allowance import shared
from tidegate.server.api.problems import Finding, ProblemError
from tidegate.server.people import tokens
from tidegate.server.people.models import Person, Role, Token

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest

SAFE: Final = ("GET", "HEAD", "OPTIONS")
BY_HAND: Final = "by-hand"
"""The source of what people send themselves."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a person, or a program by its token."""

    person: Person | None = None
    token: Token | None = None

    @property
    def source(self) -> str:
        """The integration that deliveries count under."""
        return self.token.source if self.token else BY_HAND

    def acting(self, email: str | None) -> Person:
        """Return the person who acts: whoever is signed in, or whom a program names.

        Raises
        ------
        ProblemError
            If a program names nobody who may sign in, or a person somebody else.
        """
        if self.person is not None:
            if email and email.casefold() != self.person.email.casefold():
                raise ProblemError("forbidden", "People act for themselves.", Finding(message="", pointer="/person"))
            return self.person
        found = Person.objects.filter(email__iexact=email, is_active=True).first() if email else None
        if found is None:
            finding = Finding(
                message="a program acts for a person",
                pointer="/person",
                value=email,
                expected="the address of somebody who may sign in",
                mend="Name the person for whom this is done.",
            )
            raise ProblemError("invalid", "Say for whom this is done.", finding)
        return found


ALLOWANCE: Final = shared()


class ByToken(HttpBearer):
    """A token with a scope, in the header ``Authorization: Bearer tg_...``."""

    openapi_description = "A program's token, made on the page People and tokens."

    def __init__(self, scope: str, *, recalled: bool = False) -> None:
        super().__init__()
        self.scope, self.recalled = scope, recalled

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Return the caller; None without such a header."""
        if not request.headers.get("Authorization"):
            return None
        token = bearer(request, tokens.token_recall if self.recalled else tokens.token_find)
        if not tokens.allows(token, self.scope):
            finding = Finding(
                message="the token lacks a scope",
                pointer="header/Authorization",
                expected=self.scope,
                mend="Make a token with this scope.",
            )
            raise ProblemError("forbidden", f"This takes the scope {self.scope}.", finding)
        return Caller(token=token)

    def authenticate(self, request: HttpRequest, token: str) -> Any:  # noqa: ANN401 - ninja's signature
        """Not used: `__call__` does it all."""
        raise NotImplementedError


def bearer(request: HttpRequest, find: Callable[[str], Token | None] = tokens.token_find) -> Token:
    """Return the token of a request, counted; ``find`` looks for it by its key.

    Raises
    ------
    ProblemError
        If the header names none that holds, or it has asked too often.
    """
    scheme, _, key = request.headers["Authorization"].partition(" ")
    token = find(key.strip()) if scheme.lower() == "bearer" and key.isascii() else None
    if token is None:
        raise no_token()
    wait = ALLOWANCE.wait(token.pk, settings.API_REQUESTS_A_MINUTE)
    if wait:
        seconds = str(int(wait) + 1)
        raise ProblemError(
            "too-many",
            f"A token may ask {settings.API_REQUESTS_A_MINUTE:,} times a minute.",
            headers={"Retry-After": seconds},
        )
    tokens.token_note_use(token)
    return token


def no_token() -> ProblemError:
    """Say that a token does not hold."""
    finding = Finding(
        message="the token does not hold",
        pointer="header/Authorization",
        expected="Bearer, and a token that is neither revoked nor expired",
        mend="Make a token on the page People and tokens.",
    )
    return ProblemError("unauthenticated", "The token does not hold.", finding, headers=CHALLENGE)


CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="tidegate"'}


class BySession(APIKeyCookie):
    """A person's session; what changes anything needs the CSRF token too."""

    param_name = settings.SESSION_COOKIE_NAME
    openapi_description = "The session of somebody who is signed in; changes need the header X-CSRFToken too."

    def __init__(self, role: str) -> None:
        super().__init__(csrf=False)
        self.role = Role(role)

    def __call__(self, request: HttpRequest) -> Caller | None:
        """Return the caller; None if nobody is signed in."""
        person = getattr(request, "user", None)  # a program's request has none
        if not isinstance(person, Person):
            raise ProblemError("unauthenticated", "Nobody is signed in, and there is no token.", headers=CHALLENGE)
        if request.method not in SAFE and check_csrf(request):
            finding = Finding(message="the CSRF token is missing or another", pointer="header/X-CSRFToken")
            raise ProblemError("forbidden", "A change from a browser needs the CSRF token.", finding)
        if not person.may(self.role):
            raise ProblemError("forbidden", f"This takes the role {self.role.label.lower()}.")
        return Caller(person=person)

    def authenticate(self, request: HttpRequest, key: str | None) -> Any:  # noqa: ANN401 - ninja's signature
        """Not used: `__call__` does it all."""
        raise NotImplementedError


def allowed(scope: str, role: str, *, recalled: bool = False) -> list[Any]:
    """Let in tokens with this scope, and people of this role and those above it.

    With ``recalled`` a token may be remembered from an earlier request: the operation sees to it that it holds.
    """
    return [ByToken(scope, recalled=recalled), BySession(role)]
