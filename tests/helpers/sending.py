"""An integration that does not give up: sends in disorder and twice, and keeps what was accepted."""

from __future__ import annotations

import itertools
import random
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Sent:
    """One delivery: its id, the table that it fills, and the object."""

    id: str
    kind: str
    body: dict[str, Any]


def deliveries(count: int, seed: int = 7, words: int = 4) -> list[Sent]:
    """Make deliveries: a third each of tickets, their messages and their events; some tickets tell of a breach."""
    chance = random.Random(seed)  # noqa: S311 -- disorder, not secrets
    now = datetime.now(UTC).replace(microsecond=0)
    found = []
    for number in range(count):
        ticket = f"T{number // 3}"
        at = (now - timedelta(seconds=count - number)).isoformat()
        kind = ("tickets", "messages", "events")[number % 3]
        breach = (number // 3) % max(10, count // 200) == 0
        bodies: dict[str, dict[str, Any]] = {
            "tickets": {
                "ticket_id": ticket,
                "created_at": at,
                "status": "open",
                "subject": "Data breach: customer records leaked" if breach else f"Question {number} on my invoice",
                "body": "Please have a look.",
            },
            "messages": {
                "message_id": f"M{number}",
                "ticket_id": ticket,
                "at": at,
                "author_kind": "requester",
                "public": True,
                "body": f"More on this, part {number}: " + " ".join(str(chance.random()) for _ in range(words)),
            },
            "events": {
                "event_id": f"E{number}",
                "ticket_id": ticket,
                "at": at,
                "kind": "priority",
                "actor_kind": "agent",
                "old": "low",
                "new": "normal",
            },
        }
        found.append(Sent(f"d{number}", kind, bodies[kind]))
    chance.shuffle(found)
    return found


@dataclass
class Sender:
    """Sends from several threads until each delivery was accepted, every fifth of them again.

    Attributes
    ----------
    accepted
        Ids that were answered with 200 or 202.
    refusals
        Answers and errors that made it try again, by kind.
    """

    url: str
    token: str
    threads: int = 8
    accepted: set[str] = field(default_factory=set)
    repeats: int = 0
    refusals: dict[str, int] = field(default_factory=dict)
    stop: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, those: Sequence[Sent]) -> list[threading.Thread]:
        """Begin to send; join the threads that this returns."""
        again = [delivery for place, delivery in enumerate(those) if place % 5 == 0]
        todo = iter(list(itertools.chain(those, again)))
        workers = [threading.Thread(target=self._work, args=(todo,), daemon=True) for _ in range(self.threads)]
        for worker in workers:
            worker.start()
        return workers

    def _work(self, todo: Any) -> None:
        with httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {self.token}"}, timeout=30) as client:
            while not self.stop.is_set():
                with self._lock:
                    delivery = next(todo, None)
                if delivery is None:
                    return
                while not self.stop.is_set() and not self._once(client, delivery):
                    time.sleep(0.2)

    def _once(self, client: httpx.Client, delivery: Sent) -> bool:
        try:
            answer = client.post(
                f"/api/v1/{delivery.kind}", json=delivery.body, headers={"Idempotency-Key": delivery.id}
            )
        except httpx.HTTPError as error:
            return self._refused(type(error).__name__)
        if answer.status_code in {200, 202}:
            with self._lock:
                self.repeats += delivery.id in self.accepted
                self.accepted.add(delivery.id)
            return True
        if answer.status_code in {429, 500, 502, 503, 504}:
            return self._refused(str(answer.status_code))
        raise AssertionError(f"{answer.status_code}: {answer.text}")

    def _refused(self, why: str) -> bool:
        with self._lock:
            self.refusals[why] = self.refusals.get(why, 0) + 1
        return False
