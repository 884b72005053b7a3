"""What filters and dialogs offer: the words that occur among the tickets that a person sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from tidegate.server.people.access import sees

if TYPE_CHECKING:
    from tidegate.server.desk.board import Snapshot
    from tidegate.server.people.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """Words of the filters."""

    groups: list[str]
    assignees: list[tuple[str, str]]
    intents: list[str]


def choices_of(snapshot: Snapshot, person: Person) -> Choices:
    """List what occurs, in order."""
    seen = snapshot.visible(person)
    names = {agent: name for agent, name, _ in agents_of(snapshot, person)}

    def words(column: str) -> list[str]:
        return seen[column].drop_nulls().unique().sort().to_list()

    return Choices(
        groups=words("group"),
        assignees=sorted(((who, names.get(who, who)) for who in words("assignee")), key=lambda pair: pair[1].lower()),
        intents=words("intent"),
    )


def agents_of(snapshot: Snapshot, person: Person) -> list[tuple[str, str, str]]:
    """List identifier, name and group of the agents whose group the person sees, by name."""
    agents = snapshot.held.sides["agents"].select("agent_id", name=pl.coalesce("name", "agent_id"), group="group")
    rows = [(agent, name, group or "") for agent, name, group in agents.iter_rows() if sees(person, group)]
    return sorted(rows, key=lambda row: row[1].lower())
