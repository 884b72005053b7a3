"""What every verb needs at the edge: consoles, errors with exit codes, times, progress and output files."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    import polars as pl
    from rich.console import Console

    from tidegate.read.cache import ReadingCache

    Progress = Callable[[int, int], None]

NO = 1
"""Exit code when the answer is no: rows were rejected under --strict, a check failed."""
BAD_INPUT = 2
"""Exit code for input or usage that cannot be used."""


def console() -> Console:
    """Return the console for results, on standard output."""
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def err_console() -> Console:
    """Return the console for everything else, on standard error."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """Print a plain sentence on standard error; text from files stays data, never markup."""
    typer.echo(printable(text), err=True)


def say_findings(findings: pl.DataFrame) -> None:
    """Print what was found wrong with a history, a line a finding; laid out as `tables.findings.FINDINGS`."""
    for row in findings.iter_rows(named=True):
        examples = ", ".join(row["examples"])
        told = f"{row['table']}: {row['count']:,} of {row['of']:,}: {row['meaning']}; {row['repair']}"
        say(told + (f" (for example {examples})" if examples else ""))


def printable(text: str) -> str:
    """Replace control characters, so that a ticket cannot move the cursor or colour the terminal."""
    return "".join(char if char.isprintable() or char == "\n" else "�" for char in text)


def fail(error: Exception) -> NoReturn:
    """Print an error that a person can mend, and exit with 2."""
    typer.echo(f"tidegate: {printable(str(error))}", err=True)
    raise typer.Exit(BAD_INPUT) from None


@contextmanager
def errors() -> Generator[None]:
    """Turn every error that Tidegate raises on purpose into a message and exit code 2."""
    from tidegate.tables.errors import TidegateError

    try:
        yield
    except TidegateError as error:
        fail(error)


def parse_now(text: str | None) -> datetime:
    """Read ``--now``: an ISO 8601 time, UTC where it names no zone; None is the present.

    Raises
    ------
    InputError
        If it is not a time.
    """
    from tidegate.tables.errors import InputError

    if text is None:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(
            "not a time", column="--now", value=text, expected="ISO 8601 such as 2026-03-02T09:00Z"
        ) from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@contextmanager
def progress(description: str) -> Generator[Progress]:
    """Show a bar on standard error while work goes on; silent where that is not a terminal."""
    if not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=err_console(), transient=True) as bar:
        task = bar.add_task(description, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def reading_cache() -> ReadingCache | None:
    """Return where readings of texts are kept; ``TIDEGATE_CACHE_DIR`` names another folder, and "" keeps nothing."""
    from tidegate.read.cache import ReadingCache

    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = os.environ.get("TIDEGATE_CACHE_DIR", str(Path(home) / "tidegate"))
    return ReadingCache(Path(folder) / "readings") if folder else None


def write_text(text: str, out: Path | None) -> None:
    """Write a result to a file, or to standard output.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if out is None or str(out) == "-":
        sys.stdout.write(text)
        return
    with writing(out):
        Path(out).write_text(text, encoding="utf-8")


@contextmanager
def writing(out: Path) -> Generator[None]:
    """Say which output could not be written, and why."""
    from tidegate.tables.errors import InputError

    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}", file=str(out), mend="Name a file in a folder that you may write to."
        ) from None
