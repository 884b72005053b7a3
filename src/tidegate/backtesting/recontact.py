"""Messages of customers who wait, out of the tables of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.simulate.recontact import Recontact, estimate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_AT_ONCE: Final = 1.0
"""Minutes within which a message is part of opening the ticket."""


def recontact(tickets: pl.DataFrame, messages: pl.DataFrame) -> Recontact | None:
    """Estimate how often customers wrote again while they waited for the first answer.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`. A ticket without a first answer counts as waiting until it was solved; one that is
        neither is left out.
    messages
        Valid by `tables.Messages`. Those of requesters count, from a minute after the opening on.

    Returns
    -------
    Recontact | None
        None where too few messages are left to tell.
    """
    minutes = (pl.coalesce("first_response_at", "solved_at") - pl.col("created_at")).dt.total_microseconds() / 6e7
    waits = (
        tickets.select("ticket_id", "created_at", wait=minutes)
        .filter(pl.col("wait") >= 0)
        .sort("created_at", "ticket_id")
        .with_row_index("row")
    )
    again = (
        messages.filter(pl.col("author_kind").cast(pl.String) == "requester")
        .join(waits, on="ticket_id", how="inner")
        .with_columns(after=(pl.col("at") - pl.col("created_at")).dt.total_microseconds() / 6e7)
        .filter((pl.col("after") > _AT_ONCE) & (pl.col("after") <= pl.col("wait")))
        .sort("row", "after", "message_id")
    )
    row: NDArray[np.int64] = again["row"].cast(pl.Int64).to_numpy()
    return estimate(waits["wait"].to_numpy(), again["after"].to_numpy(), row)
