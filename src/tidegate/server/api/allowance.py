"""How many requests a minute a token may make: counted by all web processes of a start together.

What is left of each allowance stands in a file that the processes map into their memory, as their metrics do. A place
in it is locked for some microseconds; the system lets go of the lock when a process dies in between.
"""

from __future__ import annotations

import mmap
import os
import struct
import time
from threading import Lock
from typing import TYPE_CHECKING, Final

from tidegate.server import environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLACES: Final = 4_096
"""A token has the place of its number's remainder; the 4,097th shares the allowance of the first."""
_PLACE: Final = struct.Struct("=dd")
"""Requests left, and when that was; 0 before the first."""


class Allowance:
    """Lets so many requests a minute through, and as many at once.

    Parameters
    ----------
    path
        The file that processes share; None counts in this process alone.
    clock
        Seconds, the same for all processes of a machine.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        size = PLACES * _PLACE.size
        if path is None:
            self._file, self._places = -1, mmap.mmap(-1, size)
            return
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, size)
        self._places = mmap.mmap(self._file, size)

    def wait(self, key: int, a_minute: int) -> float:
        """Count a request; returns the seconds to wait where there is none left, else 0."""
        at = key % PLACES * _PLACE.size
        with self._lock:
            self._hold(at)
            try:
                return self._counted(at, float(a_minute))
            finally:
                self._let_go(at)

    def _counted(self, at: int, a_minute: float) -> float:
        now = self._clock()
        left, seen = _PLACE.unpack_from(self._places, at)
        left = min(a_minute, left + max(0.0, now - seen) * a_minute / 60) if seen else a_minute
        allowed = left >= 1
        _PLACE.pack_into(self._places, at, left - 1 if allowed else left, now)
        return 0.0 if allowed else (1 - left) * 60 / a_minute

    def _hold(self, at: int) -> None:
        if self._file >= 0:
            import fcntl

            fcntl.lockf(self._file, fcntl.LOCK_EX, _PLACE.size, at)

    def _let_go(self, at: int) -> None:
        if self._file >= 0:
            import fcntl

            fcntl.lockf(self._file, fcntl.LOCK_UN, _PLACE.size, at)


def shared() -> Allowance:
    """Return the allowance of the processes of this start; in one that was started alone, its own."""
    folder = environment.shared_metrics()
    return Allowance(folder / "requests-left" if folder is not None else None)


__all__ = ["Allowance", "shared"]
