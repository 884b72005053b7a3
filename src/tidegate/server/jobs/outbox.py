"""The outbox's jobs: carry actions out, see to it that none is forgotten, and decide what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

from tidegate.server import memory
from tidegate.server.jobs.app import app, comes_round
from tidegate.server.pacing import Pace

if TYPE_CHECKING:
    from collections.abc import Sequence

QUEUE = "outbox"
PACE = Pace(share=0.2)
"""With a hundred thousand open tickets a turn takes seconds: the inbox has the rest of the time."""


@app.task(queue=QUEUE, retry=5)
def outbox_deliver(action: int) -> str | None:
    """Carry one action out, if it is due; returns the state that it is in then."""
    from tidegate.server.desk.outbox import delivering

    return delivering.deliver(action)


def deliver_soon(action: int, target: str) -> None:
    """Queue an action for now; those of one target run one after another, so that a slow receiver holds up no others.

    Never for later: a job that is scheduled holds its lock from the start, and everything behind it would wait.
    """
    outbox_deliver.configure(lock=f"outbox {target}"[:128] if target else None).defer(action=action)


def with_jobs(actions: Sequence[int]) -> set[int]:
    """Return those of the actions for which a job is queued or under way."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (args->>'action')::bigint FROM procrastinate_jobs "
            "WHERE task_name = %s AND status IN ('todo', 'doing') AND (args->>'action')::bigint = ANY(%s)",
            [outbox_deliver.name, list(actions)],
        )
        return {int(action) for (action,) in cursor.fetchall()}


@app.periodic(cron="* * * * * */5")
@app.task(queue="upkeep", queueing_lock="outbox_sweep")
@comes_round
def outbox_sweep(timestamp: int) -> int:
    """Wake what is due and has no job; returns how many."""
    del timestamp
    from tidegate.server.desk.outbox import delivering

    return delivering.sweep()


@app.periodic(cron="* * * * * */10")
@app.task(queue="decide", queueing_lock="decide", lock="decide")
@comes_round
def decide(timestamp: int) -> int:
    """Write down what came back by itself, what is decided otherwise than before, and what follows.

    Returns how many decisions changed.
    """
    del timestamp
    from tidegate.server.desk import decisions
    from tidegate.server.desk.acts import snoozes
    from tidegate.server.desk.board import board

    if not PACE.due():
        return 0
    with PACE.turn():
        seen = board.snapshot(fresh=0)
        snoozes.snoozes_wake(seen)
        done = decisions.decide(seen)
        memory.give_back()
    return done.decisions if done else 0
