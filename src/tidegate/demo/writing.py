"""A company on disk, block by block, never whole in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from tidegate.demo.company import NOW, blocks
from tidegate.demo.plan import plan
from tidegate.demo.scale import BLOCK, LANGUAGES
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

Format = Literal["csv", "parquet"]
STREAMED: Final = ("tickets", "messages", "events", "truth")


def write(
    out_dir: Path,
    tickets: int,
    seed: int,
    *,
    format: Format | None = None,  # noqa: A002 -- the word of the command line
    progress: Callable[[int, int], None] | None = None,
    days: int = 365,
    now: datetime = NOW,
    agents: int | None = None,
    load: float = 0.95,
    languages: Sequence[str] = LANGUAGES,
) -> list[Path]:
    """Write a company into a folder: seven tables and ``now.txt``.

    Parameters
    ----------
    out_dir
        Made if it is missing; files of the same names are replaced.
    tickets, seed, days, now, agents, load, languages
        As for `generate`; the same ones give the same bytes.
    format
        ``csv`` or ``parquet``; None takes CSV up to 100,000 tickets. In CSV lists are joined by semicolons.
    progress
        Called with tickets done and tickets in all.

    Returns
    -------
    The files written, in order.
    """
    layout = plan(tickets, seed, days=days, now=now, agents=agents, load=load, languages=languages)
    out_dir.mkdir(parents=True, exist_ok=True)
    kind = format or ("csv" if tickets <= 100_000 else "parquet")  # noqa: PLR2004 -- what a spreadsheet still opens
    stamp = out_dir / "now.txt"
    stamp.write_text(now.isoformat() + "\n", encoding="utf-8")
    paths = {name: out_dir / f"{name}.{kind}" for name in (*STREAMED, "accounts", "agents", "incidents")}
    for name, frame in (
        ("accounts", layout.customers.frame),
        ("agents", layout.team.frame),
        ("incidents", layout.trouble.frame),
    ):
        _write_csv(frame, paths[name], append=False)
    for number, block in enumerate(blocks(layout)):
        for name in STREAMED:
            _write_csv(getattr(block, name), paths[name], append=number > 0)
        if progress:
            progress(min((number + 1) * BLOCK, tickets), tickets)
    return [*paths.values(), stamp]


def _write_csv(frame: pl.DataFrame, path: Path, *, append: bool) -> None:
    """Write or append rows; lists become text joined by semicolons, times end in Z."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    plain = frame.with_columns(pl.col(lists).list.join(";"))
    with path.open("ab" if append else "wb") as file:
        plain.write_csv(file, include_header=not append, datetime_format="%Y-%m-%dT%H:%M:%SZ")
