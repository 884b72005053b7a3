"""What waits by the wall clock goes on when that is set; tests/faults/run.py sets it under a whole service."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app

from helpers.company import forget_jobs
from helpers.receivers import receiver
from tidegate.server.desk import policies
from tidegate.server.desk.models import Action, Channel, PolicyVersion
from tidegate.server.desk.outbox import channels, delivering
from tidegate.server.jobs import app as jobs
from tidegate.server.jobs.deferring import Deferrer, install
from tidegate.server.people.sessions import SEEN, STARTED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper

    from tidegate.server.people.models import Person

HOURS = 3600.0
JOB = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, status, scheduled_at, worker_id)
    VALUES ('q', 'task', %s::procrastinate_job_status, now() + %s * interval '1 second', %s) RETURNING id
"""


def ask(question: str, *values: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(question, values)
        return cursor.fetchone()[0]


def worker(heard_of: float) -> int:
    """Add a worker whose last sign of life lies so many seconds ahead of now."""
    return ask(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + %s * interval '1 second') RETURNING id",
        heard_of,
    )


def as_worker(act: Callable[[], Awaitable[Any]]) -> Any:
    async def run() -> Any:
        with app.replace_connector(app.connector.get_worker_connector()) as opened:  # ty: ignore[missing-attribute]
            async with opened.open_async():
                return await act()

    return asyncio.run(run())


def due(deferrer: Deferrer, at: float) -> set[str]:
    return {task.task.name.rsplit(".", 1)[-1] for task, _ in deferrer.get_previous_tasks(at)}


@pytest.mark.django_db(transaction=True)
def test_periodic_jobs_go_on_after_the_clock_was_set_back_and_do_not_pile_up_after_it_was_set_forward() -> None:
    forget_jobs()
    install()
    from procrastinate import periodic

    deferrer, at = periodic.PeriodicDeferrer(app.periodic_registry), 1_800_000_000.0
    assert isinstance(deferrer, Deferrer)
    every = {"decide", "outbox_sweep", "inbox_sweep", "stalled_jobs_retry"}
    for moved, passed in ((0.0, 0.0), (-2 * HOURS, 5.0), (3 * HOURS, 10.0), (3 * HOURS, 20.0)):
        as_worker(lambda now=at + moved + passed, passed=passed: deferrer.look(now, passed))
        told = [name for name in due(deferrer, at + moved + passed) if name in every]
        assert set(told) >= every - ({"inbox_sweep"} if passed == 20.0 else set())
    assert len(list(deferrer.get_previous_tasks(at + 3 * HOURS + 25.0))) < 5
    forget_jobs()


@pytest.mark.django_db(transaction=True)
def test_jobs_and_dead_workers_of_a_time_that_is_far_away_again_are_taken_up() -> None:
    forget_jobs()
    late, dead = ask(JOB, "todo", 2 * HOURS, None), worker(2 * HOURS)
    ask(JOB, "doing", 0, dead)
    deferrer = Deferrer(app.periodic_registry)
    as_worker(lambda: deferrer.look(1_800_000_000.0, 1.0))
    assert ask("SELECT scheduled_at IS NULL FROM procrastinate_jobs WHERE id = %s", late)
    assert ask("SELECT last_heartbeat <= now() FROM procrastinate_workers WHERE id = %s", dead)
    assert ask("SELECT count(*) FROM procrastinate_jobs WHERE task_name LIKE '%%outbox_clock_set'") == 1
    again = ask(JOB, "todo", 2 * HOURS, None)  # tried again by a worker whose own clock is ahead
    as_worker(lambda: deferrer.look(1_800_000_005.0, 6.0))
    assert ask("SELECT scheduled_at IS NULL FROM procrastinate_jobs WHERE id = %s", again)
    forget_jobs()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lives", [True, False])
