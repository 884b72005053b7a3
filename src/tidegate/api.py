"""The public functions: files and frames in, frames out."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from tidegate import ingest, pipeline
from tidegate.pipeline import Known
from tidegate.tables import Accounts, Agents, Events, Incidents, InputError, Messages, Tickets

if TYPE_CHECKING:
    from pathlib import Path

    import dataframely as dy
    import polars as pl

    from tidegate.ingest import Intake, Mapping
    from tidegate.ingest.intake import Sources
    from tidegate.pipeline import Explanation
    from tidegate.policy.model import Policy


def read_tickets(
    source: Sources, *, now: datetime | None = None, mapping: Mapping | None = None, timezone: str | None = None
) -> pl.DataFrame:
    """Read help desk exports as one row a ticket, as known at a moment.

    Parameters
    ----------
    source
        Path or paths of CSV, TSV, JSON, NDJSON or Parquet files, each also gzipped; or a frame of such rows.
    now
        The moment of asking, with a zone; None is the present. Nothing later than it is read.
    mapping
        Which columns become which of ours; None recognises them.
    timezone
        IANA zone of times that name none; None is UTC.

    Returns
    -------
    DataFrame valid by `tidegate.tables.Tickets`

    Raises
    ------
    InputError
        If a file cannot be used at all.

    Warns
    -----
    UserWarning
        If rows were rejected: how many, and the first of them. ``tidegate rank --format json`` lists them all.
    """
    return _told(ingest.read_tickets(source, now=_moment(now), mapping=mapping, timezone=timezone))


def read_accounts(source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None) -> pl.DataFrame:
    """Read accounts, valid by `tidegate.tables.Accounts`; parameters and errors as for `read_tickets`."""
    return _told(ingest.read_accounts(source, mapping=mapping, timezone=timezone))


def read_incidents(source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None) -> pl.DataFrame:
    """Read incidents, valid by `tidegate.tables.Incidents`; parameters and errors as for `read_tickets`."""
    return _told(ingest.read_incidents(source, mapping=mapping, timezone=timezone))


def read_agents(source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None) -> pl.DataFrame:
    """Read agents, valid by `tidegate.tables.Agents`; parameters and errors as for `read_tickets`."""
    return _told(ingest.read_agents(source, mapping=mapping, timezone=timezone))


def read_messages(source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None) -> pl.DataFrame:
    """Read messages, valid by `tidegate.tables.Messages`; parameters and errors as for `read_tickets`."""
    return _told(ingest.read_messages(source, mapping=mapping, timezone=timezone))


def read_events(source: Sources, *, mapping: Mapping | None = None, timezone: str | None = None) -> pl.DataFrame:
    """Read events, valid by `tidegate.tables.Events`; parameters and errors as for `read_tickets`."""
    return _told(ingest.read_events(source, mapping=mapping, timezone=timezone))


def rank(
    tickets: pl.DataFrame,
    policy: Policy,
    now: datetime | None = None,
    *,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    agents: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    readings: pl.DataFrame | None = None,
    model: str | Path | None = None,
    top: int | None = None,
    reasons: bool = True,
) -> pl.DataFrame:
    """Rank the open tickets by what waiting costs.

    Parameters
    ----------
    tickets
        Valid by `tidegate.tables.Tickets`, as `read_tickets` gives them; closed ones count as history.
    policy
        What the team decided: ``Policy.load("starter")``, or a file of your own.
    now
        The moment of asking, with a zone; None is the present.
    accounts, incidents, agents
        As `read_accounts`, `read_incidents` and `read_agents` give them; None where there are none.
    messages, events
        As `read_messages` and `read_events` give them: clocks then pause, resume and count answers as they were.
    readings
        Valid by `tidegate.tables.Readings`; None reads the tickets.
    model
        A folder that ``tidegate train`` wrote; None reads texts with the packaged model; ``"columns"`` leaves texts
        unread and takes the level posterior from the tickets' own columns.
    top
        Only the first so many; None for all.
    reasons
        Whether to add ``clock``, ``minutes_left``, ``due_at``, ``parts``, ``rules`` and ``reasons``.

    Returns
    -------
    DataFrame valid by `tidegate.tables.Queue`
        Best first. ``points`` is ten times the binary logarithm of the cost of delay: 10 more is twice as costly.
        Equal points: the older ticket first, then the smaller identifier.

    Raises
    ------
    InputError
        If a table does not keep its contract, or ``now`` has no zone.
    """
    known = Known(
        accounts=accounts, incidents=incidents, agents=agents, messages=messages, events=events, readings=readings
    )
    ready = _ready(tickets, policy, now, known, model)
    return pipeline.queue(ready, top=top, reasons=reasons)


def explain(
    tickets: pl.DataFrame,
    ticket_id: str,
    policy: Policy,
    now: datetime | None = None,
    *,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    agents: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    readings: pl.DataFrame | None = None,
    model: str | Path | None = None,
) -> Explanation | None:
    """Open one ticket up: its row of the queue, why above the next one, what would change it.

    Parameters are those of `rank`. None where the ticket is not in the queue: unknown, waiting or closed.
    """
    known = Known(
        accounts=accounts, incidents=incidents, agents=agents, messages=messages, events=events, readings=readings
    )
    ready = _ready(tickets, policy, now, known, model)
    return pipeline.explain(ready, ticket_id)


def _ready(
    tickets: pl.DataFrame, policy: Policy, now: datetime | None, known: Known, model: str | Path | None
) -> pipeline.Ready:
    _check("tickets", Tickets, tickets)
    for schema, table in (
        (Accounts, known.accounts),
        (Incidents, known.incidents),
        (Agents, known.agents),
        (Messages, known.messages),
        (Events, known.events),
    ):
        if table is not None:
            _check(schema.__name__.lower(), schema, table)
    return pipeline.prepare(tickets, policy, _moment(now), known=known, model=model)


def _check(name: str, schema: type[dy.Schema], table: pl.DataFrame) -> None:
    """Compare a frame with its contract; a missing column is told with the function that makes such frames."""
    wanted = {column: spec.dtype for column, spec in schema.columns().items()}
    wrong = [column for column, dtype in wanted.items() if table.schema.get(column) != dtype]
    if wrong:
        column = wrong[0]
        raise InputError(
            f"the {name} do not keep their contract",
            column=column,
            value=table.schema.get(column),
            expected=str(wanted[column]),
            mend=f"tidegate.read_{name}(frame) turns any frame into one that does.",
        )


def _moment(now: datetime | None) -> datetime:
    if now is None:
        return datetime.now(UTC)
    if now.tzinfo is None:
        raise InputError(
            "a time without a zone",
            column="now",
            value=now,
            expected="an aware datetime",
            mend="Add tzinfo=datetime.UTC.",
        )
    return now.astimezone(UTC)


def _told(intake: Intake) -> pl.DataFrame:
    if intake.rejected.height:
        first = intake.rejected.row(0, named=True)
        warnings.warn(
            f"{intake.rejected.height} of {intake.read} rows were rejected, "
            f"the first: {first['file']}, row {first['row']}, column {first['column']!r}: {first['why']}",
            stacklevel=3,
        )
    return intake.table
