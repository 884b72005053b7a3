"""The command line: one file a verb. Importing it costs no more than typer; each verb loads what it needs."""

from __future__ import annotations

from typing import Annotated

import typer

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

app = typer.Typer(
    name="tidegate",
    help="Turn a crowded support backlog into a queue ranked by cost of delay, with reasons that add up.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for verb in (rank, explain, route, standup, measure, doctor, backtest, staff, tune, read, train, similar, map_, demo):
    app.command()(verb)
for verb in (serve, web, work, migrate, backup, restore):  # the service
    app.command()(verb)
app.command("import")(import_)
app.add_typer(policy.app)
app.add_typer(admin.app)
app.add_typer(channel.app)


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
