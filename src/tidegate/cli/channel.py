"""`tidegate channel`: the ways out that a policy names. Addresses and secrets go in, and are never shown again."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from collections.abc import Generator

app = typer.Typer(
    name="channel", help="Make, list, try and remove channels.", no_args_is_help=True, rich_markup_mode=None
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name that the policy's actions.channels uses.")]


@app.command("list")
def list_() -> None:
    """List channels: name, kind, what may be seen of the address, and whether they work."""
    with _service():
        from rich.table import Table
        from rich.text import Text

        from tidegate.server.desk.outbox import selectors

        table = Table(box=None)
        for title in ("name", "kind", "address", "changed", "failures in a row"):
            table.add_column(title, overflow="fold")
        for channel in selectors.channels_list():
            shown = (channel.name, channel.kind, channel.shown, f"{channel.changed_at:%Y-%m-%d}", str(channel.failures))
            table.add_row(*(Text(support.printable(cell)) for cell in shown))
        support.console().print(table)


@app.command("set")
def set_(
    name: Name,
    address: Annotated[
        str,
        typer.Argument(metavar="ADDRESS", help="An Apprise address or, with --webhook, a URL; - for standard input."),
    ],
    webhook: Annotated[bool, typer.Option("--webhook", help="Post signed JSON there instead.")] = False,
) -> None:
    """Make a channel, or give one another address; a webhook's secret is made, and shown once."""
    with _service():
        import secrets

        from tidegate.server.desk.outbox import channels

        url = sys.stdin.readline().strip() if address == "-" else address
        secret = secrets.token_urlsafe(32) if webhook else ""
        made = channels.channel_set(
            by=None, name=name, kind="webhook" if webhook else "apprise", url=url, secret=secret
        )
        support.say(f"channel {made.name} goes to {made.shown}")
        if webhook:
            support.say("it signs with this secret, shown once; the receiver needs it:")
            typer.echo(secret)


@app.command("try")
def try_(name: Name) -> None:
    """Send a message now, to see whether it arrives."""
    with _service():
        from tidegate.server.desk.outbox import channels

        channels.channel_try(name=name)
        support.say(f"channel {name} took a message")


@app.command()
def remove(name: Name) -> None:
    """Take a channel away; what waits for it fails, until there is one of that name again."""
    with _service():
        from tidegate.server.desk.outbox import channels
        from tidegate.tables.errors import InputError

        if not channels.channel_remove(by=None, name=name):
            raise InputError("there is no such channel", value=name, mend="`tidegate channel list` shows them all.")
        support.say(f"channel {name} is gone")


@contextmanager
def _service() -> Generator[None]:
    """Give a command the database, and turn errors into messages."""
    with support.errors():
        from tidegate.server import startup

        with startup.database(made=True):
            startup.ready()
            yield
