"""Ranking speed: a million open tickets, 26 columns, 12 rules, full cost of delay; beside four peers in the same run.

python bench/bench_rank.py [TICKETS]
"""

from __future__ import annotations

import math
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np
import polars as pl
from measure import cpu, report
from rank_peers import duckdb_query, numpy_order, python_order, zen_decision

from tidegate.policy import load
from tidegate.policy.targets import target_table, weights
from tidegate.ranking.board import Board, queue_frame, with_reasons
from tidegate.tables.words import CLOCK, LEVEL

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PAGE = 200
RULES = [
    ("strategic", "strategic AND minutes_left < 30", {"at_least": "P1"}),
    ("incident", "open_incidents > 0 AND affected_users > 100", {"at_least": "P1"}),
    ("many people", "affected_users > 4000", {"at_least": "P0"}),
    ("reopened", "reopens > 2", {"value": 1.5}),
    ("renewal", "days_to_renewal BETWEEN 0 AND 14 AND tier = 'enterprise'", {"at_least": "P2"}),
    ("at risk", "health < 20 AND contract_value > 50000", {"value": 1.5}),
    ("payment", "payment_status = 'failed' AND NOT vip", {"at_least": "P2"}),
    ("trial", "lifecycle = 'trial' AND reopens > 0", {"value": 1.3}),
    ("vip", "vip AND minutes_left < 60", {"at_least": "P1"}),
    ("free", "tier = 'free' AND affected_users = 1", {"value": 0.8}),
    ("expansion", "expansion AND clock = 'first_response'", {"value": 1.2}),
    ("late", "minutes_left < 0 AND tier IN ('enterprise', 'strategic')", {"value": 1.1}),
]
POLICY = load(
    {
        "name": "bench",
        "levels": {
            "P0": {"respond": "10m", "next": "30m", "resolve": "2h", "clock": "always", "severity": 20},
            "P1": {"respond": "30m", "next": "2h", "resolve": "1bd", "severity": 6},
            "P2": {"respond": "4h", "next": "8h", "resolve": "3bd", "severity": 2},
            "P3": {"respond": "1bd", "next": "2bd", "resolve": "5bd", "severity": 1},
        },
        "given": {"confusion": {f"P{k}": [0.25] * 4 for k in range(4)}},
        "value": {
            "tier": {"trial": 1.2, "free": 0.7, "enterprise": 2, "strategic": 3},
            "lifecycle": {"trial": 1.2, "onboarding": 1.3},
            "payment": {"failed": 1.3},
            "contract": {},
            "renewal": {},
            "health": {},
            "strategic": 1.5,
            "expansion": 1.3,
            "vip": 1.5,
            "incident": 1.5,
        },
        "rules": [{"name": name, "when": when, "then": then} for name, when, then in RULES],
    }
)
TARGETS = target_table(POLICY)


def tickets(rows: int, seed: int = 1) -> pl.DataFrame:
    """Facts of open tickets, 26 columns, drawn at random."""
    draw = np.random.default_rng(seed)
    p = draw.dirichlet([0.15, 0.5, 1.5, 1.5], rows)
    age = draw.exponential(400, rows)
    clock = draw.integers(0, 3, rows).astype(np.uint8)
    level = p.argmax(axis=1).astype(np.uint8)
    words = {
        "tier": ["trial", "free", "standard", "enterprise", "strategic"],
        "lifecycle": ["trial", "onboarding", "active", "churning"],
        "payment_status": ["ok", "ok", "ok", "failed"],
    }
    return pl.DataFrame(
        {
            "ticket_id": pl.Series(np.arange(rows)).cast(pl.String),
            "created_at": pl.Series((draw.integers(0, 10**7, rows) + 1_760_000_000) * 1_000_000).cast(
                pl.Datetime("us", "UTC")
            ),
            "clock": pl.Series(clock).cat.to(CLOCK),
            "level": pl.Series(level).cat.to(LEVEL),
            **{f"level_p{k}": np.ascontiguousarray(p[:, k]) for k in range(4)},
            "age_p0": age * 2,
            **{f"age_p{k}": age for k in (1, 2, 3)},
            "target_row": clock.astype(np.uint16),
            **{name: pl.Series(draw.choice(values, rows)) for name, values in words.items()},
            "contract_value": draw.lognormal(9, 1.5, rows),
            "days_to_renewal": draw.uniform(-30, 365, rows),
            "health": draw.uniform(0, 100, rows),
            "strategic": draw.random(rows) < 0.05,
            "expansion": draw.random(rows) < 0.1,
            "vip": draw.random(rows) < 0.03,
            "open_incidents": (draw.random(rows) < 0.05).astype(np.int32),
            "reopens": draw.poisson(0.3, rows).astype(np.int32),
            "affected_users": np.minimum(draw.lognormal(1, 2, rows), 1e6).astype(np.int32) + 1,
            "minutes_left": TARGETS.minutes[clock, level] - age,
        }
    )


