"""What a ticket's messages say about its clock: was it answered, and since when does the requester wait again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.enrich.ledger import place

if TYPE_CHECKING:
    from datetime import datetime

_PEOPLE: Final = ("agent", "other")


def answers(tickets: pl.DataFrame, messages: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Fill in what the messages know better than the ticket's own columns.

    Only what the requester can see counts, and only until `now`. A bot or the system answers nothing. An author who is
    the ticket's requester asks, whatever the log calls the author.

    Returns
    -------
    tuple
        The tickets with ``first_response_at`` (the column, else the first message of a person other than the requester)
        and ``last_requester_at`` (the oldest message of the requester since the last answer; the column where a ticket
        has no messages). And the requester's messages: ``row``, ``at``.
    """
    seen = place(messages.filter(pl.col("public") & (pl.col("at") <= now)), tickets)
    requester = tickets["requester_id"].gather(seen["row"])
    asks = (seen["author_kind"] == "requester") | (seen["author"] == requester).fill_null(value=False)
    asked = seen.filter(asks).select("row", "at")
    answered = seen.filter(~asks & seen["author_kind"].is_in(_PEOPLE)).group_by("row")
    rows = tickets.lazy().select("first_response_at", "last_requester_at").with_row_index("row")
    rows = rows.join(answered.agg(first=pl.col("at").min(), last=pl.col("at").max()).lazy(), on="row", how="left")
    rows = rows.with_columns(pl.coalesce("first_response_at", "first"))
    waits = (
        asked.lazy()
        .join(rows.select("row", until=pl.coalesce("last", "first_response_at")), on="row", how="left")
        .group_by("row")
        .agg(since=pl.col("at").filter((pl.col("at") > pl.col("until")).fill_null(value=True)).min())
    )
    told = seen.lazy().select("row", told=True).unique()
    filled = (
        rows.join(waits, on="row", how="left")
        .join(told, on="row", how="left")
        .sort("row")
        .select("first_response_at", last_requester_at=pl.when("told").then("since").otherwise("last_requester_at"))
    )
    return tickets.with_columns(filled.collect()), asked


__all__ = ["answers"]
