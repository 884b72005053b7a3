"""The worker's slots: no group of jobs waits behind another."""

from __future__ import annotations

import asyncio
import threading
import time
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from procrastinate.contrib.django import app

from helpers.company import forget_jobs
from tidegate.server import work
from tidegate.server.desk import inbox
from tidegate.server.desk.outbox import delivering
from tidegate.server.jobs.outbox import outbox_deliver

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

PATIENCE = 30.0


def test_every_queue_has_slots_in_one_group() -> None:
    listed = [queue for group in work.GROUPS for queue in group.queues]
    assert sorted(listed) == sorted(set(listed))
    assert {task.queue for task in app.tasks.values()} - {"builtin"} == set(listed)  # that is procrastinate's own


def _accepted_and_taken() -> bool:
    inbox.delivery_accept(source="s", delivery_id="d", kind="events", body='{"kind": "note"}')
    until = time.monotonic() + PATIENCE
    while (waits := inbox.waiting()) and time.monotonic() < until:
        time.sleep(0.02)
    connection.close()
    return not waits


async def _while_working(check: Callable[[], Awaitable[None]], groups: tuple[work.Group, ...] = work.GROUPS) -> None:
    stop = asyncio.Event()
    with app.replace_connector(app.connector.get_worker_connector()) as worker:  # ty: ignore[missing-attribute]
        async with worker.open_async():
            working = asyncio.create_task(work.work(worker, stop, groups))
            try:
                await check()
            finally:
                stop.set()
                await asyncio.wait_for(working, PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_receivers_that_do_not_answer_keep_no_delivery_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_jobs()
    answered, asked = threading.Event(), threading.Semaphore(0)

    def hang(action: int, *, again: bool) -> str:
        asked.release()
        assert answered.wait(PATIENCE)
        return f"done {action} {again}"

    monkeypatch.setattr(delivering, "deliver", hang)
    for action in range(12):
        outbox_deliver.configure(lock=f"outbox {action}").defer(action=action)

    async def check() -> None:
        try:
            assert await asyncio.to_thread(asked.acquire, timeout=PATIENCE)
            assert await asyncio.to_thread(_accepted_and_taken)
            assert not answered.is_set()
        finally:
            answered.set()

    asyncio.run(_while_working(check))
    forget_jobs()


@pytest.mark.django_db(transaction=True)
def test_when_one_group_cannot_go_on_the_whole_worker_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_jobs()
    take = work._take

    async def broken(app_: object, group: work.Group) -> None:
        if group.name == "outbox":
            raise RuntimeError("it cannot go on")
        await take(app_, group)

    monkeypatch.setattr(work, "_take", broken)

    async def check() -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="cannot go on"):
        asyncio.run(_while_working(check))
