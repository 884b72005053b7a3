"""The inbox: stored once, understood later, with every row accounted for and nothing lost."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from psycopg import errors

from tidegate.server.desk import inbox, tables
from tidegate.server.desk.inbox import arrivals, draining, landing, payloads
from tidegate.server.desk.models import Account, Delivery, Event, Message, Ticket, TicketBasis
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

TICKET = {"ticket_id": "t1", "created_at": "2026-03-02T09:00:00Z", "updated_at": "2026-03-02T10:00:00Z"}
RECEIVED = datetime(2026, 3, 3, tzinfo=UTC)


@pytest.fixture
def empty_queue(transactional_db: None) -> None:
    """No job of an earlier test: Django does not empty procrastinate's tables."""
    del transactional_db
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def accept(kind: str, told: Any, delivery_id: str = "d1", source: str = "desk") -> inbox.Accepted:
    return inbox.delivery_accept(source=source, delivery_id=delivery_id, kind=kind, body=json.dumps(told))


def jobs(status: str = "todo") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE status = %s AND queueing_lock = 'inbox_drain'", [status]
        )
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_a_delivery_is_stored_once() -> None:
    first, again = accept("tickets", TICKET), accept("tickets", TICKET)
    assert (first.new, again.new, again.same) == (True, False, True)
    assert first.id == again.id
    assert Delivery.objects.count() == 1
    assert accept("tickets", TICKET, source="other").new


@pytest.mark.django_db
def test_an_id_that_comes_again_with_something_else_is_told() -> None:
    accept("tickets", TICKET)
    assert not accept("tickets", TICKET | {"subject": "other"}).same
    assert not accept("events", TICKET).same


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_one_drain_is_queued_however_many_deliveries_come() -> None:
    for number in range(5):
        inbox.WOKEN.forget()
        accept("tickets", TICKET, str(number))
    assert jobs() == 1


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_a_drain_that_runs_does_not_count_as_queued() -> None:
    accept("tickets", TICKET, "1")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    inbox.WOKEN.forget()
    accept("tickets", TICKET, "2")
    assert (jobs("doing"), jobs("todo")) == (1, 1)


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_the_worker_turns_deliveries_into_facts_and_empties_its_queue() -> None:
    from tidegate.server.jobs.app import app

    accept("tickets", TICKET)
    with app.replace_connector(app.connector.get_worker_connector()) as worker:
        worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
    assert Ticket.objects.get().ticket_id == "t1"
    assert jobs("todo") == jobs("doing") == 0
    assert jobs("succeeded") >= 1


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_a_sweep_wakes_a_drain_for_what_was_stored_by_a_process_that_died() -> None:
    from tidegate.server.jobs.inbox import inbox_sweep

    with transaction.atomic():
        accept("tickets", TICKET)
        transaction.get_connection().run_on_commit.clear()  # the process dies between storing and waking
    assert jobs() == 0
    inbox_sweep.func(0)
    assert jobs() == 1


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_a_crash_in_the_middle_of_a_batch_leaves_everything_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any) -> None:
        raise Killed

    accept("tickets", TICKET, "1")
    accept("events", {"ticket_id": "t1", "at": "2026-03-02T11:00:00Z", "kind": "reopened"}, "2")
    monkeypatch.setattr(landing, "_keep", die)
    with pytest.raises(Killed):
        draining.drain()
    assert (Ticket.objects.count(), Event.objects.count()) == (0, 0)
    monkeypatch.undo()
    assert draining.drain() == 2
    assert Ticket.objects.get().reopens == 1
    assert Event.objects.count() == 1


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_a_drain_leaves_another_at_work_alone() -> None:
    accept("tickets", TICKET)
    held, done = threading.Event(), threading.Event()

    def other() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [draining.ADVISORY_LOCK])
            held.set()
            done.wait(10)
        connections.close_all()

    thread = threading.Thread(target=other)
    thread.start()
    assert held.wait(10)
    assert draining.drain() == 0
    done.set()
    thread.join()
    assert draining.drain() == 1


@pytest.mark.django_db
def test_rows_that_cannot_be_used_are_kept_with_their_reason_and_totals_add_up() -> None:
    told = [
        {"id": 1, "created": "2026-03-02 09:00", "state": "Open", "title": "fine"},
        {"id": 2, "created": "not a time", "state": "Open", "title": "bad"},
        {"id": "", "created": "2026-03-02 09:00", "state": "Open", "title": "nameless\x00"},
    ]
    accept("tickets", told)
    draining.drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.rows, Ticket.objects.count()) == ("done", 3, 1)
    assert [(row["row"], row["column"], row["value"]) for row in delivery.rejected] == [
        (2, "created", "not a time"),
        (3, "id", None),
    ]
    assert "created_at" in delivery.rejected[0]["why"]
    assert delivery.rows == Ticket.objects.count() + draining.rejected_rows(delivery.rejected)


