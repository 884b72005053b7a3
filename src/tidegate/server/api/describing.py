"""Parts of the OpenAPI document that operations share: errors, bodies, headers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tidegate.server.api.bodies import JSON, LINES
from tidegate.server.api.problems import CONTENT_TYPE, KINDS, TYPE
from tidegate.server.api.schemas import ProblemOut
from tidegate.server.desk.inbox.payloads import SHAPES, example

if TYPE_CHECKING:
    from tidegate.ingest.mapping import Table

_KEY: Final = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "description": "Your own identifier of the delivery. The same one again, with the same body, changes nothing.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "example": "batch-2026-03-02-7",
}


def errors(*statuses: int) -> dict[int, Any]:
    """Return the problems that an operation may answer with."""
    return dict.fromkeys(statuses, ProblemOut)


def schema_name(kind: str) -> str:
    """Name the schema of one object of a kind."""
    return SHAPES[kind].__name__


def facts_body(kind: Table) -> dict[str, Any]:
    """Describe the body of facts."""
    one = {"$ref": f"#/components/schemas/{schema_name(kind)}"}
    shown = example(kind)
    return {
        "parameters": [_KEY],
        "requestBody": {
            "required": True,
            "content": {
                JSON: {
                    "schema": {"oneOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": 10_000}]},
                    "examples": {"one": {"value": shown}, "several": {"value": [shown]}},
                },
                LINES: {"schema": {"type": "string", "description": "One such object a line."}},
            },
        },
    }


def complete(document: dict[str, Any]) -> dict[str, Any]:
    """Add to ninja's document what it cannot know: the shapes of facts, and that problems have a type of their own."""
    schemas = document["components"].setdefault("schemas", {})
    for shape in SHAPES.values():
        schemas[shape.__name__] = shape.model_json_schema(ref_template="#/components/schemas/{model}")
    for methods in document["paths"].values():
        for operation in methods.values():
            for status, response in operation["responses"].items():
                _describe(str(status), response)
    return document


def _describe(status: str, response: dict[str, Any]) -> None:
    kinds = {name: kind for name, kind in KINDS.items() if str(kind.status) == status}
    if not kinds:
        return
    response["description"] = "; ".join(f"{kind.title}: {kind.meaning}" for kind in kinds.values())
    name, kind = next(iter(kinds.items()))
    shown = {
        "type": TYPE + name,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.meaning,
        "instance": "urn:request:5f1c2b7a90d84c0f8f7d1f0f3f1f7a55",
    }
    response["content"] = {
        CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemOut"}, "example": shown},
    }
