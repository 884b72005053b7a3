"""How the public API is used, for the type checker alone: `ty check` must find nothing to say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import assert_type

import polars as pl

import tidegate as tg
from tidegate.pipeline import Explanation


def use() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    policy = tg.Policy.load("starter")
    tickets = tg.read_tickets("tickets.csv", now=now, timezone="Europe/London")
    accounts, incidents = tg.read_accounts("accounts.csv"), tg.read_incidents("incidents.csv")
    assert_type(tickets, pl.DataFrame)
    assert_type(tg.rank(tickets, policy, now, accounts=accounts, incidents=incidents, top=10), pl.DataFrame)
    assert_type(tg.explain(tickets, "7", policy, now), Explanation | None)
    try:
        tg.Policy.load("none.yml")
    except tg.PolicyError as error:
        assert_type(error.findings, tuple[str, ...])
