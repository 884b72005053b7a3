"""Whole processes: `tidegate rank` on 100,000 rows beside Polars alone, `tidegate --help` beside typer.

    python bench/bench_command.py [ROWS]

Processor time of the child processes, the median of seven pairs run in turn, bytecode compiled beforehand.
"""

from __future__ import annotations

import compileall
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

import tidegate

BIN = Path(sys.executable).parent
NOW = "2026-03-02T09:00:00Z"
POLARS = "import polars as pl, sys; pl.read_csv(sys.argv[1], try_parse_dates=True).write_csv(sys.argv[2])"


def write_tickets(rows: int, folder: Path) -> Path:
    """A backlog of columns only: the demo's tickets without their texts, repeated under new identifiers, all open."""
    from tidegate.demo import generate

    tickets = generate(20_000, 7).tickets.drop("subject", "body", "tags")
    copies = [
        tickets.with_columns(pl.format("{}-{}", "ticket_id", pl.lit(i))) for i in range(-(-rows // tickets.height))
    ]
    frame = pl.concat(copies).head(rows).with_columns(status=pl.lit("open"), solved_at=None, closed_at=None)
    path = folder / "tickets.csv"
    frame.write_csv(path, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    print(f"{rows:,} rows, {frame.width} columns, {path.stat().st_size / 1e6:.0f} MB")
    return path


def cpu(command: list[str]) -> float:
    """Processor seconds of one run of a command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        command,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name: str, ours: list[str], peer: str, theirs: list[str], bound: str, runs: int = 7) -> None:
    """Run two commands in turn, and print both medians and the median ratio of the pairs."""
    cpu(ours), cpu(theirs)
    pairs = [(cpu(ours), cpu(theirs)) for _ in range(runs)]
    a, b = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(x / y for x, y in pairs)
    print(f"{name:<48} {a:7.3f} s   {peer:<32} {b:7.3f} s   ratio {ratio:5.2f}   wanted {bound}")


def main() -> None:
    """Run everything."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    packages = Path(pl.__file__).parent.parent
    for folder in (
        Path(tidegate.__file__).parent,
        *(
            packages / name
            for name in ("polars", "numpy", "pydantic", "typer", "rich", "dataframely", "holidays", "yaml")
        ),
    ):
        compileall.compile_dir(folder, quiet=2)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = write_tickets(rows, folder)
        out, copy = str(folder / "queue.csv"), str(folder / "copy.csv")
        compare(
            "tidegate rank, CSV in, ranked CSV with reasons out",
            [str(BIN / "tidegate"), "rank", str(path), "--now", NOW, "--out", out],
            "Polars: read it, write it",
            [sys.executable, "-c", POLARS, str(path), copy],
            "<= 4",
        )
    compare(
        "tidegate --help",
        [str(BIN / "tidegate"), "--help"],
        "python -c 'import typer'",
        [sys.executable, "-c", "import typer"],
        "<= 3",
    )


if __name__ == "__main__":
    main()
