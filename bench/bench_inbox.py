"""The inbox: events a second of processor time, web and database together, beside the same by an ORM row by row.

    python bench/bench_inbox.py

Ours: what the API does with a body once it is read (check, store, wake a drain), and the drain, on PostgreSQL.
Single events are deliveries of one event each. The peer does what an ordinary Django view does with an event: in one
transaction get or create its row by identifier, look the ticket up, change it, save it. It keeps no delivery, checks
nothing, and depends on the order of events. 20,000 tickets stand in the database.
"""

from __future__ import annotations

import json
import os
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.ingest.mapping import Table

TICKETS = 20_000
BATCHED, BATCH = 50_000, 2_500
SINGLE = 2_000
PEER = 1_000
KINDS = {"note": None, "assigned": "ivy", "status": "open", "transferred": "billing"}


def start(folder: Path) -> int:
    """Start the database and Django on it; returns the database's process."""
    from tidegate.server import embedded

    server = embedded.start(folder)
    os.environ |= {
        "DATABASE_URL": embedded.url(server),
        "TIDEGATE_DATA_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "tidegate.server.settings",
        "TIDEGATE_LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return int((folder / "postgresql" / "postmaster.pid").read_text().splitlines()[0])


def events(count: int, first: int) -> list[dict[str, Any]]:
    """Make events about any of the tickets, out of order."""
    draw = np.random.default_rng(first)
    kinds, places = draw.choice(list(KINDS), count), draw.integers(0, TICKETS, count)
    minutes = draw.integers(0, 600, count)
    return [
        {
            "event_id": f"e{first + number}",
            "ticket_id": f"t{place}",
            "at": f"2026-03-02T{10 + minute // 60}:{minute % 60:02}:00Z",
            "kind": str(kind),
            "actor_kind": "agent",
            "new": KINDS[kind],
        }
        for number, (kind, place, minute) in enumerate(zip(kinds, places.tolist(), minutes.tolist(), strict=True))
    ]


def processor(postmaster: int) -> float:
    """Processor seconds of this process and of the database's, so far."""
    ticks = 0
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            except OSError:
                continue
            if int(folder.name) == postmaster or int(stat[1]) == postmaster:
                ticks += int(stat[11]) + int(stat[12])
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


def send(bodies: list[Any], kind: Table, first: int) -> None:
    from tidegate.server.api.submissions import check
    from tidegate.server.desk import inbox

    for number, told in enumerate(bodies):
        body = json.dumps(told).encode()
        sent = check(kind, body, lines=False, received_at=datetime.now(UTC))
        name = f"{kind}{first + number}"
        inbox.delivery_accept(source="bench", delivery_id=name, kind=kind, body=sent.text, rows=sent.rows)


def by_hand(told: list[dict[str, Any]]) -> None:
    """Do it as an ordinary view does."""
    from django.db import transaction

    from tidegate.server.desk.models import Event, Ticket

    fields = {"assigned": "assignee", "status": "status", "transferred": "group"}
    for event in told:
        with transaction.atomic():
            rest = {name: value for name, value in event.items() if name != "event_id"}
            _, new = Event.objects.get_or_create(event_id=event["event_id"], defaults=rest)
            if new:
                ticket = Ticket.objects.get(pk=event["ticket_id"])
                ticket.updated_at = datetime.fromisoformat(event["at"])
                if event["kind"] in fields:
                    setattr(ticket, fields[event["kind"]], event["new"])
                ticket.save()


def measured(name: str, count: int, work: Callable[[], object], postmaster: int) -> float:
    """Run it, and print and return events a processor second."""
    began, clock = processor(postmaster), time.perf_counter()
    work()
    rate, wall = count / (processor(postmaster) - began), count / (time.perf_counter() - clock)
    print(f"{name:<46} {rate:9,.0f} a processor second   {wall:9,.0f} a second of the clock")
    return rate


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        postmaster = start(Path(folder))
        from tidegate.server.desk.inbox import draining

        at = {"created_at": "2026-03-02T09:00:00Z", "updated_at": "2026-03-02T09:30:00Z", "body": "It fails. " * 30}
        rows = [{"ticket_id": f"t{number}", "subject": "Checkout fails", **at} for number in range(TICKETS)]
        many = [rows[place : place + BATCH] for place in range(0, TICKETS, BATCH)]
        measured("tickets, batches: accept", TICKETS, lambda: send(many, "tickets", 0), postmaster)
        measured("tickets, batches: drain", TICKETS, draining.drain, postmaster)

        def batches() -> None:
            told = events(BATCHED, 0)
            send([told[place : place + BATCH] for place in range(0, BATCHED, BATCH)], "events", 0)
            draining.drain()

        def singles() -> None:
            send(events(SINGLE, 10**6), "events", 10**6)

        batch = measured("events, batches of 2,500: accept and drain", BATCHED, batches, postmaster)
        measured("events, one a delivery: accept, durably", SINGLE, singles, postmaster)
        measured("events, one a delivery: drain", SINGLE, draining.drain, postmaster)
        peer = measured("peer: ORM, row by row", PEER, lambda: by_hand(events(PEER, 10**7)), postmaster)
        print(f"batches / peer {batch / peer:.1f}   wanted 5,000 events a processor second: {batch:,.0f}")


if __name__ == "__main__":
    main()
