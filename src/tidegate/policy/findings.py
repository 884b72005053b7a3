"""What is wrong, or doubtful, in a policy file: one finding a line, with the place, the value and the mend."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Iterable

Path = tuple[str | int, ...]
"""Where a value stands in the file: keys, and indexes counted from 0."""

Lines = dict[Path, int]
"""The line of every key and list item, counted from 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong (``error``) or doubtful (``warning``) in a policy."""

    severity: Literal["error", "warning"] = "error"
    line: int | None = None
    path: Path = ()
    value: object = None
    message: str
    mend: str | None = None

    @property
    def key(self) -> str:
        """The path as people write it."""
        return spell(self.path)

    def placed(self, lines: Lines) -> Finding:
        """Return it with the line of its path, or of the nearest thing around it that stands in the file."""
        found = (lines[self.path[:end]] for end in range(len(self.path), -1, -1) if self.path[:end] in lines)
        return replace(self, line=next(found, None))

    def text(self, file: str | None = None) -> str:
        """One line: file, line, key, what is wrong, the value, and the mend."""
        where = ":".join(part for part in (file, str(self.line) if self.line else None) if part)
        line = f"{where}: " if where else ""
        line += f"{self.key}: {self.message}" if self.key else self.message
        if self.value is not None:
            line += f" (found {shorten(self.value)})"
        return f"{line}; {self.mend}" if self.mend else line


def spell(path: Path) -> str:
    """Write a path as people do: ``rules[2].then.level``, the first rule being ``rules[1]``."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def nearest(name: str, valid: Iterable[str]) -> str | None:
    """Return the valid name that is spelt most like ``name``, or None if none is close."""
    spelt = {word.lower(): word for word in valid}
    close = difflib.get_close_matches(name.lower(), spelt, n=1, cutoff=0.6)
    return spelt[close[0]] if close else None


def suggest(name: object, valid: Iterable[str]) -> str:
    """Say which values are valid, and which was probably meant."""
    valid = list(valid)
    near = nearest(str(name), valid)
    listed = f"valid: {', '.join(valid)}"
    return f"did you mean {near!r}? {listed}" if near else listed
