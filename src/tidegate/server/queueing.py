"""Asks for a job by its name: whoever wants one need not know who does it. `jobs` stands above all that it calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

if TYPE_CHECKING:
    from collections.abc import Sequence

DRAIN: Final = "inbox_drain"
DELIVER: Final = "outbox_deliver"
MEASURE: Final = "pulse_measures"
REPLAY: Final = "policy_replay"

_WAITS: Final = "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"
_WITH_ARGUMENT: Final = """
    SELECT (args->>%(name)s)::bigint FROM procrastinate_jobs
    WHERE task_name = %(job)s AND status IN ('todo', 'doing') AND (args->>%(name)s)::bigint = ANY(%(values)s)
"""


def ask(job: str, *, lock: str | None = None, **arguments: Any) -> bool:  # noqa: ANN401 - whatever JSON holds
    """Queue a job, within the transaction that is open; says whether one that may wait only once did not wait yet.

    Jobs of one ``lock`` run one after another. Never for later: a job that is scheduled holds its lock from the start,
    and everything behind it would wait.
    """
    try:
        with transaction.atomic():
            app.configure_task(job, allow_unknown=False, lock=lock).defer(**arguments)
    except AlreadyEnqueued:
        return False
    return True


def waits(job: str) -> bool:
    """Say whether a job that may wait only once does. One that runs does not count: it may have looked before."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITS, [job])
        found = cursor.fetchone()
    return bool(found and found[0])


def under_way(job: str, argument: str, values: Sequence[int]) -> set[int]:
    """Return those of the values for which a job, of which they are an argument, is queued or runs."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_ARGUMENT, {"name": argument, "job": job, "values": list(values)})
        return {int(value) for (value,) in cursor.fetchall()}
