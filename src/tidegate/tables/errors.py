"""What can go wrong, as one tree that callers may catch at any height.

TidegateError
├── InputError       a file, row or value that cannot be used (permanent until the input is mended)
├── PolicyError      a policy file that does not hold together (one or many findings)
├── ModelError       a saved model that cannot be read or does not fit the data
└── MissingExtraError     an optional part that is not installed
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class TidegateError(Exception):
    """Root of every error that Tidegate raises on purpose."""


class InputError(TidegateError):
    """An input that cannot be used at all; a single bad row is a rejected row instead.

    Parameters
    ----------
    message
        What is wrong, in one sentence.
    file, row, column
        Where: the file's name, the 1-based data row, the column as the file spells it.
    value
        The offending value, shortened when shown.
    expected
        What would have been valid.
    mend
        What the person can do about it.
    """

    def __init__(
        self,
        message: str,
        *,
        file: str | None = None,
        row: int | None = None,
        column: str | None = None,
        value: object = None,
        expected: str | None = None,
        mend: str | None = None,
    ) -> None:
        self.message, self.file, self.row, self.column = message, file, row, column
        self.value, self.expected, self.mend = value, expected, mend
        super().__init__(str(self))

    def __str__(self) -> str:
        """One line: where, what, the value, what was expected, the mend."""
        where = ", ".join(
            part
            for part in (
                self.file,
                f"row {self.row}" if self.row is not None else None,
                f"column {self.column!r}" if self.column else None,
            )
            if part
        )
        text = f"{where}: {self.message}" if where else self.message
        if self.value is not None:
            text += f" (found {shorten(self.value)})"
        if self.expected:
            text += f"; expected {self.expected}"
        if self.mend:
            text += f". {self.mend}"
        return text


class PolicyError(TidegateError):
    """A policy that does not hold together.

    Parameters
    ----------
    findings
        One line each: file, line, key, the value, the valid ones.
    """

    def __init__(self, findings: Sequence[str]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(self.findings))


class ModelError(TidegateError):
    """A saved model that cannot be read, or does not fit the data it is asked to read."""


class MissingExtraError(TidegateError):
    """An optional part is not installed.

    Parameters
    ----------
    extra
        The name of the extra, such as ``report``.
    purpose
        What it is needed for, as the end of "... needs".
    """

    def __init__(self, extra: str, purpose: str) -> None:
        self.extra = extra
        super().__init__(f"{purpose} needs an extra: pip install 'tidegate[{extra}]'")


def shorten(value: object, limit: int = 60) -> str:
    """Show a value in an error: quoted, control characters escaped, never longer than ``limit``."""
    text = repr(value)
    return text if len(text) <= limit else f"{text[: limit - 2]}…{text[-1]}"
