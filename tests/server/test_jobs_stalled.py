"""Jobs of workers that died are taken up again, whatever else waits; periodic ones come round anyway."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from helpers.company import forget_jobs
from tidegate.server.desk import decisions, pulse
from tidegate.server.desk import inbox as desk_inbox
from tidegate.server.desk.outbox import delivering
from tidegate.server.jobs import app as jobs
from tidegate.server.jobs import inbox, measures, outbox
from tidegate.server.jobs.app import stalled_jobs_retry
from tidegate.server.pacing import Pace

pytestmark = pytest.mark.django_db(transaction=True)

JOB = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, status, queueing_lock, worker_id)
    VALUES ('q', %s, %s::procrastinate_job_status, %s, %s)
"""


async def _retry() -> int:
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # ty: ignore[missing-attribute]
        async with worker.open_async():
            return await stalled_jobs_retry.func(SimpleNamespace(app=worker), timestamp=0)


def test_a_stalled_job_whose_successor_waits_does_not_keep_the_others_stalled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SIGN_OF_LIFE", 0.0)
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


@pytest.mark.parametrize("job", [outbox.decide, outbox.outbox_sweep, inbox.inbox_sweep, measures.pulse_measures])
def test_a_periodic_job_whose_database_dies_under_it_is_no_failure(job: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    def fails(*_: object) -> None:
        raise ValueError("a mistake of ours")

    works = {
        "decide": (decisions, "decide"),
        "outbox_sweep": (delivering, "sweep"),
        "inbox_sweep": (desk_inbox, "waiting"),
        "pulse_measures": (pulse, "pulse_measure"),
    }
    where, name = works[job.name.rsplit(".", 1)[-1]]
    monkeypatch.setattr(outbox, "PACE", Pace(share=1.0))  # it need not rest
    monkeypatch.setattr(where, name, dies)
    assert job.func(timestamp=0) is None
    connection.close()
    monkeypatch.setattr(where, name, fails)
    with pytest.raises(ValueError, match="of ours"):
        job.func(timestamp=0)
