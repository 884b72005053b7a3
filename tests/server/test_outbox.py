"""The outbox: recorded once, carried out at least once with one key, retried, put aside, sent again."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from helpers.desk import policy_in_force, ticket
from helpers.receivers import receiver, sleeping
from tidegate.server.desk import tables
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Action, Channel, Escalation, Event, Message, Ticket
from tidegate.server.desk.outbox import channels, delivering, selectors
from tidegate.server.desk.outbox.actions import NOBODY, State, action_cancel, action_retry, actions_record
from tidegate.server.outgoing import connecting
from tidegate.server.people.models import AuditEntry
from tidegate.tables import Actions
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import SettingsWrapper

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
SECRET = "a secret of sixteen letters"  # noqa: S105 - made up
JITTER = 1.0


@pytest.fixture(autouse=True)
def live(db: None, settings: SettingsWrapper, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dry run is off, loopback may be reached, and nobody waits for the second attempt at once."""
    del db
    settings.OUTGOING_ALLOW, settings.OUTBOX_ATTEMPTS = "127.0.0.1", 4
    monkeypatch.setattr(connecting, "READ_SECONDS", 0.4)
    policy_in_force(dry_run=False)
    tables.upsert("tickets", ticket("t1", group="frontline", subject="It is down"))


def action(kind: str = "notify", target: str | None = "hook", key: str = "k1", **fields: Any) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in Actions.columns().items()}
    row = {"key": key, "ticket_id": "t1", "kind": kind, "target": target, "causes": ["rule: leak"], "episode": 0}
    row |= {
        "title": "[P0] leak",
        "body": "It is down",
        "payload": json.dumps(fields.pop("payload", {"who": "security"})),
    }
    return pl.DataFrame([row | fields], schema=schema)


def record(table: pl.DataFrame, *, dry_run: bool = False) -> int:
    return actions_record(table, now=timezone.now(), dry_run=dry_run)


def webhook(url: str, name: str = "hook") -> Channel:
    return channels.channel_set(by=None, name=name, kind="webhook", url=url, secret=SECRET)


def deliver(key: str = "k1") -> Action:
    """Carry an action out now, whatever its pause."""
    found = Action.objects.get(key=key)
    Action.objects.filter(key=key, state=State.WAITING).update(next_at=timezone.now())
    Channel.objects.update(paused_until=None)
    delivering.deliver(found.pk, rng=lambda: JITTER)
    return Action.objects.get(key=key)


def seconds_left(found: Action) -> float:
    assert found.next_at is not None
    return (found.next_at - timezone.now()).total_seconds()


# Recording.


def test_the_same_intention_is_one_row_however_often_it_is_found() -> None:
    assert record(action()) == 1
    assert record(action(title="said otherwise")) == 0
    assert Action.objects.get().title == "[P0] leak"


def test_what_a_process_decides_whose_clock_is_ahead_is_done_now(monkeypatch: pytest.MonkeyPatch) -> None:
    ahead = timezone.now() + timedelta(hours=3)
    monkeypatch.setattr(timezone, "now", lambda: ahead)
    with receiver() as there:
        webhook(there.url)
        actions_record(action(), now=ahead, dry_run=False)
        assert delivering.deliver(Action.objects.get().pk) == "done"
        actions_record(action("review", None, key="k2"), now=ahead, dry_run=False)
    assert set(Action.objects.values_list("state", "next_at")) == {("done", None)}


def test_what_is_decided_and_rolled_back_was_never_recorded() -> None:
    def crash() -> None:
        record(action())
        raise InterruptedError

    with pytest.raises(InterruptedError), transaction.atomic():
        crash()
    assert not Action.objects.exists()


def test_in_a_dry_run_everything_is_recorded_and_nothing_is_carried_out() -> None:
    with receiver() as there:
        webhook(there.url)
        record(pl.concat([action(), action("tag", "leak", "k2")]), dry_run=True)
        assert deliver().state == deliver("k2").state == State.INTENDED
    assert there.got == []
    assert Ticket.objects.get().tags is None