@pytest.mark.django_db
def test_thousands_of_bad_rows_are_counted_and_some_are_kept() -> None:
    accept("events", [{"ticket_id": "t", "at": f"time {n}", "kind": "note"} for n in range(1_500)])
    draining.drain()
    delivery = Delivery.objects.get()
    assert len(delivery.rejected) == draining.SHOWN + 1
    assert draining.rejected_rows(delivery.rejected) == delivery.rows == 1_500


@pytest.mark.django_db
def test_a_delivery_that_holds_no_table_fails_alone_and_can_be_tried_again(people: dict[str, Person]) -> None:
    accept("tickets", {"colour": "blue"}, "1")
    accept("tickets", TICKET, "2")
    draining.drain()
    failed = Delivery.objects.get(delivery_id="1")
    assert failed.state == "failed"
    assert "no column was recognised" in failed.error
    assert "\0" not in failed.error
    assert Delivery.objects.get(delivery_id="2").state == "done"
    assert inbox.delivery_retry(by=people["lead"], delivery=failed.pk)
    assert not inbox.delivery_retry(by=people["lead"], delivery=Delivery.objects.get(delivery_id="2").pk)
    failed.refresh_from_db()
    assert (failed.state, failed.error, failed.attempts) == ("waiting", "", 0)
    assert [entry.act for entry in AuditEntry.objects.all()] == ["delivery.retry"]


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_one_that_takes_the_worker_down_each_time_is_set_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    land = landing.land

    def deadly(rows: dict[str, Any]) -> None:
        if "deadly" in rows["tickets"]["ticket_id"]:
            raise Killed
        land(rows)

    monkeypatch.setattr(draining, "land", deadly)
    for name in ("good", "deadly", "fine"):
        accept("tickets", TICKET | {"ticket_id": name}, name)
    deaths = 0
    while inbox.waiting():
        try:
            draining.drain(careful=deaths > 0)
        except Killed:
            deaths += 1
    assert deaths == 1 + draining.TRIES
    states = dict(Delivery.objects.values_list("delivery_id", "state"))
    assert states == {"good": "done", "deadly": "failed", "fine": "done"}
    assert "died" in Delivery.objects.get(delivery_id="deadly").error


@pytest.mark.parametrize(
    ("cause", "raised"),
    [(errors.DiskFull(), False), (errors.AdminShutdown(), False), (None, False), (errors.ProgramLimitExceeded(), True)],
)
def test_a_drain_waits_for_a_database_in_trouble_and_fails_for_a_delivery(
    monkeypatch: pytest.MonkeyPatch, cause: Exception | None, *, raised: bool
) -> None:
    from tidegate.server.jobs.inbox import inbox_drain

    def trouble(**_: Any) -> int:
        raise OperationalError from cause

    monkeypatch.setattr(draining, "drain", trouble)
    context = SimpleNamespace(job=SimpleNamespace(attempts=0))
    if raised:
        with pytest.raises(OperationalError):
            inbox_drain(context)
    else:
        assert inbox_drain(context) == 0


@pytest.mark.usefixtures("empty_queue")
@pytest.mark.django_db(transaction=True)
def test_the_jobs_of_a_worker_that_died_are_taken_up_again() -> None:
    from tidegate.server.jobs.app import STALLED_AFTER, app, stalled_jobs_retry

    accept("tickets", TICKET)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [STALLED_AFTER + 5],
        )
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s", [cursor.fetchone()[0]])
    assert (jobs("todo"), jobs("doing")) == (0, 1)

    async def retry() -> int:
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            async with worker.open_async():
                return await stalled_jobs_retry.func(SimpleNamespace(app=worker), 0)

    assert asyncio.run(retry()) == 1
    assert (jobs("todo"), jobs("doing")) == (1, 0)


@pytest.mark.django_db
def test_one_that_breaks_the_batch_stands_alone_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    land = landing.land

    def picky(rows: dict[str, Any]) -> None:
        if "poison" in rows["tickets"]["ticket_id"]:
            raise RuntimeError("a mistake of ours")
        land(rows)

    monkeypatch.setattr(draining, "land", picky)
    for name in ("good", "poison", "fine"):
        accept("tickets", TICKET | {"ticket_id": name}, name)
    assert draining.drain() == 3
    assert set(Ticket.objects.values_list("ticket_id", flat=True)) == {"good", "fine"}
    states = dict(Delivery.objects.values_list("delivery_id", "state"))
    assert states == {"good": "done", "poison": "failed", "fine": "done"}
    assert "a mistake of ours" in Delivery.objects.get(delivery_id="poison").error


