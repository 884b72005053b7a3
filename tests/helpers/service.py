"""A whole service as a process of its own, for tests that start, kill and stop it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Self

import httpx
import psutil

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 300.0


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(condition, what: str, seconds: float = PATIENCE) -> None:  # noqa: ANN001
    """Wait until something is so; fail with its name if that never comes."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:.0f} s in vain: {what}")
        time.sleep(0.05)


class Service:
    """`tidegate serve` on a data folder."""

    def __init__(self, data: Path, *options: str, **environ: str) -> None:
        self.data, self.options = data, options
        self.port = free_port()
        self.log = data.parent / f"{data.name}.log"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEGATE_", "DJANGO_"))}
        kept.pop("DATABASE_URL", None)
        kept.pop("PROMETHEUS_MULTIPROC_DIR", None)
        self.environ = {**kept, "TIDEGATE_DATA_DIR": str(data), **environ}
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another verb on the same data folder."""
        return subprocess.run(
            [sys.executable, "-m", "tidegate", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self) -> Self:
        """Start it and wait until it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tidegate", "serve", "--port", str(self.port), *self.options],
                env=self.environ,
                stdout=log,
                stderr=log,
            )
        until(lambda: self.ready() or self.process is None or self.process.poll() is not None, "ready\n" + self.said())
        assert self.process.poll() is None, self.said()
        return self

    def ready(self) -> bool:
        """Say whether it says that it is ready."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def said(self) -> str:
        """Return everything that it printed."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Stop it and return its exit code."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.process = None
        return code

    def processes(self) -> list[psutil.Process]:
        """Return every living process of this data folder: the service's and PostgreSQL's."""
        found = []
        for process in psutil.process_iter(["pid", "status", "cmdline"]):
            if process.info["status"] == psutil.STATUS_ZOMBIE or process.pid == os.getpid():
                continue
            try:
                data = process.environ().get("TIDEGATE_DATA_DIR")
            except psutil.Error:
                data = None
            if data == str(self.data) or str(self.data) in " ".join(process.info["cmdline"] or ()):
                found.append(process)
        return found

    def child(self, verb: str) -> psutil.Process | None:
        """Return the process of a part, such as ``web``; None while there is none."""
        assert self.process is not None
        for process in psutil.Process(self.process.pid).children():
            try:
                if process.cmdline()[-1] == verb:
                    return process
            except (psutil.Error, IndexError):
                continue
        return None

    def postmaster(self) -> int:
        """Return the process id of the database."""
        return int((self.data / "postgresql" / "postmaster.pid").read_text(encoding="utf-8").split()[0])

    def end(self) -> None:
        """Leave nothing running, however a test ended."""
        for process in self.processes():
            process.kill()

    def __enter__(self) -> Self:
        """Give it, not yet started."""
        return self

    def __exit__(self, *_: object) -> None:
        """Leave nothing running."""
        self.end()
