"""The job that finds tickets about the same thing, for all processes."""

from __future__ import annotations

from typing import Final

from tidegate.server import memory
from tidegate.server.jobs.app import app, comes_round
from tidegate.server.pacing import Pace

PACE: Final = Pace(share=0.05)
"""Texts are compared for so much of the time at most: with a hundred thousand open tickets it takes many seconds."""
_seen: int | None = None
"""What was compared last in this process."""


@app.periodic(cron="* * * * *")
@app.task(queue="long", queueing_lock="similar_count", lock="similar_count", name="similar_count")
@comes_round
def similar_count(timestamp: int) -> int:
    """Compare the texts of the tickets that are held, if they are not those of the last time.

    Returns how many tickets have another group than before.
    """
    from tidegate.server.desk.board import board, similar

    global _seen  # noqa: PLW0603 - a fact about the process
    del timestamp
    if not PACE.due():
        return 0
    queue = board.snapshot()
    tickets = queue.held.tickets
    if not similar.wanted(queue.held.policy) or (asked := similar.asked(tickets, queue.now)) == _seen:
        return 0
    with PACE.turn():
        written = similar.groups_write(tickets, queue.now)
        memory.give_back()
    _seen = asked
    return written