def full(facts: pl.DataFrame) -> pl.DataFrame:
    """Rank everything."""
    rows, board = Board.of(facts, POLICY, TARGETS).order()
    return queue_frame(board, rows)


def order(facts: pl.DataFrame) -> np.ndarray:
    """Return the full order alone: row numbers, best first."""
    return Board.of(facts, POLICY, TARGETS).order()[0]


def page(facts: pl.DataFrame) -> pl.DataFrame:
    """Rank everything, show a page with reasons."""
    rows, board = Board.of(facts, POLICY, TARGETS).order(PAGE)
    shown = board.take(rows)
    return with_reasons(queue_frame(shown), shown)


def against_duckdb(facts: pl.DataFrame) -> None:
    """Run the same arithmetic in SQL, and check that it gives the same order."""
    base = duckdb.connect()
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        facts.with_columns(pl.col("clock", "level").cast(pl.String)).write_parquet(file.name)
        base.execute(f"CREATE TABLE facts AS SELECT * FROM '{file.name}'")
    query = duckdb_query(POLICY, TARGETS.minutes, weights(POLICY, TARGETS))
    ours, theirs = order(facts), base.execute(query).fetchnumpy()["ticket_id"].astype(np.int64)
    print(f"same order as DuckDB in {np.mean(ours == theirs):.4%} of places")
    limited = f"{query} LIMIT {PAGE}"
    report(
        "page of 200 with reasons",
        cpu(lambda: page(facts)),
        "DuckDB top 200",
        cpu(lambda: base.execute(limited).fetchnumpy()),
        "<= 0.5",
    )
    report(
        "full order",
        cpu(lambda: order(facts)),
        "DuckDB full order",
        cpu(lambda: base.execute(query).fetchnumpy()),
        "<= 0.5",
    )


def against_loops(facts: pl.DataFrame) -> None:
    """Per-ticket peers, on a sample, scaled to the same number of tickets."""
    sample = facts.head(50_000)
    scale, table = facts.height / sample.height, weights(POLICY, TARGETS)
    ours = cpu(lambda: order(facts))
    same = order(sample).tolist() == python_order(sample, POLICY, TARGETS.minutes, table)
    print(f"same order as the Python loop: {same}")
    loop = cpu(lambda: python_order(sample, POLICY, TARGETS.minutes, table), runs=3) * scale
    report("full order", ours, "a Python loop per ticket", loop, "<= 0.025")
    few = facts.head(2_000).to_dicts()
    zen = cpu(lambda: zen_decision(few, RULES), runs=3) * facts.height / len(few)
    report("full order", ours, "zen-engine, its 12 rules only", zen, "<= 0.01")


def growth() -> None:
    """How the time grows from ten thousand to a million."""
    sizes = (10_000, 100_000, 1_000_000)
    frames = [tickets(size) for size in sizes]
    taken = [cpu(lambda frame=frame: full(frame)) for frame in frames]
    exponent = math.log(taken[-1] / taken[0]) / math.log(sizes[-1] / sizes[0])
    print(f"full queue at {sizes}: {', '.join(f'{t:.4f} s' for t in taken)}; exponent {exponent:.3f}   wanted <= 1.1")


def memory(path: str) -> None:
    """Peak memory of a process that reads the frame and ranks it, over the frame's size."""
    bare = peak()
    facts = pl.read_parquet(path)
    full(facts)
    size = facts.estimated_size()
    print(
        f"frame {size / 1e6:.0f} MB; peak {peak() / 1e6:.0f} MB, of it interpreter and libraries {bare / 1e6:.0f} MB: "
        f"{peak() / size:.2f} times it, {(peak() - bare) / size:.2f} without them; wanted <= 3"
    )


def peak() -> int:
    """Largest resident memory of this process so far, in bytes; getrusage would also count the parent before exec."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def main() -> None:
    """Run everything."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    facts = tickets(rows)
    versions = f"polars {pl.__version__}, numpy {np.__version__}, duckdb {duckdb.__version__}"
    print(f"{facts.height:,} tickets, {facts.width} columns, {len(RULES)} rules; {versions}")
    against_duckdb(facts)
    report(
        "full order",
        cpu(lambda: order(facts)),
        "hand-written NumPy",
        cpu(lambda: numpy_order(facts, TARGETS.minutes, weights(POLICY, TARGETS))),
        "<= 1.0",
    )
    print(
        f"full order: {cpu(lambda: order(facts)) / facts.height * 1e6:.3f} microseconds a ticket; "
        f"with the queue table {cpu(lambda: full(facts)) / facts.height * 1e6:.3f}"
    )
    against_loops(facts)
    growth()
    sys.stdout.flush()
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        facts.write_parquet(file.name)
        subprocess.run([sys.executable, __file__, "--memory", file.name], check=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--memory"]:
        memory(sys.argv[2])
    else:
        main()
