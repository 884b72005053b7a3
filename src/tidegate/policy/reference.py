"""Writes the reference of the policy file from the model and the registry of facts, so that it is always true.

``python -m tidegate.policy.reference > docs/reference/policy.md`` brings the page up to date.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING, Any, Final, Literal, Union, get_args, get_origin

import polars as pl
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from tidegate.policy.durations import Duration
from tidegate.policy.model import Policy
from tidegate.policy.templates import FIELDS
from tidegate.tables.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

_HEAD: Final = """# The policy file

*Written by `python -m tidegate.policy.reference`; a test keeps it current. To write a policy, start with
[the guide](../how-to/write-a-policy.md).*

A policy is one YAML file. Unknown keys, keys that stand twice, tags and merge keys are errors; only `true` and `false`
are switches, so `NO` is Norway. Durations are a number and a unit: `m`, `h`, `d`, `w`, or `bd` for business days of the
level's calendar. `policy check` names the line of everything that is wrong.

## Keys
"""

_COLUMNS: Final = """## Columns that rules may use

A rule's `when` is a SQL boolean expression over these columns, one ticket at a time. It is checked before anything
runs: syntax, unknown columns, comparisons of texts with numbers, words that a closed column never holds, regular
expressions that do not compile; aggregates, windows and subqueries are refused. Texts stand in single quotes. A
condition that rests on an unknown fact (null) does not hold; `COALESCE(column, value)` says otherwise. Levels are in
order: `level <= 'P1'` means P0 or P1.

*when missing* is what the column holds where the fact is not known.
"""

_TEMPLATES: Final = """## Fields that templates may use

Texts of `actions.templates` name them in braces: `{ticket}`. They are filled in once; what a ticket says is never
looked at for fields, and there is nothing else that a template can do.

| field | meaning |
|---|---|"""

_NO_LIMIT: Final = 1e9
_SOURCES: Final = {
    "ticket": "Of the ticket",
    "account": "Of the account",
    "reading": "Read from the text",
    "clock": "Of the running clock",
    "incident": "Of incidents on our side",
    "history": "Of the history",
    "person": "Said by people (in the service)",
    "derived": "Derived",
}
_NAMES: Final = {str: "text", float: "number", int: "whole number", bool: "true or false", Duration: "duration"}
_TYPES: Final = {pl.String: "text", pl.Boolean: "true or false", pl.Float64: "number", pl.Datetime: "time (UTC)"}


def write_reference() -> str:
    """Return the page as Markdown."""
    fields = (f"| `{name}` | {_cell(meaning)} |" for name, meaning in FIELDS.items())
    return "\n".join([_HEAD, *_sections(Policy, ""), _TEMPLATES, *fields, "", _COLUMNS, *_facts()])


def _sections(model: type[BaseModel], path: str) -> Iterator[str]:
    """Write one table a model, the models inside it after it."""
    yield f"### `{path}`\n" if path else "### Top level\n"
    yield f"{model.__doc__}\n"
    yield "| key | value | default | meaning |\n|---|---|---|---|"
    inner = []
    for name, field in model.model_fields.items():
        yield f"| `{name}` | {_value(field)} | {_default(field)} | {_cell(field.description or '')} |"
        if (part := _model_in(field.annotation)) is not None:
            inner.append((part, _path(path, name, field.annotation)))
    yield ""
    for part, place in inner:
        if part.__name__ != "Calendar" or place == "calendar":
            yield from _sections(part, place)


def _path(path: str, name: str, annotation: object) -> str:
    many = {dict: ".*", tuple: "[]"}.get(get_origin(annotation) or object, "")
    return f"{path}.{name}{many}" if path else f"{name}{many}"


def _model_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part))), None)


def _value(field: FieldInfo) -> str:
    """Say what a key may hold; limits that only keep arithmetic finite are left out."""
    least, above, most, below = (_limits(field, name) for name in ("ge", "gt", "le", "lt"))
    text = _spell(field.annotation)
    if above or any(0 < limit < 1 for limit in least):
        text += f", above {max(above, default=0):g}"
    elif least:
        text += f", at least {max(least):g}"
    if most and min(most) < _NO_LIMIT:
        text += f", at most {min(most):g}"
    if below:
        text += f", below {min(below):g}"
    return text + "".join(f", at most {length} characters" for length in _limits(field, "max_length"))


def _limits(field: FieldInfo, name: str) -> list[float]:
    return [value for limit in field.metadata if (value := getattr(limit, name, None)) is not None]


def _spell(annotation: Any) -> str:  # noqa: ANN401 - any type of the model
    """Write a type as people say it."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if hasattr(annotation, "__metadata__"):
        text = _spell(arguments[0])
    elif origin is Literal:
        text = ", ".join(f"`{word}`" for word in arguments)
    elif origin in (Union, types.UnionType):
        text = " or ".join(_spell(part) for part in arguments if part is not type(None))
    elif origin is dict:
        text = f"{_spell(arguments[0])} to {_spell(arguments[1])}"
    elif origin is tuple:
        text = f"list of {_spell(arguments[0])}" if Ellipsis in arguments else f"{len(arguments)} numbers"
    else:
        text = _NAMES.get(annotation, "keys, as below")
    return text


def _default(field: FieldInfo) -> str:
    default = field.default
    if default is PydanticUndefined:
        return "needed"
    if isinstance(default, BaseModel):
        return "as below"
    if default in (None, "", (), {}):
        return "-"
    if isinstance(default, tuple):
        default = list(default)
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


def _facts() -> Iterator[str]:
    for source, title in _SOURCES.items():
        yield f"### {title}\n\n| column | type | meaning | when missing |\n|---|---|---|---|"
        for fact in FACTS.values():
            if fact.source == source:
                missing = "null" if fact.missing is None else f"`{_sql(fact.missing)}`"
                yield f"| `{fact.name}` | {_type(fact.dtype)} | {_cell(fact.description)} | {missing} |"
        yield ""


def _sql(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).upper() if isinstance(value, bool) else f"{value:g}"


def _type(dtype: Any) -> str:  # noqa: ANN401 - any Polars type
    if isinstance(dtype, pl.Enum):
        return ", ".join(f"`{word}`" for word in dtype.categories)
    if isinstance(dtype, pl.List):
        return "list of texts; `array_contains(column, 'word')`"
    return _TYPES.get(dtype.base_type(), "whole number")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("*", "\\*").replace("\n", " ")


if __name__ == "__main__":
    sys.stdout.write(write_reference())
