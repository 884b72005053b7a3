"""`tidegate serve`, `web`, `work` and `migrate`: run the service, whole or in parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from tidegate.server.environment import Environment

Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; TIDEGATE_PORT, else 8000.")]
Host = Annotated[str | None, typer.Option(help="Address to listen on; TIDEGATE_HOST, else 127.0.0.1.")]


def serve(
    port: Port = None,
    host: Host = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Make a lead and an agent to look around as, and print their sign-ins.")
    ] = False,
) -> None:
    """Run the service: database, web and worker in one, until Ctrl-C."""
    with support.errors():
        settings = _settings(port, host)
        from tidegate.server import logs, serving

        serving.serve(settings, logs.sayer(settings, support.say), support.say, demo=demo)


def web(port: Port = None, host: Host = None) -> None:
    """Run the web alone, on the PostgreSQL that DATABASE_URL names."""
    with support.errors():
        settings = _settings(port, host)
        from tidegate.server import startup
        from tidegate.server import web as part

        startup.needs_database_url(settings)
        part.see_port_free(settings)
        part.run(settings)


def work() -> None:
    """Run the worker alone, on the PostgreSQL that DATABASE_URL names."""
    with support.errors():
        settings = _settings(None, None)
        from tidegate.server import startup
        from tidegate.server import work as part

        startup.needs_database_url(settings)
        startup.configure()
        startup.answers()
        part.run()


def migrate() -> None:
    """Bring the database to this version; safe while the service runs."""
    with support.errors():
        from tidegate.server import migrating, startup

        with startup.database():
            startup.answers()
            ran = migrating.migrate(support.say)
        support.say(f"{ran} migrations ran; the database is at this version")


def _settings(port: int | None, host: str | None) -> Environment:
    from tidegate.server import environment, startup

    given = {name: str(value) for name, value in (("port", port), ("host", host)) if value is not None}
    environment.hand_on(**given)
    return startup.read_environment()
