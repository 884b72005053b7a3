"""The help desk is told what was changed here, by everyone's acts alike, in order; and its echo changes nothing."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.utils import timezone

from helpers.desk import policy_in_force, ticket
from helpers.receivers import Receiver, receiver
from tidegate.server.desk import inbox, tables
from tidegate.server.desk.acts import bulk, claims, overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.inbox import draining
from tidegate.server.desk.models import Action, Channel, Event, Ticket
from tidegate.server.desk.outbox import channels, delivering
from tidegate.server.desk.outbox.actions import State, action_retry, actions_record
from tidegate.tables import Actions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
SECRET = "a secret of sixteen letters"  # noqa: S105 - made up
HELP_DESK = "  help_desk: desk\n"


@pytest.fixture
def desk(db: None, settings: SettingsWrapper) -> Iterator[Receiver]:
    """A help desk that takes what it is told, and a ticket of it."""
    del db
    settings.OUTGOING_ALLOW = "127.0.0.1"
    policy_in_force(dry_run=False, more=HELP_DESK)
    tables.upsert("tickets", ticket("t1", group="frontline", subject="The export is empty", status="open"))
    board.forget()
    with receiver() as there:
        channels.channel_set(by=None, name="desk", kind="webhook", url=there.url, secret=SECRET)
        yield there
    board.forget()


def deliver() -> None:
    """Carry out what waits, in the order in which it was written down."""
    Channel.objects.update(paused_until=None)
    for found in Action.objects.filter(state=State.WAITING).order_by("pk"):
        Action.objects.filter(pk=found.pk).update(next_at=timezone.now())
        delivering.deliver(found.pk)


def told(desk: Receiver) -> list[tuple[str, Any, Any]]:
    """Kind, value and what it was, of each message in the order in which they came."""
    bodies = [json.loads(body) for _, body in desk.got]
    return [(body["kind"], body["payload"]["value"], body["payload"]["was"]) for body in bodies]


def decided(kind: str, target: str | None, key: str, payload: dict[str, Any] | None = None) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in Actions.columns().items()}
    row = {"key": key, "ticket_id": "t1", "kind": kind, "target": target, "causes": ["rule"], "episode": 0}
    return pl.DataFrame([row | {"title": "T", "body": "B", "payload": json.dumps(payload or {})}], schema=schema)


def report(**fields: Any) -> None:
    """Have the help desk report the ticket, as it stands there now."""
    at = timezone.now() + timedelta(seconds=1)
    full = {"ticket_id": "t1", "created_at": "2026-03-02T08:00:00Z", "updated_at": at.isoformat(), "status": "open"}
    inbox.delivery_accept(source="desk", delivery_id=str(at), kind="tickets", body=json.dumps(full | fields))
    draining.drain()


def test_what_people_do_is_told_with_who_did_it_and_why(desk: Receiver, people: dict[str, Person]) -> None:
    lead = people["lead"]
    claims.ticket_claim_next(person=people["agent"])
    overrides.override_set(person=lead, ticket_id="t1", kind="level", value="P0", reason="I know them")
    overrides.override_set(person=lead, ticket_id="t1", kind="route", value="billing")
    overrides.override_set(person=lead, ticket_id="t1", kind="lane", value="now")  # no word of the help desk's
    claims.ticket_resolve(person=lead, ticket_id="t1")
    deliver()
    first = json.loads(desk.got[0][1])
    assert [(kind, value) for kind, value, _ in told(desk)] == [
        ("assign", "Agent"),
        ("level", "P0"),
        ("group", "billing"),
        ("status", "solved"),
    ]
    assert (first["ticket_id"], first["payload"]["by"]) == ("t1", "Agent")
    assert json.loads(desk.got[1][1])["payload"]["reason"] == "I know them"
    assert desk.keys == list(Event.objects.filter(kind="assigned").values_list("event_id", flat=True)) + desk.keys[1:]
    assert set(Action.objects.values_list("state", "by__name")) == {("done", "Agent"), ("done", "Lead")}


def test_what_is_taken_back_is_told_as_what_holds_again(desk: Receiver, people: dict[str, Person]) -> None:
    lead = people["lead"]
    said = bulk.act(person=lead, kind="level", value="P0", reason="", tickets=["t1"], also=[("assign", "Agent")])
    deliver()
    bulk.undo(person=lead, token=said.undo)
    deliver()
    was = told(desk)[0][2]
    assert was in ("P1", "P2", "P3")
    assert told(desk) == [
        ("level", "P0", was),
        ("assign", "Agent", None),
        ("assign", None, "Agent"),
        ("level", was, "P0"),
    ]


def test_what_the_policy_does_is_told(desk: Receiver) -> None:
    route = {"group": "billing", "agent_id": "A1", "had": None}
    for row in (
        decided("assign", "A1", "k1", route),
        decided("tag", "leak", "k2"),
        decided("note", None, "k3"),
        decided("draft", "sorry", "k4"),
    ):
        actions_record(row, now=timezone.now(), dry_run=False)
    deliver()
    deliver()
    assert told(desk) == [
        ("group", "billing", "frontline"),
        ("assign", "A1", None),
        ("tag", "leak", None),
        ("note", "T\nB", None),
        ("draft", "T\nB", None),
    ]
    assert {json.loads(body)["payload"]["by"] for _, body in desk.got} == {"tidegate"}


@pytest.mark.parametrize(("more", "dry_run"), [("", False), (HELP_DESK, True)])
def test_without_a_channel_nothing_is_written_down_and_in_a_dry_run_nothing_is_sent(
    desk: Receiver, people: dict[str, Person], more: str, *, dry_run: bool
) -> None:
    policy_in_force(dry_run=dry_run, more=more)
    claims.ticket_assign(person=people["lead"], ticket_id="t1", assignee="Agent")
    deliver()
    assert list(Action.objects.values_list("state", flat=True)) == (["intended"] if dry_run else [])
    assert desk.got == []
    assert Ticket.objects.get().assignee == "Agent"


def test_an_older_change_never_arrives_after_a_later_one_of_the_same(desk: Receiver, people: dict[str, Person]) -> None:
    lead, here = people["lead"], desk.answer
    desk.answer = lambda _: (503, {}, b"")
    claims.ticket_assign(person=lead, ticket_id="t1", assignee="Ann")
    deliver()
    desk.answer = here
    claims.ticket_assign(person=lead, ticket_id="t1", assignee="Bo")
    claims.ticket_resolve(person=lead, ticket_id="t1")
    first, second, third = Action.objects.order_by("pk").values_list("pk", flat=True)
    deliver()
    assert told(desk)[1:] == [("assign", "Bo", "Ann"), ("status", "solved", "open")]
    found = dict(Action.objects.values_list("pk", "state"))
    assert found == {first: State.CANCELLED, second: State.DONE, third: State.DONE}
    action_retry(by=lead, action=first)
    deliver()
    assert len(desk.got) == 3
    assert "took its place" in Action.objects.get(pk=first).last_error


def test_what_is_added_is_told_each_and_no_later_one_takes_its_place(desk: Receiver) -> None:
    for key, label in (("k1", "leak"), ("k2", "churn")):
        actions_record(decided("tag", label, key), now=timezone.now(), dry_run=False)
    deliver()
    deliver()
    assert told(desk) == [("tag", "leak", None), ("tag", "churn", None)]


def test_a_change_that_is_refused_half_way_leaves_nothing_to_tell(desk: Receiver, people: dict[str, Person]) -> None:
    steps = [("assign", "Bo"), ("assign", "Al")]  # the agent may hand on their own, and then has it no more
    with pytest.raises(RefusedError, match="somebody else has this ticket"):
        bulk.act(person=people["agent"], kind="assign", value="Agent", reason="", tickets=["t1"], also=steps)
    assert not Action.objects.exists()
    assert desk.got == []


def test_the_echo_of_a_change_changes_nothing_and_tells_nothing(desk: Receiver, people: dict[str, Person]) -> None:
    claims.ticket_assign(person=people["lead"], ticket_id="t1", assignee="Ann")
    deliver()
    report(assignee="Ann", group="frontline")
    assert Ticket.objects.get().assignee == "Ann"
    assert told(desk) == [("assign", "Ann", None)]


def test_the_help_desk_s_later_word_holds_and_is_not_told_back(desk: Receiver, people: dict[str, Person]) -> None:
    claims.ticket_assign(person=people["lead"], ticket_id="t1", assignee="Ann")
    deliver()
    report(assignee="Bo", group="frontline")
    deliver()
    assert Ticket.objects.get().assignee == "Bo"
    assert told(desk) == [("assign", "Ann", None)]
