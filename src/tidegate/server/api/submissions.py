"""What is checked of facts before they are accepted, so that who sends them hears at once what is wrong.

Objects that use our names must keep our shape to the letter. Objects with a help desk's own names are tried as a file
of that desk would be, and refused only where nothing of them can be used.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from tidegate.server.api.problems import SHOWN, Finding, ProblemError, findings_of
from tidegate.server.desk.inbox import payloads
from tidegate.server.desk.inbox.arrivals import CLOCKS_DIFFER, Waiting, arrive
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tidegate.ingest.mapping import Table

MOST_ROWS: Final = 10_000
"""Objects in one request."""
MOST_NAMES: Final = 1_000
"""Different names of fields in one request."""
_DEEPEST: Final = 6
_OURS: Final = {"messages": "ticket_id", "events": "ticket_id"}
_HALF: Final = re.compile(r"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Submission:
    """A body that can be accepted: JSON as it is stored, and how many objects it holds."""

    text: str
    rows: int


def check(kind: Table, body: bytes, *, lines: bool, received_at: datetime) -> Submission:
    """Check a body.

    Parameters
    ----------
    kind
        One of `payloads.KINDS`.
    body
        JSON: an object or an array of objects; with ``lines`` an object a line.
    received_at
        Now.

    Raises
    ------
    ProblemError
        With what is wrong, where, and what mends it.
    """
    text = _decoded(body)
    if lines:
        text = "[" + ",".join(line for line in text.split("\n") if line.strip()) + "]"
    rows = payloads.plain(kind, text, received_at + CLOCKS_DIFFER)
    if rows is not None:
        _counted(len(rows))
        return Submission(text, len(rows))
    text, told = _parsed(text, body if lines else None)
    objects = _objects(told)
    key = _OURS.get(kind) or f"{kind.removesuffix('s')}_id"
    if all(key in one for one in objects):
        _keep_our_shape(kind, told)
    else:
        _can_be_used(kind, text, received_at)
    return Submission(text, len(objects))


def well_formed(body: bytes) -> Submission:
    """Check only that a body holds JSON objects: what a help desk's own webhook says is looked at later.

    Raises
    ------
    ProblemError
        If it does not.
    """
    text, told = _parsed(_decoded(body), None)
    return Submission(text, len(_objects(told)))


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        finding = Finding(message=f"byte {error.start:,} is not UTF-8", expected="UTF-8", mend="Write it as UTF-8.")
        raise ProblemError("malformed", "The body is not UTF-8.", finding) from None


def _counted(rows: int) -> None:
    if rows == 0:
        finding = Finding(message="the body holds no object", expected="an object, or an array of objects")
        raise ProblemError("invalid", "The body holds no object.", finding)
    if rows > MOST_ROWS:
        finding = Finding(
            message=f"the body holds {rows:,} objects",
            expected=f"at most {MOST_ROWS:,}",
            mend="Send them in several requests.",
        )
        raise ProblemError("too-large", f"A request holds at most {MOST_ROWS:,} objects.", finding)


def _parsed(text: str, lines: bytes | None) -> tuple[str, Any]:
    """Read JSON; of the text returned PostgreSQL can keep every sign."""
    try:
        told = json.loads(text, parse_constant=_no_number)
        if _HALF.search(text):
            told = _whole(told)
            text = json.dumps(told, ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        finding = _broken(error) if lines is None else _broken_line(lines.decode("utf-8-sig"))
        raise ProblemError("malformed", "The body is no JSON.", finding) from None
    return text, told


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number of JSON")


def _broken(error: Exception, place: str = "") -> Finding:
    if isinstance(error, json.JSONDecodeError):
        told = f"{error.msg} at {place or f'line {error.lineno}, column {error.colno}'}"
    else:
        told = "it is nested too deeply" if isinstance(error, RecursionError) else str(error).split(";")[0]
    return Finding(message=told, expected="a JSON object, or an array of objects", mend="Check how it was written.")


def _broken_line(text: str) -> Finding:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                json.loads(line)
            except (ValueError, RecursionError) as error:
                return _broken(error, f"line {number}")
    return Finding(message="the lines are no JSON objects", expected="one JSON object a line")


def _whole(told: Any) -> Any:  # noqa: ANN401 - any JSON
    """Put a replacement sign where a text holds half of a surrogate pair: senders that cut texts short leave those."""
    if isinstance(told, str):
        return told.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(told, list):
        return [_whole(one) for one in told]
    return {_whole(name): _whole(value) for name, value in told.items()} if isinstance(told, dict) else told


def _objects(told: Any) -> list[Any]:  # noqa: ANN401 - any JSON
    """Return the objects of a body, none of them another thing, and no more names in them than a table can have."""
    objects = told if isinstance(told, list) else [told]
    _counted(len(objects))
    _are_objects(objects, single=not isinstance(told, list))
    names: set[str] = set()
    for one in objects:
        names.update(_names(one))
        if len(names) > MOST_NAMES:
            finding = Finding(
                message="the objects have too many different fields", expected=f"at most {MOST_NAMES:,} names"
            )
            raise ProblemError("invalid", "The objects have too many different fields.", finding)
    return objects


def _names(one: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[str]:
    for name, value in one.items():
        yield f"{prefix}{name}"
        if isinstance(value, dict) and depth < _DEEPEST:
            yield from _names(value, f"{prefix}{name}.", depth + 1)


def _are_objects(objects: list[Any], *, single: bool) -> None:
    findings = [
        Finding(
            message="this is no object",
            pointer="" if single else f"/{place}",
            value=shorten(one),
            expected="an object with fields",
        )
        for place, one in enumerate(objects)
        if not isinstance(one, dict) or not one
    ]
    if findings:
        raise ProblemError("invalid", "Objects with fields are expected.", *findings[:SHOWN])


def _keep_our_shape(kind: Table, told: Any) -> None:  # noqa: ANN401 - objects
    """Say where objects with our names leave our shape. Those that only speak of times to come do not."""
    shape = payloads.SHAPES[kind]
    try:
        if isinstance(told, list):
            payloads.adapter(kind).validate_json(json.dumps(told))
        else:
            shape.model_validate_json(json.dumps(told))
    except ValidationError as error:
        findings = findings_of(error.errors(include_url=False)[:SHOWN], list(shape.model_fields))
        more = error.error_count() - len(findings)
        detail = f"{error.error_count()} values cannot be used" + (f"; the first {SHOWN} are listed" if more else "")
        raise ProblemError("invalid", f"{detail}. Nothing of the request was accepted.", *findings) from None


def _can_be_used(kind: Table, text: str, received_at: datetime) -> None:
    """Refuse what a file of these objects would give no single row of."""
    arrived = arrive(kind, [Waiting(0, kind, text, received_at)])
    if 0 in arrived.unreadable:
        finding = Finding(message=arrived.unreadable[0], mend="The reference lists the fields of each kind.")
        raise ProblemError("invalid", "The objects are not recognised.", finding)
    if arrived.rows.is_empty():
        findings = [
            Finding(message=row["why"], pointer=f"/{row['row'] - 1}/{row['column'] or ''}", value=row["value"])
            for row in arrived.rejected.get(0, [])[:SHOWN]
            if row["row"]
        ]
        raise ProblemError("invalid", "No object of the request can be used.", *findings)
