"""Tidegate as a process of its own, for `bench_service.py`: filled, started, asked, measured, stopped."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import polars as pl
import psutil

PREPARE = """
import json, sys
from tidegate.server import startup
with startup.database():
    from django.conf import settings
    from django.test import Client
    from tidegate.server.people.models import Person
    from tidegate.server.people.tokens import token_create
    cookies = []
    for number in range(int(sys.argv[1])):
        person, _ = Person.objects.get_or_create(
            email=f"user{number}@bench.example", defaults={"name": f"User {number}", "role": "agent"})
        client = Client()
        client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[0])
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}")
    admin = Person.objects.filter(role="admin").first()
    token = token_create(by=admin, name="bench", source="bench", scopes=["facts:write"]).key
print(json.dumps({"cookies": cookies, "token": token}))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def seed(folder: Path, tickets: int, open_: int, environ: dict[str, str]) -> None:
    """Fill a data folder from the demo company, its newest tickets open."""
    demo = folder / "demo"
    made = ("--tickets", str(tickets), "--seed", "7", "--out", str(demo), "--now", now(), "--format", "parquet")
    run("demo", *made, environ=environ)
    frame = pl.read_parquet(demo / "tickets.parquet").sort("created_at", descending=True)
    is_open = pl.int_range(pl.len()) < open_
    frame = frame.with_columns(
        status=pl.when(is_open).then(pl.lit("open")).otherwise(pl.lit("closed")),
        **{name: pl.when(~is_open).then(name) for name in ("solved_at", "closed_at") if name in frame.columns},
    )
    frame.write_parquet(demo / "tickets.parquet")
    names = ("accounts", "incidents", "agents")
    sides = [part for name in names for part in (f"--{name}", str(demo / f"{name}.parquet"))]
    run("import", str(demo / "tickets.parquet"), *sides, environ=environ)


def now() -> str:
    return time.strftime("%Y-%m-%dT%H:%M:00Z", time.gmtime())


def run(*arguments: str, environ: dict[str, str]) -> None:
    made = subprocess.run(
        [sys.executable, "-m", "tidegate", *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if made.returncode:
        raise SystemExit(made.stderr)


class Ours:
    """A running service."""

    def __init__(self, folder: Path, *, processes: int, users: int) -> None:
        self.folder, self.port, self.users = folder, free_port(), users
        self.environ = {
            **os.environ,
            "TIDEGATE_DATA_DIR": str(folder / "data"),
            "TIDEGATE_CACHE_DIR": str(folder / "cache"),
            "TIDEGATE_WEB_PROCESSES": str(processes),
            "TIDEGATE_API_REQUESTS_A_MINUTE": "1000000",
            "TIDEGATE_LOG_LEVEL": "WARNING",
        }
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.cookies: list[str] = []
        self.token = ""

    def start(self) -> float:
        """Start it; return seconds until it was ready."""
        began = time.monotonic()
        with (self.folder / "serve.log").open("ab") as log:
            command = [sys.executable, "-m", "tidegate", "serve", "--port", str(self.port)]
            self.process = subprocess.Popen(command, env=self.environ, stdout=log, stderr=log)
        while not self._ready():
            if self.process.poll() is not None:
                raise SystemExit((self.folder / "serve.log").read_text())
            time.sleep(0.2)
        took = time.monotonic() - began
        if not self.cookies:
            command = [sys.executable, "-c", PREPARE, str(self.users)]
            made = subprocess.run(command, env=self.environ, capture_output=True, text=True, check=True)
            told = json.loads(made.stdout.splitlines()[-1])
            self.cookies, self.token = told["cookies"], told["token"]
        return took

    def _ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=5).status_code == 200
        except httpx.HTTPError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
            self.process = None

    def processes(self) -> dict[str, list[psutil.Process]]:
        """Return its processes by part."""
        assert self.process is not None
        serve = psutil.Process(self.process.pid)
        found: dict[str, list[psutil.Process]] = {"serve": [serve], "web": [], "web parent": [], "work": []}
        for child in serve.children():
            if child.cmdline()[-1] == "web":
                found["web parent"].append(child)
                found["web"] += child.children()
            elif child.cmdline()[-1] == "work":
                found["work"].append(child)
        pid = int((self.folder / "data" / "postgresql" / "postmaster.pid").read_text().split()[0])
        found["postgresql"] = [psutil.Process(pid), *psutil.Process(pid).children()]
        return found

    def cpu(self) -> dict[str, float]:
        """Return processor seconds by part so far; of PostgreSQL's backends, those that are there."""
        total = {}
        for part, those in self.processes().items():
            times = [each.cpu_times() for each in those if each.is_running()]
            total[part] = sum(one.user + one.system + one.children_user + one.children_system for one in times)
        return total

    def peaks(self) -> dict[str, list[float]]:
        """Return the most memory that each process has had resident since the last look, in MB; PostgreSQL left out.

        Pages that processes share are in it.
        """
        found = {}
        for part, those in self.processes().items():
            if part != "postgresql":
                found[part] = [_peak(each.pid) for each in those]
        return found

    def memory(self) -> dict[str, list[float]]:
        """Return each process's proportional share of memory, in MB."""
        return {
            part: [round(each.memory_full_info().pss / 1e6, 1) for each in those]
            for part, those in self.processes().items()
        }


def _peak(pid: int) -> float:
    """Read the high-water mark of a process's memory in MB, and start it anew."""
    status = Path(f"/proc/{pid}/status").read_text()
    most = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return round(most * 1024 / 1e6, 1)
