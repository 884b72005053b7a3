"""`tidegate import`: fill the service's database from exports."""

from __future__ import annotations

from tidegate.cli import support
from tidegate.cli.rank import Accounts, Agents, Events, Files, Incidents, MapFile, Messages, Timezone


def import_(
    files: Files,
    accounts: Accounts = None,
    incidents: Incidents = None,
    agents: Agents = None,
    messages: Messages = None,
    events: Events = None,
    map_file: MapFile = None,
    timezone: Timezone = None,
) -> None:
    """Fill the service's database from exports; the same files again change nothing."""
    with support.errors():
        from tidegate.cli import inputs
        from tidegate.server import migrating, startup

        paths = {"accounts": accounts, "incidents": incidents, "agents": agents, "messages": messages, "events": events}
        moment = support.parse_now(None)
        tickets, sides = inputs.read_all(files, paths, map_file=map_file, moment=moment, timezone=timezone)
        frames = {"tickets": tickets.table, **{name: intake.table for name, intake in sides.items()}}
        with startup.database():
            startup.answers()
            migrating.migrate(support.say)
            from tidegate.server.desk.importing import facts_import, texts_read

            with support.progress("writing") as progress:
                written = facts_import(frames, progress=progress)
            with support.progress("reading texts") as progress:
                texts_read(progress=progress)
    for name, count in written.items():
        known = frames[name].height - count
        support.say(f"{name}: {count:,} written" + (f", {known:,} known already or newer there" if known else ""))
