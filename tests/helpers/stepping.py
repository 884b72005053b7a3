"""Steps of the wall clock under every process of a service while deliveries come in, and what is so afterwards."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from helpers import faulting
from helpers.receiver import Receiver
from helpers.sending import Sender, deliveries
from helpers.service import Service, free_port, until
from helpers.wall_clock import WallClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from helpers.sending import Sent

TO_MIDNIGHT = timedelta(seconds=8)
SECONDS_A_STEP = 180.0
"""How long it may take until what came in after a step is decided."""


def steps(now: datetime) -> list[timedelta]:
    """Return steps forward and back, short and long, the end of a day, and at last a clock that is slow."""
    seconds = timedelta(seconds=90)
    seen = now + timedelta(hours=1)
    midnight = seen.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return [
        timedelta(hours=3),
        timedelta(hours=-2),
        seconds,
        -seconds,
        midnight - seen - TO_MIDNIGHT,
        timedelta(hours=-26),
    ]


def clock_steps(home: Path, count: int, wanted: Sequence[timedelta] | None = None) -> dict[str, Any]:
    """Step the clock of web, worker and database to and fro; a receiver is dead meanwhile, and the worker killed once.

    After each step a part of the deliveries comes in and has to be decided before the next one.
    """
    clock, receiver = WallClock(home), Receiver(free_port())
    wanted = steps(clock.now()) if wanted is None else wanted
    with Service(home / "clock-steps", **faulting.SETTINGS, **clock.environ) as service:
        service.start()
        sender = Sender(service.url, faulting.prepared(service, f"http://127.0.0.1:{receiver.port}/hook"), threads=4)
        parts = _parts(deliveries(count), len(wanted) + 1)
        seen, took = [], [_decided(service, sender, parts[0])]
        for place, (step, part) in enumerate(zip(wanted, parts[1:], strict=True)):
            if place == 1:  # what it had under way is leased until a time that is far away now
                faulting.kill(service, "work")
            clock.step(step)
            seen.append(str(faulting.ask(service, "SELECT date_trunc('second', now())::text")))
            took.append(_decided(service, sender, part))
            if place == 1:
                receiver.open()  # dead until now
        began = time.monotonic()
        faulting.settled(service, seconds=900)
        told = {
            "steps": [str(step) if step > timedelta() else f"-{-step}" for step in wanted],
            "the database's clock": seen,
            "seconds to decide, by step": took,
            "seconds to settle": round(time.monotonic() - began, 1),
            "repeats": sender.repeats,
            "refusals": dict(sender.refusals),
            **faulting.findings(service, sender.accepted),
            "jobs put off": faulting.ask(service, _PUT_OFF),
            "tickets not decided": faulting.ask(service, _UNDECIDED),
            "outbox": faulting.action_findings(service, receiver),
        }
        receiver.close()
        told["exit code"] = service.stop()
        told["left running"] = len(service.processes())
    return told


_UNDECIDED = """
    SELECT count(*) FROM desk_ticket t
    WHERE NOT EXISTS (SELECT 1 FROM desk_decision d WHERE d.ticket_id = t.ticket_id AND d.latest)
"""
_PUT_OFF = """
    SELECT count(*) FROM procrastinate_jobs
    WHERE status = 'todo' AND scheduled_at > now() + interval '30 seconds'
"""


def _parts(those: list[Sent], number: int) -> list[list[Sent]]:
    size = -(-len(those) // number)
    return [those[place * size : (place + 1) * size] for place in range(number)]


def _decided(service: Service, sender: Sender, part: list[Sent]) -> float:
    """Send a part; return the seconds until its facts are there and every ticket is decided."""
    began = time.monotonic()
    for worker in sender.send(part):
        worker.join()
    waiting = f"SELECT (SELECT count(*) FROM desk_delivery WHERE state = 'waiting') + ({_UNDECIDED})"  # noqa: S608

    def all_decided() -> bool:
        time.sleep(0.3)
        return faulting.ask(service, waiting) == 0

    until(all_decided, "decided\n" + service.said()[-3000:], SECONDS_A_STEP)
    return round(time.monotonic() - began, 1)
