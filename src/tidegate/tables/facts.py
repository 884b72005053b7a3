"""Every column that a rule may name, with its type, its unit and what stands in when the fact is missing.

The wide table of facts has one row a ticket: the ticket itself, its account, its reading, its clock, its history and
the incidents that touch it. `pipeline` builds it, `policy` checks rules against it, `rank` reads it. Facts whose source
is absent (no accounts file, no reading) are present as columns all the same, filled with the default or null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.tables.contracts import Accounts, Clocks, Readings, Tickets
from tidegate.tables.words import LANE, LEVEL

if TYPE_CHECKING:
    import dataframely as dy
    from polars._typing import PolarsDataType


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One column of the facts table."""

    name: str
    dtype: PolarsDataType
    description: str
    source: str  # ticket, account, reading, clock, incident, history, person or derived
    missing: object = None  # what stands in when it is not known; None leaves null


_MISSING: Final[dict[str, object]] = {
    "tier": "standard",
    "reopens": 0,
    "transfers": 0,
    "affected_users": 1,
    "vip": False,
    "escalated": False,
    "strategic": False,
    "expansion": False,
    "failed_payments": 0,
    "payment_status": "ok",
    "lifecycle": "active",
    "unsure": None,
}
_NOT_FACTS: Final = frozenset({"name", "domain", "evidence", "level_set", "read_users", "read_language", "target_row"})

_DERIVED: Final = (
    Fact(name="text", dtype=pl.String(), description="subject, newline, body", source="derived", missing=""),
    Fact(
        name="level",
        dtype=LEVEL,
        description="likeliest level before the rules",
        source="derived",
        missing="P3",
    ),
    Fact(
        name="age_hours",
        dtype=pl.Float64(),
        description="hours since the ticket was opened, around the clock",
        source="derived",
        missing=0.0,
    ),
    Fact(
        name="days_to_renewal",
        dtype=pl.Float64(),
        description="days until the account renews; negative after it",
        source="account",
    ),
    Fact(
        name="assignee_away",
        dtype=pl.Boolean(),
        description="the assignee is not available now",
        source="derived",
        missing=False,
    ),
    Fact(
        name="account_known",
        dtype=pl.Boolean(),
        description="the account was found",
        source="account",
        missing=False,
    ),
    Fact(
        name="account_match",
        dtype=pl.String(),
        description="how the account was found: id, domain or name",
        source="account",
    ),
    Fact(
        name="open_incidents",
        dtype=pl.Int32(),
        description="open incidents on the ticket's product or account",
        source="incident",
        missing=0,
    ),
    Fact(name="incident_id", dtype=pl.String(), description="the gravest of them", source="incident"),
    Fact(name="incident_title", dtype=pl.String(), description="its title", source="incident"),
    Fact(
        name="requester_tickets_90d",
        dtype=pl.Int32(),
        description="other tickets of the requester in 90 days",
        source="history",
        missing=0,
    ),
    Fact(
        name="account_tickets_90d",
        dtype=pl.Int32(),
        description="other tickets of the account in 90 days",
        source="history",
        missing=0,
    ),
    Fact(
        name="account_escalations_90d",
        dtype=pl.Int32(),
        description="of those, escalated ones",
        source="history",
        missing=0,
    ),
    Fact(
        name="account_csat_90d",
        dtype=pl.Float64(),
        description="their mean satisfaction, 0 to 1",
        source="history",
    ),
    Fact(
        name="similar_open",
        dtype=pl.Int32(),
        description="open tickets about the same thing",
        source="reading",
        missing=0,
    ),
    Fact(
        name="similar_last_24h",
        dtype=pl.Int32(),
        description="tickets about the same thing in 24 hours",
        source="reading",
        missing=0,
    ),
    Fact(
        name="override_level",
        dtype=LEVEL,
        description="the level that a person said it is",
        source="person",
    ),
    Fact(
        name="override_lane",
        dtype=LANE,
        description="the lane that a person put it in",
        source="person",
    ),
)


def _from_contract(schema: type[dy.Schema], source: str) -> list[Fact]:
    return [
        Fact(
            name=name,
            dtype=column.dtype,
            description=column.description or "",
            source=source,
            missing=_MISSING.get(name, False if source == "reading" and column.dtype == pl.Boolean else None),
        )
        for name, column in schema.columns().items()
        if name not in _NOT_FACTS
    ]


def _registry() -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for schema, source in (
        (Tickets, "ticket"),
        (Accounts, "account"),
        (Readings, "reading"),
        (Clocks, "clock"),
    ):
        for fact in _from_contract(schema, source):
            facts.setdefault(fact.name, fact)
    return facts | {fact.name: fact for fact in _DERIVED}


FACTS: Final[dict[str, Fact]] = _registry()
"""By name, in the order in which the reference lists them."""

__all__ = ["FACTS", "Fact"]
