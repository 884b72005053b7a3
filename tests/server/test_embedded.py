"""The embedded PostgreSQL copes with what crashes leave, and never runs twice on a folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from helpers.service import until
from tidegate.server import embedded, postmaster

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder that the database's own user may pass through."""
    with tempfile.TemporaryDirectory(prefix="tidegate-embedded-") as folder:
        yield Path(folder)


def _counts(data: Path) -> int:
    server = embedded.start(data)
    with psycopg.connect(embedded.url(server), autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (id serial)")
        connection.execute("INSERT INTO kept DEFAULT VALUES")
        row = connection.execute("SELECT count(*) FROM kept").fetchone()
    assert row is not None
    return row[0]


def test_rows_outlive_kills_and_stale_files(home: Path) -> None:
    folder = home / embedded.FOLDER
    assert _counts(home) == 1
    server = postmaster.process(folder)
    assert server is not None
    assert postmaster.ready(folder)

    os.kill(server.pid, signal.SIGKILL)
    until(lambda: postmaster.process(folder) is None, "the server is dead")
    assert not embedded.runs(embedded.start(home)) or postmaster.process(folder) != server
    assert _counts(home) == 2

    users = folder / ".handle_pids.json"
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    users.write_text(json.dumps([gone.pid, os.getpid()]), encoding="utf-8")
    embedded.start(home)
    assert json.loads(users.read_text(encoding="utf-8")) == [os.getpid()]
    embedded.stop(embedded.start(home))
    until(lambda: postmaster.process(folder) is None, "the server has stopped")


@pytest.mark.parametrize("content", ["{pid}\n{folder}\n1\n5432\n{folder}\n\n1 1\nready   \n", "{pid}\n", ""])
def test_a_pid_file_that_names_another_program_is_cleared_away(home: Path, content: str) -> None:
    folder = home / embedded.FOLDER
    folder.mkdir()
    (folder / "postmaster.pid").write_text(content.format(pid=os.getpid(), folder=folder), encoding="utf-8")
    assert postmaster.process(folder) is None
    postmaster.clear(folder)
    assert not (folder / "postmaster.pid").exists()


def test_nothing_is_cleared_away_under_a_living_server(home: Path) -> None:
    server = embedded.start(home)
    folder = home / embedded.FOLDER
    before = (folder / "postmaster.pid").read_bytes()
    postmaster.clear(folder)
    assert (folder / "postmaster.pid").read_bytes() == before
    assert embedded.runs(server)
    embedded.stop(server)


def test_only_its_owner_may_connect_and_no_row_is_in_its_log(home: Path) -> None:
    server = embedded.start(home)
    socket = home / embedded.FOLDER / ".s.PGSQL.5432"
    assert socket.stat().st_mode & 0o077 == 0
    with psycopg.connect(embedded.url(server), autocommit=True) as connection:
        connection.execute("CREATE TABLE once (word text UNIQUE)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("INSERT INTO once VALUES ('words-of-a-customer'), ('words-of-a-customer')")
    assert "words-of-a-customer" not in (home / embedded.FOLDER / "log").read_text(encoding="utf-8")
    embedded.stop(server)


def test_it_listens_on_no_network(home: Path) -> None:
    server = embedded.start(home)
    found = postmaster.process(home / embedded.FOLDER)
    assert found is not None
    assert [each for each in found.net_connections("inet") if each.status == psutil.CONN_LISTEN] == []
    embedded.stop(server)
