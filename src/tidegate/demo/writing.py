"""A company on disk, block by block, never whole in memory."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from tidegate.demo.company import NOW, blocks
from tidegate.demo.plan import plan
from tidegate.demo.scale import BLOCK, LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

Format = Literal["csv", "parquet"]
_SPREADSHEET: Final = 100_000
"""Tickets up to which CSV is the better default."""
_ROW_GROUP: Final = 131_072
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
    kind = format or ("csv" if tickets <= _SPREADSHEET else "parquet")
    out_dir.mkdir(parents=True, exist_ok=True)
    paths = {name: out_dir / f"{name}.{kind}" for name in (*STREAMED, "accounts", "agents", "incidents")}
    whole = {"accounts": layout.customers.frame, "agents": layout.team.frame, "incidents": layout.trouble.frame}
    for name, frame in whole.items():
        _write_csv(frame, paths[name], append=False) if kind == "csv" else frame.write_parquet(paths[name])
    with TemporaryDirectory(dir=out_dir, prefix=".parts-") as parts:
        for number, block in enumerate(blocks(layout)):
            for name in STREAMED:
                frame = getattr(block, name)
                if kind == "csv":
                    _write_csv(frame, paths[name], append=number > 0)
                else:
                    frame.write_ipc(Path(parts) / f"{name}-{number:06d}.arrow")
            if progress:
                progress(min((number + 1) * BLOCK, tickets), tickets)
        if kind == "parquet":
            for name in STREAMED:
                _join(Path(parts), name, paths[name])
    stamp = out_dir / "now.txt"
    stamp.write_text(now.isoformat() + "\n", encoding="utf-8")
    return [*paths.values(), stamp]


def _join(parts: Path, name: str, path: Path) -> None:
    """Join the parts of one table into one Parquet file, streaming, and drop them."""
    files = sorted(parts.glob(f"{name}-*.arrow"))
    pl.scan_ipc(files).sink_parquet(path, compression_level=1, statistics=False, row_group_size=_ROW_GROUP)
    for file in files:
        file.unlink()


def _write_csv(frame: pl.DataFrame, path: Path, *, append: bool) -> None:
    """Write or append rows; lists become text joined by semicolons, times end in Z."""
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    plain = frame.with_columns(pl.col(lists).list.join(";"))
    with path.open("ab" if append else "wb") as file:
        plain.write_csv(file, include_header=not append, datetime_format="%Y-%m-%dT%H:%M:%SZ")
