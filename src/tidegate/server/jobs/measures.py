"""The job that measures the desk for the pulse."""

from __future__ import annotations

from tidegate.server import memory, queueing
from tidegate.server.jobs.app import app, comes_round


@app.periodic(cron="*/5 * * * *")
@app.task(queue="long", queueing_lock="pulse_measures", lock="pulse_measures", name=queueing.MEASURE)
@comes_round
def pulse_measures(timestamp: int) -> int:
    """Measure the last weeks for every set of groups that somebody sees; returns how many sets."""
    from tidegate.server.desk.pulse import pulse_measure

    del timestamp
    measured = len(pulse_measure())
    memory.give_back()
    return measured
