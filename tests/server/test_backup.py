"""A backup is shown to be one by restoring it and comparing every table."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from helpers.service import Service

if TYPE_CHECKING:
    from collections.abc import Iterator

Source = tuple[Service, psycopg.Connection[Any]]
pytestmark = pytest.mark.slow

SEED = """
INSERT INTO desk_ticket (ticket_id, created_at, status, subject, tags)
  SELECT 't' || n, now() - n * interval '1 minute', 'open', E'a "subject", with\\nwhat CSV and é dislike; ' || n,
         ARRAY['a', NULL, 'c'] FROM generate_series(1, 2000) n;
INSERT INTO desk_message (message_id, ticket_id, at, author_kind, public, body)
  SELECT 'm' || n, 't' || (n % 2000), now(), 'requester', true, repeat('words ', 50) FROM generate_series(1, 5000) n;
INSERT INTO desk_event (event_id, ticket_id, at, kind, actor_kind)
  SELECT 'e' || n, 't' || (n % 2000), now(), 'created', 'requester' FROM generate_series(1, 3000) n;
INSERT INTO desk_account (account_id, mrr) SELECT 'a' || n, n * 1.1 FROM generate_series(1, 100) n;
INSERT INTO people_auditentry (at, actor_name, act, object_kind, object_id, after, request_id)
  SELECT now(), 'policy', 'ticket.decide', 'ticket', 't' || n, '{"level": "P1"}', '' FROM generate_series(1, 500) n;
"""


def _connect(data: Path) -> psycopg.Connection[Any]:
    """Connect to the server of a data folder, which some process keeps up."""
    pid_file = (data / "postgresql" / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    return psycopg.connect(host=pid_file[4], user="postgres", dbname="postgres", autocommit=True)


def _contents(connection: psycopg.Connection[Any]) -> dict[str, tuple[int, str | None]]:
    """Return rows and a digest of every table, but for the transactions that wrote the rows."""
    names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1").fetchall()
    digest = "md5(string_agg((to_jsonb(t) - 'changed')::text, '|' ORDER BY (to_jsonb(t) - 'changed')::text))"
    return {
        name: connection.execute(f'SELECT count(*), {digest} FROM "{name}" t').fetchone()  # noqa: S608
        for (name,) in names
    }  # ty: ignore[invalid-return-type]


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder that the database's own user may pass through."""
    with tempfile.TemporaryDirectory(prefix="tidegate-backup-") as folder:
        yield Path(folder)


@pytest.fixture(scope="module")
def source(home: Path) -> Iterator[Source]:
    """A database with rows in it, kept up for the module."""
    with Service(home / "from") as service, _kept_up(service):
        assert service.command("migrate").returncode == 0
        with _connect(service.data) as connection:
            connection.execute(SEED)
            yield service, connection


def _kept_up(service: Service) -> subprocess.Popen[bytes]:
    """Start a process that uses the server of a data folder until its input closes."""
    program = (
        "import sys; from pathlib import Path; from tidegate.server import embedded;"
        f"embedded.start(Path({str(service.data)!r})); print('up', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=service.environ
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


@pytest.fixture(scope="module")
def made(home: Path, source: Source) -> Path:
    """A backup of it."""
    out = home / "desk.backup"
    said = source[0].command("backup", "--out", str(out))
    assert said.returncode == 0, said.stderr
    return out


def test_every_table_comes_back_as_it_was(home: Path, source: Source, made: Path) -> None:
    service, before = source
    with Service(home / "to", TIDEGATE_SECRET_KEY="another key " + "0" * 40) as other, _kept_up(other):
        said = other.command("restore", str(made))
        assert said.returncode == 0, said.stderr
        assert "sealed with another secret key" in said.stderr
        with _connect(other.data) as after:
            assert _contents(after) == _contents(before)
            assert after.execute("SELECT count(*) FROM desk_ticket").fetchone() == (2000,)
            marks = "SELECT max(changed) FROM desk_ticket UNION ALL SELECT max(changed) FROM desk_message"
            assert after.execute(marks).fetchall() == [(0,), (0,)]
            with pytest.raises(psycopg.errors.RestrictViolation):
                after.execute("DELETE FROM desk_message")

        again = other.command("restore", str(made))
        assert again.returncode == 2
        assert "not empty" in again.stderr
        forced = other.command("restore", "--force", str(made))
        assert forced.returncode == 0, forced.stderr
        with _connect(other.data) as after:
            assert _contents(after) == _contents(before)
    assert service.command("migrate").returncode == 0


def test_it_is_for_its_owner_alone_and_says_what_is_in_it(made: Path) -> None:
    assert stat.S_IMODE(made.stat().st_mode) == 0o600
    with tarfile.open(made) as tar:
        assert tar.getnames() == ["database.dump", "manifest.json"]
        manifest = json.load(tar.extractfile("manifest.json"))  # ty: ignore[invalid-argument-type]
    assert manifest["tables"]["desk_message"] == 5000
    assert manifest["postgresql"].startswith("18.")


def test_the_secret_key_is_not_in_it(source: Source, made: Path) -> None:
    key = (source[0].data / "secret-key").read_bytes().strip()
    assert len(key) > 40
    assert key not in made.read_bytes()


def test_a_file_that_exists_is_not_written_over(source: Source, made: Path) -> None:
    before = made.stat().st_mtime_ns
    said = source[0].command("backup", "--out", str(made))
    assert said.returncode == 2
    assert "exists already" in said.stderr
    assert made.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["one bit", "cut short", "another file"])
def test_a_damaged_backup_is_refused_before_anything_is_touched(home: Path, made: Path, damage: str) -> None:
    bytes_ = bytearray(made.read_bytes())
    if damage == "one bit":
        bytes_[len(bytes_) // 2] ^= 1
    elif damage == "cut short":
        del bytes_[len(bytes_) // 2 :]
    else:
        bytes_ = bytearray(b"not a backup")
    broken = home / f"{damage}.backup"
    broken.write_bytes(bytes_)
    with Service(home / "refused") as service:
        said = service.command("restore", str(broken))
        assert said.returncode == 2
        assert "damaged" in said.stderr or "not a backup" in said.stderr


def test_a_backup_that_cannot_be_written_leaves_no_part(source: Source, home: Path) -> None:
    said = source[0].command("backup", "--out", str(home / "no-such-folder" / "desk.backup"))
    assert said.returncode == 2
    assert "cannot be written" in said.stderr
    assert not list(home.rglob("*.part"))
