"""Mapping files: YAML in, with the line in every error; YAML out, with comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import yaml

from tidegate.ingest.mapping import MEANINGS, SCHEMAS, VALID, Mapping, nearest
from tidegate.tables import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_NO: Final = (None, "")


class _Reader:
    """Walks a YAML document's nodes, which know their lines."""

    def __init__(self, file: str) -> None:
        self.file = file

    def fail(self, node: yaml.Node, key: str, value: object, valid: tuple[str, ...] | str) -> InputError:
        """Make the error for a value that is not among the valid ones."""
        close = valid if isinstance(valid, str) else ", ".join(nearest(str(value), valid))
        line = node.start_mark.line + 1
        return InputError(f"line {line}: {key} is not valid", file=self.file, value=value, expected=close)

    def pairs(self, node: yaml.Node, key: str) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Yield key, key node and value node of a mapping; nothing for an empty value."""
        if isinstance(node, yaml.ScalarNode) and node.value in {"", "~", "null"}:
            return
        if not isinstance(node, yaml.MappingNode):
            raise self.fail(node, key, getattr(node, "value", None), "a mapping: one `name: value` a line")
        for name, value in node.value:
            yield str(name.value), name, value

    def text(self, node: yaml.Node, key: str) -> str:
        """Return a single value as text."""
        if not isinstance(node, yaml.ScalarNode):
            raise self.fail(node, key, type(node).__name__, "a single value")
        return str(node.value)

    def texts(self, node: yaml.Node, key: str) -> tuple[str, ...]:
        """Return one value or a list of values."""
        if isinstance(node, yaml.SequenceNode):
            return tuple(self.text(item, key) for item in node.value)
        return (self.text(node, key),)

    def one_of(self, node: yaml.Node, key: str, valid: tuple[str, ...]) -> str:
        """Return a single value that must be among the valid ones."""
        value = self.text(node, key)
        if value not in valid:
            raise self.fail(node, key, value, valid)
        return value


def read_mapping(path: Path) -> dict[str, Any]:
    """Read a mapping file's fields, checked.

    Raises
    ------
    InputError
        With the file, the line, the key, the value and the valid ones.
    """
    reader = _Reader(str(path))
    top = {name: (node, value) for name, node, value in reader.pairs(_compose(path), "the file")}
    for name, (node, _) in top.items():
        if name not in VALID["keys"]:
            raise reader.fail(node, "the key", name, VALID["keys"])
    fields: dict[str, Any] = {}
    for name in ("table", "system"):
        if name in top:
            fields[name] = reader.one_of(top[name][1], name, VALID[name])
    columns = tuple(SCHEMAS[fields.get("table", "tickets")].columns())
    for name in ("columns", "values", "units", "dates"):
        if name in top:
            fields[name] = dict(_by_column(reader, name, top[name][1], columns))
    if "timezone" in top:
        fields["timezone"] = _zone(reader, top["timezone"][1])
    if "log" in top:
        said = reader.one_of(top["log"][1], "log", ("true", "false", "null", ""))
        fields["log"] = {"true": True, "false": False}.get(said)
    return fields


def _compose(path: Path) -> yaml.Node:
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise InputError(f"the mapping file cannot be read: {reason}", file=str(path)) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise InputError(f"{line}{getattr(error, 'problem', None) or error}", file=str(path)) from None
    except RecursionError:
        raise InputError("the mapping file is nested too deeply", file=str(path)) from None
    if node is None:
        raise InputError(
            "the mapping file is empty", file=str(path), mend="`tidegate map FILE` writes one to start from."
        )
    return node


def _by_column(
    reader: _Reader, part: str, node: yaml.Node, columns: tuple[str, ...]
) -> Iterator[tuple[str, tuple[str, ...] | str | dict[str, str]]]:
    for name, key, value in reader.pairs(node, part):
        if name not in columns:
            raise reader.fail(key, f"the column in {part}", name, columns)
        if part == "columns":
            sources = tuple(text for text in reader.texts(value, f"columns.{name}") if text not in _NO)
            if sources:
                yield name, sources
        elif part == "values":
            yield name, _meanings(reader, name, key, value)
        else:
            yield name, reader.one_of(value, f"{part}.{name}", VALID[part])


def _meanings(reader: _Reader, column: str, key: yaml.Node, node: yaml.Node) -> dict[str, str]:
    if column not in MEANINGS:
        raise reader.fail(key, "the column in values", column, tuple(MEANINGS))
    return {
        word.strip().lower(): reader.one_of(value, f"values.{column}.{word}", MEANINGS[column])
        for word, _, value in reader.pairs(node, f"values.{column}")
    }


def _zone(reader: _Reader, node: yaml.Node) -> str | None:
    from zoneinfo import available_timezones

    value = reader.text(node, "timezone")
    if value in {"", "null", "~"}:
        return None
    return reader.one_of(node, "timezone", tuple(sorted(available_timezones())))


def write_mapping(mapping: Mapping) -> str:
    """Write a mapping as YAML, a comment on every column, the columns that nothing fills commented out."""
    schema = SCHEMAS[mapping.table].columns()
    lines = [
        f"# What each column of the file becomes in Tidegate's table of {mapping.table}.",
        "# Several source columns in one list: the first that is not empty counts.",
        f"table: {mapping.table}",
        f"system: {mapping.system}",
        "columns:",
    ]
    for name, column in schema.items():
        sources = mapping.columns.get(name)
        entry = f"{name}: [{', '.join(map(_quote, sources))}]" if sources else f"# {name}:"
        lines.append(f"  {entry:<50} # {column.description}")
    if mapping.unmapped:
        lines += ["# Columns of the file that nothing uses:", *(f"#   {_quote(name)}" for name in mapping.unmapped)]
    lines += ["# Words that mean something else than Tidegate takes them for, such as", "#   status: {parked: hold}"]
    lines += _section("values", {name: _flow(words) for name, words in mapping.values.items()})
    lines += _section("units", mapping.units)
    lines += _section("dates", mapping.dates)
    lines.append("# The zone of times that name none, such as Europe/London; UTC when left out.")
    lines.append(f"timezone: {mapping.timezone or ''}".rstrip())
    lines.append("# true: many rows a ticket, each a change; false: one row a ticket; left out: found out.")
    lines.append(f"log: {'' if mapping.log is None else str(mapping.log).lower()}".rstrip())
    return "\n".join(lines) + "\n"


def _section(name: str, entries: dict[str, Any]) -> list[str]:
    if not entries:
        return [f"{name}: {{}}"]
    return [f"{name}:", *(f"  {key}: {value}" for key, value in entries.items())]


def _flow(words: dict[str, str]) -> str:
    return "{" + ", ".join(f"{_quote(word)}: {_quote(meaning)}" for word, meaning in words.items()) + "}"


def _quote(text: str) -> str:
    """Write a text so that YAML reads the same text back."""
    return yaml.safe_dump(text, default_style='"', allow_unicode=True, width=1 << 30).rstrip("\n")
