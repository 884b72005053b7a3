"""The embedded server's own process: whether it is there, and what it left when it was killed.

A killed PostgreSQL may leave children that still write for a moment, and a pid file whose number another program has
by now. The file is removed only when none of its own is left: two servers on one folder would ruin it.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import psutil

if TYPE_CHECKING:
    from collections.abc import Iterator

ORPHAN_SECONDS: Final = 15.0
"""How long children of a killed server may take to notice."""
_PID_FILE: Final = "postmaster.pid"
_SOCKET: Final = (".s.PGSQL.5432", ".s.PGSQL.5432.lock")
_STATUS_LINE: Final = 7


def process(folder: Path) -> psutil.Process | None:
    """Return the living server of a folder, whether it is ready or not; None where there is none."""
    try:
        found = psutil.Process(int(_lines(folder)[0]))
    except (psutil.Error, ValueError, IndexError):
        return None
    return found if _works_in(found, folder) else None


def ready(folder: Path) -> bool:
    """Say whether the server of a folder takes connections."""
    lines = _lines(folder)
    return process(folder) is not None and len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"


def clear(folder: Path) -> None:
    """Clear away what a killed server left, once none of its children is there."""
    if process(folder) is not None:
        return
    until = time.monotonic() + ORPHAN_SECONDS
    while orphans := list(_all_in(folder)):
        if time.monotonic() > until:
            for orphan in orphans:
                orphan.kill()
        time.sleep(0.1)
    for name in (_PID_FILE, *_SOCKET):
        (folder / name).unlink(missing_ok=True)


def _lines(folder: Path) -> list[str]:
    try:
        return (folder / _PID_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _all_in(folder: Path) -> Iterator[psutil.Process]:
    for found in psutil.process_iter():
        if _works_in(found, folder):
            yield found


def _works_in(found: psutil.Process, folder: Path) -> bool:
    try:
        named = "postgres" in found.name()
        return named and found.status() != psutil.STATUS_ZOMBIE and Path(found.cwd()).resolve() == folder.resolve()
    except (psutil.Error, OSError):
        return False