@pytest.mark.django_db
def test_identifiers_that_no_index_holds_are_refused_row_by_row() -> None:
    accept("tickets", [TICKET, TICKET | {"ticket_id": "t2", "requester_id": "r" * 600}])
    draining.drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.rows, len(delivery.rejected)) == ("done", 2, 1)
    assert delivery.rejected[0]["column"] == "requester_id"
    assert list(Ticket.objects.values_list("ticket_id", flat=True)) == ["t1"]


@pytest.mark.django_db
def test_nul_characters_and_half_pairs_do_not_stop_anything() -> None:
    body = '{"ticket_id": "t1", "created_at": "2026-03-02T09:00:00Z", "subject": "a\\u0000b", "tags": ["x\\u0000"]}'
    inbox.delivery_accept(source="s", delivery_id="1", kind="tickets", body=body)
    draining.drain()
    assert Ticket.objects.get().subject == "a\ufffdb"


@pytest.mark.django_db
def test_a_message_without_an_identifier_is_there_once_however_often_it_comes() -> None:
    told = {"ticket_id": "t1", "at": "2026-03-02T09:00:00Z", "body": "Hello"}
    for number, shape in enumerate(
        [told, told, [told], told | {"at": "2026-03-02 09:00:00"}, told | {"body": "Other"}]
    ):
        accept("messages", shape, str(number))
    draining.drain()
    assert sorted(Message.objects.values_list("body", flat=True)) == ["Hello", "Other"]


@pytest.mark.django_db
def test_the_last_delivery_of_an_account_counts() -> None:
    for number, tier in enumerate(["free", "enterprise", "standard"]):
        accept("accounts", {"account_id": "a1", "tier": tier}, str(number))
    draining.drain()
    accept("accounts", {"account_id": "a1", "name": "A"}, "later")
    assert Account.objects.get().tier == "standard"
    draining.drain()
    assert (Account.objects.get().tier, Account.objects.get().name) == (None, "A")


@pytest.mark.django_db
def test_a_ticket_without_a_time_of_change_counts_as_changed_when_it_was_received() -> None:
    told = {name: value for name, value in TICKET.items() if name != "updated_at"}
    accept("tickets", told | {"status": "open"}, "1")
    accept("tickets", told | {"status": "hold"}, "2")
    draining.drain()
    assert Ticket.objects.get().status == "hold"
    assert TicketBasis.objects.get().at == Delivery.objects.get(delivery_id="2").received_at


@pytest.mark.django_db
def test_what_a_ticket_says_of_times_to_come_is_not_known_yet() -> None:
    later = timezone.now() + timedelta(hours=37)
    soon = timezone.now() + timedelta(hours=35)  # our clock may have been set back by a day
    accept("tickets", TICKET | {"status": "solved", "solved_at": later.isoformat()}, "1")
    accept("tickets", TICKET | {"ticket_id": "t2", "created_at": soon.isoformat()}, "2")
    accept("tickets", TICKET | {"ticket_id": "t3", "created_at": later.isoformat()}, "3")
    draining.drain()
    assert dict(Ticket.objects.values_list("ticket_id", "status")) == {"t1": "open", "t2": "open"}
    assert Delivery.objects.get(delivery_id="3").rejected[0]["why"] == "it was created after now"


@pytest.mark.django_db
def test_events_of_an_imported_ticket_build_on_its_row() -> None:
    accept("tickets", TICKET | {"reopens": 2})
    draining.drain()
    TicketBasis.objects.all().delete()
    for number, minute in enumerate((59, 1, 2)):
        hour = 9 if minute == 59 else 10
        at = f"2026-03-02T{hour:02}:{minute:02}:00Z"
        accept("events", {"event_id": f"e{number}", "ticket_id": "t1", "at": at, "kind": "reopened"}, f"e{number}")
        draining.drain()
    assert Ticket.objects.get().reopens == 4  # the first is older than the row
    assert TicketBasis.objects.get().reopens == 2


