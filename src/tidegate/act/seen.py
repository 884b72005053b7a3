"""What acting looks at: a row a ranked ticket, with everything that an action may need to say."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.tables.words import LANE, LEVEL, TIME

SEEN: Final = {
    "ticket_id": pl.String,
    "level": LEVEL,
    "lane": LANE,
    "points": pl.Float64,
    "review": pl.Boolean,
    "escalate": pl.Boolean,
    "rules": pl.List(pl.String),
    "reasons": pl.List(pl.String),
    "first": pl.Boolean,
    "created_at": TIME,
    "due_at": TIME,
    "minutes_left": pl.Float64,
    "reopens": pl.Int32,
    "subject": pl.String,
    "group": pl.String,
    "assignee": pl.String,
    "tags": pl.List(pl.String),
    "product": pl.String,
    "account_id": pl.String,
    "account_name": pl.String,
    "owner": pl.String,
    "contract_value": pl.Float64,
    "affected_users": pl.Int32,
    "incident_id": pl.String,
    "incident_title": pl.String,
    "similar_group": pl.String,
    "workaround": pl.Boolean,
    "evidence": pl.List(pl.String),
}
"""Columns and types. ``rules`` and ``reasons`` are names and texts; ``first`` says that nothing was decided before;
``similar_group`` joins tickets about the same thing; ``evidence`` quotes the ticket. Of these ``ticket_id``, ``level``
and ``lane`` are never null."""

_EMPTY: Final = {"rules": [], "reasons": [], "tags": [], "evidence": []}
_MISSING: Final = {"points": 0.0, "review": False, "escalate": False, "first": False, "reopens": 0}


def complete(table: pl.DataFrame) -> pl.DataFrame:
    """Add the columns that are missing altogether, fill in what stands for a missing value, and sort by ticket."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in SEEN.items() if name not in table.columns]
    full = table.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in SEEN.items())
    return full.with_columns(
        *(pl.col(name).fill_null(pl.lit(value, SEEN[name])) for name, value in {**_EMPTY, **_MISSING}.items())
    ).sort("ticket_id")
