from __future__ import annotations

import polars as pl

from helpers.histories import at
from tidegate.measure.snapshots import events_of, is_snapshot_log


def rows(*saved: tuple[str, float, str, str | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(t, at(h), status, group) for t, h, status, group in saved],
        schema={
            "ticket_id": pl.String,
            "updated_at": pl.Datetime("us", "UTC"),
            "status": pl.String,
            "group": pl.String,
        },
        orient="row",
    )


def test_what_differs_between_two_rows_is_an_event() -> None:
    found = events_of(rows(("b", 0, "new", None), ("a", 0, "new", "x"), ("a", 2, "open", "y"), ("a", 1, "open", "x")))
    told = found.select("ticket_id", "at", pl.col("kind").cast(pl.String), "old", "new").rows()
    assert told == [
        ("a", at(0), "status", None, "new"),
        ("a", at(1), "status", "new", "open"),
        ("a", at(2), "transferred", "x", "y"),
        ("b", at(0), "status", None, "new"),
    ]
    assert found["event_id"].is_unique().all()


def test_a_table_with_one_row_a_ticket_is_no_log() -> None:
    assert not is_snapshot_log(rows(("a", 0, "new", None), ("b", 1, "new", None)))
    assert is_snapshot_log(rows(("a", 0, "new", None), ("a", 1, "open", None)))
    assert not is_snapshot_log(rows(("a", 0, "new", None)).drop("updated_at"))
