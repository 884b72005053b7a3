"""The outbox's jobs: carry actions out, see to it that none is forgotten, and decide what is new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.server import memory, queueing
from tidegate.server.jobs.app import app, comes_round
from tidegate.server.pacing import Pace

if TYPE_CHECKING:
    from procrastinate import JobContext

PACE = Pace(share=0.2)
"""With a hundred thousand open tickets a turn takes seconds: the inbox has the rest of the time."""


@app.task(name=queueing.DELIVER, queue="outbox", retry=5, pass_context=True)
def outbox_deliver(context: JobContext, action: int) -> str | None:
    """Carry one action out, if it is due; returns the state that it is in then."""
    from tidegate.server.desk.outbox import delivering

    return delivering.deliver(action, again=context.job.attempts > 0)


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
        if seen.held.waiting.len():  # what many texts say is not known yet: all that was decided would be decided again
            return 0
        done = decisions.decide(seen)
        memory.give_back()
    return done.decisions if done else 0
