"""`tidegate explain`: one ticket opened up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Page
from tidegate.cli.rank import (
    Accounts,
    Agents,
    Events,
    Incidents,
    MapFile,
    Messages,
    Model,
    Now,
    PolicyFile,
    Second,
    Timezone,
)


def explain(
    file: Annotated[Path, typer.Argument(help="An export, as for `tidegate rank`.")],
    ticket: Annotated[str, typer.Argument(help="The ticket's identifier.")],
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
    output: Annotated[Page, typer.Option("--format", help="A page to read, or JSON.")] = Page.table,
) -> None:
    """Say why a ticket stands where it stands, why above the next one, and what would change it."""
    with support.errors():
        from tidegate.cli import explain_output, inputs

        got = inputs.gather(
            [file],
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
        explain_output.write(got, ticket, as_json=output is Page.json)