@pytest.mark.django_db
def test_a_payload_between_an_import_and_a_claim_counts_and_so_does_the_claim(people: dict[str, Person]) -> None:
    from tidegate.server.desk.acts import claims
    from tidegate.server.desk.importing import facts_import

    arrived = arrivals.arrive("tickets", [arrivals.Waiting(1, "tickets", json.dumps(TICKET), timezone.now())])
    frame = arrived.rows.drop(arrivals.DELIVERY, arrivals.RECEIVED)
    facts_import({"tickets": frame}, progress=lambda _done, _total: None)
    claims.ticket_assign(person=people["lead"], ticket_id="t1", assignee="Ivy")
    accept("tickets", TICKET | {"updated_at": "2026-03-02T10:30:00Z", "group": "billing", "assignee": "Bo"})
    draining.drain()
    ticket = Ticket.objects.get()
    assert (ticket.group, ticket.assignee) == ("billing", "Ivy")
    facts_import({"tickets": frame}, progress=lambda _done, _total: None)
    assert Ticket.objects.get().group == "billing"


@pytest.mark.django_db
def test_old_deliveries_are_removed_and_failed_ones_stay() -> None:
    for number in range(3):
        accept("tickets", TICKET | {"ticket_id": str(number)}, str(number))
    accept("tickets", {"colour": "blue"}, "bad")
    draining.drain()
    Delivery.objects.exclude(delivery_id="2").update(done_at=timezone.now() - timedelta(days=31))
    assert inbox.deliveries_remove() == 2
    assert set(Delivery.objects.values_list("delivery_id", flat=True)) == {"2", "bad"}


WORDS = st.text("ab \t\x00\ud7ffÄ@<>-n/a", max_size=8)
TIMES = st.datetimes(datetime(1990, 1, 1), datetime(2026, 3, 1), timezones=st.just(UTC)).map(datetime.isoformat)  # noqa: DTZ001
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "status": st.sampled_from(["open", "waiting", "solved"]),
    "given_level": st.sampled_from(["P0", "P3"]),
    "first_level": st.sampled_from(["P0", "P3"]),
    "priority": st.sampled_from(["P0", "P1", "p4", "high", "none", "x"]),
    "tags": st.lists(WORDS, max_size=3),
    "given_impact": st.integers(1, 3),
    "given_urgency": st.integers(1, 3),
    "vip": st.booleans(),
    "escalated": st.booleans(),
    "csat": st.floats(0, 1),
    "handling_minutes": st.floats(0, 1e9),
    **dict.fromkeys(("reopens", "transfers", "replies", "affected_users"), st.integers(0, 2**31 - 1)),
    **dict.fromkeys(("created_at", "updated_at", "first_response_at", "last_requester_at", "solved_at"), TIMES),
    "closed_at": TIMES,
}
NAMES = [name for name in payloads.SHAPES["tickets"].model_fields if name not in ("ticket_id", "created_at")]


@pytest.mark.slow
@settings(deadline=None, max_examples=60, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    st.lists(
        st.fixed_dictionaries(
            {"ticket_id": st.text("xy1 ", min_size=1, max_size=3).filter(str.strip), "created_at": TIMES},
            optional={name: VALUES.get(name, WORDS) for name in NAMES},
        ),
        min_size=1,
        max_size=4,
    )
)
def test_plain_objects_read_together_are_what_the_engine_reads_one_by_one(told: list[dict[str, Any]]) -> None:
    deliveries = [
        arrivals.Waiting(number, "tickets", json.dumps(ticket), RECEIVED) for number, ticket in enumerate(told)
    ]
    assert all(payloads.plain("tickets", one.body, one.latest) for one in deliveries)
    together = arrivals.arrive("tickets", deliveries)
    alone = arrivals.Arrived(together.rows.clear())
    engine = [arrivals._alone(one, alone) for one in deliveries]
    rows = together.rows.sort(arrivals.DELIVERY)
    for one, expected in zip(deliveries, engine, strict=True):
        found = rows.filter(rows[arrivals.DELIVERY] == one.id).to_dicts()
        assert [differing(*pair) for pair in zip(found, expected.to_dicts(), strict=True)] == [{}] * len(found)
    assert (together.read, together.rejected) == (alone.read, alone.rejected)


def differing(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


def test_every_kind_has_an_example_that_is_plain() -> None:
    for kind in payloads.KINDS:
        assert payloads.plain(kind, json.dumps(payloads.example(kind)), RECEIVED)
        assert payloads.plain(kind, json.dumps([payloads.example(kind)]), RECEIVED)


def test_shapes_have_the_columns_of_the_contracts() -> None:
    for kind, (_, contract) in tables.CONTRACTS.items():
        assert list(payloads.SHAPES[kind].model_fields) == contract.column_names()
