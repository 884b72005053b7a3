"""`tidegate map`: show what a file's columns and words are taken for, and write it as a mapping file to correct."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from tidegate.ingest import Intake


class Table(StrEnum):
    """Tables that a file can be read as."""

    tickets = "tickets"
    accounts = "accounts"
    incidents = "incidents"
    agents = "agents"
    messages = "messages"
    events = "events"


def map(  # noqa: A001 - the verb's name; the lead registers the function by it
    file: Annotated[str, typer.Argument(metavar="FILE", help="An export; - reads standard input.")],
    out: Annotated[Path | None, typer.Option(help="Write the mapping file here instead of to standard output.")] = None,
    table: Annotated[Table, typer.Option(help="What the file holds.")] = Table.tickets,
    map_file: Annotated[Path | None, typer.Option("--map", help="Start from this mapping file.")] = None,
    now: Annotated[str | None, typer.Option(help="Moment of asking, ISO 8601. Default: the present.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")] = None,
) -> None:
    """Show what a file's columns are taken for, as a mapping file to start from."""
    with support.errors():
        from tidegate.ingest import ColumnMissingError, Mapping, read_table

        mapping = Mapping.load(map_file) if map_file else None
        moment = support.parse_now(now)
        try:
            intake = read_table(file, table.value, mapping=mapping, now=moment, timezone=timezone)
        except ColumnMissingError as error:
            support.write_text(error.mapping.dump(), out)
            support.say(f"{file}: {error.message}. {error.hint or 'Name it in the mapping file, under columns.'}")
            raise typer.Exit(support.NO) from None
        support.write_text(intake.mapping.dump(), out)
        _tell(intake)


def _tell(intake: Intake) -> None:
    mapping = intake.mapping
    support.say(
        f"recognised as {mapping.system}: {len(mapping.columns)} columns used, {len(mapping.unmapped)} not; "
        f"{intake.table.height:,} rows fit, {intake.rejected.height:,} are rejected"
    )
    for note in intake.notes:
        support.say(note)
