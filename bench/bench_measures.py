"""All measures over 1,000,000 tickets with 8,000,000 events and 3,000,000 messages, beside plain SQL on DuckDB.

CPU seconds of one thread each, from tables in memory to figures. The SQL makes no bootstrap intervals; ours are in.
Memory is what building the ledger and the measures adds at its peak to the tables, as a multiple of their size.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # before polars is imported
sys.path.insert(0, str(Path(__file__).parents[1] / "evals"))

import argparse
import json
import resource
import subprocess
import time
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from tidegate.tables.words import ACTOR, ACTORS, EVENT_KIND, LEVEL, LEVELS, STATUS, TIME

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2026, 1, 1, tzinfo=UTC)
CPU_LIMIT, MEMORY_LIMIT = 2.0, 4.0
WORDS = (
    "Thanks for reaching out, we are looking into it.",
    "Please open the settings, choose Billing and press Retry.",
    "Could you tell us which version you use?",
    "It still fails after the update, with the same message as before.",
)
_HISTORY = (
    ("created", None, "new"),
    ("assigned", None, "agent"),
    ("status", "new", "open"),
    ("waiting_customer", "open", "waiting"),
    ("status", "waiting", "open"),
    ("transferred", "frontline", "technical"),
    ("status", "open", "solved"),
    ("csat", None, "0.8"),
)


def tickets(rows: int, rng: np.random.Generator) -> pl.DataFrame:
    """Tickets of a year, opened at random, of four levels and a tenth as many requesters."""
    seconds = np.sort(rng.integers(0, int((END - START).total_seconds()), rows))
    return pl.DataFrame(
        {
            "ticket_id": pl.int_range(rows, eager=True).cast(pl.String).str.zfill(9),
            "created_at": pl.Series(seconds * 1_000_000).cast(pl.Duration("us")) + START,
            "status": pl.Series(["open"], dtype=STATUS).new_from_index(0, rows),
            "requester_id": pl.Series(rng.integers(0, rows // 10, rows)).cast(pl.String),
            "group": pl.Series(rng.choice(["frontline", "technical", "billing"], rows)),
            "given_level": pl.Series(rng.choice(LEVELS, rows, p=(0.02, 0.18, 0.4, 0.4))).cast(LEVEL),
        }
    ).with_columns(pl.col("created_at").cast(TIME))


def events(base: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Eight events a ticket, in the order of time, as a log is written."""
    rows, steps = len(base), len(_HISTORY)
    gaps = np.cumsum(rng.exponential(14_400, (rows, steps)), axis=1).astype(np.int64) * 1_000_000
    gaps[:, 0] = 0
    last = int(END.timestamp()) * 1_000_000
    at = np.minimum(base["created_at"].to_physical().to_numpy()[:, None] + gaps, last)
    agents = rng.integers(0, 300, (rows, steps))
    step = np.tile(np.arange(steps), rows)
    kinds, olds, news = (pl.Series(column, dtype=pl.String).gather(step) for column in zip(*_HISTORY, strict=True))
    frame = pl.DataFrame(
        {
            "ticket_id": base["ticket_id"].gather(np.repeat(np.arange(rows), steps)),
            "at": pl.Series(at.ravel()).cast(TIME),
            "kind": kinds.cast(EVENT_KIND),
            "actor": pl.Series(agents.ravel()).cast(pl.String),
            "actor_kind": pl.Series(["agent"], dtype=ACTOR).new_from_index(0, rows * steps),
            "old": olds,
            "new": news,
        }
    ).sort("at")
    return frame.with_columns(event_id=pl.int_range(pl.len()).cast(pl.String))