def test_a_dry_run_that_is_switched_on_later_holds_what_waits() -> None:
    record(action())
    policy_in_force(dry_run=True)
    found = deliver()
    assert (found.state, "dry run" in found.last_error) == (State.INTENDED, True)


def test_whom_no_channel_reaches_and_what_cannot_be_done_is_said() -> None:
    record(pl.concat([action(target=None), action("review", None, "k3")]))
    found = {row.key: (row.state, row.last_error) for row in Action.objects.all()}
    assert found["k1"] == (State.DEAD, NOBODY)
    assert found["k3"] == (State.DONE, "")


def test_no_text_of_a_ticket_breaks_the_record() -> None:
    record(action(title="nul \0 and 'quotes' \\ {x} %s", body="\ud800".encode("utf-8", "replace").decode() + "\0"))
    assert "nul" in Action.objects.get().title


# Webhooks.


def test_a_webhook_gets_a_signed_message_with_its_key() -> None:
    with receiver() as there:
        webhook(there.url)
        record(action())
        done = deliver()
    assert (done.state, done.attempts, done.last_error) == (State.DONE, 1, "")
    assert done.done_at is not None
    ((headers, body),) = there.got
    assert headers["Idempotency-Key"] == "k1"
    signed = hmac.new(SECRET.encode(), headers["Tidegate-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["Tidegate-Signature"] == f"v1={signed.hexdigest()}"
    assert json.loads(body) == {
        "key": "k1",
        "kind": "notify",
        "ticket_id": "t1",
        "title": "[P0] leak",
        "body": "It is down",
        "payload": {"who": "security"},
    }


def test_a_flapping_receiver_sees_one_key_and_the_pauses_grow() -> None:
    with receiver(lambda turn: (503 if turn < 4 else 204, {}, b"busy")) as there:
        webhook(there.url)
        record(action())
        waits = []
        for attempt in (1, 2, 3):
            found = deliver()
            assert (found.state, found.attempts) == (State.WAITING, attempt)
            assert found.last_error == "answered 503: busy"
            waits.append(seconds_left(found))
        assert waits == pytest.approx([10, 20, 40], abs=2)
        assert deliver().state == State.DONE
    assert there.keys == ["k1"] * 4
    assert Channel.objects.get().failures == 0


def test_after_too_many_attempts_it_is_put_aside_and_sent_again_by_one_click(people: dict[str, Person]) -> None:
    answers = {"status": 500}
    with receiver(lambda _: (answers["status"], {}, b"")) as there:
        webhook(there.url)
        record(action())
        states = [deliver().state for _ in range(4)]
        assert states == [State.WAITING] * 3 + [State.DEAD]
        assert deliver().state == State.DEAD
        assert len(there.got) == 4
        answers["status"] = 200
        action_retry(by=people["lead"], action=Action.objects.get().pk)
        assert (deliver().state, there.keys) == (State.DONE, ["k1"] * 5)
    entry = AuditEntry.objects.get(act="action.retry")
    assert (entry.actor, entry.before, entry.after["state"]) == (people["lead"], {"state": "dead"}, "waiting")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 301])
def test_what_will_not_work_later_either_is_put_aside_at_once(status: int) -> None:
    with receiver(lambda _: (status, {"Location": "http://127.0.0.1:1/"}, b"no")) as there:
        webhook(there.url)
        record(action())
        found = deliver()
    assert (found.state, found.attempts, len(there.got)) == (State.DEAD, 1, 1)
    assert found.last_error.startswith(f"answered {status}")


@pytest.mark.parametrize(
    ("asked", "least"), [("120", 118), ("1", 8), ("soon", 8), ("-5", 8), ("1e12", 3590), ("nan", 8)]
)
def test_a_receiver_that_asks_to_wait_is_listened_to_within_reason(asked: str, least: int) -> None:
    with receiver(lambda _: (429, {"Retry-After": asked}, b"")) as there:
        webhook(there.url)
        record(action())
        found = deliver()
    assert found.state == State.WAITING
    assert least <= seconds_left(found) <= max(least + 12, 3600)


