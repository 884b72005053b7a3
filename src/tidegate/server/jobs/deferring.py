"""Periodic jobs by a clock that may be set: forward, back, or to another day (docs/decisions/clock-steps.md).

procrastinate remembers the last moment for which it queued a job, and queues the next one when that has passed. After a
clock was set back by two hours it would queue nothing for two hours; after one was set forward, a job for every moment
in between. Here that memory is dropped as soon as the database's clock has moved otherwise than time has passed.
"""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Final

import structlog
from procrastinate import periodic
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

log = structlog.get_logger()

UNNOTICED: Final = 2.0
"""Seconds by which a clock may be off, by being slewed or by a slow answer, without having been set."""
_ALIVE_UNTIL_NOW: Final = "UPDATE procrastinate_workers SET last_heartbeat = now() WHERE last_heartbeat > now()"
"""A worker that died before the clock was set back would count as alive until its last sign of life is past."""
_AT_ONCE: Final = "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo' AND scheduled_at > now()"
"""No job of ours is queued for later. One that is tried again has the moment as its time, by its worker's clock, which
may be ahead of the database's."""
_NOW: Final = "SELECT extract(epoch FROM clock_timestamp())::float AS now"


class Deferrer(periodic.PeriodicDeferrer):
    """Queues periodic jobs by the database's clock, which all workers share, also when that is set."""

    _told: tuple[float, float] | None = None
    """What the database's clock and the monotonic one said last."""

    async def worker(self) -> None:
        """Queue what is due, forever."""
        while True:
            at = (await app.connector.execute_query_one_async(_NOW))["now"]
            await self.look(at, time.monotonic())
            await self.defer_jobs(jobs_to_defer=self.get_previous_tasks(at=at))
            await self.wait(next_tick=self.get_next_tick(at=at))

    async def look(self, at: float, passed: float) -> None:
        """Notice that the clock was set, or may have been before this worker began.

        Parameters
        ----------
        at
            What the database's clock says, in seconds since 1970.
        passed
            What the monotonic clock says.
        """
        await app.connector.execute_query_async(_AT_ONCE)
        before, self._told = self._told, (at, passed)
        moved = None if before is None else (at - before[0]) - (passed - before[1])
        if moved is not None and abs(moved) <= UNNOTICED:
            return
        self.last_defers.clear()
        await app.connector.execute_query_async(_ALIVE_UNTIL_NOW)
        with suppress(AlreadyEnqueued):  # by another worker that noticed it
            await outbox_clock_set.defer_async()
            if moved is not None:
                log.warning("clock.set", seconds=round(moved, 1))


def install() -> None:
    """Let workers of this process queue periodic jobs this way."""
    periodic.PeriodicDeferrer = Deferrer  # ty: ignore[invalid-assignment]


@app.task(queue="upkeep", queueing_lock="outbox_clock_set")
def outbox_clock_set() -> int:
    """Bring the outbox's times to a clock that was set, or may have been; returns how many actions are due earlier."""
    from tidegate.server.desk.outbox import delivering

    return delivering.clock_set()


__all__ = ["Deferrer", "install", "outbox_clock_set"]
