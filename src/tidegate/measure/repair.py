"""Makes a history usable: what cannot be is left out or repaired, and every such row is counted.

After this module a log is sorted by ticket and time (equal times keep the order of the file), every row belongs to a
known ticket (``row``, its position in the table of tickets) and lies between the ticket's opening and the moment of
asking. Later modules rely on that order and never sort again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.findings import Finding, find
from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from datetime import datetime

SAME_TICKET: Final = pl.col("row") == pl.col("row").shift(1)
"""Whether the row before belongs to the same ticket; null on the first row."""

FIRST_OF_TICKET: Final = (pl.col("row") != pl.col("row").shift(1)).fill_null(value=True)
"""Whether a row is the first of its ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """How a log is called in findings, and which columns make two of its rows the same."""

    table: str
    row: str
    before_opening: str
    same: tuple[str, ...]


MESSAGES: Final = Log(
    table="messages",
    row="message",
    before_opening="response_before_opened",
    same=("author", "author_kind", "public", "body"),
)
EVENTS: Final = Log(
    table="events", row="event", before_opening="event_before_opened", same=("kind", "actor", "old", "new")
)


def repair_tickets(tickets: pl.DataFrame, as_of: datetime) -> tuple[pl.DataFrame, list[Finding]]:
    """Leave out repeated and future tickets, and forget times that cannot be.

    Times after ``as_of`` become null too: at that moment nobody knew them. That is not a finding.
    """
    ids = tickets["ticket_id"]
    repeated = ~ids.is_first_distinct()
    future = tickets["created_at"] > as_of
    found = find("ticket_repeated", "tickets", ids, repeated) + find("ticket_in_future", "tickets", ids, future)
    kept = tickets.filter(~(repeated | future)) if found else tickets
    found += [
        finding
        for column, name in (
            ("solved_at", "solved_before_opened"),
            ("closed_at", "closed_before_opened"),
            ("first_response_at", "response_before_opened"),
        )
        for finding in find(name, "tickets", kept["ticket_id"], kept[column] < kept["created_at"])
    ]
    usable = [
        pl.when(pl.col(column).is_between(pl.col("created_at"), as_of)).then(pl.col(column)).alias(column)
        for column in ("solved_at", "closed_at")
    ]
    known = pl.when(pl.col("first_response_at") <= as_of).then(pl.col("first_response_at"))
    return kept.with_columns(*usable, first_response_at=known), found


def repair_log(
    log: pl.DataFrame, tickets: pl.DataFrame, as_of: datetime, kind: Log
) -> tuple[pl.DataFrame, list[Finding]]:
    """Sort a log by ticket and time, and leave out what cannot be.

    Parameters
    ----------
    log
        Messages or events.
    tickets
        Repaired tickets.
    as_of
        The moment of asking.
    kind
        `MESSAGES` or `EVENTS`.

    Returns
    -------
    tuple
        The log without identifiers, with ``row``; messages from before the opening stay, marked in ``early``, because
        they say that the ticket was answered. And the findings.
    """
    placed = tickets.select("ticket_id", "created_at", "closed_at").with_row_index("row")
    joined = log.select("ticket_id", "at", *kind.same, *([] if kind is MESSAGES else ["actor_kind"])).join(
        placed, on="ticket_id", how="left", maintain_order="left"
    )
    unknown, future = joined["row"].is_null(), joined["at"] > as_of
    early, late = joined["at"] < joined["created_at"], joined["at"] > joined["closed_at"]
    ids = joined["ticket_id"]
    found = [
        finding
        for name, wrong in (
            (f"{kind.row}_of_unknown_ticket", unknown),
            (f"{kind.row}_in_future", future),
            (kind.before_opening, early),
            (f"{kind.row}_after_closing", late),
        )
        for finding in find(name, kind.table, ids, wrong)
    ]
    joined = joined.with_columns(early=early).drop("ticket_id", "created_at", "closed_at")
    out = unknown | future if kind is MESSAGES else unknown | future | early
    kept = joined.filter(~out.fill_null(value=False)) if out.any() else joined
    ordered, disorder = _ordered(kept, tickets["ticket_id"], kind)
    distinct, repeats = _distinct(ordered, tickets["ticket_id"], kind)
    return distinct, found + disorder + repeats


def _ordered(log: pl.DataFrame, ids: pl.Series, kind: Log) -> tuple[pl.DataFrame, list[Finding]]:
    by_ticket = log if log["row"].is_sorted() else log.sort("row", maintain_order=True)
    late = by_ticket.select(wrong=SAME_TICKET & (pl.col("at") < pl.col("at").shift(1)))["wrong"]
    if not late.any():
        return by_ticket, []
    found = find(f"{kind.row}_out_of_order", kind.table, _ids(by_ticket, ids, late), late)
    return by_ticket.sort("row", "at", maintain_order=True), found


def _distinct(log: pl.DataFrame, ids: pl.Series, kind: Log) -> tuple[pl.DataFrame, list[Finding]]:
    """Drop repeats. Only rows that share ticket and time with a neighbour can be repeats, so few are compared."""
    tied = log.select(tied=SAME_TICKET & (pl.col("at") == pl.col("at").shift(1)))["tied"].fill_null(value=False)
    tied = tied | tied.shift(-1, fill_value=False)
    if not tied.any():
        return log, []
    candidates = log.select("row", "at", *kind.same).with_row_index("place").filter(tied)
    first = candidates.unique(["row", "at", *kind.same], keep="first", maintain_order=True)
    places = candidates.join(first, on="place", how="anti")["place"]
    if not len(places):
        return log, []
    wrong = pl.Series([False]).new_from_index(0, len(log)).scatter(places, values=True)
    return log.filter(~wrong), find(f"{kind.row}_repeated", kind.table, _ids(log, ids, wrong), wrong)


def _ids(log: pl.DataFrame, ids: pl.Series, wrong: pl.Series) -> pl.Series:
    """Look up identifiers for the first wrong rows only; the rest are not shown."""
    rows = log["row"].set(~wrong.fill_null(value=False), None)
    return ids.gather(rows)


def as_time(moment: datetime) -> pl.Expr:
    """Write a moment as a value of the type of every time column."""
    return pl.lit(moment).cast(TIME)


__all__ = ["EVENTS", "FIRST_OF_TICKET", "MESSAGES", "SAME_TICKET", "Log", "as_time", "repair_log", "repair_tickets"]
