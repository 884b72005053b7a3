"""What is wrong with a history as far as clocks are concerned: named, counted, and what the clocks make of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.enrich.ledger import States, place
from tidegate.enrich.running import microseconds
from tidegate.tables.findings import FINDINGS
from tidegate.tables.words import STATUS, STATUSES, TIME

if TYPE_CHECKING:
    from datetime import datetime

MEANING: Final[dict[str, tuple[str, str]]] = {
    "ticket_in_future": ("the ticket opens after the moment of asking", "its clock stands at 0"),
    "solved_before_opened": ("the ticket was solved before it was opened", "counts as solved"),
    "closed_before_opened": ("the ticket was closed before it was opened", "counts as closed"),
    "response_before_opened": ("somebody replied before the ticket was opened", "counts as answered"),
    "event_of_unknown_ticket": ("the event belongs to no ticket of the table", "left out"),
    "event_in_future": (
        "the event is dated after the moment of asking",
        "left out, and the log's status holds instead of the ticket's own, which is from later",
    ),
    "event_before_opened": ("the ticket changed before it was opened", "left out"),
    "event_after_closing": ("the ticket changed after it was closed", "kept"),
    "event_out_of_order": ("the event stands after a later one of its ticket", "sorted by time"),
    "event_repeated": ("the same event stands in the table more than once", "counts once"),
    "status_unknown": (f"the new status is none of {', '.join(STATUSES)}", "left out"),
    "status_disagrees": (
        "the log's last status is not the ticket's own",
        "the ticket's own holds, since its last change of any kind",
    ),
    "merged_into_unknown": ("the ticket was merged into one that is not in the table", "no start is lent"),
}
"""Name to what it means and what the clocks make of it."""


def clock_findings(tickets: pl.DataFrame, now: datetime, events: pl.DataFrame | None = None) -> pl.DataFrame:
    """Look for what cannot be in tickets and events.

    Parameters
    ----------
    tickets, events
        As `tables.Tickets` and `tables.Events`.
    now
        The moment of asking.

    Returns
    -------
    DataFrame
        One row a finding: ``finding``, ``table``, ``count`` of ``of`` rows, ``meaning``, ``repair``, and up to five
        identifiers of tickets as ``examples``. Empty if all is well.
    """
    moment = pl.lit(now, TIME)
    found = _count(
        tickets,
        "tickets",
        ticket_in_future=pl.col("created_at") > moment,
        solved_before_opened=pl.col("solved_at") < pl.col("created_at"),
        closed_before_opened=pl.col("closed_at") < pl.col("created_at"),
        response_before_opened=pl.col("first_response_at") < pl.col("created_at"),
    )
    if events is not None:
        found += _in_events(tickets, now, events)
    return pl.DataFrame(found, schema=FINDINGS, orient="row")


def _in_events(tickets: pl.DataFrame, now: datetime, events: pl.DataFrame) -> list[tuple[object, ...]]:
    known = tickets.lazy().select("ticket_id", "created_at", "closed_at")
    placed = events.lazy().join(known, on="ticket_id", how="left", maintain_order="left").collect()
    same = ("ticket_id", "at", "kind", "actor", "old", "new")
    status = pl.col("new").cast(STATUS, strict=False)
    found = _count(
        placed,
        "events",
        event_of_unknown_ticket=pl.col("created_at").is_null(),
        event_in_future=pl.col("at") > pl.lit(now, TIME),
        event_before_opened=pl.col("at") < pl.col("created_at"),
        event_after_closing=pl.col("at") > pl.col("closed_at"),
        event_out_of_order=pl.col("at") < pl.col("at").shift(1).over("ticket_id"),
        event_repeated=~pl.col("event_id").is_first_distinct() | ~pl.struct(same).is_first_distinct(),
        status_unknown=(pl.col("kind") == "status") & status.is_null(),
        merged_into_unknown=(pl.col("kind") == "merged") & ~pl.col("new").is_in(tickets["ticket_id"].implode()),
    )
    return found + _disagreeing(tickets, now, events)


def _disagreeing(tickets: pl.DataFrame, now: datetime, events: pl.DataFrame) -> list[tuple[object, ...]]:
    created = tickets["created_at"].to_physical().to_numpy()
    states = States.of(place(events, tickets), created, microseconds(now))
    last = states.last & ~states.later[states.row]
    last &= states.state < len(STATUSES)  # that a ticket was merged is no status of its own
    by_log = pl.Series(STATUSES, dtype=STATUS).gather(states.state[last])
    both = tickets.select("ticket_id", "status")[states.row[last]].with_columns(by_log.alias("logged"))
    return _count(both, "tickets", status_disagrees=_kind("status") != _kind("logged"))


def _kind(column: str) -> pl.Expr:
    """Call new open and closed solved: a clock knows no difference."""
    return pl.col(column).cast(pl.String).replace({"new": "open", "closed": "solved"})


def _count(table: pl.DataFrame, name: str, **wrong: pl.Expr) -> list[tuple[object, ...]]:
    flags = table.select("ticket_id", **{key: flag.fill_null(value=False) for key, flag in wrong.items()})
    return [
        (
            key,
            name,
            int(flags[key].sum()),
            len(flags),
            *MEANING[key],
            flags["ticket_id"].filter(flags[key]).unique(maintain_order=True).head(5).to_list(),
        )
        for key in wrong
        if flags[key].any()
    ]


__all__ = ["MEANING", "clock_findings"]
