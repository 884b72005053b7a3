"""Fifty ask for the next ticket, as many at the same moment as there are database connections."""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.db import connection
from django.test import Client

from helpers.desk import ticket
from tidegate.server.desk import tables
from tidegate.server.desk.board import board
from tidegate.server.desk.models import Event, Ticket
from tidegate.server.people import tokens
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

ASKING = 50
TICKETS = 40
AT_ONCE = 10


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_of_fifty_claims_at_once_each_gets_another_ticket_until_none_is_left(people: dict[str, Person]) -> None:
    made = tokens.token_create(by=people["admin"], name="desk", source="desk", scopes=["claims:write"])
    tables.upsert("tickets", pl.concat([ticket(f"t{number:02}") for number in range(TICKETS)]))
    board.forget()
    order = board.snapshot().visible(None)["ticket_id"].to_list()
    together = threading.Barrier(AT_ONCE)

    def claim(number: int) -> Any:
        if number < AT_ONCE:
            together.wait(60)
        try:
            body = json.dumps({"person": "agent@example.test"})
            client = Client(headers={"Authorization": f"Bearer {made.key}"})
            return client.post("/api/v1/next", body, "application/json")
        finally:
            connection.close()

    connection.close()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(claim, range(ASKING)))
    claimed = [answer.json()["ticket_id"] for answer in answers if answer.status_code == 200]
    assert sorted(claimed) == sorted(order)
    assert [answer.status_code for answer in answers].count(204) == ASKING - TICKETS
    assert Ticket.objects.filter(assignee="Agent").count() == TICKETS
    assert Event.objects.filter(kind="assigned").count() == TICKETS
    assert AuditEntry.objects.filter(act="ticket.assign").count() == TICKETS
    assert AuditEntry.objects.filter(act="ticket.claim_for", actor_name="token desk").count() == TICKETS
