"""`tidegate similar`: near-duplicate tickets, and groups that one cause may explain."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Listing
from tidegate.cli.rank import Files, MapFile, Now, Timezone

if TYPE_CHECKING:
    import polars as pl


def similar(
    files: Files,
    map_file: MapFile = None,
    now: Now = None,
    timezone: Timezone = None,
    top: Annotated[int, typer.Option(min=1, help="Groups that the table shows, largest first.")] = 20,
    output: Annotated[Listing, typer.Option("--format", help="csv and json hold every ticket.")] = Listing.table,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Group tickets about the same thing, and count how many of them are open or new."""
    with support.errors():
        from tidegate.ingest import Mapping, read_tickets
        from tidegate.read import similar as grouping
        from tidegate.read.embedding import load_embedding

        at = support.parse_now(now)
        mapping = Mapping.load(map_file) if map_file else None
        with support.progress("reading files") as progress:
            intake = read_tickets(
                [str(file) for file in files], mapping=mapping, now=at, timezone=timezone, progress=progress
            )
        for note in intake.notes:
            support.say(note)
        if intake.rejected.height:
            support.say(f"{intake.rejected.height} of {intake.read} rows could not be used; `tidegate rank` lists them")
        table = load_embedding()
        found = grouping.similar(intake.table, embed=lambda texts: table.embed(texts.to_list()), now=at)
        if output is Listing.table:
            _print_groups(found, intake.table, top)
        else:
            support.write_text(_text(found, output), out)


def _text(found: pl.DataFrame, output: Listing) -> str:
    if output is Listing.csv:
        from tidegate.tables.spreadsheet import without_formulas

        return without_formulas(found).write_csv()
    return json.dumps(found.to_dicts(), ensure_ascii=False, indent=1) + "\n"


def _print_groups(found: pl.DataFrame, tickets: pl.DataFrame, top: int) -> None:
    """Print the largest groups: name, size, open, new in 24 hours, an example."""
    import polars as pl
    from rich.table import Table

    shown = (
        found.join(tickets.select("ticket_id", "subject"), on="ticket_id", how="left", maintain_order="left")
        .filter(pl.col("group_id").is_not_null())
        .group_by("group_id", maintain_order=True)
        .agg(
            pl.col("group_name", "similar_open", "similar_last_24h").max(),
            tickets=pl.len(),
            example=pl.col("subject").first(),
        )
        .sort("tickets", "group_id", descending=[True, False])
    )
    if shown.is_empty():
        support.say("no two tickets seem to be about the same thing")
        return
    table = Table(box=None, pad_edge=False)
    table.add_column("group", no_wrap=True, min_width=8)
    table.add_column("about", min_width=22)
    for heading in ("tickets", "open", "24 h"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("for example", overflow="ellipsis", no_wrap=True)
    for row in shown.head(top).iter_rows(named=True):
        words = [row["group_id"], row["group_name"], row["tickets"], row["similar_open"], row["similar_last_24h"]]
        table.add_row(*(support.printable(str(word)) for word in (*words, row["example"] or "")))
    support.console().print(table, markup=False)
    support.say(f"{shown.height} groups hold {found['group_id'].count()} of {found.height} tickets")
