"""A wall clock that can be set while programs run: theirs alone, and no other clock of theirs."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "faults" / "wall_clock.c"


class NoCompilerError(RuntimeError):
    """There is nothing here that compiles C."""


class WallClock:
    """The clock of every program that is started with `environ`; as it is, until it is stepped.

    Parameters
    ----------
    home
        A folder for the library and the file that says how far the clock is off.
    """

    def __init__(self, home: Path) -> None:
        compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
        if compiler is None:
            raise NoCompilerError("clock steps need a C compiler (Debian: apt install gcc)")
        library = home / "wall_clock.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(SOURCE)], check=True)
        self._file = home / "wall_clock"
        self._file.write_bytes(struct.pack("q", 0))
        self.off = timedelta()
        self.environ = {"LD_PRELOAD": str(library), "WALL_CLOCK": str(self._file)}

    def step(self, by: timedelta) -> None:
        """Set it forward, or back."""
        self.off += by
        handle = os.open(self._file, os.O_WRONLY)  # in place: the programs have this very file mapped
        os.pwrite(handle, struct.pack("q", round(self.off.total_seconds())), 0)
        os.close(handle)

    def now(self) -> datetime:
        """Return what it shows."""
        return datetime.now(UTC) + self.off
