"""Bodies of requests: refused before they are read where they are too large, read to the limit and no further."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from django.http import UnreadablePostError
from ninja.parser import Parser
from pydantic_core import from_json

from tidegate.server.api.problems import Finding, ProblemError, pointer
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from django.http import HttpRequest

MOST_BYTES: Final = 8 * 1024 * 1024
"""Bytes of a body with facts."""
MOST_BYTES_OF_AN_ORDER: Final = 64 * 1024
"""Bytes of any other body."""
JSON: Final = "application/json"
LINES: Final = "application/x-ndjson"
_CHUNK: Final = 1 << 16
_DEEPEST: Final = 32


def content_type(request: HttpRequest, taken: tuple[str, ...]) -> str:
    """Return the content type.

    Raises
    ------
    ProblemError
        If it is none of these, names another charset than UTF-8, or the body is packed.
    """
    kind, _, rest = request.headers.get("Content-Type", "").partition(";")
    kind = kind.strip().lower()
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]+)", rest.lower())
    if kind not in taken or (charset and charset[1] not in ("utf-8", "utf8")):
        told = shorten(request.headers.get("Content-Type", ""))
        _refuse("Content-Type", told, " or ".join(taken), "Send the body as JSON in UTF-8, and say so in this header.")
    packed = request.headers.get("Content-Encoding", "identity").strip().lower()
    if packed not in ("", "identity"):
        _refuse("Content-Encoding", shorten(packed), "no such header", "Send the body as it is, not packed.")
    return kind


def _refuse(header: str, value: str, expected: str, mend: str) -> None:
    finding = Finding(
        message=f"this {header} is not taken", pointer=f"header/{header}", value=value, expected=expected, mend=mend
    )
    raise ProblemError("media-type", f"This {header} is not taken.", finding)


def check_length(request: HttpRequest, most: int) -> int | None:
    """Return the announced length; None where none is, as with chunks.

    Raises
    ------
    ProblemError
        If it is more than is taken, or no number.
    """
    announced = str(request.META.get("CONTENT_LENGTH") or "").strip()
    if not announced:
        return None
    if not (announced.isascii() and announced.isdigit()):
        raise ProblemError("malformed", "Content-Length is no number.")
    if len(announced) > 18 or int(announced) > most:  # noqa: PLR2004 - digits of a number that fits any integer
        raise too_large(most)
    return int(announced)


def too_large(most: int) -> ProblemError:
    """Say that a body is too large."""
    finding = Finding(
        message="the body is too large", expected=f"at most {most:,} bytes", mend="Send it in several requests."
    )
    return ProblemError(
        "too-large", f"A body here has at most {most:,} bytes.", finding, headers={"Connection": "close"}
    )


def read(request: HttpRequest, most: int) -> bytes:
    """Read the body.

    Raises
    ------
    ProblemError
        If it has more bytes than are taken, or ends too early.
    """
    length = check_length(request, most)
    try:
        body = _read_chunks(request, most) if length is None else request.read(length)
    except (UnreadablePostError, OSError):
        raise ProblemError("malformed", "The body ended before it was read.") from None
    if length is not None and len(body) < length:
        raise ProblemError("malformed", "The body is shorter than Content-Length says.")
    return body


def _read_chunks(request: HttpRequest, most: int) -> bytes:
    """Read what came without a length: Django takes that for no body, the server beneath it does not."""
    if "chunked" not in request.headers.get("Transfer-Encoding", "").lower():
        return b""
    stream, parts, left = request.META["wsgi.input"], [], most + 1
    while left > 0 and (part := stream.read(min(left, _CHUNK))):
        parts.append(part)
        left -= len(part)
    if left <= 0:
        raise too_large(most)
    return b"".join(parts)


class OrderParser(Parser):
    """Reads the body of anything but facts: a small JSON object."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        """Read and check it."""
        content_type(request, (JSON,))
        told = loads(read(request, MOST_BYTES_OF_AN_ORDER))
        if not isinstance(told, dict):
            raise ProblemError("malformed", "The body is no JSON object.", Finding(message="an object is expected"))
        return told


def loads(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """Read JSON as PostgreSQL can keep it: no NUL, no half of a pair, no infinite number.

    Raises
    ------
    ProblemError
        If it is no such JSON.
    """
    try:
        told = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        finding = Finding(message=str(error), expected="a JSON document in UTF-8", mend="Check how it was written.")
        raise ProblemError("malformed", "The body is no JSON.", finding) from None
    bad = _unkept(told, ())
    if bad is not None:
        finding = Finding(message="a text holds a NUL character", pointer=pointer(bad), mend="Leave it out.")
        raise ProblemError("invalid", "A text holds a NUL character.", finding)
    return told


def _unkept(told: object, place: tuple[object, ...]) -> tuple[object, ...] | None:
    """Find a text with a NUL character, or anything nested more deeply than is looked at."""
    if isinstance(told, str):
        return place if "\0" in told else None
    if len(place) > _DEEPEST:
        return place
    items = told.items() if isinstance(told, dict) else enumerate(told) if isinstance(told, list) else ()
    for name, value in items:
        if isinstance(name, str) and "\0" in name:
            return place
        if (found := _unkept(value, (*place, name))) is not None:
            return found
    return None
