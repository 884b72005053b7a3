"""`tidegate route`: who should take the tickets that nobody has."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Listing
from tidegate.cli.rank import Accounts, Events, Files, Incidents, MapFile, Messages, Model, Now, PolicyFile, Timezone


def route(
    files: Files,
    agents: Annotated[Path, typer.Option(help="People who take tickets: group, skills, languages, capacity ...")],
    accounts: Accounts = None,
    incidents: Incidents = None,
    messages: Messages = None,
    events: Events = None,
    policy: PolicyFile = "starter",
    map_file: MapFile = None,
    now: Now = None,
    timezone: Timezone = None,
    model: Model = None,
    top: Annotated[
        int | None, typer.Option(min=0, help="Show only the first so many. Default: 50 in a table, else all.")
    ] = None,
    output: Annotated[
        Listing | None, typer.Option("--format", help="Default: by the ending of --out, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Suggest who should take each open ticket that nobody has, a group's work as one assignment, with reasons."""
    with support.errors():
        from tidegate import deciding
        from tidegate.cli import inputs, route_output

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
            also=deciding.FOR_ROUTES,
        )
        routes = deciding.routes(got.ready, got.tickets.table, model=model, cache=support.reading_cache())
        route_output.write(got, routes, output or Listing.by_ending(out), top=top, out=out)
