"""The inbox's jobs: turn what waits into facts, see to it that nothing waits for long, tidy up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import structlog
from django.db import InterfaceError, OperationalError

from tidegate.server import queueing
from tidegate.server.jobs.app import app, comes_round

if TYPE_CHECKING:
    from procrastinate import JobContext

log = structlog.get_logger()

DATABASE_S_OWN: Final = ("08", "53", "57", "58")
"""Classes of errors that no delivery is to blame for: no connection, no room or memory, shut down, its system's."""


@app.task(name=queueing.DRAIN, queue="inbox", queueing_lock=queueing.DRAIN, priority=10, retry=5, pass_context=True)
def inbox_drain(context: JobContext) -> int:
    """Turn all waiting deliveries into facts; returns how many. Only one drain works at a time, others end at once.

    Where the database is away or full it gives up until the sweep: to be tried again at once would count against the
    first delivery that waits, as a death of the worker does.
    """
    from tidegate.server.desk import inbox
    from tidegate.server.desk.inbox import draining

    try:
        return draining.drain(careful=context.job.attempts > 0, linger=inbox.LINGER)
    except (OperationalError, InterfaceError) as error:
        if (getattr(error.__cause__, "sqlstate", None) or "08")[:2] not in DATABASE_S_OWN:
            raise
        log.warning("inbox.database_gone", error=type(error.__cause__ or error).__name__)
        return 0


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
