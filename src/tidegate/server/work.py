"""The worker: takes jobs until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Final

from tidegate.server import lifeline

CONCURRENCY: Final = 4
STOP_SECONDS: Final = 15.0


def run() -> None:
    """Work until SIGTERM or Ctrl-C; a job under way has a moment to end, and is taken up again if it does not."""
    lifeline.end_with_parent()
    asyncio.run(_work())


async def _work() -> None:
    from procrastinate.contrib.django import app

    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # ty: ignore[missing-attribute]
        async with worker.open_async():
            await worker.run_worker_async(
                concurrency=CONCURRENCY,
                shutdown_graceful_timeout=STOP_SECONDS,
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=5.0,
                stalled_worker_timeout=20.0,
            )