def test_a_slow_receiver_is_given_up_and_tried_again() -> None:
    with receiver(sleeping(1.0)) as there:
        webhook(there.url)
        record(action())
        found = deliver()
        assert found.state == State.WAITING
        assert "ReadTimeout" in found.last_error
        assert there.keys == ["k1"]


def test_a_dead_receiver_is_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    webhook(f"http://127.0.0.1:{port}/")
    record(action())
    found = deliver()
    assert (found.state, "ConnectError" in found.last_error) == (State.WAITING, True)


def test_a_channel_that_failed_rests_and_what_waits_behind_it_is_not_tried() -> None:
    with receiver(lambda _: (500, {}, b"")) as there:
        webhook(there.url)
        record(pl.concat([action(), action(key="k2")]))
        first, second = Action.objects.order_by("key")
        delivering.deliver(first.pk)
        assert delivering.deliver(second.pk) == State.WAITING
        assert len(there.got) == 1
    second.refresh_from_db()
    assert second.attempts == 0
    assert 0 < seconds_left(second) <= 60


def test_another_channel_is_not_held_up() -> None:
    with receiver(lambda _: (500, {}, b"")) as bad, receiver() as good:
        webhook(bad.url)
        webhook(good.url, "other")
        record(pl.concat([action(), action(target="other", key="k2")]))
        for found in Action.objects.order_by("key"):
            delivering.deliver(found.pk)
    assert Action.objects.get(key="k2").state == State.DONE


def test_an_inner_address_is_refused_and_put_aside(settings: SettingsWrapper) -> None:
    settings.OUTGOING_ALLOW = ""
    with receiver() as there:
        webhook(there.url)
        record(action())
        found = deliver()
    assert (found.state, there.got) == (State.DEAD, [])
    assert "127.0.0.1 is loopback" in found.last_error


def test_a_channel_that_is_not_there_is_said() -> None:
    record(action(target="nowhere"))
    assert deliver().last_error == "there is no channel 'nowhere'"


# Claims and crashes.


def test_a_claim_is_one_s_own_and_runs_out() -> None:
    with receiver() as there:
        webhook(there.url)
        record(action())
        found = Action.objects.get()
        Action.objects.update(next_at=timezone.now() + timedelta(minutes=3))  # another one is at it
        assert delivering.deliver(found.pk) is None
        Action.objects.update(next_at=timezone.now() - timedelta(seconds=1))  # it died
        assert delivering.deliver(found.pk) == State.DONE
        assert delivering.deliver(found.pk) is None
    assert there.keys == ["k1"]


def test_a_job_that_is_taken_up_again_does_not_wait_for_its_own_claim() -> None:
    with receiver() as there:
        webhook(there.url)
        record(action())
        found = Action.objects.get()
        Action.objects.update(next_at=timezone.now() + timedelta(minutes=3))  # its own, before its worker died
        assert delivering.deliver(found.pk, again=True) == State.DONE
        assert delivering.deliver(found.pk, again=True) is None
    assert there.keys == ["k1"]


def test_a_crash_after_sending_sends_again_with_the_same_key(monkeypatch: pytest.MonkeyPatch) -> None:
    class Killed(BaseException):
        pass

    def die(*_: Any, **__: Any) -> None:
        raise Killed

    with receiver() as there:
        webhook(there.url)
        record(action())
        monkeypatch.setattr(delivering, "_finish", die)
        with pytest.raises(Killed):
            deliver()
        monkeypatch.undo()
        found = Action.objects.get()
        assert found.state == State.WAITING
        channels.settings.OUTGOING_ALLOW = "127.0.0.1"
        assert deliver().state == State.DONE
    assert there.keys == ["k1", "k1"]


