"""JSON and NDJSON: records found wherever the export wraps them, flattened to columns with dotted names."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.ingest.raw import ROW, Raw, Rejection
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

WRAPPERS: Final = (
    *("tickets", "issues", "conversations", "incidents", "result", "results", "data", "items", "value", "records"),
    *(
        "accounts",
        "companies",
        "organizations",
        "contacts",
        "agents",
        "users",
        "messages",
        "comments",
        "events",
        "rows",
    ),
)
"""Keys under which exports and interfaces put their records, in the order in which they are looked for."""

_DEPTH: Final = 5
_DISPLAYED: Final = frozenset({"display_value", "value", "link"})  # how ServiceNow writes a reference
_NAMES: Final = ("name", "Name", "value", "login", "id", "email")
_MEND: Final = "Check that the export finished; one object a line (NDJSON) or one array of objects is expected."


def looks_like_json(data: bytes) -> bool:
    """Tell JSON by its first character."""
    return data.lstrip()[:1] in {b"{", b"["}


def read_json(name: str, data: bytes, sides: Mapping[str, str] | None = None) -> Raw:
    """Read a JSON document or one document a line as a table of texts.

    Parameters
    ----------
    name
        The file's name, for messages.
    data
        UTF-8 without a mark.
    sides
        Column that holds a key, to the table beside the records that the key belongs to.

    Raises
    ------
    InputError
        It is no JSON, is nested too deeply, or holds no list of records.
    """
    try:
        return _read(name, data, sides or {})
    except RecursionError:
        raise InputError("the JSON is nested too deeply to be an export", file=name, mend=_MEND) from None


def _read(name: str, data: bytes, sides: Mapping[str, str]) -> Raw:
    rejected: list[Rejection] = []
    numbers: list[int] = []
    flat: list[dict[str, Any]] = []
    beside: dict[str, dict[str, dict[str, Any]]] = {}
    records = _records(_documents(name, data), beside)
    for number, record in enumerate(records, start=1):
        if isinstance(record, dict):
            flat.append(dict(_flatten(record)))
            numbers.append(number)
        else:
            why = record.why if isinstance(record, _Broken) else "this is not an object with columns"
            value = record.text if isinstance(record, _Broken) else json.dumps(record)
            rejected.append(Rejection(name, number, None, value[:200], why))
    if not flat and not rejected:
        return Raw(name, pl.DataFrame(schema={ROW: pl.UInt32}))
    for record in flat:
        _join(record, beside, sides)
    return Raw(name, _frame(flat, numbers), rejected)


class _Broken:
    """A line that is no JSON."""

    def __init__(self, text: str, why: str) -> None:
        self.text, self.why = text, why


def _documents(name: str, data: bytes) -> list[Any]:
    text = data.decode()
    try:
        return [json.loads(text)]
    except ValueError as error:
        lines = [line for line in text.split("\n") if line.strip()]
        documents = [_line(line) for line in lines]
        if all(isinstance(document, _Broken) for document in documents) or len(lines) == 1:
            where = f" at line {error.lineno}, column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
            message = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
            raise InputError(f"the JSON is broken{where}: {message}", file=name, mend=_MEND) from None
        if not any(isinstance(document, dict) for document in documents):
            raise InputError("the JSON holds no records", file=name, mend=_MEND) from None
        return documents


def _line(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        return _Broken(line, f"the line is broken JSON: {reason}")


def _records(documents: list[Any], beside: dict[str, dict[str, dict[str, Any]]]) -> Iterator[Any]:
    """Yield the records of all documents; pages of an export are opened, tables beside the records kept."""
    for document in documents:
        if isinstance(document, list):
            yield from _records(document, beside) if _pages(document) else document
            continue
        key = _wrapper(document, only_known=len(documents) > 1) if isinstance(document, dict) else None
        if key is None:
            yield document
            continue
        for side, rows in document.items():
            if side != key and isinstance(rows, list):
                table = beside.setdefault(side, {})
                table.update({str(row["id"]): row for row in rows if isinstance(row, dict) and "id" in row})
        yield from document[key]


def _pages(documents: list[Any]) -> bool:
    return bool(documents) and all(
        isinstance(page, dict) and _wrapper(page, only_known=True) is not None for page in documents
    )


def _wrapper(document: dict[str, Any], *, only_known: bool) -> str | None:
    """Name the key that holds the records; None when the document is a record itself.

    Among several documents only the known keys count: a record, too, may hold a single list of objects.
    """
    if "id" in document or "number" in document or "ticket_id" in document:
        return None
    lists = [key for key, value in document.items() if isinstance(value, list)]
    known = [key for key in WRAPPERS if key in lists]
    if known or only_known:
        return known[0] if known else None
    filled = [key for key in lists if document[key] and all(isinstance(row, dict) for row in document[key])]
    return filled[0] if len(filled) == 1 else None


def _flatten(record: dict[str, Any], prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Yield dotted column names and their values: texts, or lists of texts."""
    for key, value in record.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            if value.keys() <= _DISPLAYED and value:
                yield name, _text(value.get("display_value") or value.get("value"))
                if "display_value" in value and "value" in value:
                    yield f"{name}.value", _text(value["value"])
            elif value.get("type") == "doc":
                yield name, " ".join(_document_text(value)) or None
            elif depth < _DEPTH:
                yield from _flatten(value, f"{name}.", depth + 1)
            else:
                yield name, json.dumps(value)
        elif isinstance(value, list):
            yield name, [text for item in value if (text := _label(item)) is not None]
        else:
            yield name, _text(value)


def _text(value: object) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value)


def _label(item: object) -> str | None:
    """Shorten an element of a list to its name: a label, a component, a person."""
    if isinstance(item, dict):
        named = next((item[key] for key in _NAMES if item.get(key) not in (None, "")), None)
        return _text(named if not isinstance(named, dict | list) else json.dumps(named))
    return _text(item)


def _document_text(node: dict[str, Any]) -> Iterator[str]:
    """Yield the texts of an Atlassian document."""
    if isinstance(node.get("text"), str):
        yield node["text"]
    for child in node.get("content") or []:
        if isinstance(child, dict):
            yield from _document_text(child)


def _join(record: dict[str, Any], beside: dict[str, dict[str, dict[str, Any]]], sides: Mapping[str, str]) -> None:
    for key, table in sides.items():
        row = beside.get(table, {}).get(str(record.get(key)))
        if row is not None:
            prefix = key.removesuffix("_id")
            record.update({f"{prefix}.{name}": _text(row[name]) for name in ("name", "email", "domain") if name in row})


def _frame(flat: list[dict[str, Any]], numbers: list[int]) -> pl.DataFrame:
    """Build the table; a column with any list in it is a column of lists."""
    names = dict.fromkeys(name for record in flat for name in record)
    columns = [pl.Series(ROW, numbers, dtype=pl.UInt32)]
    for name in names:
        values = [record.get(name) for record in flat]
        if any(isinstance(value, list) for value in values):
            lists = [value if isinstance(value, list) or value is None else [value] for value in values]
            columns.append(pl.Series(name, lists, dtype=pl.List(pl.String)))
        else:
            columns.append(pl.Series(name, values, dtype=pl.String))
    return pl.DataFrame(columns)
