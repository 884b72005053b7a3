"""The worker: takes jobs until it is told to stop.

Each group of queues has slots of its own, so that none waits behind another: a receiver that does not answer takes the
outbox's slots and no more, and a replay that takes minutes keeps no delivery from becoming facts.
"""

from __future__ import annotations

import asyncio
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tidegate.server import lifeline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procrastinate import App

STOP_SECONDS: Final = 15.0


@dataclass(frozen=True, slots=True)
class Group:
    """Queues that share slots, how many jobs of them run at a time, and how often it looks by itself.

    A new job is told of at once. One that waits for another with its lock is found by looking.
    """

    name: str
    queues: tuple[str, ...]
    slots: int
    look_seconds: float = 1.0


GROUPS: Final = (
    Group("inbox", ("inbox",), 1),  # one drain at a time; a second one that is queued waits for the first to end
    Group("decide", ("decide",), 1),
    Group("outbox", ("outbox",), 3, look_seconds=0.25),  # what waits for a channel goes out one by one
    Group("upkeep", ("upkeep",), 2),
    Group("long", ("long",), 1),
)
"""Every queue is in one of them."""


def run() -> None:
    """Work until SIGTERM or Ctrl-C; a job under way has a moment to end, and is taken up again if it does not."""
    lifeline.end_with_parent()
    asyncio.run(_work())


async def _work() -> None:
    from procrastinate.contrib.django import app

    from tidegate.server.jobs import deferring

    deferring.install()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # ty: ignore[missing-attribute]
        async with worker.open_async():
            await work(worker, stop)


async def work(app: App, stop: asyncio.Event, groups: Sequence[Group] = GROUPS) -> None:
    """Take jobs of all groups until told to stop, or until one group cannot go on: then none does.

    Parameters
    ----------
    app
        Open, with a connector for workers.
    stop
        Set from outside.
    """
    slots = sum(group.slots for group in groups)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(slots + 2, thread_name_prefix="job"))
    told = asyncio.create_task(stop.wait())
    working = [asyncio.create_task(_take(app, group), name=group.name) for group in groups]
    await asyncio.wait([told, *working], return_when=asyncio.FIRST_COMPLETED)
    for task in (told, *working):
        task.cancel()  # each lets its jobs end
    ended = await asyncio.gather(*working, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):  # a cancellation is none
            raise error


async def _take(app: App, group: Group) -> None:
    await app.run_worker_async(
        queues=list(group.queues),  # a tuple would go to the database as a record
        name=group.name,
        concurrency=group.slots,
        install_signal_handlers=False,
        shutdown_graceful_timeout=STOP_SECONDS,
        fetch_job_polling_interval=group.look_seconds,
        update_heartbeat_interval=5.0,
        stalled_worker_timeout=20.0,
    )
