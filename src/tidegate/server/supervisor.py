"""One command, several processes: starts them, starts a dead one again, stops all of them in order."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

LOOK_SECONDS: Final = 0.2
STEADY_SECONDS: Final = 30.0
"""Who has run so long has its failures forgotten."""
LONGEST_WAIT: Final = 10.0
STOP_SECONDS: Final = 20.0
"""How long a child may take to finish what it is doing."""


@dataclass
class Child:
    """A process that should be there."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started: float = 0.0
    again_at: float = 0.0

    def start(self) -> None:
        """Start it, in a session of its own: a Ctrl-C reaches the supervisor alone."""
        self.process = subprocess.Popen(self.command, start_new_session=True)  # noqa: S603 -- our own program
        self.started = time.monotonic()

    def ended(self) -> int | None:
        """Return the exit code of a child that has ended, None of one that runs or waits."""
        return None if self.process is None else self.process.poll()

    def signal(self, number: int) -> None:
        """Send a signal to it and to the processes that it started."""
        if self.process is not None:
            try:
                os.killpg(self.process.pid, number)
            except (ProcessLookupError, PermissionError):  # all of them are gone
                return


@dataclass
class Supervisor:
    """Keeps children alive until it is told to stop.

    Parameters
    ----------
    children
        In the order of starting; they are stopped in the same order.
    say
        Takes one plain sentence.
    tend
        Called at every look; mends what children rest on, such as the database.
    """

    children: Sequence[Child]
    say: Callable[[str], None]
    tend: Callable[[], None] = lambda: None
    stopping: threading.Event = field(default_factory=threading.Event)
    signals: int = 0

    def run(self) -> None:
        """Start the children and stay until a signal comes or `stopping` is set; nothing is left running."""
        before = {
            number: signal.signal(number, self._told) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        }
        try:
            for child in self.children:
                child.start()
            while not self.stopping.wait(LOOK_SECONDS):
                self.tend()
                for child in self.children:
                    self._look(child)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _told(self, _number: int, _frame: FrameType | None) -> None:
        self.signals += 1
        self.stopping.set()

    def _look(self, child: Child) -> None:
        code = child.ended()
        now = time.monotonic()
        if code is not None:
            child.signal(signal.SIGKILL)  # whatever it had started
            child.failures = 1 if now - child.started > STEADY_SECONDS else child.failures + 1
            wait = min(2.0 ** (child.failures - 1), LONGEST_WAIT)
            child.process, child.again_at = None, now + wait
            self.say(f"{child.name} ended ({_why(code)}); it is started again in {wait:.0f} s")
        elif child.process is None and now >= child.again_at:
            child.start()
            self.say(f"{child.name} was started again")

    def _stop(self) -> None:
        for child in self.children:
            if child.process is not None and child.ended() is None:
                child.process.terminate()
        until = time.monotonic() + STOP_SECONDS
        for child in self.children:
            while child.process is not None and child.ended() is None and time.monotonic() < until:
                if self.signals > 1:  # asked twice: at once
                    break
                time.sleep(0.02)
            if child.process is not None and child.ended() is None:
                self.say(f"{child.name} did not end in time; it is killed")
            child.signal(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def _why(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"killed by {signal.Signals(-code).name}"
