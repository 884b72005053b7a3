"""How many tickets are about the same thing as each unfinished one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.read.similar import grouped, is_open, others_in

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

COUNTS: Final = ("similar_last_24h", "similar_open")
WEEK: Final = pl.duration(days=7)
_TEXTS: Final = pl.col("subject", "body")
_FINISHED: Final = ("solved", "closed")


def alike(tickets: pl.DataFrame, live: pl.Series, now: datetime, wanted: AbstractSet[str]) -> pl.DataFrame | None:
    """Group tickets about the same thing; None where there is no text.

    Counting those of the last day looks at the tickets of a week alone, so that a large old backlog costs nothing.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`.
    live
        Identifiers of the unfinished ones.
    now
        The moment of asking.
    wanted
        Some of `COUNTS`.

    Returns
    -------
    pl.DataFrame
        ``ticket_id``, ``similar_open``, ``similar_last_24h``, ``similar_group`` of those that are like another.
    """
    unfinished = pl.lit("similar_open" in wanted) & pl.col("ticket_id").is_in(live.implode())
    some = tickets.filter(_compared(now, unfinished))
    return None if some.is_empty() else similar_counts(some, _grouped(some), now)


def similar_groups(tickets: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Find the groups of tickets about the same thing, among the unfinished ones and those of the last week.

    Takes longer than ranking does, and gives the same whatever the order of the rows.

    Returns
    -------
    pl.DataFrame
        ``ticket_id`` and ``similar_group``, the earliest ticket of the group; who is like no other is left out.
    """
    return _grouped(tickets.filter(compared(now)).sort("ticket_id"))


def similar_counts(tickets: pl.DataFrame, groups: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Count the tickets of each one's group.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`.
    groups
        As `similar_groups` gives them; of tickets that are not there nothing is counted.
    now
        The moment of asking.

    Returns
    -------
    pl.DataFrame
        ``ticket_id``, ``similar_open``, ``similar_last_24h``, ``similar_group``: a row for each ticket with a group.
    """
    about = tickets.select("ticket_id", "created_at", open=is_open(tickets, now))
    return (
        groups.join(about, on="ticket_id", how="inner", maintain_order="left")
        .with_columns(others_in("similar_group", now))
        .select("ticket_id", "similar_open", "similar_last_24h", "similar_group")
    )


def compared(now: datetime) -> pl.Expr:
    """Which tickets are compared with each other: those with a text that are unfinished or of the last week."""
    return _compared(now, ~pl.col("status").is_in(_FINISHED))


def _compared(now: datetime, besides: pl.Expr) -> pl.Expr:
    return ((now - pl.col("created_at") < WEEK) | besides) & pl.any_horizontal(_TEXTS.is_not_null())


def _grouped(tickets: pl.DataFrame) -> pl.DataFrame:
    found = grouped(tickets).drop_nulls("group_id")
    return found.select("ticket_id", similar_group="group_id")


__all__ = ["COUNTS", "alike", "compared", "similar_counts", "similar_groups"]
