"""The inbox's jobs: turn what waits into facts, see to it that nothing waits for long, tidy up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.server import queueing
from tidegate.server.jobs.app import app, comes_round

if TYPE_CHECKING:
    from procrastinate import JobContext


@app.task(name=queueing.DRAIN, queue="inbox", queueing_lock=queueing.DRAIN, priority=10, retry=5, pass_context=True)
def inbox_drain(context: JobContext) -> int:
    """Turn all waiting deliveries into facts; returns how many. Only one drain works at a time, others end at once."""
    from tidegate.server.desk import inbox
    from tidegate.server.desk.inbox import draining

    return draining.drain(careful=context.job.attempts > 0, linger=inbox.LINGER)


@app.periodic(cron="* * * * * */15")
@app.task(queue="upkeep", queueing_lock="inbox_sweep")
@comes_round
def inbox_sweep(timestamp: int) -> None:
    """Wake a drain for deliveries that wait without one: their web process died before it could."""
    del timestamp
    from tidegate.server.desk import inbox

    if inbox.waiting():
        inbox.wake()


@app.periodic(cron="43 3 * * *")
@app.task(queue="upkeep", queueing_lock="inbox_tidy")
def inbox_tidy(timestamp: int) -> int:
    """Remove deliveries that became facts long ago; returns how many."""
    del timestamp
    from tidegate.server.desk import inbox

    return inbox.deliveries_remove()
