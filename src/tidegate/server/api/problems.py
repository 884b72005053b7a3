"""Errors as RFC 9457 has them: one shape, with what is wrong, where, and what mends it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from django.http import HttpResponse

from tidegate.server.middleware import origin
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

CONTENT_TYPE: Final = "application/problem+json"
TYPE: Final = "urn:tidegate:problem:"
SHOWN: Final = 20
"""Findings that one answer lists."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of problem: its status, and what it is called."""

    status: int
    title: str
    meaning: str


KINDS: Final[dict[str, Kind]] = {
    "malformed": Kind(status=400, title="The request cannot be read", meaning="not JSON, or not what its headers say"),
    "unauthenticated": Kind(
        status=401, title="Nobody is signed in", meaning="no token, a token that does not hold, or no session"
    ),
    "bad-signature": Kind(
        status=401, title="The signature does not hold", meaning="another secret, another body, or a time too far off"
    ),
    "forbidden": Kind(status=403, title="This is not allowed", meaning="the token's scopes or the role do not reach"),
    "not-found": Kind(status=404, title="There is no such thing", meaning="it is not there, or not for the caller"),
    "method-not-allowed": Kind(
        status=405, title="There is no such method here", meaning="the `Allow` header lists those that there are"
    ),
    "conflict": Kind(status=409, title="This does not hold any more", meaning="something else came first"),
    "replayed": Kind(status=409, title="This was received already", meaning="a signed webhook, sent a second time"),
    "too-large": Kind(status=413, title="The body is too large", meaning="more bytes or more objects than are taken"),
    "media-type": Kind(
        status=415, title="The content type is not taken", meaning="`Content-Type` or `Content-Encoding` is another"
    ),
    "invalid": Kind(status=422, title="The request cannot be used", meaning="it can be read, but says something wrong"),
    "key-reused": Kind(
        status=422, title="The idempotency key is taken", meaning="the same key came before with another body"
    ),
    "too-many": Kind(status=429, title="Too many requests", meaning="`Retry-After` says how many seconds to wait"),
    "internal": Kind(status=500, title="A mistake of ours", meaning="the request id finds it in the log"),
    "unavailable": Kind(
        status=503, title="The service cannot answer now", meaning="the database is away or busy; try again"
    ),
}
"""Every problem there is; ``type`` is `TYPE` and the name."""
_OF_STATUS: Final = {
    kind.status: name
    for name, kind in reversed(KINDS.items())
    if name not in ("replayed", "key-reused", "bad-signature")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong.

    ``pointer`` is a JSON pointer into the body, or names a parameter as ``query/limit``.
    """

    message: str
    pointer: str = ""
    value: str | None = None
    expected: str | None = None
    mend: str | None = None


class ProblemError(Exception):
    """An answer that is a problem."""

    def __init__(self, kind: str, detail: str, *findings: Finding, headers: Mapping[str, str] | None = None) -> None:
        self.kind, self.detail, self.findings, self.headers = kind, detail, findings, headers or {}
        super().__init__(detail)


def answer(
    kind: str, detail: str, findings: Sequence[Finding] = (), headers: Mapping[str, str] | None = None
) -> HttpResponse:
    """Lay a problem out."""
    what = KINDS[kind]
    told: dict[str, Any] = {
        "type": TYPE + kind,
        "title": what.title,
        "status": what.status,
        "detail": detail,
        "instance": f"urn:request:{origin().request_id}",
    }
    if findings:
        told["errors"] = [asdict(finding) for finding in findings[:SHOWN]]
    body = json.dumps(told, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(body, status=what.status, content_type=CONTENT_TYPE, headers=dict(headers or {}))


def of_status(status: int, detail: str = "") -> HttpResponse:
    """Lay out what somebody else answered with a bare status."""
    kind = _OF_STATUS.get(status, "internal" if status >= 500 else "malformed")  # noqa: PLR2004 - a server's errors
    return answer(kind, detail or KINDS[kind].meaning)


_TIMES: Final = "a time with a zone, such as 2026-03-02T09:15:00Z"
_EXPECTED: Final = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number that is not infinite",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "an array",
    "model_type": "an object",
    "dict_type": "an object",
    "datetime_type": _TIMES,
    "datetime_parsing": _TIMES,
    "datetime_from_date_parsing": _TIMES,
    "timezone_aware": _TIMES,
}


def findings_of(errors: Iterable[Mapping[str, Any]], names: Sequence[str] = (), root: str = "") -> list[Finding]:
    """Say what pydantic found.

    Parameters
    ----------
    errors
        Its errors.
    names
        The fields that there are, to name the nearest one.
    root
        Where the value stands.
    """
    return [_finding(error, names, root) for error in errors]


def pointer(parts: Iterable[object]) -> str:
    """Return a JSON pointer."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)


def _finding(error: Mapping[str, Any], names: Sequence[str], root: str) -> Finding:
    kind, place = str(error["type"]), root + pointer(error["loc"])
    name = str(error["loc"][-1]) if error["loc"] else "the body"
    if kind == "missing":
        return Finding(message=f"{name} is missing", pointer=place, mend=f"Add {name}.")
    value = shorten(error.get("input")) if "input" in error else None
    if kind == "extra_forbidden":
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        expected = "one of " + ", ".join(near or names[:12]) if names else None
        mend = "Leave it out, or check how it is spelled."
        return Finding(message=f"{shorten(name)} is no field of this", pointer=place, expected=expected, mend=mend)
    context = error.get("ctx") or {}
    expected = _EXPECTED.get(kind) or _bounds(context) or str(error["msg"])
    return Finding(
        message=f"{shorten(name)} cannot be used", pointer=place, value=value, expected=expected, mend="Correct it."
    )


def _bounds(context: Mapping[str, Any]) -> str | None:
    words = {"expected": "", "ge": "at least ", "le": "at most ", "gt": "more than ", "lt": "less than "}
    words |= {"max_length": "a length of at most ", "min_length": "a length of at least ", "pattern": "a match of "}
    return next((f"{word}{context[name]}" for name, word in words.items() if name in context), None)
