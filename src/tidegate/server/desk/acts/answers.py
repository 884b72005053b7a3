"""What people's answers teach: counts of what was too high and too low, and the rows that a reader learns from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.server.desk import tables
from tidegate.server.desk.models import Override
from tidegate.server.desk.seeing import scope_by_ticket
from tidegate.tables.words import LEVELS, TIME

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.server.people.models import Person

COLUMNS: Final = (
    *("ticket_id", "created_at", "subject", "body", "channel", "language", "product", "category", "type"),
    *("requester_id", "account_id", "priority", "group"),
)
"""What a reader may know of a ticket when it comes in."""
LONGEST_CELL: Final = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Taught:
    """Answers about levels since a moment."""

    answers: int
    confirmed: int
    too_low: int
    """False low: the truth was more urgent than what the policy said."""
    too_high: int
    """False high: the truth was less urgent."""

    @property
    def corrected(self) -> int:
        """Answers that changed something."""
        return self.too_low + self.too_high


def taught(person: Person, *, since: datetime | None = None, by: Person | None = None) -> Taught:
    """Count the level overrides that hold, on tickets that the person sees."""
    held = scope_by_ticket(Override.objects.filter(kind="level", undone_at=None), person)
    if since is not None:
        held = held.filter(at__gte=since)
    if by is not None:
        held = held.filter(by=by)
    pairs = [(LEVELS.index(was), LEVELS.index(value)) for was, value in held.values_list("was", "value") if was]
    return Taught(
        answers=len(pairs),
        confirmed=sum(was == value for was, value in pairs),
        too_low=sum(value < was for was, value in pairs),
        too_high=sum(value > was for was, value in pairs),
    )


def rows_to_learn(person: Person) -> pl.DataFrame:
    """Lay out one row a ticket that somebody said the level or the intent of, as `tidegate train` reads it.

    Returns
    -------
    DataFrame with `COLUMNS`, ``level`` and ``intent`` (what people said last; null where they did not), ``was_level``
    (what the policy had said), ``judged`` (``too low``, ``too high``, ``right``) and ``answered_at``
    """
    held = scope_by_ticket(Override.objects.filter(kind__in=("level", "intent"), undone_at=None), person)
    said = pl.DataFrame(
        list(held.values_list("ticket_id", "kind", "value", "was", "at")),
        schema=dict.fromkeys(("ticket_id", "kind", "value", "was"), pl.String()) | {"at": TIME},
        orient="row",
    )
    word = pl.col("value").filter(pl.col("kind") == "level").last()
    was = pl.col("was").replace("", None).filter(pl.col("kind") == "level").last()  # finished tickets have no level
    judged = (
        pl.when(word == was)
        .then(pl.lit("right"))
        .when(word < was)  # P0 sorts before P1
        .then(pl.lit("too low"))
        .when(word > was)
        .then(pl.lit("too high"))
    )
    answered = said.group_by("ticket_id", maintain_order=True).agg(
        level=word,
        intent=pl.col("value").filter(pl.col("kind") == "intent").last(),
        was_level=was,
        judged=judged,
        answered_at=pl.col("at").max(),
    )
    tickets = tables.read("tickets", "ticket_id = ANY(%s)", [answered["ticket_id"].to_list()], columns=COLUMNS)
    return tickets.join(answered, on="ticket_id", how="inner").sort("answered_at", "ticket_id")