def test_a_worker_that_only_looks_dead_keeps_its_jobs(lives: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    forget_jobs()
    found = worker(-3 * HOURS)  # so it looks when the clock was set forward
    job = ask(JOB, "doing", 0, found)

    async def a_moment(_seconds: float) -> None:
        if lives:
            await app.job_manager.update_heartbeat(found)

    monkeypatch.setattr(jobs, "asyncio", SimpleNamespace(sleep=a_moment))
    context = SimpleNamespace(app=app)
    taken = as_worker(lambda: jobs.stalled_jobs_retry.func(context, timestamp=0))
    assert (taken, ask("SELECT status::text FROM procrastinate_jobs WHERE id = %s", job)) == (
        (0, "doing") if lives else (1, "todo")
    )
    forget_jobs()


@pytest.mark.django_db
def test_no_action_waits_longer_than_a_lease_or_its_own_pause(settings: SettingsWrapper) -> None:
    settings.OUTBOX_LEASE_SECONDS = 180
    now = timezone.now()
    for attempts, seconds in ((0, 2 * HOURS), (0, 100), (7, 2 * HOURS), (7, 600), (30, 2 * HOURS), (1, None)):
        Action.objects.create(
            key=f"{attempts} {seconds}", kind="page", ticket_id="t", target="hook", attempts=attempts,
            state="done" if seconds is None else "waiting",
            next_at=None if seconds is None else now + timedelta(seconds=seconds),
        )  # fmt: skip
    assert delivering.clock_set() == 3
    left = {
        found.key: round((found.next_at - now).total_seconds())
        for found in Action.objects.exclude(next_at=None).order_by("key")
    }
    wanted = {"0 100": 100, "0 7200.0": 180, "7 600": 600, "7 7200.0": 640, "30 7200.0": 3600}
    assert left == pytest.approx(wanted, abs=20)


@pytest.mark.django_db
@pytest.mark.parametrize(("rests", "sent"), [(30.0, False), (2 * HOURS, True)])
def test_a_channel_rests_a_minute_at_most_whatever_the_clock_says(
    rests: float, sent: bool, settings: SettingsWrapper
) -> None:
    from tidegate.policy.loading import built_in

    settings.OUTGOING_ALLOW = "127.0.0.1"
    text = built_in("starter").replace("dry_run: true\n  backlog", "dry_run: false\n  backlog")
    PolicyVersion.objects.create(number=1, text=text, hash="x", active=True, activated_at=timezone.now())
    with receiver() as there:
        channels.channel_set(by=None, name="hook", kind="webhook", url=there.url, secret="a secret of sixteen letters")  # noqa: S106
        Channel.objects.update(paused_until=timezone.now() + timedelta(seconds=rests))
        made = Action.objects.create(
            key="k", kind="page", ticket_id="t", target="hook", state="waiting", next_at=timezone.now(), title="P0"
        )
        assert delivering.deliver(made.pk) == ("done" if sent else "waiting")
        assert len(there.got) == sent


@pytest.mark.django_db
def test_a_session_ends_in_time_after_the_clock_was_set_back(
    client: Client, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    start = time.time()
    client.force_login(people["agent"])

    def at(minutes: float) -> bool:
        monkeypatch.setattr("tidegate.server.people.sessions.time.time", lambda: start + minutes * 60)
        return client.get("/accounts/you/").status_code == 200

    assert at(-24 * 60)
    assert max(client.session[STARTED], client.session[SEEN]) <= start - 24 * HOURS
    assert not at(-24 * 60 + 121)


@pytest.mark.django_db
def test_the_version_to_go_back_to_is_the_one_before_also_when_it_was_put_in_force_at_a_time_to_come(
    people: dict[str, Person],
) -> None:
    from tidegate.policy.loading import built_in

    lead, text = people["lead"], built_in("starter")
    numbers = [policies.policy_create(person=lead, text=f"{text}\n# {n}\n").number for n in range(3)]
    for number in numbers:
        policies.policy_activate(person=lead, number=number, why="because it is better")
        if number == numbers[0]:
            PolicyVersion.objects.filter(number=number).update(activated_at=timezone.now() + timedelta(hours=3))
    before = policies.policy_before()
    assert before is not None
    assert before.number == numbers[1]
