"""Policy text as lines to look at: numbered, with what is wrong beside each, comments and keys told apart."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tidegate.policy.findings import Finding

Kind = Literal["", "key", "comment"]
_KEY: Final = re.compile(r"^(\s*(?:- \{?|- )?)([\w-]+)(?=:(?:\s|$))")
_COMMENT: Final = re.compile(r"(?:^|\s)#")
_CONTEXT: Final = 3


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line, and what it is."""

    kind: Kind
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the file and what is to be said of it."""

    number: int
    pieces: tuple[Piece, ...]
    findings: tuple[Finding, ...]

    @property
    def severity(self) -> str:
        """The worst of its findings; empty where there is none."""
        found = {finding.severity for finding in self.findings}
        return "error" if "error" in found else "warning" if found else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A line of a comparison: in both, only before, only after, or a gap."""

    kind: Literal["same", "gone", "new", "gap"]
    before: int | None
    after: int | None
    text: str


def lines_of(text: str, findings: Sequence[Finding]) -> list[Line]:
    """Lay text out by lines; findings without a line, and those past the end, stand at the first and the last."""
    rows = text.splitlines() or [""]
    placed: dict[int, list[Finding]] = {}
    for finding in findings:
        placed.setdefault(min(max(finding.line or 1, 1), len(rows)), []).append(finding)
    return [
        Line(number=number, pieces=_pieces(row), findings=tuple(placed.get(number, ())))
        for number, row in enumerate(rows, start=1)
    ]


def _pieces(row: str) -> tuple[Piece, ...]:
    return tuple(piece for piece in _cut(row) if piece.text)


def _cut(row: str) -> Iterator[Piece]:
    comment = _comment_start(row)
    code, rest = row[:comment], row[comment:]
    found = _KEY.match(code)
    if found:
        yield Piece("", found[1])
        yield Piece("key", found[2])
        code = code[found.end() :]
    yield Piece("", code)
    yield Piece("comment", rest)


def _comment_start(row: str) -> int:
    """Find where a comment starts: a # after a space that is not within quotes."""
    for found in _COMMENT.finditer(row):
        before = row[: found.end() - 1]
        if before.count('"') % 2 == 0 and before.count("'") % 2 == 0:
            return found.end() - 1
    return len(row)


def differences(before: str, after: str) -> list[Difference]:
    """Compare two texts line by line, with a little of what is the same around each change."""
    old, new = before.splitlines(), after.splitlines()
    rows: list[Difference] = []
    for group in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_grouped_opcodes(_CONTEXT):
        if rows or group[0][1] > 0:
            rows.append(Difference(kind="gap", before=None, after=None, text=""))
        for tag, start, end, other, other_end in group:
            if tag == "equal":
                rows += [
                    Difference(kind="same", before=start + n + 1, after=other + n + 1, text=old[start + n])
                    for n in range(end - start)
                ]
                continue
            rows += [Difference(kind="gone", before=n + 1, after=None, text=old[n]) for n in range(start, end)]
            rows += [Difference(kind="new", before=None, after=n + 1, text=new[n]) for n in range(other, other_end)]
    return rows
