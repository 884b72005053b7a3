"""`tidegate measure`: what happened, how sure that is, and what changed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Report
from tidegate.cli.rank import MapFile, Now, PolicyFile, Timezone

Files = Annotated[
    list[Path], typer.Argument(help="Tickets: CSV, TSV, JSON, NDJSON or Parquet, also gzipped, or a log of them.")
]
Messages = Annotated[list[Path] | None, typer.Option(help="Messages; may be given again.")]
Events = Annotated[list[Path] | None, typer.Option(help="Changes of tickets; may be given again.")]
Window = Annotated[
    float,
    typer.Option(min=0.04, max=90, help="Days in which a new ticket of the same requester is a recontact; 3 to 7."),
]
Seed = Annotated[int, typer.Option(help="Seed of the bootstrap intervals.")]


def measure(
    files: Files,
    messages: Messages = None,
    events: Events = None,
    accounts: Annotated[Path | None, typer.Option(help="Accounts: promises may differ by tier.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First moment, ISO 8601. Default: the first.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="End, not included. Default: the last moment known.")] = None,
    by: Annotated[str | None, typer.Option(help="Column to split by, such as group, product or language.")] = None,
    compare: Annotated[
        str | None,
        typer.Option(help="Set beside: previous, FROM..TO, or another policy (starter, playbook or a file)."),
    ] = None,
    policy: PolicyFile = "starter",
    always: Annotated[bool, typer.Option("--always", help="Count every hour instead of business hours.")] = False,
    window: Window = 7.0,
    alike: Annotated[
        bool, typer.Option("--similar", help="Also tell recontacts about the same thing; looks at every text.")
    ] = False,
    now: Now = None,
    map_file: MapFile = None,
    timezone: Timezone = None,
    definitions: Annotated[bool, typer.Option("--definitions", help="Print what each measure means.")] = False,
    output: Annotated[
        Report | None, typer.Option("--format", help="Default: by the ending of --out, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
    seed: Seed = 0,
) -> None:
    """Measure a period: flow, speed, targets, quality, effort and mix, each with its interval and definition."""
    with support.errors():
        from tidegate.cli import measure_inputs, measure_output

        got = measure_inputs.gather(
            files,
            messages,
            events,
            policy=policy,
            always=always,
            now=now,
            window=window,
            map_file=map_file,
            timezone=timezone,
            described=True,
            alike=alike,
            accounts=accounts,
        )
        report = measure_inputs.measured(got, start=start, end=end, by=by, compare=compare, seed=seed)
        shape = output or Report.by_ending(out)
        if shape is Report.table:
            measure_output.print_table(report, out, definitions=definitions)
        else:
            text = measure_output.json_text(report) if shape is Report.json else measure_output.html_text(report)
            support.write_text(text, out)
