"""`tidegate admin`: who may sign in, from the machine itself: the way in when nobody else can let you in."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from collections.abc import Generator

    from tidegate.server.people.models import Person
    from tidegate.server.people.services import SignIn

app = typer.Typer(name="admin", help="Make and change who may sign in.", no_args_is_help=True, rich_markup_mode=None)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Address that the person signs in with.")]
Stdin = Annotated[bool, typer.Option("--stdin", help="Read the password from standard input, one line.")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password; without it one is made up and shown.")]
ROLES = "viewer, agent, lead or admin."


@app.command("list", short_help="List everybody, and whether they may sign in.")
def list_() -> None:
    """List everybody: role, groups, whether they may sign in, second factor, last sign-in."""
    with _people():
        from tidegate.server.people import listing

        support.console().print(listing.table())


@app.command(short_help="Make a person.")
def create(
    email: Email,
    name: Annotated[str, typer.Option(help="Name that others see; without one the address.")] = "",
    role: Annotated[str, typer.Option(help=f"What the person may do: {ROLES}")] = "agent",
    group: Annotated[list[str] | None, typer.Option(help="Group whose tickets are seen; again for more.")] = None,
    agent: Annotated[str, typer.Option(help="Which agent of the help desk the person is, by its id.")] = "",
    ask: Ask = False,
    stdin: Stdin = False,
) -> None:
    """Make a person; without --group they see the tickets of all groups."""
    with _people():
        from tidegate.server.people import services

        made = services.person_create(
            by=None,
            email=email,
            name=name,
            role=role,
            groups_seen=group or [],
            agent_id=agent,
            password=_password(ask=ask, stdin=stdin),
        )
        _show(made, given=ask or stdin)


@app.command()
def set_role(email: Email, role: Annotated[str, typer.Argument(metavar="ROLE", help=ROLES.capitalize())]) -> None:
    """Change what a person may do; their groups stay."""
    with _people():
        from tidegate.server.people import services

        person = _find(email)
        services.person_change(
            by=None, person=person, role=role, groups_seen=person.groups_seen, agent_id=person.agent_id
        )
        support.say(f"{person.email} is {role} now")


@app.command()
def set_password(email: Email, ask: Ask = False, stdin: Stdin = False) -> None:
    """Give a person another password and end their sessions."""
    with _people():
        from tidegate.server.people import services

        password = _password(ask=ask, stdin=stdin)
        _show(services.person_set_password(by=None, person=_find(email), password=password), given=ask or stdin)


@app.command(short_help="Shut a person out at once.")
def deactivate(email: Email) -> None:
    """Shut a person out at once; what they did stays in the trail, the tokens that they made are revoked."""
    with _people():
        from tidegate.server.people import services

        services.person_deactivate(by=None, person=_find(email))
        support.say(f"{email} may no longer sign in")


@app.command()
def activate(email: Email) -> None:
    """Let a person in again."""
    with _people():
        from tidegate.server.people import services

        services.person_activate(by=None, person=_find(email))
        support.say(f"{email} may sign in again")


@app.command(short_help="Forget the failed sign-ins at an address.")
def unlock(email: Email) -> None:
    """Forget the failed sign-ins at an address, for who has to wait because somebody guesses at it."""
    with _people():
        from tidegate.server.people import services

        services.person_unlock(by=None, person=_find(email))
        support.say(f"{email} need not wait any more")


@app.command(short_help="Take away a person's second factors.")
def remove_factors(email: Email) -> None:
    """Take away a person's second factors, for who has lost them."""
    with _people():
        from tidegate.server.people import services

        services.person_remove_factors(by=None, person=_find(email))
        support.say(f"{email} signs in by password alone now")


@app.command(short_help="Seal every kept secret with the present key.")
def reseal() -> None:
    """Seal every kept secret with the present key, after TIDEGATE_SECRET_KEY was changed."""
    with _people():
        from tidegate.server.desk.outbox import channels
        from tidegate.server.people import services

        count = services.reseal() + channels.channels_reseal()
        support.say(f"{count} secrets are sealed with the present key")


@contextmanager
def _people() -> Generator[None]:
    """Give a command the database, and turn errors into messages."""
    with support.errors():
        from tidegate.server import startup

        with startup.database(made=True):
            startup.ready()
            yield


def _find(email: str) -> Person:
    from tidegate.server.people.models import Person
    from tidegate.tables.errors import InputError

    person = Person.objects.filter(email__iexact=email.strip()).first()
    if person is None:
        raise InputError("nobody has this address", value=email, mend="`tidegate admin list` shows everybody.")
    return person


def _password(*, ask: bool, stdin: bool) -> str | None:
    """Return the password that was given; never from the command line, where others could read it."""
    if stdin:
        return sys.stdin.readline().rstrip("\n")
    if ask:
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    return None


def _show(made: SignIn, *, given: bool) -> None:
    support.say(f"{made.email} ({made.role}) may sign in")
    if not given:
        support.say("with this password, shown once; another one has to be chosen at the first sign-in:")
        typer.echo(made.password)
