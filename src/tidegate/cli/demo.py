"""`tidegate demo`: write a believable company, with the truth known."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """File formats of the demo."""

    csv = "csv"
    parquet = "parquet"


def demo(
    out: Annotated[Path, typer.Option(help="Folder to write to; made if it is missing.")] = Path("demo"),
    tickets: Annotated[int, typer.Option(min=0, help="How many tickets the window holds.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same bytes.")] = 7,
    format: Annotated[  # noqa: A002 -- the word of every verb
        Format | None, typer.Option(help="csv or parquet; CSV up to 100,000 tickets unless told.")
    ] = None,
    languages: Annotated[str, typer.Option(help="Codes out of en,de,fr,es,pt,it, separated by commas.")] = "",
    days: Annotated[int, typer.Option(min=1, help="Length of the window that ends at now.")] = 365,
    now: Annotated[str, typer.Option(help="The moment of asking.")] = "2026-03-02T09:00:00Z",
    agents: Annotated[int | None, typer.Option(help="Size of the team; 25 or what the volume needs.")] = None,
    load: Annotated[float, typer.Option(help="Demand over what the team can do.")] = 0.95,
) -> None:
    """Write the demo company: tickets, messages, events, accounts, agents, incidents, the truth, and now.txt."""
    from tidegate.cli.support import err_console, fail, parse_now, progress
    from tidegate.demo import LANGUAGES, write
    from tidegate.tables.errors import TidegateError

    spoken = tuple(code.strip() for code in languages.split(",") if code.strip()) or LANGUAGES
    try:
        with progress("Writing the demo company") as report:
            paths = write(
                out,
                tickets,
                seed,
                format=None if format is None else format.value,
                progress=report,
                days=days,
                now=parse_now(now),
                agents=agents,
                load=load,
                languages=spoken,
            )
    except TidegateError as error:
        fail(error)
    err_console().print(f"{tickets:,} tickets in {out}: " + ", ".join(path.name for path in paths))
