"""Backup and restore: the whole database as it stood at one moment, in one file that says what is in it.

The file is a tar of two members: ``database.dump`` (pg_dump's custom form, compressed) and ``manifest.json`` (version,
migrations, rows a table, the dump's SHA-256, and a fingerprint of the secret key: never the key itself).
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Final
from urllib.parse import quote

from tidegate.server import embedded
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from django.db.backends.utils import CursorWrapper

FORMAT: Final = 1
DUMP: Final = "database.dump"
MANIFEST: Final = "manifest.json"
_BLOCK: Final = 512
_CHUNK: Final = 1 << 20
MARKED: Final = (
    "desk_ticket", "desk_message", "desk_event", "desk_account", "desk_incident", "desk_agent", "desk_override",
    "desk_snooze", "desk_similargroup",
)  # fmt: skip
"""Tables whose rows carry the transaction that wrote them; transaction ids begin anew in another cluster."""


@dataclass(frozen=True)
class Manifest:
    """What a backup holds."""

    format: int
    tidegate: str
    postgresql: str
    made_at: str
    sha256: str
    bytes: int
    secret_key: str
    """Fingerprint of the key that sealed the secrets in it."""
    migrations: list[str]
    tables: dict[str, int]
    """Rows a table."""

    @property
    def rows(self) -> int:
        """Rows in all."""
        return sum(self.tables.values())


def fingerprint(secret_key: str) -> str:
    """Return what tells one secret key from another and reveals neither."""
    return hashlib.sha256(b"tidegate backup " + secret_key.encode()).hexdigest()[:16]


def backup(out: Path, secret_key: str) -> Manifest:
    """Write the database as it stands at one moment to a new file that its owner alone may read.

    People go on working meanwhile. The file appears under its name only when it is whole.

    Raises
    ------
    InputError
        If the file exists or cannot be written, or the database cannot be dumped.
    """
    if out.exists():
        raise InputError("exists already", file=str(out), mend="Name another file, or remove this one.")
    part = out.with_name(out.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b") as file:
            manifest = _write(file, secret_key)
            file.flush()
            os.fsync(file.fileno())
        part.rename(out)
    except OSError as error:
        raise InputError(
            f"the backup cannot be written: {(error.strerror or 'unknown').lower()}",
            file=str(out),
            mend="Name a file in a folder that you may write to and that has room.",
        ) from None
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _write(file: IO[bytes], secret_key: str) -> Manifest:
    with _snapshot() as (snapshot, cursor):
        about: dict[str, Any] = {"migrations": _migrations(cursor), "tables": _rows(cursor)}
        cursor.execute("SHOW server_version")
        about["postgresql"] = cursor.fetchone()[0]
        file.seek(_BLOCK)
        digest, size = _dump(file, snapshot)
    manifest = Manifest(
        format=FORMAT,
        tidegate=_version(),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        sha256=digest,
        bytes=size,
        secret_key=fingerprint(secret_key),
        **about,
    )
    _close_tar(file, size, json.dumps(asdict(manifest), indent=1).encode())
    return manifest


@contextmanager
def _snapshot() -> Generator[tuple[str, CursorWrapper]]:
    """Hold one moment of the database, which pg_dump and the counts then share."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0], cursor


def _dump(file: IO[bytes], snapshot: str) -> tuple[str, int]:
    command = [
        _program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
        "--dbname", _address(),
    ]  # fmt: skip
    digest, size = hashlib.sha256(), 0
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=_environ()) as process:  # noqa: S603
        assert process.stdout is not None  # noqa: S101 -- piped
        try:
            while chunk := process.stdout.read(_CHUNK):
                file.write(chunk)
                digest.update(chunk)
                size += len(chunk)
        except OSError:
            process.kill()
            raise
        _, said = process.communicate()
    if process.returncode:
        raise InputError("the database cannot be dumped", value=_last(said))
    return digest.hexdigest(), size


def _close_tar(file: IO[bytes], size: int, manifest: bytes) -> None:
    """Put the header before the dump, whose size is known only now, and the manifest after it."""
    file.write(b"\0" * (-size % _BLOCK))
    with tarfile.open(fileobj=file, mode="w:", format=tarfile.GNU_FORMAT) as rest:
        rest.addfile(_member(MANIFEST, len(manifest)), io.BytesIO(manifest))
    file.seek(0)
    file.write(_member(DUMP, size).tobuf(tarfile.GNU_FORMAT))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode, member.mtime = size, 0o600, int(datetime.now(UTC).timestamp())
    return member


def read_manifest(path: Path) -> Manifest:
    """Read what a backup says of itself.

    Raises
    ------
    InputError
        If it is not a backup of ours, or of a later form.
    """
    try:
        with tarfile.open(path, "r:") as tar:
            member = tar.extractfile(MANIFEST)
            manifest = Manifest(**json.load(member or io.BytesIO()))
    except (tarfile.TarError, KeyError, TypeError, ValueError, EOFError):
        raise InputError("not a backup that tidegate made, or not a whole one", file=str(path)) from None
    except OSError as error:
        raise InputError(f"cannot be read: {(error.strerror or 'unknown').lower()}", file=str(path)) from None
    if manifest.format > FORMAT:
        raise InputError("a backup of a later version", file=str(path), mend=f"Install tidegate {manifest.tidegate}.")
    return manifest


