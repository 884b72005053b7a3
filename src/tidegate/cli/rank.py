"""`tidegate rank`: files in, ranked queue out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Format

if TYPE_CHECKING:
    from tidegate.cli.inputs import Inputs


Files = Annotated[
    list[Path],
    typer.Argument(help="Exports: CSV, TSV, JSON, NDJSON or Parquet, each also gzipped; - for standard input."),
]
Accounts = Annotated[Path | None, typer.Option(help="Accounts: tier, contract value, renewal, health, payments.")]
Incidents = Annotated[Path | None, typer.Option(help="Incidents on our side.")]
Agents = Annotated[Path | None, typer.Option(help="People who take tickets.")]
Messages = Annotated[Path | None, typer.Option(help="Messages: who answered when, for exact clocks.")]
Events = Annotated[Path | None, typer.Option(help="Changes of tickets: clocks then pause and resume as they did.")]
PolicyFile = Annotated[str, typer.Option(help="starter, playbook, or a policy file.")]
MapFile = Annotated[
    Path | None, typer.Option("--map", help="Column mapping; `tidegate map FILE` writes one to start from.")
]
Now = Annotated[str | None, typer.Option(help="Moment of asking, ISO 8601. Default: the present.")]
Model = Annotated[
    str | None,
    typer.Option(
        help="Folder that `tidegate train` wrote; `columns` leaves texts unread. Default: the packaged reader."
    ),
]
Second = Annotated[
    Path | None, typer.Option(help="Folder of a dearer model for tickets below `review.second_below` of the policy.")
]
Timezone = Annotated[
    str | None, typer.Option(help="Zone of times that name none, such as Europe/London. Default: UTC.")
]


def rank(
    files: Files,
    accounts: Accounts = None,
    incidents: Incidents = None,
    agents: Agents = None,
    messages: Messages = None,
    events: Events = None,
    policy: PolicyFile = "starter",
    map_file: MapFile = None,
    now: Now = None,
    timezone: Timezone = None,
    model: Model = None,
    second: Second = None,
    top: Annotated[
        int | None, typer.Option(min=0, help="Only the first so many. Default: 50 in a table, else all.")
    ] = None,
    output: Annotated[
        Format | None, typer.Option("--format", help="Default: by the ending of --out, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 if any row was rejected.")] = False,
) -> None:
    """Rank the tickets of exports by cost of delay, each with reasons that add up."""
    with support.errors():
        from tidegate.cli import inputs, queue_output

        chosen = output or queue_output.by_ending(out)
        got = inputs.gather(
            files,
            accounts=accounts,
            incidents=incidents,
            agents=agents,
            messages=messages,
            events=events,
            policy=policy,
            map_file=map_file,
            now=now,
            timezone=timezone,
            model=model,
            second=second,
        )
        queue_output.write(got, chosen, top=top, out=out)
    _exit(got, strict=strict)


def _exit(got: Inputs, *, strict: bool) -> None:
    if strict and got.rejected:
        raise typer.Exit(support.NO)
