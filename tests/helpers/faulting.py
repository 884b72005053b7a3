"""Faults in the middle of deliveries, and what has to be so afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from helpers.receiver import Receiver
from helpers.sending import Sender, deliveries
from helpers.service import Service, free_port, until

if TYPE_CHECKING:
    from collections.abc import Iterator

PARTS = ("web process", "web", "work", "database")
SETTINGS = {
    "TIDEGATE_OUTGOING_ALLOW": "127.0.0.1/32",
    "TIDEGATE_API_REQUESTS_A_MINUTE": "1000000",
    "TIDEGATE_OUTBOX_LEASE_SECONDS": "40",
}
SETTLE_SECONDS = 1200.0


def prepared(service: Service, hook: str = "") -> str:
    """Return a token of a running service; with an address, it also pages there from now on."""
    program = Path(__file__).with_name("prepare_service.py")
    made = subprocess.run(
        [sys.executable, str(program), hook], env=service.environ, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stderr
    return json.loads(made.stdout.splitlines()[-1])["token"]


@contextmanager
def connected(service: Service) -> Iterator[psycopg.Connection[Any]]:
    """Look into the database of a running service."""
    folder = (service.data / "postgresql" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[4]
    with psycopg.connect(host=folder, user="postgres", dbname="postgres", autocommit=True) as connection:
        yield connection


def ask(service: Service, question: str) -> Any:
    """Return one value out of the database; None while it does not answer."""
    try:
        with connected(service) as connection:
            row = connection.execute(question).fetchone()
    except (psycopg.Error, OSError, IndexError):
        return None
    return None if row is None else row[0]


def kill(service: Service, part: str) -> bool:
    """Kill -9 one part of a service; say whether there was one to kill."""
    try:
        if part == "database":
            os.kill(service.postmaster(), signal.SIGKILL)
            return True
        child = service.child("web" if part.startswith("web") else "work")
        if child is None:
            return False
        victims = child.children() if part == "web process" else [child]
        for victim in victims:
            victim.kill()
        return bool(victims)
    except (psutil.Error, OSError, IndexError, ValueError):
        return False


def turns(times: int, seed: int = 7) -> list[str]:
    """Return whom to kill, so many times: every part in each round, in random order."""
    choose = random.Random(seed)  # noqa: S311 -- chance, not secrets
    return [part for _ in range(0, times, len(PARTS)) for part in choose.sample(PARTS, len(PARTS))][:times]


def settled(service: Service, seconds: float = SETTLE_SECONDS) -> None:
    """Wait until nothing waits: neither inbox nor outbox, and no job is under way for long."""
    question = """
        SELECT (SELECT count(*) FROM desk_delivery WHERE state = 'waiting')
             + (SELECT count(*) FROM desk_action WHERE state = 'waiting')
             + (SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')
                AND queue_name IN ('inbox', 'outbox') AND scheduled_at IS NULL)
             + (SELECT (count(*) = 0)::int FROM desk_decision)
    """
    quiet = 0

    def nothing() -> bool:
        nonlocal quiet
        quiet = quiet + 1 if ask(service, question) == 0 else 0
        time.sleep(0.5)
        return quiet > 24  # longer than decisions and sweeps take to come round

    until(nothing, "nothing waits\n" + service.said()[-3000:], seconds)


def findings(service: Service, accepted: set[str]) -> dict[str, Any]:
    """Count what must be nought: accepted deliveries that are missing, twice or not done, facts missing, jobs stuck."""
    with connected(service) as connection:
        rows = connection.execute("SELECT delivery_id, state FROM desk_delivery WHERE source = 'faults'").fetchall()
        facts = {
            table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
            for table in ("desk_ticket", "desk_message", "desk_event")
        }
        stuck = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs j WHERE status = 'doing' AND NOT EXISTS"
            " (SELECT 1 FROM procrastinate_workers w WHERE w.id = j.worker_id"
            "  AND w.last_heartbeat > now() - interval '60 seconds')"
        ).fetchone()[0]
        failed = dict(
            connection.execute(
                "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed' GROUP BY 1"
            ).fetchall()
        )
    found = Counter(delivery_id for delivery_id, _ in rows)
    return {
        "accepted": len(accepted),
        "missing": len(accepted - found.keys()),
        "twice": sum(times > 1 for times in found.values()),
        "not done": Counter(state for _, state in rows if state != "done"),
        "facts": facts,
        "jobs stuck": stuck,
        "jobs failed": failed,
    }


def action_findings(service: Service, receiver: Receiver) -> dict[str, Any]:
    """Compare what the outbox says was sent with what the receiver saw."""
    with connected(service) as connection:
        rows = connection.execute(
            "SELECT key, state FROM desk_action WHERE kind IN ('page', 'notify', 'escalate')"
        ).fetchall()
    outward = dict(rows)
    done = {key for key, state in outward.items() if state == "done"}
    return {
        "actions": Counter(outward.values()),
        "done and never taken": len(done - receiver.taken),
        "taken and unknown": len(receiver.taken - outward.keys()),
        "keys": len(receiver.bodies),
        "requests": sum(len(bodies) for bodies in receiver.bodies.values()),
        "keys with several bodies": sum(len(set(bodies)) > 1 for bodies in receiver.bodies.values()),
        "answers": dict(receiver.answers),
    }


def kills(home: Path, count: int, times: int, bad: int = 100) -> dict[str, Any]:
    """Kill web, worker and database by turns, evenly over so many deliveries, while webhooks go out.

    Nobody waits for calm: the next one is killed as soon as enough deliveries more were accepted. ``bad`` are the
    requests until the receiver is well.
    """
    receiver, killed = Receiver(free_port(), bad), Counter()
    with Service(
        home / "kills", TIDEGATE_OUTGOING_ALLOW="127.0.0.1/32", TIDEGATE_API_REQUESTS_A_MINUTE="1000000"
    ) as service:
        service.start()
        sender = Sender(service.url, prepared(service, f"http://127.0.0.1:{receiver.port}/hook"))
        began = time.monotonic()
        workers = sender.send(deliveries(count))
        for number, part in enumerate(turns(times), start=1):
            enough = count * number // (times + 1)
            until(lambda enough=enough: len(sender.accepted) >= enough, f"{enough} accepted\n{service.said()[-3000:]}")
            until(lambda part=part: kill(service, part), f"a {part} to kill")
            killed[part] += 1
            if number == -(-times // 3):
                receiver.open()  # dead until now
        for worker in workers:
            worker.join()
        sending = time.monotonic() - began
        settled(service)
        told = {
            "killed": dict(killed),
            "repeats": sender.repeats,
            "refusals": dict(sender.refusals),
            "seconds of sending": round(sending, 1),
            "seconds to settle": round(time.monotonic() - began - sending, 1),
            **findings(service, sender.accepted),
            "outbox": action_findings(service, receiver),
        }
        receiver.close()
        told["exit code"] = service.stop()
        told["left running"] = len(service.processes())
    return told


def full_disk(home: Path, count: int) -> dict[str, Any]:
    """Run on a small file system of its own, fill it while deliveries come in, make room again. Needs root."""
    disk = home / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=420m,mode=0755", "tmpfs", str(disk)], check=True)  # noqa: S607
    try:
        with Service(disk / "data", **SETTINGS) as service:
            service.log = home / "disk.log"
            service.start()
            sender = Sender(service.url, prepared(service))
            ballast = disk / "ballast"
            with ballast.open("wb") as file, suppress(OSError):
                while shutil.disk_usage(disk).free > 3_000_000:
                    file.write(bytes(1_000_000))
                    file.flush()
            workers = sender.send(deliveries(count, words=400))
            until(lambda: sum(sender.refusals.values()) > 50, "refused for want of room")
            time.sleep(10)
            before = len(sender.accepted)
            ballast.unlink()
            for worker in workers:
                worker.join()
            settled(service)
            told = {
                "accepted before there was room again": before,
                "refusals": dict(sender.refusals),
                **findings(service, sender.accepted),
            }
            told["exit code"] = service.stop()
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=False)  # noqa: S607
    return told
