"""The job that reads texts which boards found unread, so that no web process has to."""

from __future__ import annotations

from typing import Final

from tidegate.server import memory
from tidegate.server.jobs.app import app, comes_round

SECONDS: Final = 30.0
"""After this long a turn ends, and another begins."""


@app.periodic(cron="* * * * * */5")
@app.task(queue="decide", queueing_lock="texts_read", lock="texts_read", name="texts_read")
@comes_round
def texts_read(timestamp: int) -> int:
    """Read texts that wait, if there are any; returns how many.

    In the slot of deciding, which waits for it: a replay that takes minutes keeps neither.
    """
    from tidegate.server.desk.board import board, texts

    del timestamp
    queue = board.snapshot()
    done = texts.read_waiting(queue.held, queue.now, seconds=SECONDS)
    if done:
        memory.give_back()
    return done
