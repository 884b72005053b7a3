"""Where people said otherwise: what became of routes, and of levels that they looked at."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tidegate.server.desk.acts.answers import taught
from tidegate.server.desk.outbox.selectors import COUNTED, routing_counts
from tidegate.server.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


def corrected(groups: Sequence[str], now: datetime) -> dict[str, Any]:
    """Count it over the last four weeks, of the tickets of these groups; of all where none is named."""
    eyes, since = Person(groups_seen=list(groups)), now - COUNTED
    return {"routing": asdict(routing_counts(person=eyes, since=since)), "taught": asdict(taught(eyes, since=since))}
