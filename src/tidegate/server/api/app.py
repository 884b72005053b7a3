"""The API as a whole: its operations, and that every error is a problem."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404, HttpResponse, HttpResponseNotAllowed, JsonResponse
from ninja import NinjaAPI
from ninja.errors import HttpError
from ninja.errors import ValidationError as RequestInvalidError

from tidegate.server.api import desk, facts, hooks, outbox, snoozes
from tidegate.server.api.bodies import OrderParser
from tidegate.server.api.callers import BySession, ByToken
from tidegate.server.api.describing import complete
from tidegate.server.api.problems import ProblemError, answer, findings_of, of_status
from tidegate.server.desk.errors import RefusedError
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest
    from ninja.operation import Operation

log = structlog.get_logger()

_ABOUT: Final = (
    "Facts in, the ranked queue out. Programs send a token as `Authorization: Bearer tg_...`; people use their "
    "session, with the CSRF token on changes. Every error is a problem of RFC 9457."
)

api = NinjaAPI(
    title="Tidegate",
    version="1",
    description=_ABOUT,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
    parser=OrderParser(),
)
_ROUTERS: Final = {hooks: "/hooks", facts: "", outbox: "", snoozes: "", desk: ""}
for _part, _prefix in _ROUTERS.items():
    api.add_router(_prefix, _part.router)

_REFUSED: Final = {403: "forbidden", 404: "not-found", 409: "conflict", 422: "invalid"}
_PLACES: Final = ("body", "query", "path", "header")


@api.exception_handler(ProblemError)
def _problem(_: HttpRequest, error: ProblemError) -> HttpResponse:
    return answer(error.kind, error.detail, error.findings, error.headers)


@api.exception_handler(RefusedError)
def _refused(_: HttpRequest, error: RefusedError) -> HttpResponse:
    return answer(_REFUSED.get(error.status, "invalid"), str(error))


@api.exception_handler(InputError)
def _input(_: HttpRequest, error: InputError) -> HttpResponse:
    return answer("invalid", str(error))


@api.exception_handler(RequestInvalidError)
def _invalid(_: HttpRequest, error: RequestInvalidError) -> HttpResponse:
    findings = [finding for told in error.errors for finding in findings_of([_placed(told)], root=_root(told))]
    return answer("invalid", f"{len(findings)} values cannot be used.", findings)


def _root(told: dict[str, Any]) -> str:
    place = str(told["loc"][0]) if told["loc"] else ""
    return "" if place not in _PLACES or place == "body" else place


def _placed(told: dict[str, Any]) -> dict[str, Any]:
    """Leave out of an error's place what only ninja knows of: where parameters come from, and their names in Python."""
    place = list(told["loc"])
    names = place[2:] if len(place) > 2 and place[0] in _PLACES else place[1:]  # noqa: PLR2004 - place, argument, field
    return {**told, "loc": names}


@api.exception_handler(Http404)
def _missing(_: HttpRequest, __: Http404) -> HttpResponse:
    return of_status(404)


@api.exception_handler(PermissionDenied)
def _denied(_: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return of_status(403, str(error))


@api.exception_handler(HttpError)
def _http(request: HttpRequest, error: HttpError) -> HttpResponse:
    if isinstance(error.__cause__, ProblemError):  # what the parser of bodies said
        return _problem(request, error.__cause__)
    return of_status(error.status_code)


@api.exception_handler(OperationalError)
def _away(_: HttpRequest, error: OperationalError) -> HttpResponse:
    log.warning("api.database_away", error=type(error.__cause__ or error).__name__)
    return answer("unavailable", "The database is away or busy.", headers={"Retry-After": "5"})


@api.exception_handler(Exception)
def _mistake(_: HttpRequest, error: Exception) -> HttpResponse:
    log.error("api.mistake", error=type(error).__name__, exc_info=error)
    return of_status(500)


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; of each operation it also says the scope and the role that it takes."""
    found = complete(dict(api.get_openapi_schema(path_prefix="/api/v1/")))
    taken = {operation.operation_id: operation.auth_callbacks for operation in _operations()}
    for methods in found["paths"].values():
        for operation in methods.values():
            for callback in taken[operation["operationId"]]:
                if isinstance(callback, ByToken):
                    operation["x-scope"] = callback.scope
                elif isinstance(callback, BySession):
                    operation["x-role"] = callback.role.value
    return found


def _operations() -> Iterator[Operation]:
    for part in _ROUTERS:
        for view in part.router.path_operations.values():
            yield from view.operations


def openapi(request: HttpRequest) -> HttpResponse:
    """Serve the OpenAPI document; it says nothing that the documentation does not."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return JsonResponse(document(), headers={"Cache-Control": "public, max-age=300"})
