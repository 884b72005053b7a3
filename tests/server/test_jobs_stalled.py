"""Jobs of workers that died are taken up again, whatever else waits."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from helpers.company import forget_jobs
from tidegate.server.jobs.app import stalled_jobs_retry

pytestmark = pytest.mark.django_db(transaction=True)

JOB = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id)
    VALUES ('q', %s, %s::procrastinate_job_status, %s, %s)
"""


async def _retry() -> int:
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # ty: ignore[missing-attribute]
        async with worker.open_async():
            return await stalled_jobs_retry.func(SimpleNamespace(app=worker), timestamp=0)


def test_a_stalled_job_whose_successor_waits_does_not_keep_the_others_stalled() -> None:
    forget_jobs()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour') RETURNING id"
        )
        (dead,) = cursor.fetchone()
        cursor.execute(JOB, ["replaced", "doing", "one-of-a-kind", dead])
        cursor.execute(JOB, ["replaced", "todo", "one-of-a-kind", None])
        cursor.execute(JOB, ["other", "doing", None, dead])
    assert asyncio.run(_retry()) == 2
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, status::text FROM procrastinate_jobs ORDER BY 1")
        assert cursor.fetchall() == [("other", "todo"), ("replaced", "todo")]
