"""Tidegate: a support backlog as a queue ranked by cost of delay, with reasons that add up.

>>> import tidegate as tg
>>> tickets = tg.read_tickets("tickets.csv", now=now)  # doctest: +SKIP
>>> tg.rank(tickets, tg.Policy.load("starter"), now)  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tidegate.api import (
        explain,
        rank,
        read_accounts,
        read_agents,
        read_events,
        read_incidents,
        read_messages,
        read_tickets,
    )
    from tidegate.policy.model import Policy
    from tidegate.tables.errors import InputError, MissingExtraError, ModelError, PolicyError, TidegateError

_HOMES: Final = {
    "explain": "tidegate.api",
    "rank": "tidegate.api",
    "read_accounts": "tidegate.api",
    "read_agents": "tidegate.api",
    "read_events": "tidegate.api",
    "read_incidents": "tidegate.api",
    "read_messages": "tidegate.api",
    "read_tickets": "tidegate.api",
    "Policy": "tidegate.policy.model",
    "InputError": "tidegate.tables.errors",
    "MissingExtraError": "tidegate.tables.errors",
    "ModelError": "tidegate.tables.errors",
    "PolicyError": "tidegate.tables.errors",
    "TidegateError": "tidegate.tables.errors",
}
"""Where each public name lives: importing the package costs nothing until a name is used."""

__all__ = [
    "InputError",
    "MissingExtraError",
    "ModelError",
    "Policy",
    "PolicyError",
    "TidegateError",
    "explain",
    "rank",
    "read_accounts",
    "read_agents",
    "read_events",
    "read_incidents",
    "read_messages",
    "read_tickets",
]


def __getattr__(name: str) -> object:
    """Load a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    """List the public names."""
    return __all__
