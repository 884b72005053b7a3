"""Decisions: written down only on change, with what follows from them, in one transaction; the same however often."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.db import connections
from django.utils import timezone

from helpers.desk import ticket, write_company
from tidegate.policy.loading import built_in
from tidegate.server.desk import decisions, record, tables
from tidegate.server.desk.board import Board
from tidegate.server.desk.models import Action, Decision, Escalation, Event, Incident, Override, PolicyVersion, Ticket
from tidegate.server.desk.outbox import selectors
from tidegate.server.desk.outbox.actions import State
from tidegate.server.desk.outbox.delivering import deliver
from tidegate.tables.contracts import Agents

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LEAK = {"subject": "Data leak: our exports are exposed", "created_at": NOW - timedelta(minutes=5)}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    record.forget()
    yield
    record.forget()


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def desk() -> tuple[Board, Clock]:
    clock = Clock()
    return Board(clock=clock), clock


def agent(agent_id: str, **fields: object) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in Agents.columns().items()}
    row = {"agent_id": agent_id, "group": "technical", "skills": ["security", "bug", "outage"], "languages": ["en"]}
    return pl.DataFrame([row | {"seniority": "senior", "capacity": 5, "available": True} | fields], schema=schema)


def live() -> None:
    """Put a policy in force that carries its actions out."""
    text = built_in("starter").replace("dry_run: true\n  backlog", "dry_run: false\n  backlog")
    PolicyVersion.objects.update(active=False)
    PolicyVersion.objects.create(number=50, text=text, hash="x", active=True, activated_at=timezone.now())


def test_a_decision_is_written_once_and_again_only_when_it_changes() -> None:
    tables.upsert("tickets", pl.concat([ticket("t1", **LEAK), ticket("t2", subject="How do I export?")]))
    board, clock = desk()
    first = decisions.decide(board.snapshot(fresh=0))
    assert first is not None
    assert first.decisions == 2
    one = Decision.objects.get(ticket_id="t1", latest=True)
    assert (one.level, one.lane) == ("P0", "now")
    assert "leak, breach or exposure" in one.rules
    assert one.policy.active
    assert one.model
    assert one.reasons
    clock.now += timedelta(minutes=3)  # deadlines move, decisions do not
    again = decisions.decide(board.snapshot(fresh=0))
    assert again is not None
    assert (again.decisions, again.actions) == (0, 0)
    Ticket.objects.filter(ticket_id="t2").update(subject="Production is down, nobody can log in")
    later = decisions.decide(board.snapshot(fresh=0))
    assert later is not None
    assert later.decisions == 1
    history = Decision.objects.filter(ticket_id="t2").order_by("pk")
    assert [row.latest for row in history] == [False, True]
    assert history[0].level != history[1].level


def test_actions_follow_in_a_dry_run_each_once() -> None:
    tables.upsert("tickets", ticket("t1", **LEAK))
    board, clock = desk()
    decisions.decide(board.snapshot(fresh=0))
    page = Action.objects.get(kind="page")
    assert (page.target, page.state, page.ticket_id) == ("security", State.INTENDED, "t1")
    assert page.causes == ["rule: leak, breach or exposure"]
    assert page.decision == Decision.objects.get(latest=True)
    assert page.title == "[P0] leak, breach or exposure: ticket t1"
    assert "Data leak: our exports are exposed" in page.body
    before = Action.objects.count()
    clock.now += timedelta(hours=30)
    decisions.decide(board.snapshot(fresh=0))
    assert Action.objects.filter(kind="page").count() == 1
    assert Action.objects.count() >= before


def test_an_old_backlog_pages_nobody() -> None:
    tables.upsert("tickets", ticket("t1", **LEAK | {"created_at": NOW - timedelta(days=5)}))
    decisions.decide(desk()[0].snapshot(fresh=0))
    assert Decision.objects.count() == 1
    assert not Action.objects.filter(kind__in=("page", "notify", "escalate")).exists()


def test_a_route_that_is_sure_is_assigned_and_an_override_goes_before_it(people: dict[str, Person]) -> None:
    live()
    tables.upsert("tickets", ticket("t1", group="technical", **LEAK | {"language": "en"}))
    tables.upsert("agents", pl.concat([agent("A1"), agent("A2", available=False), agent("B1", group="billing")]))
    board, clock = desk()
    decisions.decide(board.snapshot(fresh=0))
    one = Decision.objects.get(latest=True)
    assert (one.agent_id, one.group) == ("A1", "technical")
    assert one.automatic
    wanted = Action.objects.get(kind="assign")
    assert deliver(wanted.pk) == State.DONE
    assert Ticket.objects.get().assignee == "A1"
    assert Event.objects.get(kind="assigned").new == "A1"
    Ticket.objects.update(assignee=None)
    Override.objects.create(
        ticket_id="t1", kind="route", value="billing", was="technical", by=people["lead"], at=NOW, policy=one.policy
    )
    clock.now += timedelta(minutes=1)
    decisions.decide(board.snapshot(fresh=0))
    said = Decision.objects.get(latest=True)
    assert (said.agent_id, said.group) == ("B1", "billing")
    assert selectors.routing_counts(person=people["lead"], since=NOW - timedelta(days=1)).overridden == 1


def test_a_route_that_is_not_sure_waits_for_a_person_with_its_alternatives(people: dict[str, Person]) -> None:
    tables.upsert("tickets", ticket("t1", group="billing", **LEAK))
    tables.upsert("agents", pl.concat([agent("A1"), agent("B1", group="billing", skills=["billing"])]))
    decisions.decide(desk()[0].snapshot(fresh=0))
    (one,) = selectors.routes_to_confirm(person=people["lead"])
    assert (one.ticket_id, one.agent_id, one.group) == ("t1", "B1", "billing")
    assert one.confidence < 0.8
    assert one.reasons[0].startswith("filed with billing, but reads as security")
    assert one.alternatives[0]["group"] == "technical"
    assert not Action.objects.filter(kind="assign").exists()
    assert selectors.routes_to_confirm(person=people["colleague"]) == [one]
    people["colleague"].groups_seen = ["orders"]
    assert selectors.routes_to_confirm(person=people["colleague"]) == []


def test_an_automatic_assignment_that_people_move_on_is_a_misroute(people: dict[str, Person]) -> None:
    live()
    tables.upsert("tickets", pl.concat([ticket("t1", group="frontline"), ticket("t2", group="billing")]))
    row = {"kind": "assign", "ticket_id": "t1", "target": "A1", "state": State.DONE, "done_at": NOW}
    Action.objects.create(key="k1", payload={"agent_id": "A1", "group": "technical"}, **row)
    Action.objects.create(key="k2", payload={"agent_id": "A1", "group": "technical"}, **row | {"ticket_id": "t2"})
    for number, (kind, new) in enumerate([("system", "orders"), ("agent", "technical")]):
        Event.objects.create(
            event_id=str(number),
            ticket_id="t1",
            at=NOW + timedelta(hours=1),
            kind="transferred",
            actor_kind=kind,
            new=new,
        )
    counts = selectors.routing_counts(person=people["lead"], since=NOW - timedelta(days=1))
    assert (counts.automatic, counts.misrouted, counts.misroute_share) == (2, 0, 0.0)
    Event.objects.create(
        event_id="x", ticket_id="t1", at=NOW + timedelta(days=2), kind="transferred", actor_kind="agent", new="billing"
    )
    assert selectors.routing_counts(person=people["lead"], since=NOW - timedelta(days=1)).misrouted == 1
    assert selectors.routing_counts(person=people["lead"], since=NOW + timedelta(days=1)).misroute_share is None
    counts = selectors.routing_counts(person=people["colleague"], since=NOW - timedelta(days=1))
    assert (counts.automatic, counts.misrouted) == (1, 0)  # of their own group


def test_tickets_of_one_incident_make_one_case_and_later_ones_join_it() -> None:
    live()
    Incident.objects.create(incident_id="I1", title="exports leak", started_at=NOW - timedelta(hours=1), level="P0")
    late = {"created_at": NOW - timedelta(hours=20), "priority": "urgent", "given_level": "P0"}
    angry = "I want to speak to a manager about the outage, our production is down"
    tables.upsert("tickets", pl.concat([ticket(f"t{i}", subject=angry, **late) for i in range(3)]))
    board, clock = desk()
    decisions.decide(board.snapshot(fresh=0))
    (wanted,) = Action.objects.filter(kind="escalate")
    assert deliver(wanted.pk) == State.DONE
    case = Escalation.objects.get()
    assert sorted(case.tickets) == ["t0", "t1", "t2"]
    assert case.impact.startswith("3 tickets of 0 accounts")
    tables.upsert("tickets", ticket("t9", subject=angry, **late))
    clock.now += timedelta(minutes=1)
    decisions.decide(board.snapshot(fresh=0))
    assert Action.objects.filter(kind="escalate").count() == 1
    case.refresh_from_db()
    assert sorted(case.tickets) == ["t0", "t1", "t2", "t9"]


def test_a_failure_leaves_neither_decisions_nor_actions(monkeypatch: pytest.MonkeyPatch) -> None:
    tables.upsert("tickets", ticket("t1", **LEAK))
    board, _ = desk()

    def fail(*_: object, **__: object) -> int:
        raise InterruptedError

    monkeypatch.setattr(decisions, "actions_record", fail)
    with pytest.raises(InterruptedError):
        decisions.decide(board.snapshot(fresh=0))
    assert (Decision.objects.count(), Action.objects.count()) == (0, 0)
    monkeypatch.undo()
    decisions.decide(board.snapshot(fresh=0))
    assert Decision.objects.count() == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_many_who_decide_at_a_time_one_does() -> None:
    write_company(200)
    snapshots = [desk()[0].snapshot(fresh=0) for _ in range(3)]
    done: list[decisions.Decided | None] = []

    def work(at: int) -> None:
        try:
            done.append(decisions.decide(snapshots[at]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ranked = snapshots[0].ready.counts["ranked"]
    assert sum(one.decisions for one in done if one) == ranked == Decision.objects.filter(latest=True).count()
    keys = Action.objects.values_list("key", flat=True)
    assert len(keys) == len(set(keys)) == sum(one.actions for one in done if one)


@pytest.mark.slow
def test_the_demo_company_is_decided_routed_and_acted_upon() -> None:
    write_company(400)
    done = decisions.decide(desk()[0].snapshot(fresh=0))
    assert done is not None
    assert done.decisions == Decision.objects.count() > 0
    assert Decision.objects.exclude(agent_id=None).exists()
    assert set(Action.objects.values_list("state", flat=True)) <= {State.INTENDED, State.DONE}
