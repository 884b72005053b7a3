"""The job that forgets sessions and counted attempts that are over."""

from __future__ import annotations

from tidegate.server.jobs.app import app


@app.periodic(cron="41 * * * *")
@app.task(queue="upkeep", queueing_lock="people_housekeeping")
def people_housekeeping(timestamp: int) -> int:
    """Forget what is over; returns how many sessions."""
    del timestamp
    from tidegate.server.people import services

    return services.housekeeping()
