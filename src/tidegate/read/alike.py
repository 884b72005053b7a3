"""How many tickets are about the same thing as each unfinished one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.read.similar import similar

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet
    from datetime import datetime

COUNTS: Final = ("similar_last_24h", "similar_open")
_TEXTS: Final = pl.col("subject", "body")


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
    DataFrame as `similar.similar` gives it
    """
    age = now - pl.col("created_at")
    unfinished = pl.lit("similar_open" in wanted) & pl.col("ticket_id").is_in(live.implode())
    some = tickets.filter(((age < pl.duration(days=7)) | unfinished) & pl.any_horizontal(_TEXTS.is_not_null()))
    return None if some.is_empty() else similar(some, now=now)


def similar_counts(tickets: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Count the tickets about the same thing: ``ticket_id``, ``similar_open``, ``similar_last_24h``, ``similar_group``.

    Looks at the texts of all unfinished tickets and of those of the last week, so it takes longer than ranking does.
    ``similar_group`` is null for a ticket that is like no other.
    """
    live = tickets.filter(~pl.col("status").is_in(["solved", "closed"])).select("ticket_id")
    table = alike(tickets, live["ticket_id"], now, frozenset(COUNTS))
    if table is None:
        shape = {"ticket_id": pl.String(), **dict.fromkeys(COUNTS, pl.Int32()), "similar_group": pl.String()}
        return pl.DataFrame(schema=shape)
    counted = table.select("ticket_id", *COUNTS, similar_group="group_id")
    joined = live.join(counted, on="ticket_id", how="left", maintain_order="left")
    return joined.with_columns(pl.col(COUNTS).cast(pl.Int32).fill_null(0))


__all__ = ["COUNTS", "alike", "similar_counts"]
