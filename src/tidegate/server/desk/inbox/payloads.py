"""What an integration sends: the shape of one object of each kind, made from the contracts of `tidegate.tables`.

An object that keeps this shape to the letter is *plain*. Plain objects of many deliveries are read together; anything
else (a help desk's own names, words or spelling of times) is read by `tidegate.ingest`, a delivery at a time, because
what a column means there depends on the column as a whole.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import dataframely as dy
import polars as pl
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from tidegate.ingest.mapping import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.ingest.mapping import Table

KINDS: Final[tuple[Table, ...]] = ("tickets", "messages", "events", "accounts", "incidents", "agents")
LONGEST_KEY: Final = 200
"""Characters of an identifier: the audit trail keeps no longer ones, and an index of PostgreSQL not many more."""
KEYS: Final = ("ticket_id", "message_id", "event_id", "account_id", "incident_id", "agent_id", "requester_id")
_OPTIONAL: Final = frozenset({"status", "author_kind", "actor_kind", "public", "event_id", "message_id"})
_EARLIEST: Final = datetime(1970, 1, 2, tzinfo=UTC)
_LATEST: Final = datetime(2199, 12, 31, tzinfo=UTC)
_WHOLE: Final[dict[Any, tuple[int, int]]] = {pl.UInt8: (1, 3), pl.Int32: (0, 2**31 - 1)}
_RANGES: Final = {"csat": (0.0, 1.0)}
EXAMPLES: Final[dict[str, Any]] = {
    "ticket_id": "4711",
    "created_at": "2026-03-02T09:15:00Z",
    "updated_at": "2026-03-02T09:40:00Z",
    "status": "open",
    "subject": "Checkout fails with error 500",
    "body": "Since this morning nobody of us can pay.",
    "requester_id": "u-81",
    "requester_email": "ann@customer.example",
    "account_id": "a-12",
    "message_id": "m-1",
    "event_id": "e-1",
    "at": "2026-03-02T09:41:00Z",
    "kind": "assigned",
    "actor_kind": "agent",
    "author_kind": "requester",
    "old": None,
    "new": "ivy@support.example",
    "name": "Customer Ltd",
    "tier": "enterprise",
    "contract_value": 48000,
    "renewal_at": "2026-06-30T00:00:00Z",
    "incident_id": "i-7",
    "title": "Payments are down",
    "started_at": "2026-03-02T08:58:00Z",
    "level": "P0",
    "agent_id": "ivy@support.example",
    "group": "payments",
    "skills": ["billing"],
    "languages": ["en", "de"],
    "capacity": 12,
}


class Shape(BaseModel):
    """An object that names no other fields than ours."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, hide_input_in_errors=True)


def _text(name: str, *, needed: bool) -> Any:  # noqa: ANN401 - a type, made at run time
    if name not in KEYS:
        return str
    return Annotated[str, Field(max_length=LONGEST_KEY, pattern=r"\S" if needed else None)]


def _number(name: str, column: dy.Float64) -> Any:  # noqa: ANN401 - a type, made at run time
    low, high = _RANGES.get(name, (column.min, column.max))
    return Annotated[float, Field(strict=True, ge=low, le=high, allow_inf_nan=False)]


def _whole(column: dy.Column) -> Any:  # noqa: ANN401 - a type, made at run time
    least, most = _WHOLE[type(column.dtype)]
    return Annotated[int, Field(strict=True, ge=least, le=most)]


def _type(name: str, column: dy.Column, *, needed: bool) -> Any:  # noqa: ANN401 - a type, made at run time
    """Return the type of a column's JSON value."""
    match column:
        case dy.Enum():
            kept = Literal[tuple(column.dtype.categories)]  # ty: ignore[missing-attribute, invalid-type-form]
        case dy.List():
            kept = Annotated[list[Annotated[str, Field(max_length=LONGEST_KEY)]], Field(max_length=1_000)]
        case dy.Datetime():
            kept = Annotated[AwareDatetime, Field(strict=True, ge=_EARLIEST, le=_LATEST)]
        case dy.Bool():
            kept = Annotated[bool, Field(strict=True)]
        case dy.Float64():
            kept = _number(name, column)
        case dy.String():
            kept = _text(name, needed=needed)
        case _:
            kept = _whole(column)
    return kept if needed else kept | None


def _shape(kind: str) -> type[Shape]:
    fields: dict[str, Any] = {}
    for name, column in SCHEMAS[kind].columns().items():
        needed = not column.nullable and name not in _OPTIONAL
        examples = [EXAMPLES[name]] if name in EXAMPLES else None
        about = Field(... if needed else None, description=column.description, examples=examples)
        fields[name] = (_type(name, column, needed=needed), about)
    doc = SCHEMAS[kind].__doc__
    return create_model(kind.removesuffix("s").title(), __base__=Shape, __doc__=doc, **fields)


SHAPES: Final[dict[str, type[Shape]]] = {kind: _shape(kind) for kind in KINDS}
"""The shape of one object, by kind."""


@cache
def adapter(kind: str) -> TypeAdapter[list[Shape]]:
    """Return what validates a JSON array of a kind."""
    return TypeAdapter(list[SHAPES[kind]])  # ty: ignore[invalid-type-form] - made at run time


def example(kind: str) -> dict[str, Any]:
    """Return an object of a kind, as the reference shows it."""
    return {name: EXAMPLES[name] for name in SCHEMAS[kind].columns() if EXAMPLES.get(name) is not None}


def plain(kind: str, body: str | bytes, latest: datetime) -> Sequence[Shape] | None:
    """Read a body whose objects keep the shape to the letter; None where any of them does not.

    Parameters
    ----------
    kind
        One of `KINDS`.
    body
        JSON: an object, or an array of objects.
    latest
        Tickets that speak of later times are not plain: what to make of them takes a look at each.
    """
    opening = b"[" if isinstance(body, bytes) else "["
    try:
        if body.lstrip()[:1] == opening:
            rows = adapter(kind).validate_json(body)
        else:
            rows = [SHAPES[kind].model_validate_json(body)]
    except ValidationError:
        return None
    return None if kind == "tickets" and any(_late(row, latest) for row in rows) else rows


def _late(row: Shape, latest: datetime) -> bool:
    return any(value > latest for value in row.__dict__.values() if isinstance(value, datetime))
