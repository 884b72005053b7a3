"""The queue of jobs: procrastinate on the service's own PostgreSQL, and what keeps the queue itself going.

A job is a row that is written in the transaction that wants it. Every job here may run twice and at the same time as
another of its kind: each makes sure itself that its effects happen once.
"""

from __future__ import annotations

import asyncio
from functools import wraps
from typing import TYPE_CHECKING, Final, TypeVar

import structlog
from django.db import InterfaceError, OperationalError
from procrastinate.contrib.django import app
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from procrastinate import JobContext

R = TypeVar("R")
log = structlog.get_logger()

STALLED_AFTER: Final = 20.0
"""Seconds without a sign of life after which a worker counts as dead and its jobs are taken up again."""
SIGN_OF_LIFE: Final = 6.0
"""Seconds within which every living worker has given one."""
KEPT_HOURS: Final = 72
"""How long a finished job can be looked at."""


def comes_round(work: Callable[[int], R]) -> Callable[[int], R | None]:
    """Let a periodic job give up where the database went away under it: its next turn does the same work.

    So a job that is marked as failed is one that somebody has to look at.
    """

    @wraps(work)
    def turn(timestamp: int) -> R | None:
        try:
            return work(timestamp)
        except (OperationalError, InterfaceError) as error:
            log.warning("job.database_gone", job=turn.__name__, error=type(error).__name__)
            return None

    return turn


@app.periodic(cron="* * * * * */10")
@app.task(queue="upkeep", queueing_lock="stalled_jobs_retry", pass_context=True)
async def stalled_jobs_retry(context: JobContext, timestamp: int) -> int:
    """Take up again the jobs of workers that died; returns how many."""
    del timestamp
    manager = context.app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER))
    if not stalled:
        return 0
    await asyncio.sleep(SIGN_OF_LIFE)  # a clock that was set forward makes the living look dead until then
    still = {(job.id, job.attempts) for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER)}
    stalled = [job for job in stalled if (job.id, job.attempts) in still]
    for job in stalled:
        try:
            await manager.retry_job(job)
        except UniqueViolation:  # another of its kind waits already, and does what this one would have done
            await manager.finish_job(job, status=Status.ABORTED, delete_job=True)
    return len(stalled)


@app.periodic(cron="17 * * * *")
@app.task(queue="upkeep", queueing_lock="old_jobs_remove", pass_context=True)
async def old_jobs_remove(context: JobContext, timestamp: int) -> None:
    """Remove finished jobs after a while; failed ones stay until somebody has looked at them."""
    del timestamp
    await context.app.job_manager.delete_old_jobs(nb_hours=KEPT_HOURS)


__all__ = ["app", "comes_round"]
