"""The service beside django-helpdesk, both with the same number of tickets, in the same run, over loopback.

Load comes from `wrk` (Debian's package of that name), which costs little processor time. Figures per processor second
are of all the service's processes together; they stay put on a machine that others use as well.

    python bench/bench_service.py --home DIR [--tickets 100000] [--open 20000] [--million | --only-million]
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx
from service_ours import Ours, free_port, seed
from service_peer import Peer

DONE = """
done = function(summary, latency, requests)
  local e = summary.errors
  io.write(string.format('JSON {"requests":%d,"seconds":%f,"p50":%f,"p95":%f,"p99":%f,"failed":%d}\\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
"""
PAGES = """
local cookies, n = {}, 0
for line in io.lines(os.getenv("BENCH_COOKIES")) do cookies[#cookies + 1] = line end
request = function() n = n + 1; return wrk.format("GET", nil, {["Cookie"] = cookies[n % #cookies + 1]}) end
"""
EVENTS = """
local threads, n = 0, 0
setup = function(thread) threads = threads + 1; thread:set("id", threads) end
request = function()
  n = n + 1
  local key = string.format("%s-%d-%d", os.getenv("BENCH_RUN"), id, n)
  local ticket = math.random(1, tonumber(os.getenv("BENCH_TICKETS")))
  local body = string.format('{"event_id":"%s","ticket_id":"T%07d","at":"%s","kind":"note","actor_kind":"agent"}',
    key, ticket, os.getenv("BENCH_NOW"))
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Idempotency-Key"] = key,
    ["Authorization"] = "Bearer " .. os.getenv("BENCH_TOKEN")}, body)
end
"""
TICKETS = """
request = function()
  local body = '{"title":"My invoice","queue":1,"priority":3,"submitter_email":"u@x.example","description":"Look"}'
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["Cookie"] = os.getenv("BENCH_COOKIE"),
    ["X-CSRFToken"] = os.getenv("BENCH_CSRF"), ["Referer"] = os.getenv("BENCH_REFERER")}, body)
end
"""
PEER_SENDERS = (1, 2, 4, 8, 16)
"""It counts with the number of senders at which it makes the most."""


def wrk(url: str, script: str, *, users: int, seconds: int, **environ: str) -> dict[str, float]:
    """Load an address; return requests a second, percentiles in milliseconds, and failures."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script + DONE)
        file.flush()
        command = ["wrk", "-t", str(min(2, users)), "-c", str(users), "-d", f"{seconds}s", "--timeout", "60s"]
        made = subprocess.run(
            [*command, "-s", file.name, url], env={**os.environ, **environ}, capture_output=True, text=True, check=False
        )
    line = next((line for line in made.stdout.splitlines() if line.startswith("JSON ")), None)
    if line is None:
        raise SystemExit(made.stdout + made.stderr)
    told = json.loads(line[5:])
    return {**told, "rate": (told["requests"] - told["failed"]) / told["seconds"]}


def show(name: str, told: dict[str, float], cpu: float | None = None) -> None:
    each = "" if cpu is None else f"  {told['requests'] / cpu:8.1f} a processor second"
    print(
        f"{name:<46} {told['rate']:9.1f}/s  p50 {told['p50']:8.1f}  p95 {told['p95']:8.1f}  p99 {told['p99']:8.1f} ms"
        f"  failed {told['failed']:.0f}{each}",
        flush=True,
    )


def used(before: dict[str, float], after: dict[str, float]) -> float:
    return sum(max(0.0, after[part] - before[part]) for part in after)


def pages(ours: Ours, users: int, seconds: int) -> dict[str, float]:
    """Ask for the queue page as so many people at a time."""
    _see_a_page(ours)
    jar = ours.folder / "cookies.txt"
    jar.write_text("\n".join(ours.cookies) + "\n")
    wrk(f"{ours.url}/", PAGES, users=users, seconds=3, BENCH_COOKIES=str(jar))
    before = ours.cpu()
    told = wrk(f"{ours.url}/", PAGES, users=users, seconds=seconds, BENCH_COOKIES=str(jar))
    show(f"queue page, {users} users at a time", told, used(before, ours.cpu()))
    return told


def _see_a_page(ours: Ours) -> None:
    """Stop where the page is none: a fast error is no figure."""
    got = httpx.get(f"{ours.url}/", headers={"Cookie": ours.cookies[0]}, timeout=60)
    if got.status_code != 200 or got.text.count("/tickets/") < 20:
        raise SystemExit(f"the queue page is not one: {got.status_code}")


def singles(ours: Ours, seconds: int, tickets: int) -> dict[str, float]:
    """Send events about any of the tickets one by one; each is answered when it is safe on the disk."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    here = {"BENCH_TOKEN": ours.token, "BENCH_NOW": at, "BENCH_TICKETS": str(tickets)}
    before = ours.cpu()
    told = wrk(f"{ours.url}/api/v1/events", EVENTS, users=16, seconds=seconds, BENCH_RUN=str(time.time_ns()), **here)
    show("single events, 16 senders", told, used(before, ours.cpu()))
    return told


def batches(ours: Ours, count: int, size: int, tickets: int) -> None:
    """Send events about all tickets in turn in batches, and wait until they are facts."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    run = time.time_ns()
    bodies = [
        json.dumps(
            [
                {
                    "event_id": f"{run}-{b}-{n}",
                    "ticket_id": f"T{(b * size + n) % tickets:07d}",
                    "at": at,
                    "kind": "note",
                    "actor_kind": "agent",
                }
                for n in range(size)
            ]
        )
        for b in range(count)
    ]
    before, began = ours.cpu(), time.monotonic()
    with httpx.Client(headers={"Authorization": f"Bearer {ours.token}"}, timeout=60) as client:
        for body in bodies:
            sent = client.post(f"{ours.url}/api/v1/events", content=body, headers={"Content-Type": "application/json"})
            sent.raise_for_status()
        accepted = time.monotonic() - began
        while "tidegate_inbox_waiting 0.0" not in client.get(f"{ours.url}/metrics").text:
            time.sleep(0.05)
    whole, cpu = time.monotonic() - began, used(before, ours.cpu())
    events = count * size
    print(
        f"batches of {size} events: {events / accepted:,.0f}/s accepted, {events / whole:,.0f}/s until all are facts, "
        f"{events / cpu:,.0f} a processor second (of all processes), wanted 5,000",
        flush=True,
    )


def freshness(ours: Ours, times: int) -> None:
    """Send P0 tickets; see how long after its answer each one stands in the queue page."""
    took = []
    with httpx.Client(headers={"Authorization": f"Bearer {ours.token}"}, timeout=60) as client:
        for number in range(times):
            ticket = f"breach{number}x{time.time_ns()}"
            body = {
                "ticket_id": ticket,
                "created_at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "status": "open",
                "subject": "Data breach: customer records leaked",
            }
            client.post(f"{ours.url}/api/v1/tickets", json=body).raise_for_status()
            accepted = time.monotonic()
            here = {"Cookie": ours.cookies[number % len(ours.cookies)]}
            while f"/tickets/{ticket}" not in client.get(f"{ours.url}/?search={ticket}", headers=here).text:
                time.sleep(0.05)
                if time.monotonic() - accepted > 60:
                    raise SystemExit(f"{ticket} never stood in the queue page")
            took.append(time.monotonic() - accepted)
    took.sort()
    print(
        f"new P0 in the queue page after its acceptance, {times} times: p50 {statistics.median(took):.2f} s, "
        f"p99 {took[math.ceil(len(took) * 0.99) - 1]:.2f} s, worst {took[-1]:.2f} s, wanted 2 s",
        flush=True,
    )


def tickets_made(theirs: Peer, users: int, seconds: int, here: dict[str, str]) -> dict[str, float]:
    """Have django-helpdesk make tickets for so many senders."""
    made = wrk(f"{theirs.url}/api/tickets/", TICKETS, users=users, seconds=seconds, **here)
    show(f"django-helpdesk: tickets created, {users} senders", made)
    return made


def peer(folder: Path, tickets: int, open_: int, seconds: int) -> tuple[dict[str, float], dict[str, float]]:
    """Ask django-helpdesk for the data of its ticket list, and have it make tickets: as many as it ever does."""
    theirs = Peer(folder, free_port())
    theirs.install()
    theirs.seed(tickets, open_)
    theirs.start(workers=2)
    try:
        here = {"BENCH_COOKIE": theirs.cookie, "BENCH_CSRF": theirs.csrf, "BENCH_REFERER": theirs.url + "/"}
        made = max(
            (tickets_made(theirs, users, seconds, here) for users in PEER_SENDERS), key=lambda told: told["rate"]
        )
        jar = folder / "cookies.txt"  # after that: it goes on working on lists that nobody waits for any more
        jar.write_text(theirs.cookie + "\n")
        listed = wrk(theirs.url + theirs.list_path(), PAGES, users=50, seconds=seconds, BENCH_COOKIES=str(jar))
        show("django-helpdesk: ticket list's data, 50 users", listed)
    finally:
        theirs.stop()
    return listed, made


def memory(ours: Ours, told: str) -> None:
    print(f"memory with {told}, MB: {json.dumps(ours.memory())}", flush=True)
    print(f"its peaks since the last look, MB: {json.dumps(ours.peaks())}", flush=True)


def settle(ours: Ours, seconds: float) -> None:
    """Leave it alone: after its start the worker decides, and finds tickets about the same thing."""
    before = ours.cpu()
    time.sleep(seconds)
    spent = used(before, ours.cpu())
    print(f"left alone for {seconds:.0f} s, in which it spent {spent:.1f} s of processor time", flush=True)


def million(asked: argparse.Namespace) -> None:
    """Fill a service of its own with ten times the tickets and five times the open ones; see how it starts."""
    tickets, open_ = asked.tickets * 10, asked.open * 5
    ours = filled(asked, "million", tickets, open_)
    try:
        print(f"ready after {ours.start():.1f} s with {tickets:,} tickets, {open_:,} open", flush=True)
        memory(ours, "the queue just up")
        settle(ours, 2 * asked.settle)
        pages(ours, 50, asked.seconds)
        singles(ours, asked.seconds, tickets)
        batches(ours, 100, 1000, tickets)
        freshness(ours, asked.fresh)
        memory(ours, f"{tickets:,} tickets, {open_:,} open")
    finally:
        ours.stop()


def filled(asked: argparse.Namespace, name: str, tickets: int, open_: int) -> Ours:
    """Fill a service, or take what an earlier run has filled."""
    home = asked.home / name
    if not asked.keep:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    ours = Ours(home, processes=asked.processes, users=50)
    began = time.monotonic()
    if not asked.keep:
        seed(ours.folder, tickets, open_, ours.environ)
    print(f"{tickets:,} tickets, {open_:,} open; filled in {time.monotonic() - began:.0f} s", flush=True)
    return ours


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "tidegate-bench")
    parser.add_argument("--tickets", type=int, default=100_000)
    parser.add_argument("--open", type=int, default=20_000)
    parser.add_argument("--seconds", type=int, default=15)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--million", action="store_true", help="also ten times the tickets, five times the open ones")
    parser.add_argument("--only-million", action="store_true", help="those alone")
    parser.add_argument("--fresh", type=int, default=50, help="P0 tickets whose way into the page is timed")
    parser.add_argument("--settle", type=float, default=60, help="seconds that a service is left alone after its start")
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--keep", action="store_true", help="take what an earlier run has filled")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    if shutil.which("wrk") is None:
        sys.exit("this needs wrk: apt-get install wrk")
    if asked.only_million:
        million(asked)
        return
    ours = filled(asked, "ours", asked.tickets, asked.open)
    try:
        print(f"ready after {ours.start():.1f} s the first time", flush=True)
        settle(ours, asked.settle)
        page = pages(ours, 50, asked.seconds)
        single = singles(ours, asked.seconds, asked.tickets)
        batches(ours, 100, 1000, asked.tickets)
        freshness(ours, asked.fresh)
        memory(ours, f"{asked.tickets:,} tickets, {asked.open:,} open")
    finally:
        ours.stop()
    if asked.million:
        million(asked)
    if not asked.no_peer:
        listed, made = peer(asked.home / "helpdesk", asked.tickets, asked.open, asked.seconds)
        for name, ours_, theirs in (
            ("queue page over ticket list's data", page, listed),
            ("single events over tickets created", single, made),
        ):
            times = (
                f"{ours_['rate'] / theirs['rate']:.1f} times" if theirs["rate"] else "the peer answered none in time"
            )
            print(f"{name}: {times}, wanted 20")


if __name__ == "__main__":
    main()
