"""The command line: one file a verb. Importing it costs no more than typer; each verb loads what it needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from typer.core import TyperGroup

from tidegate.cli import admin, channel, policy
from tidegate.cli.backtest import backtest
from tidegate.cli.backup import backup, restore
from tidegate.cli.demo import demo
from tidegate.cli.doctor import doctor
from tidegate.cli.explain import explain
from tidegate.cli.import_ import import_
from tidegate.cli.map import map as map_
from tidegate.cli.measure import measure
from tidegate.cli.rank import rank
from tidegate.cli.read import read
from tidegate.cli.route import route
from tidegate.cli.serve import migrate, serve, web, work
from tidegate.cli.similar import similar
from tidegate.cli.staff import staff
from tidegate.cli.standup import standup
from tidegate.cli.train import train
from tidegate.cli.tune import tune

if TYPE_CHECKING:
    from types import FunctionType

SECTIONS: Final[dict[str, dict[FunctionType, str]]] = {
    "Today's queue": {
        rank: "Rank the tickets of exports by cost of delay, with reasons.",
        explain: "Why one ticket stands where it stands, and what would change it.",
        route: "Suggest who should take each ticket that nobody has.",
        standup: "The day on one page: breaches, changes, who has too much.",
    },
    "The past": {
        measure: "Flow, speed, targets, quality and effort, with intervals.",
        doctor: "What in a file would make ranks and measures wrong.",
        backtest: "Replay a history under several policies, with intervals.",
        staff: "How many agents a promise needs, estimated by replay.",
        tune: "Try other numbers for a policy, judged on a later part.",
    },
    "Texts and files": {
        read: "What each text says: intent, level, signals, with evidence.",
        train: "Learn a reader from your own history.",
        similar: "Group tickets about the same thing.",
        map_: "Show what a file's columns are taken for.",
        demo: "Write the demo company, to try all of it on.",
    },
    "The service": {
        serve: "Database, web and worker in one, until Ctrl-C.",
        web: "The web alone, on the PostgreSQL that DATABASE_URL names.",
        work: "The worker alone, on the PostgreSQL that DATABASE_URL names.",
        migrate: "Bring the database to this version, while people work.",
        backup: "Write the whole database to one file, while people work.",
        restore: "Read a backup into an empty database.",
        import_: "Fill the service from exports; again changes nothing.",
    },
}
"""What the help lists: a verb a line, short enough for 80 columns."""
_GROUPS: Final = {
    "policy": (policy.app, "Texts and files"),
    "admin": (admin.app, "The service"),
    "channel": (channel.app, "The service"),
}


class Sections(TyperGroup):
    """Lists the commands by what they are for, as a person would look for them."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401 (typer exports neither)
        """Write a section each."""
        for title, verbs in SECTIONS.items():
            groups = [name for name, (_, section) in _GROUPS.items() if section == title]
            names = [*(_name(verb) for verb in verbs), *groups]
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl([(name, found.get_short_help_str(80)) for name, found in commands if found])


def _name(verb: FunctionType) -> str:
    return verb.__name__.rstrip("_")


app = typer.Typer(
    name="tidegate",
    cls=Sections,
    help="Turn a crowded support backlog into a queue ranked by cost of delay, with reasons that add up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verbs in SECTIONS.values():
    for verb, short in verbs.items():
        app.command(_name(verb), short_help=short)(verb)
for group, _ in _GROUPS.values():
    app.add_typer(group)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"tidegate {version('tidegate')}")
        raise typer.Exit


@app.callback()
def _options(
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line."""
    app()
