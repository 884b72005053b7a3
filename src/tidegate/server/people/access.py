"""Who may do and see what: a role on every view, groups on every ticket.

Roles say what a person may do, groups which tickets the person sees. A person without groups sees all tickets; one with
groups sees the tickets of those and no others, a ticket without a group included. Reading goes through ``scope``, or
through `desk.seeing` where a table names only the ticket. What may not be seen answers as if it were not there.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseNotAllowed
from django.utils.http import url_has_allowed_host_and_scheme

from tidegate.server.people.models import Person, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponseBase

M = TypeVar("M", bound="Model")
V = TypeVar("V", bound="Callable[..., HttpResponseBase]")


def needs(role: Role | str, *methods: str) -> Callable[[V], V]:
    """Let a view be used by this role and those above it, by these methods; without methods by all.

    A stranger is sent to sign in and comes back afterwards; htmx is told to send the whole page there. Whoever may not
    gets the 403 page. Class-based views take ``method_decorator(needs("lead"), name="dispatch")``.
    """
    least, allowed = Role(role), [*methods, "HEAD"] if "GET" in methods else [*methods]

    def decorate(view: V) -> V:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - a view's own
            person = request.user
            if not isinstance(person, Person):
                return _to_sign_in(request)
            if not person.may(least):
                raise PermissionDenied(f"needs the role {least.label}")
            if allowed and request.method not in allowed:
                return HttpResponseNotAllowed(allowed)
            return view(request, *args, **kwargs)

        guarded.needs, guarded.methods = least, allowed  # ty: ignore[missing-attribute]
        return cast("V", guarded)

    return decorate


def person_of(request: HttpRequest) -> Person:
    """Return who is signed in; for views behind ``needs``, where there is always one."""
    if not isinstance(request.user, Person):
        raise PermissionDenied("nobody is signed in")
    return request.user


def sees(person: Person, group: str | None) -> bool:
    """Say whether a person sees the tickets of a group."""
    return not person.groups_seen or group in person.groups_seen


def scope(rows: QuerySet[M], person: Person, field: str = "group") -> QuerySet[M]:
    """Keep the rows whose group the person sees; ``field`` names the group's column."""
    return rows.filter(**{f"{field}__in": person.groups_seen}) if person.groups_seen else rows


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    """Send a stranger to the sign-in page, and back to the page they were on."""
    htmx = request.headers.get("HX-Request") == "true"
    if htmx:
        back = request.headers.get("HX-Current-URL", "/")
    else:
        back = request.get_full_path() if request.method in ("GET", "HEAD") else "/"
    if not url_has_allowed_host_and_scheme(back, {request.get_host()}):
        back = "/"
    answer = redirect_to_login(back)
    return HttpResponse(status=401, headers={"HX-Redirect": answer.url}) if htmx else answer
