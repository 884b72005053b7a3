"""Column contracts, shared words and errors: the ground that every stage stands on."""

from tidegate.tables.contracts import (
    Accounts,
    Actions,
    Agents,
    Clocks,
    Events,
    Incidents,
    Levels,
    Messages,
    Queue,
    Readings,
    Routes,
    Tickets,
)
from tidegate.tables.errors import InputError, MissingExtraError, ModelError, PolicyError, TidegateError

__all__ = [
    "Accounts",
    "Actions",
    "Agents",
    "Clocks",
    "Events",
    "Incidents",
    "InputError",
    "Levels",
    "Messages",
    "MissingExtraError",
    "ModelError",
    "PolicyError",
    "Queue",
    "Readings",
    "Routes",
    "Tickets",
    "TidegateError",
]
