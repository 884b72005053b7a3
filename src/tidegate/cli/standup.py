"""`tidegate standup`: the day on one page."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.measure import Events, Files, Messages
from tidegate.cli.rank import Accounts, Agents, Incidents, MapFile, Now, PolicyFile, Timezone

if TYPE_CHECKING:
    from tidegate.measure.standup import Standup


class Shape(StrEnum):
    """Shapes that the stand-up can be written in."""

    markdown = "markdown"
    html = "html"
    json = "json"


def standup(
    files: Files,
    messages: Messages = None,
    events: Events = None,
    accounts: Accounts = None,
    incidents: Incidents = None,
    agents: Agents = None,
    policy: PolicyFile = "starter",
    now: Now = None,
    map_file: MapFile = None,
    timezone: Timezone = None,
    output: Annotated[
        Shape | None, typer.Option("--format", help="Default: by the ending of --out, else markdown.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Put the day on one page: what breaches, what changed, where it heads, who has too much, what was missed."""
    with support.errors():
        import json

        from tidegate import pipeline
        from tidegate.cli import inputs
        from tidegate.ingest import read_events, read_messages
        from tidegate.measure.standup import night_and_day
        from tidegate.measure.standup import standup as day_of
        from tidegate.report import standup as written
        from tidegate.report.history import history

        got = inputs.gather(
            files,
            accounts=accounts,
            incidents=incidents,
            agents=agents,
            policy=policy,
            map_file=map_file,
            now=now,
            timezone=timezone,
        )
        talk = read_messages(list(messages), timezone=timezone).table if messages else None
        log = read_events(list(events), timezone=timezone).table if events else None
        table = got.tickets.table
        if "accounts" in got.sides:
            table = pipeline.with_tier(table, got.sides["accounts"].table)
        ledger = history(table, got.policy, messages=talk, events=log, as_of=got.now)
        people = got.sides["agents"].table if "agents" in got.sides else None
        zone = got.policy.calendar.timezone
        since, ends = night_and_day(got.now, zone)
        day: Standup = day_of(ledger, pipeline.queue(got.ready), since=since, day_ends=ends, agents=people)
        shape = output or _by_ending(out)
        if shape is Shape.json:
            text = json.dumps(written.standup_payload(day), indent=2, ensure_ascii=False) + "\n"
        else:
            render = written.standup_page if shape is Shape.html else written.standup_markdown
            text = render(day, zone=zone)
        support.write_text(text, out)


def _by_ending(out: Path | None) -> Shape:
    endings = {".json": Shape.json, ".html": Shape.html}
    return endings.get(out.suffix.lower(), Shape.markdown) if out else Shape.markdown