@pytest.mark.django_db(transaction=True)
def test_many_workers_deliver_each_action_once(live: None) -> None:
    del live
    with receiver() as there:
        webhook(there.url)
        record(pl.concat([action(key=f"k{i}") for i in range(12)]))
        ids = list(Action.objects.values_list("pk", flat=True))

        def work() -> None:
            try:
                for identifier in ids:
                    delivering.deliver(identifier)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(there.keys) == sorted(f"k{i}" for i in range(12))
    assert set(Action.objects.values_list("state", flat=True)) == {State.DONE}


@pytest.mark.django_db(transaction=True)
def test_the_worker_carries_out_what_was_recorded_and_the_sweep_what_was_forgotten(live: None) -> None:
    from tidegate.server.jobs.app import app
    from tidegate.server.jobs.outbox import outbox_sweep

    del live
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE queue_name = 'outbox'")
    with receiver() as there:
        webhook(there.url)
        with transaction.atomic():
            record(action())
        with transaction.atomic():
            record(action(key="k2"))
            transaction.get_connection().run_on_commit.clear()  # the process dies between recording and waking
        assert jobs() == 1
        assert outbox_sweep.func(0) == 1
        assert outbox_sweep.func(0) == 0
        assert jobs() == 2
        with app.replace_connector(app.connector.get_worker_connector()) as worker:
            worker.run_worker(queues=["outbox"], wait=False, install_signal_handlers=False, listen_notify=False)
    assert sorted(there.keys) == ["k1", "k2"]
    assert jobs() == 0


def jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE queue_name = 'outbox' AND status = 'todo'")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("attempts", range(1, 40))
def test_pauses_double_within_limits_and_are_spread(attempts: int) -> None:
    full = min(3600, 10 * 2 ** (attempts - 1))
    assert delivering.pause(attempts, lambda: 0.0) == pytest.approx(full / 2)
    assert delivering.pause(attempts, lambda: 1.0) == pytest.approx(full)
    assert delivering.pause(attempts, lambda: 0.5, 5000) == 5000


# What happens in the desk.


def test_an_assignment_becomes_events_and_the_ticket_s_state_once() -> None:
    route = {"agent_id": "A1", "group": "technical", "had": None}
    record(action("assign", "A1", payload=route))
    assert deliver().state == State.DONE
    found = Ticket.objects.get()
    assert (found.assignee, found.group) == ("A1", "technical")
    Action.objects.update(state=State.WAITING, next_at=timezone.now())  # as if the mark had been lost
    assert deliver().state == State.CANCELLED  # somebody has it by now
    told = Event.objects.order_by("kind").values_list("kind", "old", "new", "actor_kind")
    assert list(told) == [("assigned", None, "A1", "system"), ("transferred", "frontline", "technical", "system")]


def test_a_ticket_that_somebody_took_meanwhile_is_left_alone() -> None:
    record(action("assign", "A1", payload={"agent_id": "A1", "group": None, "had": None}))
    Ticket.objects.update(assignee="Dana")
    found = deliver()
    assert (found.state, found.last_error) == (State.CANCELLED, "Dana has the ticket by now")
    assert Ticket.objects.get().assignee == "Dana"


def test_labels_notes_and_drafts_are_put_on_once() -> None:
    note = action("note", None, "k2", title="Tidegate: leak")
    draft = action("draft", "leak", "k3", title="Draft of an answer: leak", body="We are looking into it.")
    record(pl.concat([action("tag", "leak"), note, draft]))
    for key in ("k1", "k2", "k3"):
        assert deliver(key).state == State.DONE
    assert Ticket.objects.get().tags == ["leak"]
    noted, drafted = Message.objects.order_by("message_id")
    assert (noted.public, noted.author_kind, noted.body) == (False, "system", "Tidegate: leak\nIt is down")
    assert (drafted.public, drafted.body) == (False, "Draft of an answer: leak\nWe are looking into it.")


