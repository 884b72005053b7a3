"""A policy tried on the past weeks: asked for, done by a job, stopped, kept with its version."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from helpers.company import forget_jobs, move_in
from tidegate.policy.loading import built_in
from tidegate.server.desk import policies, pulse
from tidegate.server.desk.board import board
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.desk.policies import replaying
from tidegate.server.jobs.app import app
from tidegate.server.people.models import AuditEntry
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def lead(people: dict[str, Person]) -> Person:
    """A lead, with the starter policy in force and another version beside it."""
    forget_jobs()
    policies.policy_ensure()
    other = built_in("starter").replace("horizon: 1h ", "horizon: 3h ")
    policies.policy_create(person=people["lead"], text=other)
    return people["lead"]


def jobs() -> list[tuple[str, dict[str, int]]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT task_name, args::text FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id")
        return [(name, json.loads(args)) for name, args in cursor.fetchall()]


def test_asking_leaves_a_job_and_a_trace(lead: Person) -> None:
    replay = replaying.replay_ask(person=lead, number=2, weeks=4)
    assert (replay.state, replay.version.number, replay.against and replay.against.number) == ("waiting", 2, 1)
    assert jobs() == [("policy_replay", {"replay_id": replay.pk})]
    assert AuditEntry.objects.get(act="policy.replay").after == {"weeks": 4, "seeds": replaying.SEEDS}


def test_a_replay_compares_with_the_version_in_force_and_with_first_in_first_out(lead: Person) -> None:
    move_in(NOW)
    replay = replaying.replay_ask(person=lead, number=2, weeks=6)
    done = replaying.replay_run(replay_id=replay.pk, now=NOW)
    assert (done.state, done.error) == ("done", "")
    result = Replay.objects.get(pk=replay.pk).result
    assert result["kind"] == "estimated"
    assert result["policies"] == ["version 1", "version 2", "fifo"]
    assert {row["against"] for row in result["differences"]} == {"version 1"}
    assert all(row["low"] <= row["value"] <= row["high"] for row in result["results"] if row["value"] is not None)
    assert "opened in the last 6 weeks" in result["imputed"][0]
    told = Replay.objects.get(pk=replay.pk)
    assert told.done == told.total == 3 * replaying.SEEDS


def test_only_the_weeks_that_were_asked_for_are_replayed(lead: Person) -> None:
    company = move_in(NOW)
    since = NOW - timedelta(weeks=4)
    count = company.tickets.filter(company.tickets["created_at"] > since).height
    assert 0 < count < company.tickets.height
    replay = replaying.replay_ask(person=lead, number=2, weeks=4)
    done = replaying.replay_run(replay_id=replay.pk, now=NOW)
    assert done.result["imputed"][0] == f"history: {count:,} tickets opened in the last 4 weeks"


def test_a_second_run_of_a_finished_replay_changes_nothing(lead: Person) -> None:
    move_in(NOW)
    replay = replaying.replay_ask(person=lead, number=1)
    first = replaying.replay_run(replay_id=replay.pk, now=NOW)
    again = replaying.replay_run(replay_id=replay.pk, now=NOW + timedelta(days=3))
    assert (again.state, again.ended_at, again.result) == ("done", first.ended_at, first.result)
    assert first.result["policies"] == ["version 1", "fifo"]


def test_a_short_history_is_said_plainly(lead: Person) -> None:
    replay = replaying.replay_ask(person=lead, number=2)
    done = replaying.replay_run(replay_id=replay.pk, now=NOW)
    assert done.state == "failed"
    assert "too few tickets" in done.error


def test_a_waiting_replay_stops_at_once_and_its_job_does_nothing(lead: Person) -> None:
    move_in(NOW)
    replay = replaying.replay_ask(person=lead, number=2)
    assert replaying.replay_stop(person=lead, replay_id=replay.pk).state == "cancelled"
    assert replaying.replay_run(replay_id=replay.pk, now=NOW).state == "cancelled"
    assert Replay.objects.get(pk=replay.pk).result is None
    assert AuditEntry.objects.filter(act="policy.replay_stop").count() == 1


def stop_after(monkeypatch: pytest.MonkeyPatch, lead: Person, count: int) -> None:
    tell = replaying._tell

    def told(replay_id: int, done: int, total: int) -> None:
        tell(replay_id, done, total)
        if done == count:
            replaying.replay_stop(person=lead, replay_id=replay_id)

    monkeypatch.setattr(replaying, "_tell", told)


def test_a_stopped_replay_keeps_the_seeds_that_all_policies_finished(
    lead: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    move_in(NOW)
    stop_after(monkeypatch, lead, 4)
    replay = replaying.replay_ask(person=lead, number=2)
    done = replaying.replay_run(replay_id=replay.pk, now=NOW)
    assert done.state == "cancelled"
    assert (done.result["seeds"], done.result["missing"]) == ([0], [1, 2])


def test_a_replay_stopped_before_a_first_seed_has_no_result(lead: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    move_in(NOW)
    stop_after(monkeypatch, lead, 1)
    replay = replaying.replay_ask(person=lead, number=2)
    done = replaying.replay_run(replay_id=replay.pk, now=NOW)
    assert (done.state, done.error, done.result) == ("cancelled", "", None)


def test_one_replay_of_a_version_is_under_way_at_a_time(lead: Person) -> None:
    replaying.replay_ask(person=lead, number=2)
    with pytest.raises(InputError, match="being replayed already"):
        replaying.replay_ask(person=lead, number=2)
    replaying.replay_ask(person=lead, number=1)
    assert len(jobs()) == 2


def test_a_replay_whose_worker_died_gives_way(lead: Person) -> None:
    replay = replaying.replay_ask(person=lead, number=2)
    long_ago = datetime.now(UTC) - 2 * replaying.SILENT
    Replay.objects.filter(pk=replay.pk).update(state="running", told_at=long_ago)
    replaying.replay_ask(person=lead, number=2)
    assert Replay.objects.get(pk=replay.pk).state == "failed"


@pytest.mark.parametrize(("number", "weeks", "said"), [(9, 6, "no such version"), (2, 5, "unknown span")])
def test_what_cannot_be_replayed_is_refused(lead: Person, number: int, weeks: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        replaying.replay_ask(person=lead, number=number, weeks=weeks)
    assert jobs() == []


def test_only_leads_and_admins_start_and_stop(lead: Person, people: dict[str, Person]) -> None:
    replay = replaying.replay_ask(person=lead, number=2)
    with pytest.raises(PermissionDenied):
        replaying.replay_ask(person=people["agent"], number=1)
    with pytest.raises(PermissionDenied):
        replaying.replay_stop(person=people["viewer"], replay_id=replay.pk)
    assert PolicyVersion.objects.count() == 2
    assert Replay.objects.get().state == "waiting"


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_up_a_replay_and_a_measurement(people: dict[str, Person]) -> None:
    forget_jobs()
    policies.policy_ensure()
    board.forget()
    move_in(datetime.now(UTC), tickets=300, days=40)
    replay = replaying.replay_ask(person=people["lead"], number=1)
    pulse.pulse_wanted()
    pulse.pulse_wanted()
    assert [name for name, _ in jobs()] == ["policy_replay", "pulse_measures"]
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(queues=["long"], wait=False, install_signal_handlers=False, listen_notify=False)
    assert "policy_replay" not in [name for name, _ in jobs()]
    forget_jobs()  # the worker leaves the periodic ones
    assert Replay.objects.get(pk=replay.pk).state == "done"
    assert pulse.pulse_of(person=people["lead"]) is not None
