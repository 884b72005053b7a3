"""Accepting under load: deliveries that come together are written together, and each hears its own fate."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection

from helpers.company import forget_jobs
from tidegate.server.desk import inbox
from tidegate.server.desk.inbox import accepting, draining
from tidegate.server.desk.inbox.accepting import Offered
from tidegate.server.desk.models import Delivery
from tidegate.server.people import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from django.test import Client

    from tidegate.server.people.models import Person

EVENT = {"event_id": "e1", "ticket_id": "t1", "at": "2026-03-02T09:00:00Z", "kind": "note", "actor_kind": "agent"}


@pytest.fixture
def key(people: dict[str, Person]) -> tokens.Issued:
    return tokens.token_create(by=people["admin"], name="x", source="x", scopes=["facts:write"])


def offered(delivery_id: str, body: str = "{}", **more: Any) -> Offered:
    return Offered("s", delivery_id, "events", body, 1, "", **more)


def together(those: Sequence[Offered], monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[BaseException | None]]:
    """Store from a thread each, all of them waiting before the first writes; returns sizes of groups, and errors."""
    sizes, gathered, store = [], threading.Event(), accepting._store

    def slow(group: Sequence[Offered]) -> None:
        gathered.wait(20)
        sizes.append(len(group))
        store(group)

    def one(what: Offered) -> None:
        try:
            accepting.store(what)
        finally:
            connection.close()

    monkeypatch.setattr(accepting, "_store", slow)
    with ThreadPoolExecutor(len(those)) as threads:
        futures = [threads.submit(one, what) for what in those]
        deadline = threading.Event()
        while len(accepting._waiting) < len(those) - 1 and not deadline.wait(0.01):
            pass
        gathered.set()
        return sizes, [future.exception(20) for future in futures]


@pytest.mark.django_db(transaction=True)
def test_those_that_wait_while_one_is_written_are_written_by_one_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    those = [offered(str(number), f'{{"n": {number}}}') for number in range(9)]
    sizes, errors = together(those, monkeypatch)
    assert (sizes, errors) == ([1, 8], [None] * 9)
    stored = dict(Delivery.objects.values_list("pk", "body"))
    assert {one.id: one.body for one in those} == stored
    assert len(stored) == 9


@pytest.mark.django_db(transaction=True)
def test_one_key_from_two_threads_is_new_to_one_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    those = [offered("other"), offered("same"), offered("same"), offered("same")]
    together(those, monkeypatch)
    assert Delivery.objects.count() == 2
    assert sorted(one.id is not None for one in those[1:]) == [False, False, True]


@pytest.mark.django_db(transaction=True)
def test_one_that_cannot_be_stored_fails_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    those = [offered("a"), offered("b"), offered("x" * 300), offered("c")]
    _, errors = together(those, monkeypatch)
    assert [error is not None for error in errors] == [False, False, True, False]
    assert set(Delivery.objects.values_list("delivery_id", flat=True)) == {"a", "b", "c"}


@pytest.mark.django_db(transaction=True)
def test_where_the_database_is_away_everybody_hears_of_it_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []

    def away(group: Sequence[Offered]) -> None:
        tried.append(len(group))
        raise OperationalError("no connection")

    those = [offered(str(number)) for number in range(5)]
    monkeypatch.setattr(accepting, "_store", away)
    _, errors = together(those, monkeypatch)
    assert all(isinstance(error, OperationalError) for error in errors)
    assert tried == [1, 4]
    assert not accepting._waiting


def test_a_group_carries_no_more_than_a_statement_should() -> None:
    big = "x" * (accepting.MOST_CHARACTERS - 10)
    own, rest = offered("own"), [offered("1", big), offered("2", "123456789"), offered("3")]
    accepting._waiting.extend([*rest, own])
    try:
        assert [one.delivery_id for one in accepting._taken(own)] == ["own", "1"]
        assert [one.delivery_id for one in accepting._waiting] == ["2", "3"]
    finally:
        accepting._waiting.clear()


def send(client: Client, key: str, delivery_id: str, told: Any = None) -> int:
    body = json.dumps(EVENT if told is None else told)
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": delivery_id}
    return client.post("/api/v1/events", body, content_type="application/json", headers=headers).status_code


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
@pytest.mark.parametrize("told", [EVENT, {"nonsense": 1}])
def test_a_token_that_another_process_ends_stores_nothing_more(
    key: tokens.Issued, client: Client, ended: str, told: dict[str, Any]
) -> None:
    assert send(client, key.key, "1") == 202
    with connection.cursor() as cursor:  # as another process: nothing here hears of it
        cursor.execute(f"UPDATE people_token SET {ended} = now()")  # noqa: S608
    assert send(client, key.key, "2", told) == 401
    assert send(client, key.key, "1") == 401
    assert Delivery.objects.count() == 1


def test_a_token_that_was_seen_costs_no_query_of_its_own(
    key: tokens.Issued, client: Client, django_assert_num_queries: Callable[[int], Any]
) -> None:
    assert send(client, key.key, "1") == 202
    tokens.token_note_use(key.token)
    with django_assert_num_queries(0):
        assert tokens.token_recall(key.key) == key.token
        assert tokens.token_recall(key.key[:-1] + "?") is None


@pytest.mark.django_db
def test_a_drain_that_lingers_takes_what_comes_meanwhile() -> None:
    inbox.delivery_accept(source="s", delivery_id="1", kind="events", body=json.dumps(EVENT))
    late = iter([EVENT | {"event_id": "e2"}])

    def rest(seconds: float) -> None:
        assert 0 < seconds <= draining.LONGEST
        for told in late:
            inbox.delivery_accept(source="s", delivery_id="2", kind="events", body=json.dumps(told))

    assert draining.drain(linger=0.05, rest=rest) == 2
    assert not inbox.waiting()


@pytest.mark.django_db(transaction=True)
def test_deliveries_of_one_moment_wake_one_drain_and_later_ones_another(monkeypatch: pytest.MonkeyPatch) -> None:
    forget_jobs()
    now, woken = [100.0], []
    monkeypatch.setattr(inbox, "WOKEN", inbox.Woken(lambda: now[0]))
    monkeypatch.setattr(inbox, "wake", lambda: woken.append(now[0]))
    for number, at in enumerate([100.0, 100.1, 100.0 + inbox.LINGER / 2 + 0.01, 100.3]):
        now[0] = at
        inbox.delivery_accept(source="s", delivery_id=str(number), kind="events", body="{}")
    assert woken == [100.0, 100.0 + inbox.LINGER / 2 + 0.01]


@pytest.mark.django_db(transaction=True)
def test_a_wake_that_fails_is_made_up_for_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    woken = []

    def wake() -> None:
        woken.append(1)
        if len(woken) == 1:
            raise OperationalError("gone")

    monkeypatch.setattr(inbox, "wake", wake)
    with pytest.raises(OperationalError):
        inbox.wake_soon()
    inbox.wake_soon()
    inbox.wake_soon()
    assert len(woken) == 2
