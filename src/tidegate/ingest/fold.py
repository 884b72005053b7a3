"""From a log with many rows a ticket to one row a ticket, as it was known at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from tidegate.ingest.raw import FILE, ROW

if TYPE_CHECKING:
    from datetime import datetime

_REPEATS: Final = 1.5  # rows a ticket from which a file is a log and not a table with some rows exported twice
_VARIES: Final = 1.2
_OWN_TIMES: Final = ("first_response_at", "last_requester_at", "solved_at", "closed_at")
_GOES_WITH: Final = {"solved_at": ("csat",), "closed_at": ("csat",)}
_DONE: Final = ("solved", "closed")
_SOLVED_BEFORE: Final = pl.col("status").shift(1).over("ticket_id").is_in(_DONE)


class Folded(NamedTuple):
    """One row a ticket, and what was left out."""

    table: pl.DataFrame
    later_rows: int  # rows written after the moment
    later_tickets: int  # tickets whose first row was
    unknown_times: int  # cells that hold a time after their own row's update


def is_log(frame: pl.DataFrame) -> bool:
    """Tell a log: many rows a ticket, which differ in their update time."""
    if "updated_at" not in frame.columns or frame.is_empty():
        return False
    tickets = frame.get_column("ticket_id").n_unique()
    if frame.height < _REPEATS * tickets:
        return False
    moments = frame.select(pl.struct("ticket_id", "updated_at").n_unique()).item()
    return moments >= _VARIES * tickets


def fold(frame: pl.DataFrame, now: datetime) -> Folded:
    """Fold a log to one row a ticket, as known at a moment.

    Parameters
    ----------
    frame
        Rows with ``ticket_id`` and ``updated_at``, both without nulls, and any other columns of the tickets table.
    now
        The moment. Rows written after it are not there; so a log cut off at ``now`` gives the same table.

    Returns
    -------
    Folded
        The last row of each ticket. A time after its own row's update was not known then and is null, with what
        belongs to it. ``first_level`` is the level of the ticket's first row; ``reopens`` and ``transfers`` are counted
        from the rows where no column holds them. Rows of the same moment are put in order by their contents (the later
        status, the larger counts last), never by their place in the file.
    """
    rows = frame.filter(pl.col("updated_at") <= now)
    later = frame.height - rows.height
    gone = frame.get_column("ticket_id").n_unique() - rows.get_column("ticket_id").n_unique()
    rows, unknown = _only_known(rows)
    rows = _in_order(rows)
    derived = [column for column in (_first_level(rows), _reopens(rows), _transfers(rows)) if column is not None]
    table = rows.with_columns(derived).unique("ticket_id", keep="last", maintain_order=True)
    return Folded(table, later, gone, unknown)


def _only_known(rows: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    early = {name: pl.col(name) > pl.col("updated_at") for name in _OWN_TIMES if name in rows.columns}
    if not early:
        return rows, 0
    unknown = sum(rows.select(test.sum().alias(name) for name, test in early.items()).row(0))
    cleared: dict[str, pl.Expr] = {
        name: pl.when(~test.fill_null(value=False)).then(name) for name, test in early.items()
    }
    for name, test in early.items():
        for other in _GOES_WITH.get(name, ()):
            if other in rows.columns:
                cleared[other] = pl.when(~test.fill_null(value=False)).then(cleared.get(other, pl.col(other)))
    return rows.with_columns(**cleared), unknown


def _in_order(rows: pl.DataFrame) -> pl.DataFrame:
    contents = sorted(set(rows.columns) - {"ticket_id", "updated_at", ROW, FILE})
    told = [name for name in ("status", "reopens", "transfers", "replies") if name in contents]
    rest = pl.struct(contents).hash(seed=1)
    return rows.sort("ticket_id", "updated_at", *told, rest)


def _first_level(rows: pl.DataFrame) -> pl.Expr | None:
    if "first_level" in rows.columns or "given_level" not in rows.columns:
        return None
    return pl.col("given_level").first().over("ticket_id").alias("first_level")


def _reopens(rows: pl.DataFrame) -> pl.Expr | None:
    if "reopens" in rows.columns or "status" not in rows.columns:
        return None
    again = _SOLVED_BEFORE & ~pl.col("status").is_in(_DONE)
    return again.fill_null(value=False).sum().over("ticket_id").cast(pl.Int32).alias("reopens")


def _transfers(rows: pl.DataFrame) -> pl.Expr | None:
    by = next((name for name in ("group", "assignee") if name in rows.columns), None)
    if "transfers" in rows.columns or by is None:
        return None
    held = pl.col(by).forward_fill().over("ticket_id")
    moved = held != held.shift(1).over("ticket_id")
    return moved.fill_null(value=False).sum().over("ticket_id").cast(pl.Int32).alias("transfers")
