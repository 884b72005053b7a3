"""What holds for every address of the API, also where no operation was found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tidegate.server.api.bodies import MOST_BYTES, check_length
from tidegate.server.api.problems import CONTENT_TYPE, ProblemError, answer, of_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponseBase

    Respond = Callable[[HttpRequest], HttpResponseBase]

PREFIX: Final = "/api/"
_KEPT: Final = ("Allow", "Retry-After", "WWW-Authenticate", "Connection")


class ProblemMiddleware:
    """Refuses what is too large before anything reads it, and turns every bare error into a problem."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer."""
        if not request.path.startswith(PREFIX):
            return self.get_response(request)
        try:
            check_length(request, MOST_BYTES)
        except ProblemError as error:
            return answer(error.kind, error.detail, error.findings, error.headers)
        if "\0" in request.path or "%00" in request.META.get("QUERY_STRING", "") or "\0" in request.get_full_path():
            return answer("malformed", "The address holds a NUL character.")
        response = self.get_response(request)
        if 300 <= response.status_code < 400:  # noqa: PLR2004 - a person is sent to a page that they have to use first
            return answer("forbidden", "Something has to be settled on the pages first.")
        if response.status_code < 400 or response.get("Content-Type", "").startswith(CONTENT_TYPE):  # noqa: PLR2004
            return response
        problem = of_status(response.status_code)
        for name in _KEPT:
            if name in response.headers:
                problem[name] = response.headers[name]
        return problem
