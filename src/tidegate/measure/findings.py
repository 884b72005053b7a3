"""What was found wrong with a history: named, counted, with examples, and the repair where there is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.tables.findings import FINDINGS

if TYPE_CHECKING:
    from collections.abc import Sequence

MEANING: Final[dict[str, tuple[str, str]]] = {
    "ticket_repeated": ("the same ticket stands in the table more than once", "the first row is used"),
    "ticket_in_future": ("the ticket opens after the moment of asking", "left out"),
    "solved_before_opened": ("the ticket was solved before it was opened", "the time of solving is not used"),
    "closed_before_opened": ("the ticket was closed before it was opened", "the time of closing is not used"),
    "response_before_opened": (
        "somebody replied before the ticket was opened",
        "the ticket counts as answered; its response times are not used",
    ),
    "message_of_unknown_ticket": ("the message belongs to no ticket of the table", "left out"),
    "message_in_future": ("the message was sent after the moment of asking", "left out"),
    "message_repeated": ("the same message stands in the table more than once", "the first row is used"),
    "message_out_of_order": ("the message stands after a later one of its ticket", "sorted by time"),
    "message_after_closing": ("the message was sent after its ticket was closed", "kept"),
    "messages_without_text": (
        "no message has a text",
        "kept; whether a reply answers cannot be told, so that measure is left out",
    ),
    "event_of_unknown_ticket": ("the event belongs to no ticket of the table", "left out"),
    "event_in_future": ("the event is dated after the moment of asking", "left out"),
    "event_repeated": ("the same event stands in the table more than once", "the first row is used"),
    "event_out_of_order": ("the event stands after a later one of its ticket", "sorted by time"),
    "event_after_closing": ("the ticket changed after it was closed", "kept"),
    "event_before_opened": ("the ticket changed before it was opened", "left out"),
    "status_unknown": ("the status is none of new, open, waiting, hold, solved, closed", "left out"),
    "reopened_without_solve": ("the ticket was reopened, but nothing says that it was solved", "kept as a reopen"),
}
"""Name to what it means and what was done about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One kind of trouble: ``count`` of ``of`` rows of ``table``, with up to five identifiers."""

    name: str
    table: str
    count: int
    of: int
    examples: tuple[str, ...] = ()


def find(name: str, table: str, ids: pl.Series, wrong: pl.Series) -> list[Finding]:
    """Count the rows that are ``wrong``; nothing is wrong gives an empty list.

    Parameters
    ----------
    name
        One of `MEANING`.
    table
        Table that the rows stand in.
    ids, wrong
        Identifier and verdict of each row; null counts as not wrong.
    """
    count = int(wrong.sum() or 0)
    if not count:
        return []
    examples = ids.filter(wrong.fill_null(value=False)).drop_nulls().unique(maintain_order=True).head(5)
    return [Finding(name=name, table=table, count=count, of=len(wrong), examples=tuple(map(str, examples)))]


def findings_frame(findings: Sequence[Finding]) -> pl.DataFrame:
    """One row a finding, in the order in which they were made."""
    rows = [(f.name, f.table, f.count, f.of, *MEANING[f.name], list(f.examples)) for f in findings]
    return pl.DataFrame(rows, schema=FINDINGS, orient="row")


__all__ = ["MEANING", "Finding", "find", "findings_frame"]
