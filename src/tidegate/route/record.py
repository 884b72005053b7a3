"""What the desk's own history says about its agents: what they hold, how their tickets ended, whom they know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN: Final = ("new", "open")
SOLVED: Final = ("solved", "closed")
_UNHAPPY: Final = 0.5
"""Satisfaction below which a solved ticket did not end well."""


def identify(names: pl.Series, agents: pl.DataFrame) -> pl.Series:
    """Turn what a help desk writes into ``assignee`` into keys of the agents table.

    Parameters
    ----------
    names
        Identifiers or shown names; null stays null.
    agents
        As `tables.Agents`.

    Returns
    -------
    Series of String
        Null where it is nobody in the table. A name that two agents share, or that is another one's key, is nobody's.
    """
    shown = agents.select(agent_id="agent_id", word="name").drop_nulls()
    shown = shown.filter(pl.col("word").is_unique(), ~pl.col("word").is_in(agents["agent_id"].implode()))
    words = pl.concat([agents.select(agent_id="agent_id", word="agent_id"), shown])
    asked = names.cast(pl.String).alias("word").to_frame()
    return asked.join(words, on="word", how="left", maintain_order="left")["agent_id"]


def needs_somebody(tickets: pl.DataFrame, agents: pl.DataFrame) -> pl.Series:
    """Say which tickets nobody has who is there: open, and without an assignee or with one who is not available.

    An assignee who is not in the agents table counts as there.
    """
    away = agents.filter(~pl.col("available").fill_null(value=True))["agent_id"]
    holder = identify(tickets["assignee"], agents)
    return tickets["status"].is_in(OPEN) & (
        tickets["assignee"].is_null() | holder.is_in(away.implode()).fill_null(value=False)
    )


def held(tickets: pl.DataFrame, agents: pl.DataFrame) -> pl.Series:
    """Count the tickets that each agent has to work on, in the order of the agents: new and open ones."""
    holder = identify(tickets.filter(pl.col("status").is_in(OPEN))["assignee"], agents).alias("agent_id")
    counts = holder.drop_nulls().value_counts(name="held")
    joined = agents.select("agent_id").join(counts, on="agent_id", how="left", maintain_order="left")
    return joined["held"].fill_null(0).cast(pl.Int64)


def outcomes(past: pl.DataFrame, agents: pl.DataFrame) -> pl.DataFrame:
    """Count how solved tickets ended, by agent and intent.

    Parameters
    ----------
    past
        As `tables.Tickets`, with ``intent`` where it was read; only solved and closed ones count.
    agents
        As `tables.Agents`.

    Returns
    -------
    DataFrame
        ``agent_id``, ``intent`` (null where not read), ``solved``, ``well``: those that were not reopened, not handed
        on and not marked as bad by the requester.
    """
    intent = pl.col("intent") if "intent" in past.columns else pl.lit(None, pl.String)
    well = (
        (pl.col("reopens").fill_null(0) == 0)
        & (pl.col("transfers").fill_null(0) == 0)
        & (pl.col("csat").fill_null(1.0) >= _UNHAPPY)
    )
    ended = past.select("status", intent.alias("intent"), identify(past["assignee"], agents), well=well)
    return (
        ended.filter(pl.col("status").is_in(SOLVED), pl.col("agent_id").is_not_null())
        .group_by("agent_id", "intent")
        .agg(solved=pl.len().cast(pl.Int64), well=pl.col("well").sum().cast(pl.Int64))
        .sort("agent_id", "intent")
    )


def acquainted(
    tickets: pl.DataFrame,
    history: pl.DataFrame,
    agents: pl.DataFrame,
    *,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Find who had each ticket last, and who had its requester last.

    Parameters
    ----------
    tickets
        Those to look at, as `tables.Tickets`.
    history
        All tickets that are known, these included.
    agents
        As `tables.Agents`.
    events, messages
        The ledger, where there is one; without it only the ticket's own assignee is known.

    Returns
    -------
    DataFrame
        ``ticket_id``, ``had_ticket``, ``had_requester``: agents, null where nobody did; in the order of the tickets.
        Of a requester's other tickets the newest counts that an agent of the table had.
    """
    own = tickets.select("ticket_id", "requester_id", had_ticket=identify(tickets["assignee"], agents))
    ledger = _last_in_ledger(agents, events, messages)
    own = own.join(ledger, on="ticket_id", how="left", maintain_order="left")
    others = (
        history.select("ticket_id", "requester_id", "created_at", had_requester=identify(history["assignee"], agents))
        .filter(pl.col("requester_id").is_not_null(), pl.col("had_requester").is_not_null())
        .sort("created_at", "ticket_id", descending=[True, False])
    )
    newest = _newest_other(own.select("ticket_id", "requester_id"), others)
    return own.join(newest, on="ticket_id", how="left", maintain_order="left").select(
        "ticket_id", pl.coalesce("had_ticket", "in_ledger").alias("had_ticket"), "had_requester"
    )


def _newest_other(asked: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Of two tickets, the newest of the requester and the one before it, one is another than the ticket itself."""
    two = others.group_by("requester_id", maintain_order=True).head(2).rename({"ticket_id": "other"})
    pairs = asked.join(two, on="requester_id", how="inner", maintain_order="left_right")
    return pairs.filter(pl.col("other") != pl.col("ticket_id")).unique("ticket_id", keep="first", maintain_order=True)[
        ["ticket_id", "had_requester"]
    ]


def _last_in_ledger(agents: pl.DataFrame, events: pl.DataFrame | None, messages: pl.DataFrame | None) -> pl.DataFrame:
    """Who was assigned or wrote last, by ticket."""
    seen: Sequence[pl.DataFrame] = [
        table.filter(which).select("ticket_id", "at", in_ledger=who)
        for table, which, who in (
            (events, pl.col("kind") == "assigned", pl.col("new")),
            (messages, pl.col("author_kind") == "agent", pl.col("author")),
        )
        if table is not None
    ]
    if not seen:
        return pl.DataFrame(schema={"ticket_id": pl.String, "in_ledger": pl.String})
    known = pl.concat(seen)
    known = known.with_columns(in_ledger=identify(known["in_ledger"], agents)).drop_nulls("in_ledger")
    last = known.sort("at", "in_ledger").unique("ticket_id", keep="last", maintain_order=True)
    return last.select("ticket_id", "in_ledger")
