"""The columns that a trained level rests on beside the text, as they are known when a ticket comes in."""

from __future__ import annotations

from typing import Final

import polars as pl

FILED: Final = "filed"
"""The first priority that was given; where a file doesn't say, the present one."""

CONTEXT: Final = (
    FILED, "given_impact", "given_urgency", "category", "product", "type", "channel", "group", "assignee",
    "requester_id", "account_id", "vip",
)  # fmt: skip


def context_of(tickets: pl.DataFrame, *, first_only: bool = False) -> pl.DataFrame:
    """Take the context columns of tickets, as text.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`.
    first_only
        Leave out what only the end of a ticket knew: for a history whose rows are not the tickets' first states. The
        present priority, impact, urgency, group and assignee may all have been set with hindsight.
    """
    given = pl.col("first_level") if first_only else pl.coalesce("first_level", "given_level")
    late = ("given_impact", "given_urgency", "group", "assignee") if first_only else ()
    return tickets.select(
        given.cast(pl.String).alias(FILED),
        *(
            pl.lit(None, pl.String).alias(name) if name in late else pl.col(name).cast(pl.String)
            for name in CONTEXT[1:]
        ),
    )
