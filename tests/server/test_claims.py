"""Tickets are handed out once, the best first, to people who may take them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.db import connection

from helpers.desk import ticket
from tidegate.server.desk import models, tables
from tidegate.server.desk.acts import claims
from tidegate.server.desk.board import board
from tidegate.server.desk.errors import RefusedError
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_board() -> Iterator[None]:
    board.forget()
    yield
    board.forget()


def test_the_best_ticket_that_nobody_has(people: dict[str, Person]) -> None:
    tables.upsert(
        "tickets", pl.concat([ticket("low", priority="low", given_level="P3"), ticket("high", given_level="P1")])
    )
    assert claims.ticket_claim_next(person=people["agent"]) == "high"
    assert models.Ticket.objects.get(pk="high").assignee == people["agent"].name
    board.forget()
    assert claims.ticket_claim_next(person=people["agent"]) == "low"
    board.forget()
    assert claims.ticket_claim_next(person=people["agent"]) is None
    assert list(models.Event.objects.values_list("kind", flat=True)) == ["assigned", "assigned"]
    assert AuditEntry.objects.filter(act="ticket.assign").count() == 2


def test_only_tickets_of_ones_groups(people: dict[str, Person]) -> None:
    tables.upsert("tickets", pl.concat([ticket("a", group="technical"), ticket("b", group="billing"), ticket("c")]))
    assert claims.ticket_claim_next(person=people["colleague"]) == "b"
    board.forget()
    assert claims.ticket_claim_next(person=people["colleague"]) is None


def test_not_beyond_ones_capacity(people: dict[str, Person]) -> None:
    models.Agent.objects.create(agent_id="ag", name="Ari", capacity=1)
    people["agent"].agent_id = "ag"
    tables.upsert("tickets", pl.concat([ticket("a", assignee="Ari"), ticket("b")]))
    with pytest.raises(RefusedError, match="capacity is 1"):
        claims.ticket_claim_next(person=people["agent"])


@pytest.mark.parametrize("who", ["viewer", "leaver"])
def test_who_may_not_take_tickets(people: dict[str, Person], who: str) -> None:
    tables.upsert("tickets", ticket("a"))
    with pytest.raises(RefusedError):
        claims.ticket_claim_next(person=people[who])
    with pytest.raises(RefusedError):
        claims.ticket_assign(person=people[who], ticket_id="a", assignee=people[who].name)
    assert models.Ticket.objects.get().assignee is None


def test_who_may_move_whose_ticket(people: dict[str, Person]) -> None:
    tables.upsert("tickets", ticket("a", assignee="Ari"))
    with pytest.raises(RefusedError, match="somebody else"):
        claims.ticket_assign(person=people["agent"], ticket_id="a", assignee=people["agent"].name)
    claims.ticket_assign(person=people["lead"], ticket_id="a", assignee=None)
    with pytest.raises(RefusedError, match="for themselves"):
        claims.ticket_assign(person=people["agent"], ticket_id="a", assignee="Ari")
    claims.ticket_assign(person=people["agent"], ticket_id="a", assignee=people["agent"].name)
    claims.ticket_assign(person=people["agent"], ticket_id="a", assignee=None)
    assert models.Ticket.objects.get().assignee is None
    with pytest.raises(RefusedError, match="no such"):
        claims.ticket_assign(person=people["colleague"], ticket_id="a", assignee=people["colleague"].name)


def test_resolving_and_taking_it_back(people: dict[str, Person]) -> None:
    tables.upsert("tickets", ticket("a"))
    claims.ticket_resolve(person=people["agent"], ticket_id="a")
    solved = models.Ticket.objects.get()
    assert (solved.status, solved.solved_at is None) == ("solved", False)
    claims.ticket_reopen(person=people["agent"], ticket_id="a")
    again = models.Ticket.objects.get()
    assert (again.status, again.solved_at) == ("open", None)


@pytest.mark.django_db(transaction=True)
def test_fifty_claims_at_a_time_give_fifty_tickets(people: dict[str, Person]) -> None:
    tables.upsert("tickets", pl.concat([ticket(f"t{n:02}") for n in range(60)]))
    snapshot = board.snapshot()
    order = [row.ticket_id for row in snapshot.rows(None, claims.Filters(), limit=60)]

    def claim(_: int) -> str | None:
        try:
            return claims.ticket_claim_next(person=people["agent"], snapshot=snapshot)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        claimed = list(pool.map(claim, range(50)))
    assert sorted(filter(None, claimed)) == sorted(order[:50])
    assert models.Ticket.objects.filter(assignee=None).count() == 10
    assert models.Event.objects.count() == 50
