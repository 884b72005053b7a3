"""Exports and payloads to valid tables, with every row accounted for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.ingest.intake import ColumnMissingError, Intake, read_table
from tidegate.ingest.mapping import Mapping

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.ingest.intake import Progress, Sources

__all__ = [
    "ColumnMissingError",
    "Intake",
    "Mapping",
    "read_accounts",
    "read_agents",
    "read_events",
    "read_incidents",
    "read_messages",
    "read_table",
    "read_tickets",
]


def read_tickets(
    source: Sources,
    *,
    mapping: Mapping | None = None,
    now: datetime,
    timezone: str | None = None,
    progress: Progress | None = None,
) -> Intake:
    """Read help desk exports as one row a ticket, as known at a moment.

    Parameters
    ----------
    source
        A path, "-" for standard input, a binary stream, bytes, a Polars frame, or a list of these. CSV, TSV, JSON,
        NDJSON and Parquet, each also gzipped, are told by their content.
    mapping
        What the columns mean; recognised when not given.
    now
        The moment to know the tickets at, with a time zone. Nothing later is looked at.
    timezone
        IANA zone of times that name none; UTC, with a note, when nobody says.
    progress
        Called with (sources done, sources).

    Returns
    -------
    Intake
        Every row is in ``table`` or in ``rejected``.

    Raises
    ------
    InputError
        A source holds no table, or no column for the ticket's identifier or creation time.
    """
    return read_table(source, "tickets", mapping=mapping, now=now, timezone=timezone, progress=progress)


def read_accounts(
    source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None, progress: Progress | None = None
) -> Intake:
    """Read customers; parameters, result and errors as for `read_tickets`."""
    return read_table(source, "accounts", mapping=mapping, timezone=timezone, progress=progress)


def read_incidents(
    source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None, progress: Progress | None = None
) -> Intake:
    """Read incidents on our side; parameters, result and errors as for `read_tickets`."""
    return read_table(source, "incidents", mapping=mapping, timezone=timezone, progress=progress)


def read_agents(
    source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None, progress: Progress | None = None
) -> Intake:
    """Read the people who take tickets; parameters, result and errors as for `read_tickets`."""
    return read_table(source, "agents", mapping=mapping, timezone=timezone, progress=progress)


def read_messages(
    source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None, progress: Progress | None = None
) -> Intake:
    """Read messages; parameters, result and errors as for `read_tickets`."""
    return read_table(source, "messages", mapping=mapping, timezone=timezone, progress=progress)


def read_events(
    source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None, progress: Progress | None = None
) -> Intake:
    """Read changes of tickets; parameters, result and errors as for `read_tickets`."""
    return read_table(source, "events", mapping=mapping, timezone=timezone, progress=progress)
