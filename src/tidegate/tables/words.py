"""The closed vocabularies that every table, rule, screen and document shares."""

from __future__ import annotations

from typing import Final, Literal

import polars as pl

Level = Literal["P0", "P1", "P2", "P3"]
Lane = Literal["now", "escalate", "aged", "review", "queue", "later", "waiting"]
Clock = Literal["first_response", "next_response", "resolution", "none"]

LEVELS: Final[tuple[Level, ...]] = ("P0", "P1", "P2", "P3")
URGENT: Final[tuple[Level, ...]] = ("P0", "P1")
"""Levels that count as urgent in measures, in review and in the escalate lane."""

LANES: Final[tuple[Lane, ...]] = ("now", "escalate", "aged", "review", "queue", "later", "waiting")
"""Lanes in the order in which they are handed out; ``waiting`` is not ranked."""

CLOCKS: Final[tuple[Clock, ...]] = ("first_response", "next_response", "resolution", "none")
"""Clock that runs for a ticket; ``none`` while it waits on the customer or is closed."""

STATUSES: Final = ("new", "open", "waiting", "hold", "solved", "closed")
"""``waiting`` is on the customer, ``hold`` on somebody inside or a third party."""

ActionKind = Literal["assign", "tag", "note", "notify", "page", "escalate", "review", "draft"]
Seniority = Literal["junior", "regular", "senior"]

ACTION_KINDS: Final[tuple[ActionKind, ...]] = (
    *("page", "escalate", "notify", "assign", "review", "tag", "note", "draft"),
)
"""What may follow from a decision, in the order in which a person would want to hear of it."""
SENIORITIES: Final[tuple[Seniority, ...]] = ("junior", "regular", "senior")

NATURES: Final = ("lookup", "process", "advisory", "emotional")
ACTORS: Final = ("requester", "agent", "bot", "system", "other")
EVENT_KINDS: Final = (
    "created",
    "status",
    "assigned",
    "transferred",
    "priority",
    "reopened",
    "merged",
    "waiting_customer",
    "waiting_internal",
    "note",
    "csat",
    "escalated",
    "override",
)
SIGNALS: Final = (
    "blocked_workflow",
    "workaround",
    "repeated_failure",
    "churn_threat",
    "competitor",
    "legal",
    "security",
    "escalation_request",
    "follow_up",
    "executive",
    "payment_failure",
)
"""What a text can say besides its subject; each is a boolean column that rules may use."""

LEVEL: Final = pl.Enum(LEVELS)
ACTION_KIND: Final = pl.Enum(ACTION_KINDS)
LANE: Final = pl.Enum(LANES)
CLOCK: Final = pl.Enum(CLOCKS)
STATUS: Final = pl.Enum(STATUSES)
ACTOR: Final = pl.Enum(ACTORS)
EVENT_KIND: Final = pl.Enum(EVENT_KINDS)
TIME: Final = pl.Datetime("us", "UTC")
"""Every time in every table: microseconds, UTC."""
