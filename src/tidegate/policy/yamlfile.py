"""YAML text to plain values, with the line of every key, and every trap of the format as a finding.

Only the values that a policy needs exist: text, numbers, true, false and null, by the rules of YAML 1.2, so that
``holidays: NO`` is Norway and not "no". Tags, merge keys, and aliases that unfold to a bomb are findings.
"""

from __future__ import annotations

import re
from typing import Final

import yaml

from tidegate.policy.findings import Finding, Lines, Path

LARGEST_FILE: Final = 1_000_000
_MOST_VALUES: Final = 50_000
_DEEPEST: Final = 20

_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_BOOLEAN: Final = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_FLOAT: Final = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_PLAIN_TAGS: Final = ("null", "bool", "int", "float", "str", "timestamp", "value", "merge", "map", "seq")


class _TooMuchError(Exception):
    """The document nests too deep, or unfolds to too many values."""


def parse_yaml(text: str) -> tuple[object, Lines, list[Finding]]:
    """Read one YAML document.

    Parameters
    ----------
    text
        The document.

    Returns
    -------
    tuple
        The value (None if it could not be read at all), the line of each path, and what is wrong with it.
    """
    if finding := _nests_too_deep(text):
        return None, {}, [finding]
    try:
        node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        return None, {}, [_syntax_finding(text, error)]
    if node is None:
        return None, {(): 1}, [Finding(line=1, message="the file is empty")]
    reader = _Reader()
    try:
        value = reader.value(node, ())
    except _TooMuchError as error:
        return None, {}, [Finding(line=node.start_mark.line + 1, message=str(error))]
    return value, reader.lines, reader.findings


def _nests_too_deep(text: str) -> Finding | None:
    """Look at the events first: composing recurses, and a file of brackets would exhaust the stack."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _DEEPEST:
                line = 0 if event.start_mark is None else event.start_mark.line
                return Finding(line=line + 1, message=f"values nest more than {_DEEPEST} deep")
    except (yaml.YAMLError, ValueError) as error:
        return _syntax_finding(text, error)
    return None


def _syntax_finding(text: str, error: Exception) -> Finding:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    position = getattr(error, "position", None)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error).partition("\n")[0]
    return Finding(
        line=line,
        message=f"not valid YAML: {problem}",
        mend="quote texts that hold ': ', '#', or start with one of @ ` { [ * & ! | > % ' \"",
    )


class _Reader:
    """Walks the nodes of one document."""

    def __init__(self) -> None:
        self.lines: Lines = {}
        self.findings: list[Finding] = []
        self._open: list[yaml.Node] = []
        self._values = 0

    def value(self, node: yaml.Node, path: Path) -> object:
        """Turn a node into a plain value."""
        self._values += 1
        if self._values > _MOST_VALUES:
            raise _TooMuchError(f"the file unfolds to more than {_MOST_VALUES} values; its aliases repeat themselves")
        self.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag.removeprefix("tag:yaml.org,2002:") not in _PLAIN_TAGS:
            return self._find(node, path, f"tag {node.tag} is not allowed", "write the plain value")
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if any(node is other for other in self._open):
            return self._find(node, path, "an alias stands inside its own anchor", "write the value out")
        self._open.append(node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
            return self._mapping(node, path)
        finally:
            self._open.pop()

    def _mapping(self, node: yaml.Node, path: Path) -> dict[str, object]:
        result: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self._find(key_node, path, "a key must be a plain word", None)
                continue
            key = key_node.value
            if key in result:
                message = f"the key stands twice, first on line {self.lines[*path, key]}"
                self.findings.append(Finding(line=line, path=(*path, key), message=message, mend="keep one"))
                continue
            self.lines[*path, key] = line
            result[key] = self.value(value_node, (*path, key))
        return result

    def _find(self, node: yaml.Node, path: Path, message: str, mend: str | None) -> None:
        line = node.start_mark.line + 1
        self.findings.append(Finding(line=line, path=path, message=message, mend=mend))


def _scalar(node: yaml.ScalarNode) -> object:
    text = node.value
    if node.style:  # quoted, or a block; a plain text has none, or an empty one
        return text
    if text in _NULL:
        return None
    if text in _BOOLEAN:
        return _BOOLEAN[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
