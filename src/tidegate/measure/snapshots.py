"""From a log of snapshots, a row each time a ticket was saved, to events: what differs from the row before."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.tables.words import ACTOR, EVENT_KIND

_WATCHED: Final = {"status": "status", "group": "transferred", "assignee": "assigned", "given_level": "priority"}


def is_snapshot_log(rows: pl.DataFrame) -> bool:
    """Tell a log of snapshots: tickets stand in it more than once, at different times of update."""
    if not {"ticket_id", "updated_at"} <= set(rows.columns) or rows.is_empty():
        return False
    return rows.select(pl.struct("ticket_id", "updated_at").n_unique() > pl.col("ticket_id").n_unique()).item()


def events_of(rows: pl.DataFrame) -> pl.DataFrame:
    """Derive events from snapshots.

    Parameters
    ----------
    rows
        ``ticket_id``, ``updated_at`` and any of ``status``, ``group``, ``assignee``, ``given_level``; many rows a
        ticket. Rows without a time are left out; rows of one moment keep the order of the file.

    Returns
    -------
    DataFrame
        Events by the contract `tables.Events`. A first row gives its status and its assignee, as far as known; that a
        value became empty is no event. Nobody is named: a snapshot does not say who made it.
    """
    ordered = rows.filter(pl.col("updated_at").is_not_null()).sort("ticket_id", "updated_at", maintain_order=True)
    same = pl.col("ticket_id") == pl.col("ticket_id").shift(1)
    numbered = ordered.with_row_index("place")
    parts = [_changes(numbered, column, kind, same) for column, kind in _WATCHED.items() if column in rows.columns]
    return pl.concat(parts).sort("place", maintain_order=True).drop("place")


def _changes(rows: pl.DataFrame, column: str, kind: str, same: pl.Expr) -> pl.DataFrame:
    value = pl.col(column).cast(pl.String)
    before = pl.when(same).then(value.shift(1))
    changed = value.is_not_null() & before.ne_missing(value)
    if kind not in ("status", "assigned"):
        changed &= before.is_not_null()
    return (
        rows.with_columns(old=before, new=value, changed=changed)
        .filter("changed")
        .select(
            "place",
            "ticket_id",
            "old",
            "new",
            event_id=pl.format("{}-{}", "place", pl.lit(kind)),
            at=pl.col("updated_at"),
            kind=pl.lit(kind).cast(EVENT_KIND),
            actor=pl.lit(None, pl.String),
            actor_kind=pl.lit("other").cast(ACTOR),
        )
    )


__all__ = ["events_of", "is_snapshot_log"]
