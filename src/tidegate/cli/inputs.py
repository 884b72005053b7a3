"""The files that `rank` and `explain` start from, read once, with what was recognised and rejected said aloud."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tidegate import pipeline
from tidegate.cli import support
from tidegate.enrich.findings import clock_findings
from tidegate.ingest import (
    Mapping,
    read_accounts,
    read_agents,
    read_events,
    read_incidents,
    read_messages,
    read_tickets,
)
from tidegate.policy import load

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from tidegate.ingest import Intake
    from tidegate.policy.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything that a ranking starts from.

    Attributes
    ----------
    tickets
        What was read of the tickets, and what was rejected.
    ready
        The tickets, made ready under the policy.
    policy, now
        The policy, and the moment of asking.
    sides
        What was read of accounts, incidents, agents, messages and events, by name.
    """

    tickets: Intake
    ready: pipeline.Ready
    policy: Policy
    now: datetime
    sides: dict[str, Intake]

    @property
    def rejected(self) -> bool:
        """Whether any row of any file was rejected."""
        return any(intake.rejected.height for intake in (self.tickets, *self.sides.values()))

    @property
    def counts(self) -> dict[str, int]:
        """Return read = ranked + waiting + closed + rejected, in tickets."""
        return {"read": self.tickets.read, **self.ready.counts, "rejected": self.tickets.rejected.height}


def gather(
    files: Sequence[Path],
    *,
    accounts: Path | None,
    incidents: Path | None,
    agents: Path | None,
    policy: str,
    map_file: Path | None,
    now: str | None,
    timezone: str | None,
    model: str | None = None,
    second: Path | None = None,
    messages: Path | None = None,
    events: Path | None = None,
    also: frozenset[str] = frozenset(),
) -> Inputs:
    """Read the files and make them ready; say on standard error what was recognised, noted and rejected.

    ``also`` names facts that are wanted besides those that ranking reads.
    """
    moment, chosen = support.parse_now(now), load(policy)
    paths = {"accounts": accounts, "incidents": incidents, "agents": agents, "messages": messages, "events": events}
    tickets, sides = read_all(files, paths, map_file=map_file, moment=moment, timezone=timezone)
    tables = {name: intake.table for name, intake in sides.items()}
    support.say_findings(clock_findings(tickets.table, moment, tables.get("events")))
    with support.progress("reading texts") as progress:
        ready = pipeline.prepare(
            tickets.table,
            chosen,
            moment,
            known=pipeline.Known(**tables),
            model=model,
            second=second,
            cache=support.reading_cache(),
            progress=progress,
            also=also,
        )
    return Inputs(tickets=tickets, ready=ready, policy=chosen, now=moment, sides=sides)


def read_all(
    files: Sequence[Path],
    paths: dict[str, Path | None],
    *,
    map_file: Path | None,
    moment: datetime,
    timezone: str | None,
) -> tuple[Intake, dict[str, Intake]]:
    """Read tickets, and by name what else is given; say on standard error what was recognised, noted and rejected."""
    mapping = Mapping.load(map_file) if map_file else None
    with support.progress("reading") as progress:
        tickets = read_tickets(
            [str(file) for file in files], mapping=mapping, now=moment, timezone=timezone, progress=progress
        )
    _say("tickets", tickets)
    if tickets.table.height and tickets.table["first_response_at"].is_null().all():
        support.say("  note: no first response times here, so every open ticket counts as not answered yet")
    sides = {name: _side(name, path, _SIDES[name], timezone) for name, path in paths.items() if path is not None}
    return tickets, sides


_SIDES: Final[dict[str, Callable[..., Intake]]] = {
    "accounts": read_accounts,
    "incidents": read_incidents,
    "agents": read_agents,
    "messages": read_messages,
    "events": read_events,
}


def _side(name: str, path: Path, reader: Callable[..., Intake], timezone: str | None) -> Intake:
    intake = reader(path, timezone=timezone)
    _say(name, intake)
    return intake


_SHOWN = 5


def _say(name: str, intake: Intake) -> None:
    support.say(f"{name}: {recognised(intake.mapping)}")
    for note in intake.notes:
        support.say(f"  note: {note}")
    if intake.rejected.height:
        support.say(f"  rejected {intake.rejected.height:,} of {intake.read:,} rows:")
        for row in intake.rejected.head(_SHOWN).iter_rows(named=True):
            support.say("    " + rejection(row))
        if intake.rejected.height > _SHOWN:
            support.say(f"    and {intake.rejected.height - _SHOWN:,} more; --format json lists them all")


def recognised(mapping: Mapping) -> str:
    """Say how a file was understood: the system, columns that have another name with us, columns that are not used."""
    system = "a table" if mapping.system == "generic" else f"a {mapping.system} export"
    renamed = [
        f"{ours} from {' or '.join(theirs)}" for ours, theirs in mapping.columns.items() if theirs and theirs != (ours,)
    ]
    same = len(mapping.columns) - len(renamed)
    said = [f"read as {system}"]
    if renamed:
        said.append(", ".join(renamed) + (f", and {same} more by their own names" if same else ""))
    if mapping.unmapped:
        said.append(f"not used: {', '.join(mapping.unmapped)}")
    return "; ".join(said)


def rejection(row: dict[str, object]) -> str:
    """Say one rejected row in a line."""
    column = f", column {row['column']!r}" if row["column"] else ""
    value = f" (found {str(row['value'])[:60]!r})" if row["value"] is not None else ""
    return f"{row['file']}, row {row['row']}{column}: {row['why']}{value}"
