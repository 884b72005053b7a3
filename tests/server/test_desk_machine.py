"""Deliveries, drains, claims, overrides and the rank, in any order that anybody may think of, against a slow model."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tidegate.server.desk import inbox, models
from tidegate.server.desk.acts import claims, overrides
from tidegate.server.desk.board import Board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.inbox import draining
from tidegate.server.people.models import Person

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
GROUPS = ("billing", "payments")
TICKETS = [f"t{number}" for number in range(6)]
LEVELS = ("P0", "P1", "P2", "P3")


class Desk(RuleBasedStateMachine):
    """What people and help desk do; ``told`` is what the model knows of each ticket.

    The help desk's clock runs a minute a delivery, and is always behind what people do here.
    """

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.board = Board()
        self.sent = self.minutes = 0
        self.waiting: list[dict[str, Any]] = []
        self.bodies: list[tuple[str, str]] = []
        self.payload: dict[str, dict[str, Any]] = {}
        self.assignee: dict[str, str | None] = {}
        self.levels: dict[str, str] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize()
    def people(self) -> None:
        made = {}
        for name, role, groups in (("ann", "agent", []), ("bo", "agent", ["billing"]), ("lea", "lead", [])):
            made[name] = Person.objects.create(email=f"{name}@desk.test", name=name, role=role, groups_seen=groups)
        self.people_by_name = made

    def snapshot(self) -> Any:
        return self.board.snapshot(fresh=0)

    def sees(self, name: str, ticket: str) -> bool:
        groups = self.people_by_name[name].groups_seen
        return not groups or self.payload[ticket]["group"] in groups

    @rule(
        ticket=st.sampled_from(TICKETS),
        group=st.sampled_from(GROUPS),
        status=st.sampled_from(["open", "open", "waiting", "solved"]),
        late=st.booleans(),
    )
    def deliver(self, ticket: str, group: str, status: str, late: bool) -> None:
        """The help desk says how a ticket stands; late, it says what it should have said before everything else."""
        self.minutes += 1
        told = {
            "ticket_id": ticket,
            "created_at": (START - timedelta(days=1)).isoformat(),
            "updated_at": (START + timedelta(minutes=-self.minutes if late else self.minutes)).isoformat(),
            "status": status,
            "group": group,
            "subject": f"Cannot log in {self.minutes}",
        }
        self.waiting.append(told)
        self.send("tickets", told)

    def send(self, kind: str, told: dict[str, Any]) -> None:
        self.sent += 1
        body = json.dumps(told)
        self.bodies.append((kind, body))
        assert inbox.delivery_accept(source="desk", delivery_id=str(self.sent), kind=kind, body=body, rows=1).new

    @precondition(lambda self: self.bodies)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """The same delivery comes again, with its own id or with another."""
        place = data.draw(st.integers(0, len(self.bodies) - 1))
        kind, body = self.bodies[place]
        known = inbox.delivery_accept(source="desk", delivery_id=str(place + 1), kind=kind, body=body)
        assert (known.new, known.same) == (False, True)
        self.send(kind, json.loads(body))

    @rule()
    def drain(self) -> None:
        draining.drain()
        for told in self.waiting:
            known = self.payload.get(told["ticket_id"])
            if known is None or told["updated_at"] > known["updated_at"]:
                self.payload[told["ticket_id"]] = told
                self.assignee.setdefault(told["ticket_id"], None)
        self.waiting.clear()

    def free(self, name: str) -> list[str]:
        """Tickets that somebody may be given, in order."""
        rows = self.snapshot().rows(None, Filters(), limit=100)
        lanes = {row.ticket_id: row.lane for row in rows}
        return [
            ticket
            for ticket in lanes
            if self.assignee[ticket] is None
            and self.payload[ticket]["status"] == "open"
            and self.sees(name, ticket)
            and lanes[ticket] not in ("waiting", "review")
        ]

    @rule(name=st.sampled_from(["ann", "bo", "lea"]))
    def claim(self, name: str) -> None:
        wanted = self.free(name)
        found = claims.ticket_claim_next(person=self.people_by_name[name], snapshot=self.snapshot())
        assert found == (wanted[0] if wanted else None)
        if found:
            self.assignee[found] = name

    @precondition(lambda self: self.payload)
    @rule(name=st.sampled_from(["ann", "bo", "lea"]), data=st.data(), back=st.booleans())
    def assign(self, name: str, data: st.DataObject, back: bool) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.payload)))
        wanted = None if back else name
        held = self.assignee[ticket]
        allowed = self.sees(name, ticket) and (held == wanted or held in (None, name) or name == "lea")
        if not allowed:
            with pytest.raises(RefusedError):
                claims.ticket_assign(person=self.people_by_name[name], ticket_id=ticket, assignee=wanted)
            return
        claims.ticket_assign(person=self.people_by_name[name], ticket_id=ticket, assignee=wanted)
        self.assignee[ticket] = wanted

    @precondition(lambda self: self.payload)
    @rule(name=st.sampled_from(["ann", "bo"]), data=st.data(), level=st.sampled_from(LEVELS))
    def override(self, name: str, data: st.DataObject, level: str) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.payload)))
        person = self.people_by_name[name]
        if not self.sees(name, ticket):
            with pytest.raises(RefusedError, match="no such ticket"):
                overrides.override_set(person=person, ticket_id=ticket, kind="level", value=level)
            return
        overrides.override_set(person=person, ticket_id=ticket, kind="level", value=level)
        self.levels[ticket] = level

    @precondition(lambda self: self.levels)
    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        ticket = data.draw(st.sampled_from(sorted(self.levels)))
        holding = models.Override.objects.get(ticket_id=ticket, kind="level", undone_at=None)
        overrides.override_undo(person=self.people_by_name["lea"], override_id=holding.pk)
        with pytest.raises(RefusedError, match="already"):
            overrides.override_undo(person=self.people_by_name["lea"], override_id=holding.pk)
        del self.levels[ticket]

    @invariant()
    def tickets_are_what_was_said(self) -> None:
        stored = {row.ticket_id: row for row in models.Ticket.objects.all()}
        assert set(stored) == set(self.payload)
        for name, told in self.payload.items():
            found = stored[name]
            said = (found.subject, found.group, found.status, found.assignee)
            assert said == (told["subject"], told["group"], told["status"], self.assignee[name])

    @invariant()
    def the_queue_holds_what_is_open_in_order_and_nothing_twice(self) -> None:
        rows = self.snapshot().rows(None, Filters(), limit=100)
        names = [row.ticket_id for row in rows]
        assert len(names) == len(set(names))
        assert set(names) == {name for name, told in self.payload.items() if told["status"] != "solved"}
        ranked = [row for row in rows if row.position is not None]
        assert [row.position for row in ranked] == list(range(1, len(ranked) + 1))
        for row in ranked:
            assert row.level == self.levels.get(row.ticket_id, row.level)

    @invariant()
    def every_delivery_is_accounted_for(self) -> None:
        assert models.Delivery.objects.count() == self.sent
        assert not models.Delivery.objects.filter(state="failed").exists()


@pytest.mark.slow
@pytest.mark.django_db
def test_the_desk_in_any_order() -> None:
    run_state_machine_as_test(
        Desk,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