def messages(base: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    """Three messages a ticket: a bot or an agent answers, the requester returns, an agent answers."""
    rows = len(base)
    gaps = np.cumsum(rng.exponential(10_800, (rows, 3)), axis=1).astype(np.int64) * 1_000_000
    last = int(END.timestamp()) * 1_000_000
    at = np.minimum(base["created_at"].to_physical().to_numpy()[:, None] + gaps, last)
    kinds = np.tile(np.array([ACTORS.index("agent"), ACTORS.index("requester"), ACTORS.index("agent")]), (rows, 1))
    kinds[rng.random(rows) < 0.2, 0] = ACTORS.index("bot")
    kind = pl.Series("kind", ACTORS).gather(kinds.ravel())
    ticket = np.repeat(np.arange(rows), 3)
    author = pl.select(
        pl.when(kind == "requester")
        .then(base["requester_id"].gather(ticket))
        .otherwise(pl.Series(rng.integers(0, 300, rows * 3)).cast(pl.String))
    ).to_series()
    frame = pl.DataFrame(
        {
            "ticket_id": base["ticket_id"].gather(ticket),
            "at": pl.Series(at.ravel()).cast(TIME),
            "author": author,
            "author_kind": kind.cast(ACTOR),
            "public": pl.Series([True]).new_from_index(0, rows * 3),
            "body": pl.Series(list(WORDS)).gather(rng.integers(0, len(WORDS), rows * 3)),
        }
    ).sort("at")
    return frame.with_columns(message_id=pl.int_range(pl.len()).cast(pl.String))


def made(rows: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Tickets, messages and events."""
    rng = np.random.default_rng(11)
    base = tickets(rows, rng)
    return base, messages(base, rng), events(base, rng)


def ours(folder: Path) -> dict[str, float]:
    """Build the ledger, compute everything, and say what it took."""
    from measure_sql import TARGETS

    from tidegate.measure.evaluate import measure
    from tidegate.measure.ledger import build_ledger
    from tidegate.measure.measures import Period

    base, talk, log = (pl.read_parquet(folder / f"{name}.parquet") for name in ("tickets", "messages", "events"))
    size = sum(table.estimated_size() for table in (base, talk, log))
    before = _resident()
    started = time.process_time()
    ledger = build_ledger(base, messages=talk, events=log, as_of=END, targets=TARGETS)
    built = time.process_time()
    figures = measure(ledger, Period(start=START, end=END + timedelta(microseconds=1)))
    ended = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "cpu": ended - started,
        "ledger": built - started,
        "input": size,
        "added": peak - before,
        "figures": len(figures),
    }


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def theirs(folder: Path) -> dict[str, float]:
    """Run the SQL over loaded tables, and say what it took."""
    import measure_twin as twin
    from measure_sql import TARGETS

    from tidegate.measure.measures import Period

    shaped = twin.tables(*(pl.read_parquet(folder / f"{name}.parquet") for name in ("tickets", "messages", "events")))
    period = Period(start=START, end=END + timedelta(microseconds=1))
    connection = twin.connect(shaped, as_of=END, period=period, window_days=7.0, targets=TARGETS)
    del shaped
    started = time.process_time()
    figures = twin.compute(connection)
    return {"cpu": time.process_time() - started, "figures": len(figures)}


def main() -> None:
    """Run both sides, each in a process of its own, and print the figures and ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--side", choices=("ours", "theirs"))
    parser.add_argument("--folder", type=Path)
    chosen = parser.parse_args()
    if chosen.side:
        print(json.dumps((ours if chosen.side == "ours" else theirs)(chosen.folder)))
        return
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        for name, table in zip(("tickets", "messages", "events"), made(chosen.rows), strict=True):
            table.write_parquet(folder / f"{name}.parquet")
            print(f"{name}: {len(table):,} rows, {table.estimated_size() / 1e6:,.0f} MB in memory")
        mine, sql = (_child(side, folder) for side in ("ours", "theirs"))
    cpu, memory = mine["cpu"] / sql["cpu"], mine["added"] / mine["input"]
    print(f"Tidegate {mine['cpu']:.1f} s of CPU (ledger {mine['ledger']:.1f} s), {mine['figures']:.0f} figures")
    print(f"DuckDB   {sql['cpu']:.1f} s of CPU, {sql['figures']:.0f} figures")
    print(f"ratio    {cpu:.2f} of the CPU, limit {CPU_LIMIT:g}")
    print(f"memory   {mine['added'] / 1e6:,.0f} MB added at most, {memory:.1f} times the input, limit {MEMORY_LIMIT:g}")
    sys.exit(0 if cpu <= CPU_LIMIT and memory <= MEMORY_LIMIT else 1)


def _child(side: str, folder: Path) -> dict[str, float]:
    words = [sys.executable, __file__, "--side", side, "--folder", str(folder)]
    return json.loads(subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


if __name__ == "__main__":
    main()
