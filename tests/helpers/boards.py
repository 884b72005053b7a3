"""Small boards of facts to rank, made by hand or drawn by Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
from hypothesis import strategies as st

from tidegate.policy import load
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.policy.model import Policy

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)

BARE = {
    "name": "bare",
    "levels": {
        "P0": {"respond": "10m", "next": "30m", "resolve": "2h", "clock": "always", "severity": 20},
        "P1": {"respond": "30m", "next": "2h", "resolve": "1bd", "severity": 6},
        "P2": {"respond": "4h", "next": "8h", "resolve": "3bd", "severity": 2},
        "P3": {"respond": "1bd", "next": "2bd", "resolve": "5bd", "severity": 1},
    },
    "given": {"confusion": {level: [0.25, 0.25, 0.25, 0.25] for level in LEVELS}},
}
"""A policy with the default ranking and no rules."""


USED = {
    name: fact
    for name, fact in FACTS.items()
    if name.startswith(("level", "age_p"))
    or name
    in {
        *("ticket_id", "created_at", "status", "clock", "priority", "subject", "text", "minutes_left", "intent"),
        *("tier", "contract_value", "days_to_renewal", "health", "lifecycle", "payment_status", "strategic"),
        *("expansion", "vip", "account_known", "open_incidents", "incident_id", "reopens", "affected_users"),
        *("given_urgency", "urgency", "sentiment", "frustration", "unsure"),
    }
}
"""The facts that the tests' policies read: a wide table of all of them would take most of the time."""


def policy_with(**parts: object) -> Policy:
    """The bare policy with some parts replaced."""
    return load({**BARE, **parts})


def facts(rows: Sequence[dict[str, object]]) -> pl.DataFrame:
    """Facts of tickets that differ from an ordinary one in the columns given."""
    ordinary = {name: fact.missing for name, fact in USED.items()}
    tickets = []
    for i, row in enumerate(rows):
        ages = {f"age_p{k}": float(row.get("age", 0.0)) for k in range(4)}  # type: ignore[arg-type]
        belief = dict(zip((f"level_p{k}" for k in range(4)), row.get("p", (0.0, 0.0, 0.0, 1.0)), strict=True))  # type: ignore[call-overload]
        own = {name: value for name, value in row.items() if name not in {"p", "age", "target_row"}}
        likeliest = max(range(4), key=lambda k: (belief[f"level_p{k}"], -k))
        tickets.append(
            {
                **ordinary,
                "ticket_id": f"T{i:03}",
                "created_at": NOW - timedelta(minutes=i),
                "status": "open",
                "clock": "first_response",
                "level": LEVELS[likeliest],
                "level_source": "priority",
                **ages,
                **belief,
                **own,
            }
        )
    frame = pl.DataFrame(tickets, schema={name: fact.dtype for name, fact in USED.items()})
    rows_of = [row.get("target_row", 0) for row in rows]
    return frame.with_columns(pl.Series("target_row", rows_of, dtype=pl.UInt16))


posteriors = (
    st.lists(st.integers(0, 100), min_size=4, max_size=4)
    .filter(any)
    .map(lambda parts: tuple(part / sum(parts) for part in parts))
)
"""Four probabilities that sum to 1, zeros included."""

tickets = st.fixed_dictionaries(
    {
        "p": posteriors,
        "age": st.one_of(st.integers(0, 40_000).map(float), st.sampled_from([0.0, 10.0, 30.0, 240.0, 480.0])),
        "target_row": st.integers(0, 2),
        "tier": st.sampled_from(["trial", "free", "standard", "enterprise", "strategic"]),
        "contract_value": st.one_of(st.none(), st.integers(0, 10**7).map(float)),
        "days_to_renewal": st.one_of(st.none(), st.integers(-400, 400).map(float)),
        "strategic": st.booleans(),
        "reopens": st.integers(0, 4),
        "affected_users": st.integers(1, 5000),
        "open_incidents": st.integers(0, 2),
        "subject": st.sampled_from(["data leak", "cannot pay", "how do I export"]),
    }
)
"""One ticket's facts, as `facts` takes them."""
