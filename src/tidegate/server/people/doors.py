"""Two ways in: people come with a session, programs with a token.

What pages need (sessions, CSRF, messages, static files, a content policy) is of no use to a program: its request takes
its rights from its token alone, and passes by.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.conf import settings
from django.core.handlers.exception import convert_exception_to_response
from django.utils.module_loading import import_string

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    Respond = Callable[[HttpRequest], HttpResponseBase]


def by_program(request: HttpRequest) -> bool:
    """Say whether a request brings a token to the API; whether that holds is not asked here."""
    return request.META.get("HTTP_AUTHORIZATION", "")[:7].lower() == "bearer " and request.path.startswith("/api/")


class PeopleMiddleware:
    """Takes people's requests through the steps of `settings.MIDDLEWARE_OF_PEOPLE`, as Django does through its own."""

    def __init__(self, get_response: Respond) -> None:
        self.programs = self.people = get_response
        steps = []
        for name in reversed(settings.MIDDLEWARE_OF_PEOPLE):
            steps.append(import_string(name)(self.people))
            self.people = cast("Respond", convert_exception_to_response(steps[-1]))
        self.views = [step.process_view for step in reversed(steps) if hasattr(step, "process_view")]

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        return self.programs(request) if by_program(request) else self.people(request)

    def process_view(self, request: HttpRequest, *about: Any) -> HttpResponseBase | None:  # noqa: ANN401 - Django's
        """Ask the steps before a view is called."""
        steps = [] if by_program(request) else self.views
        return next((answer for step in steps if (answer := step(request, *about)) is not None), None)
