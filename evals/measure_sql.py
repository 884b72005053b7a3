"""Does an independent SQL script give the same measures? On two public sets and the demo company, to the last unit."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
from measure_data import demo, thunderbird, uci
from measure_twin import run, tables

from tidegate.measure.evaluate import measure
from tidegate.measure.ledger import build_ledger, latest_time
from tidegate.measure.measures import Period

if TYPE_CHECKING:
    from collections.abc import Callable

TARGETS = pl.DataFrame(
    {
        "level": ["P0", "P1", "P2", "P3"],
        "respond": [10.0, 30.0, 240.0, 1440.0],
        "next": [30.0, 120.0, 480.0, 2880.0],
        "resolve": [120.0, 1440.0, 4320.0, 7200.0],
    }
)
SAME = 1e-9
"""Largest relative difference between two sums of floating-point numbers taken in another order."""


def differences(
    name: str, tickets: pl.DataFrame, messages: pl.DataFrame | None, events: pl.DataFrame | None, cut: datetime | None
) -> tuple[int, pl.DataFrame]:
    """Figures compared, and those that differ."""
    as_of = latest_time(tickets, messages, events)
    start = tickets["created_at"].min()
    stop = as_of + timedelta(microseconds=1) if cut is None else cut
    period = Period(start=start, end=stop)  # ty: ignore[invalid-argument-type]  a column of times
    ledger = build_ledger(tickets, messages=messages, events=events, as_of=as_of, targets=TARGETS)
    ours = measure(ledger, period)
    theirs = run(tables(tickets, messages, events), as_of=as_of, period=period, window_days=7.0, targets=TARGETS)
    both = ours.filter(pl.col("n") > 0).join(
        theirs.filter(pl.col("n") > 0), on=["name", "segment"], how="full", suffix="_sql", coalesce=True
    )
    bootstrapped = pl.col("low_sql").is_null()
    wrong = (
        pl.col("n").ne_missing(pl.col("n_sql")) | ~_same("value") | (~bootstrapped & ~(_same("low") & _same("high")))
    )
    return both.height, both.filter(wrong).with_columns(data=pl.lit(name))


def _same(column: str) -> pl.Expr:
    mine, theirs = pl.col(column), pl.col(f"{column}_sql")
    close = (mine - theirs).abs() <= SAME * pl.max_horizontal(mine.abs(), theirs.abs(), 1.0)
    return close.fill_null(value=False) | (mine.is_null() & theirs.is_null())


def main() -> None:
    """Compare and say so; exit with 1 if any figure differs."""
    cases: list[
        tuple[str, Callable[[], tuple[pl.DataFrame, pl.DataFrame | None, pl.DataFrame | None]], datetime | None]
    ]
    cases = [
        ("thunderbird", lambda: (*thunderbird(), None), None),
        ("thunderbird 2023", lambda: (*thunderbird(), None), datetime(2024, 1, 1, tzinfo=UTC)),
        ("uci", lambda: (uci()[0], None, uci()[1]), None),
        ("uci to 15 April", lambda: (uci()[0], None, uci()[1]), datetime(2016, 4, 15, tzinfo=UTC)),
        ("demo", demo, None),
        ("demo to January", demo, datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    failed = 0
    for name, load, cut in cases:
        compared, wrong = differences(name, *load(), cut)
        print(f"{name}: {compared} figures, {len(wrong)} differ")
        failed += len(wrong)
        if len(wrong):
            with pl.Config(tbl_rows=60, tbl_cols=-1, tbl_width_chars=180):
                print(wrong)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
