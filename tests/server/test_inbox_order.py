"""Order, repeats and batches leave the same facts: held against a slow, obvious twin."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tidegate.server.desk import inbox
from tidegate.server.desk.inbox import draining
from tidegate.server.desk.inbox.arrivals import Waiting, arrive
from tidegate.server.desk.inbox.effects import effects, with_effects
from tidegate.server.desk.inbox.landing import BASIS, _basis_of, _won
from tidegate.server.desk.models import Delivery, Event, Ticket

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
STATUSES = ("new", "open", "waiting", "hold", "solved", "closed")
TICKETS = ("t1", "t2")
COMPARED = (
    *("updated_at", "solved_at", "closed_at", "status", "assignee", "group", "priority", "given_level"),
    *("reopens", "transfers", "csat", "subject"),
)
STATE = {"reopened": "open", "merged": "closed", "waiting_customer": "waiting", "waiting_internal": "hold"}


def moment(minutes: int) -> str:
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@st.composite
def payloads(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    minutes, status = draw(st.integers(0, 8)), draw(st.sampled_from(STATUSES))
    reopens = draw(st.sampled_from([None, 1, 2]))  # not 0: it counts as None does, and the contents would decide
    told = {
        "ticket_id": draw(st.sampled_from(TICKETS)),
        "created_at": moment(0),
        "updated_at": moment(minutes),
        "status": status,
        "subject": f"{minutes} {status} {reopens}",  # payloads of one moment with one status and count are the same
        "assignee": f"a{minutes}",
        "group": "g0",
        "priority": "P2",
        "reopens": reopens,
        "solved_at": moment(minutes) if status in ("solved", "closed") else None,
    }
    return "tickets", {name: value for name, value in told.items() if value is not None}


@st.composite
def events(draw: st.DrawFn) -> tuple[str, dict[str, Any]]:
    kind = draw(
        st.sampled_from(
            ["status", "assigned", "transferred", "priority", "reopened", "merged", "waiting_customer", "note", "csat"]
        )
    )
    new = {
        "status": st.sampled_from([*STATUSES, "Pending", "???"]),
        "assigned": st.sampled_from(["ann", "bo", None]),
        "transferred": st.sampled_from(["billing", "technical"]),
        "priority": st.sampled_from(["P0", "P1", "urgent", "who knows"]),
        "csat": st.sampled_from(["0", "0.5", "1", "7", "good?"]),
    }.get(kind, st.none())
    minutes, ticket, said = draw(st.integers(0, 9)), draw(st.sampled_from(TICKETS)), draw(new)
    told = {
        "event_id": f"{ticket} {minutes} {kind} {said}",
        "ticket_id": ticket,
        "at": moment(minutes),
        "kind": kind,
        "new": said,
    }
    return "events", {name: value for name, value in told.items() if value is not None}


def walk(row: dict[str, Any], event: dict[str, Any]) -> None:
    known = {"Pending": "waiting", "urgent": "P0"}
    kind, new = event["kind"], event.get("new")
    row["updated_at"] = event["at"]
    state = STATE.get(kind) or (known.get(new, new) if kind == "status" else None)
    if state in STATUSES:
        row["status"] = state
        if state in ("solved", "closed"):
            row[f"{state}_at"] = event["at"]
        else:
            row["solved_at"] = row["closed_at"] = None
    if kind == "assigned":
        row["assignee"] = new
    elif kind == "transferred":
        row["group"], row["transfers"] = new, (row["transfers"] or 0) + 1
    elif kind == "priority":
        level = known.get(new, new)
        row["priority"], row["given_level"] = new, level if level in ("P0", "P1") else None
    elif kind == "reopened":
        row["reopens"] = (row["reopens"] or 0) + 1
    elif kind == "csat" and new in ("0", "0.5", "1"):
        row["csat"] = float(new)


def order(payload: dict[str, Any]) -> tuple[str, int, int, str]:
    return payload["updated_at"], STATUSES.index(payload["status"]), payload.get("reopens") or 0, payload["subject"]


def twin(facts: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Take the latest payload of each ticket, then walk through its later events one by one."""
    result = {}
    for ticket in TICKETS:
        mine = [told for kind, told in facts if kind == "tickets" and told["ticket_id"] == ticket]
        if not mine:
            continue
        basis = max(mine, key=order)
        row = dict.fromkeys(("closed_at", "solved_at", "reopens", "transfers", "csat")) | basis | {"given_level": "P2"}
        log = {told["event_id"]: told for kind, told in facts if kind == "events" and told["ticket_id"] == ticket}
        for event in sorted(log.values(), key=lambda told: (told["at"], told["event_id"])):
            if event["at"] > basis["updated_at"]:
                walk(row, event)
        result[ticket] = row
    return result


def shown(value: Any) -> Any:
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value


def computed(facts: list[tuple[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Compute the rows of tickets as landing does, without a database."""
    rows = {
        kind: arrive(
            kind,
            [
                Waiting(place, kind, json.dumps(told), START + timedelta(days=1))
                for place, (of, told) in enumerate(facts)
                if of == kind
            ],
        ).rows
        for kind in ("tickets", "events")
    }
    won = _won(rows["tickets"], pl.DataFrame(schema=BASIS))
    basis = _basis_of(won)
    ledger = rows["events"].unique("event_id", keep="first").join(basis.select("ticket_id", since="at"), on="ticket_id")
    changes = effects(ledger.filter(pl.col("at") > pl.col("since")))
    return {row["ticket_id"]: row for row in with_effects(won, changes, basis).to_dicts()}


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(facts=st.lists(st.one_of(payloads(), events(), events(), events()), min_size=1, max_size=14))
def test_the_function_of_basis_and_events_is_the_twin(facts: list[tuple[str, dict[str, Any]]]) -> None:
    found, wanted = computed(facts), twin(facts)
    assert set(found) == set(wanted)
    for ticket, row in found.items():
        assert {name: shown(row[name]) for name in COMPARED} == {name: wanted[ticket].get(name) for name in COMPARED}


def stored() -> dict[str, dict[str, Any]]:
    rows = {}
    for ticket in Ticket.objects.all():
        rows[ticket.ticket_id] = {name: shown(getattr(ticket, name)) for name in COMPARED}
    return rows


@pytest.mark.slow
@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), facts=st.lists(st.one_of(payloads(), events()), min_size=1, max_size=7))
def test_any_order_with_any_repeats_in_any_batches_leaves_what_the_twin_says(
    data: st.DataObject, facts: list[tuple[str, dict[str, Any]]]
) -> None:
    repeats = data.draw(st.lists(st.sampled_from(facts), max_size=4))
    shuffled = data.draw(st.permutations(facts + repeats))
    with transaction.atomic():
        for number, (kind, told) in enumerate(shuffled):
            inbox.delivery_accept(source="s", delivery_id=str(number), kind=kind, body=json.dumps(told), rows=1)
            if data.draw(st.booleans()):
                draining.drain()
        draining.drain()
        found, wanted = stored(), twin(facts)
        assert set(found) == set(wanted)
        for ticket, row in found.items():
            assert row == {name: wanted[ticket].get(name) for name in COMPARED}
        assert Event.objects.count() == len({told["event_id"] for kind, told in facts if kind == "events"})
        assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}
        transaction.set_rollback(True)