def test_an_escalation_opens_one_case_marks_its_tickets_and_tells_the_group() -> None:
    tables.upsert("tickets", ticket("t2"))
    stake = {"tickets": ["t1", "t2", "gone"], "level": "P0", "cluster": "incident I1"}
    with receiver() as there:
        webhook(there.url, "engineering")
        record(action("escalate", "technical", payload=stake, title="[P0] exports leak"))
        assert deliver().state == State.DONE
        case = Escalation.objects.get()
        assert (case.to, case.level, case.tickets) == ("technical", "P0", ["t1", "t2", "gone"])
        assert list(Ticket.objects.values_list("escalated", flat=True)) == [True, True]
        (told,) = Action.objects.filter(kind="notify")
        assert (told.target, told.title) == ("engineering", "Escalation: [P0] exports leak")
        assert deliver(told.key).state == State.DONE
    assert len(there.got) == 1


def test_a_failure_inside_leaves_nothing_half_done(monkeypatch: pytest.MonkeyPatch) -> None:
    from tidegate.server.desk.outbox import carrying

    def fail(_: Action) -> None:
        Ticket.objects.update(assignee="half")
        raise RuntimeError("broken")

    record(action("assign", "A1", payload={"agent_id": "A1", "had": None}))
    monkeypatch.setattr(carrying, "_assign", fail)
    found = deliver()
    assert (found.state, found.last_error) == (State.WAITING, "RuntimeError: broken")
    assert Ticket.objects.get().assignee is None


# People.


def test_who_sends_or_cancels_is_written_down(people: dict[str, Person]) -> None:
    record(action(), dry_run=True)
    pk = Action.objects.get().pk
    action_retry(by=people["lead"], action=pk)
    action_cancel(by=people["admin"], action=pk)
    assert Action.objects.get().state == State.CANCELLED
    acts = AuditEntry.objects.order_by("pk").values_list("act", "actor__name", "before__state", "after__state")
    assert list(acts) == [
        ("action.retry", "Lead", "intended", "waiting"),
        ("action.cancel", "Admin", "waiting", "cancelled"),
    ]


@pytest.mark.parametrize(
    ("state", "act"), [(State.DONE, action_retry), (State.WAITING, action_retry), (State.DONE, action_cancel)]
)
def test_what_is_done_stays_done(people: dict[str, Person], state: str, act: Callable[..., Action]) -> None:
    record(action())
    Action.objects.update(state=state)
    with pytest.raises(RefusedError, match="cannot be"):
        act(by=people["lead"], action=Action.objects.get().pk)
    with pytest.raises(RefusedError, match="no such action"):
        act(by=people["lead"], action=0)


def test_nothing_is_sent_by_hand_in_a_dry_run(people: dict[str, Person]) -> None:
    record(action(), dry_run=True)
    policy_in_force(dry_run=True)
    with pytest.raises(RefusedError, match="is a dry run: nothing is sent"):
        action_retry(by=people["lead"], action=Action.objects.get().pk)
    assert Action.objects.get().state == State.INTENDED


@pytest.mark.parametrize("act", [action_retry, action_cancel])
def test_only_who_may_and_sees_the_ticket_sends_or_cancels(
    people: dict[str, Person], act: Callable[..., Action]
) -> None:
    record(action(), dry_run=True)
    pk = Action.objects.get().pk
    people["colleague"].role = "lead"  # of another group
    for name, said in (
        ("viewer", "may not"),
        ("agent", "may not"),
        ("leaver", "may not"),
        ("colleague", "no such action"),
    ):
        with pytest.raises(RefusedError, match=said):
            act(by=people[name], action=pk)
    assert Action.objects.get().state == State.INTENDED


# Channels.


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": " "}, "needs a name"),
        ({"kind": "pigeon"}, "apprise or webhook"),
        ({"url": "ftp://x"}, "https://host/path"),
        ({"url": "https://me:hunter2@x/"}, "holds a password"),
        ({"secret": "short"}, "at least 16"),
        ({"kind": "apprise", "url": "syslog://"}, "not a kind of channel"),
        ({"kind": "apprise", "url": "slack://"}, "lacks something"),
        ({"kind": "apprise", "url": "nothing"}, "not a kind of channel"),
    ],
)
def test_a_channel_that_cannot_be_used_is_refused_without_repeating_its_secrets(
    fields: dict[str, str], said: str
) -> None:
    given = {"name": "x", "kind": "webhook", "url": "https://hooks.example/a", "secret": SECRET} | fields
    with pytest.raises(InputError, match=said) as caught:
        channels.channel_set(by=None, **given)
    assert "hunter2" not in str(caught.value)
    assert not Channel.objects.exists()


