"""What pages and the API show of a ranked ticket, and by what they choose tickets."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple, Self

import polars as pl

from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Named = tuple[tuple[str, float], ...]


class Reason(NamedTuple):
    """Why a ticket stands where it stands: the part of its points or the rule, plain words, and the points."""

    kind: str
    text: str
    points: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A ticket as it stands in the queue.

    ``position`` is among all tickets, 1 is handed out first; None, like the points, for a ticket that waits on somebody
    and is not ranked. ``minutes_left`` are on the ticket's clock. ``evidence`` are spans of subject, newline, body.
    ``snoozed`` says that somebody set it aside; without ``snoozed_until`` until the customer writes.
    """

    position: int | None
    ticket_id: str
    level: str | None
    points: float | None
    lane: str
    review: bool
    escalate: bool
    parts: Named
    rules: Named
    reasons: tuple[Reason, ...]
    due_at: datetime | None
    minutes_left: float | None
    clock: str | None
    probabilities: tuple[float, ...]
    subject: str | None
    status: str
    assignee: str | None
    group: str | None
    account_id: str | None
    account_name: str | None
    tier: str | None
    requester: str | None
    created_at: datetime
    intent: str | None
    intent_confidence: float | None
    level_set: tuple[str, ...]
    evidence: tuple[dict[str, object], ...]
    snoozed: bool = False
    snoozed_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """By what tickets are chosen; empty: by nothing. ``search`` looks at identifier, subject and account."""

    lane: str = ""
    level: str = ""
    group: str = ""
    assignee: str = ""
    account: str = ""
    intent: str = ""
    search: str = ""
    unassigned: bool = False
    snoozed: bool = False

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        """Take them from a query; what is unknown or no valid word is left out."""
        said = {part.name: str(given.get(part.name, "")).strip()[:200] for part in fields(cls)}
        unassigned, snoozed = (said.pop(name) in ("1", "true", "on") for name in ("unassigned", "snoozed"))
        for name, valid in (("lane", LANES), ("level", LEVELS)):
            said[name] = said[name] if said[name] in valid else ""
        return cls(unassigned=unassigned, snoozed=snoozed, **said)

    def condition(self) -> pl.Expr:
        """Return the condition over the columns of a snapshot's index."""
        # a column and no literal: polars does not stretch a literal over a frame with an empty chunk
        kept = [pl.col("ticket_id").is_not_null()]
        words = {name: getattr(self, name) for name in ("lane", "level", "group", "assignee", "intent")}
        kept += [pl.col(name).cast(pl.String) == word for name, word in words.items() if word]
        if self.account:
            kept.append((pl.col("account_id") == self.account) | (pl.col("account_name") == self.account))
        if self.unassigned:
            kept.append(pl.col("assignee").is_null())
        if self.snoozed:
            kept.append(pl.col("snoozed"))
        if self.search:
            sought = self.search.casefold()
            kept.append(pl.col("sought").str.contains(sought, literal=True))
        return pl.all_horizontal(condition.fill_null(value=False) for condition in kept)
