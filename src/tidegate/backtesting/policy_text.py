"""Change numbers in the text of a policy file and leave everything else, comments included, as it stands."""

from __future__ import annotations

from difflib import unified_diff
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tidegate.policy.loading import BUILT_IN, load
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tidegate.policy.model import Policy


def text_of(source: str) -> str:
    """Return the text of a built-in policy or of a policy file."""
    if source in BUILT_IN:
        return (resources.files("tidegate.policy") / f"{source}.yml").read_text(encoding="utf-8")
    return Path(source).read_text(encoding="utf-8")


def changed(text: str, changes: Iterable[tuple[str, str]], wanted: Policy) -> str:
    """Change values in the text of a policy.

    Parameters
    ----------
    text
        A policy that can be loaded.
    changes
        Path of a key, such as ``ranking.horizon``, and its new value as the file spells it. A key that the file leaves
        to its default is added.
    wanted
        What the text must say afterwards.

    Raises
    ------
    InputError
        If the text cannot be changed so, such as where a value is an alias of another.
    """
    for path, value in changes:
        text = _with(text, path.split("."), value)
    if not _says(text, wanted):
        raise InputError("this policy file cannot be changed by a program", mend="change the numbers by hand")
    return text


def _says(text: str, wanted: Policy) -> bool:
    try:
        return load(f"{text}\n").hash == wanted.hash
    except PolicyError:  # such as an anchor that went with the value it stood at
        return False


def difference(before: str, after: str, file: str) -> str:
    """Lay the change out as `patch -p0` takes it; built-in policies are named ``starter.yml`` and ``playbook.yml``."""
    name = f"{file}.yml" if file in BUILT_IN else file
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name, n=1)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _with(text: str, path: Sequence[str], value: str) -> str:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    for depth, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            break
        child = next((below for name, below in node.value if name.value == key), None)
        if child is None:
            return _add(text, node, path[depth:], value)
        node = child
    if not isinstance(node, yaml.ScalarNode):
        raise InputError("this policy file has no single value there", column=".".join(path))
    start, end = node.start_mark.index, node.end_mark.index
    return text[:start] + value + _aligned(text[end:], len(value) - (end - start))


def _aligned(after: str, longer: int) -> str:
    """Keep a comment on the same line in its column."""
    spaces = len(after) - len(after.lstrip(" "))
    if not after[spaces:].startswith("#"):
        return after
    return " " * max(1, spaces - longer) + after[spaces:]


def _add(text: str, parent: yaml.MappingNode, path: Sequence[str], value: str) -> str:
    """Put a key in front of the first one of its mapping; keys between are written as ``{key: value}``."""
    *above, last = path
    entry = f"{last}: {value}"
    for key in reversed(above):
        entry = f"{key}: {{{entry}}}"
    if not parent.value:
        place = text.index("{", parent.start_mark.index if parent.start_mark else 0) + 1
        return text[:place] + entry + text[place:]
    first = parent.value[0][0].start_mark
    after = ", " if parent.flow_style else "\n" + " " * first.column
    return text[: first.index] + entry + after + text[first.index :]