def test_addresses_are_sealed_and_not_in_the_trail(people: dict[str, Person]) -> None:
    channels.channel_set(by=people["admin"], name="mail", kind="apprise", url="mailtos://me:hunter2@mail.example")
    kept = bytes(Channel.objects.get().sealed)
    assert b"hunter2" not in kept
    assert "hunter2" not in json.dumps(list(AuditEntry.objects.values("before", "after")))
    assert Channel.objects.get().shown == "mailtos://"
    assert channels.channels_reseal() == 1
    assert bytes(Channel.objects.get().sealed) != kept
    assert channels.channel_remove(by=people["admin"], name="mail")
    assert not channels.channel_remove(by=people["admin"], name="mail")


def test_apprise_sends_through_the_same_guard(settings: SettingsWrapper) -> None:
    with receiver() as there:
        channels.channel_set(by=None, name="chat", kind="apprise", url=f"json://127.0.0.1:{there.server_port}/x")
        record(action(target="chat", body="*bold* <b>{ticket}</b> <!channel>"))
        assert deliver().state == State.DONE
        ((_, body),) = there.got
        told = json.loads(body)
        assert (told["title"], told["message"]) == ("[P0] leak", "*bold* <b>{ticket}</b> <!channel>")
        settings.OUTGOING_ALLOW = ""
        record(action(target="chat", key="k2"))
        found = deliver("k2")
        assert (found.state, "127.0.0.1 is loopback" in found.last_error) == (State.DEAD, True)
        assert len(there.got) == 1


def test_a_chat_that_does_not_take_it_is_tried_again() -> None:
    with receiver(lambda _: (500, {}, b"")) as there:
        channels.channel_set(by=None, name="chat", kind="apprise", url=f"json://127.0.0.1:{there.server_port}/x")
        record(action(target="chat"))
        found = deliver()
    assert found.state == State.WAITING
    assert found.last_error


def test_every_kind_of_apprise_channel_that_may_be_used_exists() -> None:
    from apprise import Apprise

    from tidegate.server.outgoing.notifiers import SCHEMES

    listed = Apprise().details()["schemas"]
    known = {word for entry in listed for part in ("protocols", "secure_protocols") for word in entry[part] or ()}
    assert not set(SCHEMES) - known
    assert not set(SCHEMES) & {"syslog", "rsyslog", "dbus", "windows", "macosx", "gnome", "file"}


# What pages and programs read.


def test_selectors_count_and_list(people: dict[str, Person]) -> None:
    tables.upsert("tickets", ticket("t9", group="billing"))
    record(pl.concat([action(), action(key="k2", ticket_id="t9"), action("tag", "x", "k3")]), dry_run=True)
    listed = selectors.actions_list(person=people["lead"])
    assert [row.key for row in listed] == ["k3", "k2", "k1"]
    assert [row.key for row in selectors.actions_list(person=people["colleague"])] == ["k2"]
    assert [row.key for row in selectors.actions_list(person=people["lead"], kind="tag")] == ["k3"]
    assert selectors.actions_list(person=people["lead"], state="dead") == []
    assert selectors.actions_counts(person=people["lead"]) == {
        "intended": 3, "waiting": 0, "done": 0, "dead": 0, "cancelled": 0,
    }  # fmt: skip
    assert [row.key for row in selectors.actions_of_ticket(person=people["lead"], ticket_id="t9")] == ["k2"]
    assert selectors.actions_of_ticket(person=people["colleague"], ticket_id="t1") == []
