"""Builders of small histories for the tests of this room."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl

from tidegate.tables.words import ACTOR, EVENT_KIND, LEVEL, STATUS, TIME

DAY = datetime(2026, 3, 2, tzinfo=UTC)
AS_OF = DAY + timedelta(days=60)


def at(hours: float) -> datetime:
    return DAY + timedelta(hours=hours)


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    base = {"created_at": DAY, "status": "open", "requester_id": None, "assignee": None, "group": None}
    base |= {"given_level": None, "solved_at": None, "closed_at": None, "first_response_at": None, "similar": None}
    schema = {
        "ticket_id": pl.String,
        "created_at": TIME,
        "status": STATUS,
        "requester_id": pl.String,
        "assignee": pl.String,
        "group": pl.String,
        "given_level": LEVEL,
        "solved_at": TIME,
        "closed_at": TIME,
        "first_response_at": TIME,
        "similar": pl.String,
    }
    return pl.DataFrame([base | row for row in rows], schema=schema)


def events(*rows: tuple[str, float, str, str | None, str | None], who: str = "agent") -> pl.DataFrame:
    return pl.DataFrame(
        [(f"e{n}", t, at(h), kind, "ada", who, old, new) for n, (t, h, kind, old, new) in enumerate(rows)],
        schema={
            "event_id": pl.String,
            "ticket_id": pl.String,
            "at": TIME,
            "kind": EVENT_KIND,
            "actor": pl.String,
            "actor_kind": ACTOR,
            "old": pl.String,
            "new": pl.String,
        },
        orient="row",
    )


def messages(*rows: tuple[str, float, str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(f"m{n}", t, at(h), who, who, True, body) for n, (t, h, who, body) in enumerate(rows)],
        schema={
            "message_id": pl.String,
            "ticket_id": pl.String,
            "at": TIME,
            "author": pl.String,
            "author_kind": ACTOR,
            "public": pl.Boolean,
            "body": pl.String,
        },
        orient="row",
    )
