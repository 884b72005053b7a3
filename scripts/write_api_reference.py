"""Writes docs/reference/http-api.md from the API's own OpenAPI document.

usage: TIDEGATE_DATA_DIR=.work python scripts/write_api_reference.py
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "http-api.md"

_HEAD = """\
# HTTP API

<!-- Written by scripts/write_api_reference.py; a test holds it current. Change src/tidegate/server/api instead. -->

The service answers under `/api/v1`; `/api/v1/openapi.json` is this page for programs (OpenAPI 3.1).
[Send tickets to the service](../how-to/send-tickets.md) shows it at work.

## Who may ask

A program sends a token: `Authorization: Bearer tg_...`. Tokens are made on the page People and tokens, with the scopes
that each operation names below; a token sees the tickets of all groups. People use the session of their browser and
their role, see the tickets of their groups, and send the header `X-CSRFToken` with every change. A program that claims,
assigns or overrides names in `person` the address of the person who acts: that person's role and groups hold.

A token may make {rate} requests a minute of a machine's web processes, unless `TIDEGATE_API_REQUESTS_A_MINUTE` says
another number; then it is answered with 429 and `Retry-After`.

## Bodies

JSON in UTF-8; facts also as one object a line (NDJSON, `application/x-ndjson`). Facts: at most {bytes} MiB and {rows}
objects a request; anything else: at most 64 KiB. A longer body is refused by its `Content-Length` before it is read,
and one without a length is read to the limit and no further. Of a name that comes twice in an object the last counts.

Of a request of facts with our names nothing is accepted if anything is wrong with it. What uses a help desk's own names
is accepted if anything of it can be used; the rows that cannot are listed by the delivery.

## Errors

Every error is a problem of RFC 9457, with the content type `application/problem+json`: `type`, `title`, `status`,
`detail`, `instance` (the request id) and, where a value is wrong, `errors`: `message`, `pointer`, `value` (shortened),
`expected`, `mend`. `pointer` is a JSON pointer into the body, or `query/NAME`, `path/NAME`, `header/NAME`.

| status | type | when |
|---|---|---|
"""


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    import django

    from tidegate.server import environment

    environment.name_settings()

    django.setup()
    from tidegate.server.api.app import document

    return document()


def render(found: dict[str, Any]) -> str:
    """Return the page."""
    from tidegate.server.api.bodies import MOST_BYTES
    from tidegate.server.api.problems import KINDS, TYPE
    from tidegate.server.api.submissions import MOST_ROWS
    from tidegate.server.environment import Environment

    rate = Environment.model_fields["api_requests_a_minute"].default
    head = _HEAD.format(rate=f"{rate:,}", bytes=MOST_BYTES // 2**20, rows=f"{MOST_ROWS:,}")
    kinds = [f"| {kind.status} | `{TYPE}{name}` | {kind.meaning} |\n" for name, kind in KINDS.items()]
    parts = [head, *kinds, "\n"]
    for title, tag in (("Facts in", "facts"), ("Signed webhooks", "webhooks"), ("The queue and tickets", "queue")):
        parts.append(f"## {title}\n\n")
        for path, methods in found["paths"].items():
            for method, operation in methods.items():
                if tag in operation["tags"]:
                    parts += _operation(path, method, operation)
    parts.append("## Objects\n\n")
    for name, schema in sorted(found["components"]["schemas"].items()):
        if "properties" in schema:
            parts += _schema(name, schema)
    return "".join(parts).rstrip() + "\n"


def _operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"### {method.upper()} {path}\n\n{operation['summary']}. {operation.get('description', '').strip()}\n\n"
    scope, role = operation.get("x-scope"), operation.get("x-role")
    yield f"Takes {_taken(scope, role)}.\n\n"
    parameters = operation.get("parameters", [])
    if parameters:
        yield "| parameter | in | type | what it is |\n|---|---|---|---|\n"
        for one in parameters:
            told = one.get("description") or one["schema"].get("description") or "which one"
            yield f"| `{one['name']}` | {one['in']} | {_kind(one['schema'])} | {told} |\n"
        yield "\n"
    body = operation.get("requestBody")
    if body:
        kinds = [f"`{kind}`: {_kind(told['schema'])}" for kind, told in body["content"].items()]
        yield f"Body: {'; '.join(kinds)}.\n\n"
    yield f"Answers: {', '.join(_answer(status, told) for status, told in operation['responses'].items())}.\n\n"


def _taken(scope: str | None, role: str | None) -> str:
    either = [f"the scope `{scope}`" if scope else "", f"the role {role}" if role else ""]
    return ", or ".join(filter(None, either)) or "a signature"


def _answer(status: int | str, told: dict[str, Any]) -> str:
    content = told.get("content", {}).get("application/json")
    return f"{status} {_kind(content['schema'])}" if content else f"{status}"


def _schema(name: str, schema: dict[str, Any]) -> Iterator[str]:
    yield f"### {name}\n\n{schema.get('description', '').strip()}\n\n| field | type | what it is |\n|---|---|---|\n"
    needed = schema.get("required", [])
    for field, told in schema["properties"].items():
        shown = f"`{field}`" + ("" if name.endswith("Out") or field not in needed else " (required)")
        yield f"| {shown} | {_kind(told)} | {told.get('description', '')} |\n"
    yield "\n"


def _kind(schema: dict[str, Any]) -> str:
    """Say a type in words."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return f"[{name}](#{name.lower()})"
    for choice in ("anyOf", "oneOf", "allOf"):
        if choice in schema:
            return " or ".join(dict.fromkeys(_kind(one) for one in schema[choice]))
    if "enum" in schema:
        return ", ".join(f"`{word}`" for word in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"array of {_kind(schema.get('items', {}))}"
    words = {"string": "text", "integer": "whole number", "boolean": "true or false", "date-time": "time"}
    kind = schema.get("format") if schema.get("format") == "date-time" else schema.get("type", "anything")
    return words.get(str(kind), str(kind)) + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if low is not None and high is not None:
        return f", {low:,} to {high:,}"
    if low is not None:
        return f", at least {low:,}"
    return f", at most {schema['maxLength']:,} characters" if "maxLength" in schema else ""


if __name__ == "__main__":
    PAGE.write_text(render(document()), encoding="utf-8")