def restore(path: Path, *, force: bool = False) -> Manifest:
    """Read a backup into the database; all of it or nothing.

    Parameters
    ----------
    force
        Remove what the database holds first. Without it only an empty database is taken.

    Raises
    ------
    InputError
        If the file is damaged or of a later version, or the database is not empty.
    """
    manifest = read_manifest(path)
    _check_whole(path, manifest)
    _check_known(path, manifest)
    _make_room(force=force)
    command = [
        _program("pg_restore"), "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
        "--dbname", _address(),
    ]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=_environ()) as process:  # noqa: S603
        assert process.stdin is not None  # noqa: S101 -- piped
        try:
            for chunk in _chunks(path):
                process.stdin.write(chunk)
        except BrokenPipeError:
            pass  # it says why below
        _, said = process.communicate()
    if process.returncode:
        raise InputError("the backup cannot be restored", file=str(path), value=_last(said))
    _settle(path, manifest)
    return manifest


def _check_whole(path: Path, manifest: Manifest) -> None:
    digest = hashlib.sha256()
    try:
        for chunk in _chunks(path):
            digest.update(chunk)
    except (tarfile.TarError, OSError, KeyError):
        digest = hashlib.sha256()
    if digest.hexdigest() != manifest.sha256:
        raise InputError("the backup is damaged: its checksum differs", file=str(path), mend="Take another copy.")


def _check_known(path: Path, manifest: Manifest) -> None:
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    known = {f"{app}.{name}" for app, name in MigrationLoader(connection).disk_migrations}
    if set(manifest.migrations) - known:
        raise InputError(
            f"the backup was made by tidegate {manifest.tidegate}, which is later than this one",
            file=str(path),
            mend="Install that version and restore with it.",
        )


def _make_room(*, force: bool) -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        found = cursor.fetchone()[0]
        if found and not force:
            raise InputError(
                f"the database is not empty: it has {found} tables",
                mend="Restore into an empty database, or say --force to have all that is in this one removed.",
            )
        if found:
            cursor.execute("SET LOCAL lock_timeout = '10s'")
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute("CREATE SCHEMA public")
    connection.close()  # what it remembers of types and statements has gone


def _settle(path: Path, manifest: Manifest) -> None:
    """Forget the old cluster's transaction ids, gather statistics, and see that every row has come."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        for table in MARKED:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            cursor.execute(f"UPDATE {table} SET changed = 0 WHERE changed <> 0")  # noqa: S608 -- our own names
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        found = _rows(cursor)
    if found != manifest.tables:
        differ = sorted(
            name for name in found.keys() | manifest.tables.keys() if found.get(name) != manifest.tables.get(name)
        )
        raise InputError("the restored tables differ from the backup's: " + ", ".join(differ), file=str(path))


def _chunks(path: Path) -> Iterator[bytes]:
    with tarfile.open(path, "r:") as tar:
        member = tar.extractfile(DUMP)
        while member is not None and (chunk := member.read(_CHUNK)):
            yield chunk


def _rows(cursor: CursorWrapper) -> dict[str, int]:
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    tables = [name for (name,) in cursor.fetchall()]
    counted = {}
    for name in tables:
        cursor.execute(f'SELECT count(*) FROM "{name}"')  # noqa: S608 -- a name that the database gave
        counted[name] = int(cursor.fetchone()[0])
    return counted


def _migrations(cursor: CursorWrapper) -> list[str]:
    cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
    return [name for (name,) in cursor.fetchall()]


def _program(name: str) -> str:
    """Return the tool that fits the server: ours, or the system's where that is of the server's own major version.

    A later tool writes settings that an earlier server does not know.
    """
    from django.db import connection

    wanted = connection.cursor().connection.info.server_version // 10_000
    ours, theirs = str(embedded.binary(name)), shutil.which(name)
    if theirs is None or _major(ours) == wanted or _major(theirs) != wanted:
        return ours
    return theirs


def _major(program: str) -> int:
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
    found = re.search(r" (\d+)", said)
    return int(found[1]) if found else 0


def _address() -> str:
    """Return the database's address without its password, which other people's ``ps`` would show."""
    from django.db import connection

    got = connection.settings_dict
    user = f"{quote(got['USER'])}@" if got["USER"] else ""
    options = [f"{name}={quote(str(value))}" for name, value in got["OPTIONS"].items() if isinstance(value, str)]
    query = [f"host={quote(got['HOST'], safe='')}"] if got["HOST"] else []
    query += [f"port={got['PORT']}"] if got["PORT"] else []
    return f"postgresql://{user}/{quote(got['NAME'])}?" + "&".join(query + options)


def _environ() -> dict[str, str]:
    from django.db import connection

    from tidegate.server import environment

    return environment.for_children(PGPASSWORD=connection.settings_dict["PASSWORD"] or "")


def _last(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return next((line for line in lines if "error:" in line), lines[-1] if lines else "no word")


def _version() -> str:
    from importlib.metadata import version

    return version("tidegate")
