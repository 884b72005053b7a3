"""The API: who may do what, how the queue is read and worked, and that every error is a problem."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client

from tidegate.server.desk import inbox
from tidegate.server.desk.board import board
from tidegate.server.desk.inbox import draining
from tidegate.server.desk.models import Action, Override, Ticket
from tidegate.server.people import tokens
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.server.people.models import Person

NAMES = ("type", "title", "status", "detail", "instance")


@pytest.fixture
def desk(people: dict[str, Person]) -> dict[str, Person]:
    """Three open tickets: two of billing, one of payments, and one that waits."""
    told = [
        ("t1", "billing", "open", "Refund please"),
        ("t2", "payments", "open", "Nobody can pay, the whole shop is down"),
        ("t/3 ä", "billing", "open", "How do I change my address"),
        ("t4", "billing", "waiting", "Thanks"),
    ]
    tickets = [
        {"ticket_id": name, "group": group, "status": status, "subject": subject, "created_at": "2026-03-02T09:00:00Z"}
        for name, group, status, subject in told
    ]
    inbox.delivery_accept(source="s", delivery_id="d", kind="tickets", body=json.dumps(tickets))
    draining.drain()
    board.forget()
    return people


@pytest.fixture
def program(people: dict[str, Person]) -> Callable[..., Client]:
    """A client of a program with these scopes."""

    def make(*scopes: str, source: str = "desk") -> Client:
        made = tokens.token_create(by=people["admin"], name="Program", source=source, scopes=scopes)
        return Client(headers={"Authorization": f"Bearer {made.key}"})

    return make


def browser(person: Person, *, checks: bool = False) -> Client:
    client = Client(enforce_csrf_checks=checks)
    client.force_login(person)
    return client


def problem(response: Any, status: int, kind: str) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    told = response.json()
    assert all(told[name] or name == "detail" for name in NAMES)
    assert (told["status"], told["type"]) == (status, f"urn:tidegate:problem:{kind}")
    assert told["instance"] == f"urn:request:{response['X-Request-ID']}"
    return told


def post(client: Client, path: str, told: Any = None, **headers: Any) -> Any:
    return client.post(f"/api/v1/{path}", json.dumps({} if told is None else told), "application/json", headers=headers)


@pytest.mark.django_db
def test_the_queue_is_ranked_with_reasons(desk: dict[str, Person]) -> None:
    told = browser(desk["viewer"]).get("/api/v1/queue").json()
    ranked = [ticket["ticket_id"] for ticket in told["tickets"]]
    assert set(ranked) == {"t1", "t2", "t/3 ä", "t4"}
    assert told["total"] == 4
    assert told["lanes"]["waiting"] == 1
    first = told["tickets"][0]
    assert first["position"] == 1
    assert first["reasons"][0]["text"]
    assert sum(part["points"] for part in [*first["parts"], *first["rules"]]) == pytest.approx(first["points"])


@pytest.mark.django_db
def test_filters_and_pages_choose(desk: dict[str, Person]) -> None:
    client = browser(desk["viewer"])
    assert client.get("/api/v1/queue?group=payments").json()["total"] == 1
    assert client.get("/api/v1/queue?search=REFUND").json()["tickets"][0]["ticket_id"] == "t1"
    page = client.get("/api/v1/queue?limit=1&offset=1").json()
    assert (page["total"], len(page["tickets"]), page["tickets"][0]["position"]) == (4, 1, 2)


@pytest.mark.django_db
def test_a_person_sees_the_tickets_of_their_groups_and_no_word_of_others(desk: dict[str, Person]) -> None:
    client = browser(desk["colleague"])
    told = client.get("/api/v1/queue").json()
    assert {ticket["ticket_id"] for ticket in told["tickets"]} == {"t1", "t/3 ä", "t4"}
    for path in ("tickets/t2", "tickets/t2/explain", "tickets/nothing"):
        problem(client.get(f"/api/v1/{path}"), 404, "not-found")
    for ticket in ("t1", "t/3 ä"):
        told = client.get(f"/api/v1/tickets/{ticket}/explain")
        assert told.status_code == 200
        assert b'"t2"' not in told.content
    problem(post(client, "tickets/t2/overrides", {"kind": "level", "value": "P0"}), 404, "not-found")
    problem(post(client, "tickets/t2/assign", {"assignee": "Colleague"}), 404, "not-found")


@pytest.mark.django_db
def test_a_ticket_whose_name_has_signs_is_found(desk: dict[str, Person]) -> None:
    client = browser(desk["viewer"])
    told = client.get("/api/v1/tickets/t%2F3%20%C3%A4").json()
    assert told["facts"]["subject"] == "How do I change my address"
    assert told["place"]["ticket_id"] == "t/3 ä"
    assert told["overrides"] == []
    found = client.get("/api/v1/tickets/t%2F3%20%C3%A4/explain").json()
    assert found["place"]["position"] >= 1
    assert all(move["text"] for move in found["would_change"])


@pytest.mark.django_db
def test_roles_reach_as_far_as_they_do(desk: dict[str, Person]) -> None:
    reads = {"viewer": 200, "agent": 200, "lead": 200, "admin": 200, "leaver": 401}
    for name, status in reads.items():
        assert browser(desk[name]).get("/api/v1/queue").status_code == status
    acts = {"viewer": 403, "agent": 200, "lead": 200, "admin": 200, "leaver": 401}
    for name, status in acts.items():
        found = post(browser(desk[name]), "next")
        assert found.status_code in {status, 204 if status == 200 else status}
    assert browser(desk["viewer"]).get("/api/v1/actions").status_code == 403
    sends = {"viewer": 403, "agent": 403, "lead": 403, "admin": 202}
    for name, status in sends.items():
        told = {"account_id": name}
        assert post(browser(desk[name]), "accounts", told).status_code == status


@pytest.mark.django_db
def test_strangers_and_wrong_tokens_are_told_how_to_sign_in() -> None:
    for headers in ({}, {"Authorization": "Bearer tg_000000000000_x"}, {"Authorization": "Basic eA=="}):
        response = Client(headers=headers).get("/api/v1/queue")
        problem(response, 401, "unauthenticated")
        assert "Bearer" in response["WWW-Authenticate"]


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_a_token_does_what_its_scopes_say_and_no_more(program: Callable[..., Client]) -> None:
    reader = program("queue:read")
    assert reader.get("/api/v1/queue").json()["total"] == 4
    assert reader.get("/api/v1/actions").status_code == 200
    for path in ("next", "tickets/t1/overrides", "tickets", "events"):
        told = problem(post(reader, path), 403, "forbidden")
        assert told["errors"][0]["expected"].endswith((":write",))
    problem(reader.get("/api/v1/overrides"), 403, "forbidden")


@pytest.mark.django_db
def test_a_revoked_token_does_nothing(desk: dict[str, Person]) -> None:
    made = tokens.token_create(by=desk["admin"], name="x", source="x", scopes=["queue:read"])
    client = Client(headers={"Authorization": f"Bearer {made.key}"})
    assert client.get("/api/v1/queue").status_code == 200
    tokens.token_revoke(by=desk["admin"], token=made.token)
    problem(client.get("/api/v1/queue"), 401, "unauthenticated")


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_a_program_acts_for_a_person_and_both_are_written_down(program: Callable[..., Client]) -> None:
    client = program("claims:write", "overrides:write")
    told = problem(post(client, "next"), 422, "invalid")
    assert told["errors"][0]["pointer"] == "/person"
    problem(post(client, "next", {"person": "leaver@example.test"}), 422, "invalid")
    problem(post(client, "next", {"person": "viewer@example.test"}), 403, "forbidden")
    claimed = post(client, "next", {"person": "Agent@example.test"}).json()
    assert Ticket.objects.get(pk=claimed["ticket_id"]).assignee == "Agent"
    made = post(client, "tickets/t1/overrides", {"kind": "level", "value": "P0", "person": "lead@example.test"})
    assert made.status_code == 201
    undone = client.delete(f"/api/v1/overrides/{made.json()['id']}?person=lead@example.test")
    assert undone.json()["undone_at"]
    acts = list(AuditEntry.objects.filter(actor=None, actor_name="token Program").values_list("act", flat=True))
    assert acts == ["ticket.claim_for", "ticket.override_for", "ticket.override_undo_for"]
    names = AuditEntry.objects.filter(act__startswith="ticket.", actor__isnull=False).values_list("actor__email", "act")
    assert ("agent@example.test", "ticket.assign") in set(names)


@pytest.mark.django_db
def test_a_person_acts_for_nobody_else(desk: dict[str, Person]) -> None:
    client = browser(desk["agent"])
    problem(post(client, "next", {"person": "lead@example.test"}), 403, "forbidden")
    assert post(client, "next", {"person": "agent@example.test"}).status_code == 200


@pytest.mark.django_db
def test_claims_end_when_nothing_is_free(desk: dict[str, Person]) -> None:
    client, got = browser(desk["agent"]), []
    while (found := post(client, "next")).status_code == 200:
        got.append(found.json()["ticket_id"])
        board.forget()
    assert found.status_code == 204
    assert len(got) == len(set(got))
    assert set(got) <= {"t1", "t2", "t/3 ä"}


@pytest.mark.django_db
def test_an_override_holds_until_it_is_taken_back(desk: dict[str, Person]) -> None:
    client = browser(desk["lead"])
    made = post(client, "tickets/t1/overrides", {"kind": "level", "value": "P0", "reason": "the CEO asks"}).json()
    board.forget()
    assert client.get("/api/v1/tickets/t1").json()["overrides"] == [made]
    assert client.get("/api/v1/queue?search=t1").json()["tickets"][0]["level"] == "P0"
    assert client.get("/api/v1/overrides?ticket_id=t1&holding=true").json() == [made]
    assert client.delete(f"/api/v1/overrides/{made['id']}").status_code == 200
    problem(client.delete(f"/api/v1/overrides/{made['id']}"), 409, "conflict")
    problem(client.delete("/api/v1/overrides/999999"), 404, "not-found")
    problem(client.delete(f"/api/v1/overrides/{10**30}"), 404, "not-found")
    assert client.get("/api/v1/overrides?holding=true").json() == []
    assert Override.objects.count() == 1


@pytest.mark.django_db
def test_a_ticket_is_assigned_and_given_back(desk: dict[str, Person]) -> None:
    client = browser(desk["lead"])
    assert post(client, "tickets/t1/assign", {"assignee": "Ivy"}).status_code == 204
    assert Ticket.objects.get(pk="t1").assignee == "Ivy"
    problem(post(browser(desk["agent"]), "tickets/t1/assign", {"assignee": "Agent"}), 409, "conflict")
    assert post(client, "tickets/t1/assign", {"assignee": None}).status_code == 204
    assert Ticket.objects.get(pk="t1").assignee is None


@pytest.mark.django_db
def test_the_policy_and_the_outbox_are_shown(desk: dict[str, Person]) -> None:
    client = browser(desk["agent"])
    policy = client.get("/api/v1/policy").json()
    assert policy["number"] == 1
    assert "levels:" in policy["text"]
    for number, ticket in enumerate(("t1", "t2", "t1")):
        Action.objects.create(kind="tag", ticket_id=ticket, key=str(number))
    told = client.get("/api/v1/actions?ticket_id=t1&limit=1").json()
    assert (told["total"], len(told["actions"]), told["actions"][0]["key"]) == (2, 1, "2")
    assert browser(desk["colleague"]).get("/api/v1/actions").json()["total"] == 2


@pytest.mark.django_db
def test_a_change_from_a_browser_needs_the_csrf_token(desk: dict[str, Person]) -> None:
    client = browser(desk["agent"], checks=True)
    problem(post(client, "next"), 403, "forbidden")
    assert client.get("/api/v1/queue").status_code == 200
    client.cookies["tidegate-csrf"] = "a" * 32
    assert post(client, "next", **{"X-CSRFToken": "a" * 32}).status_code == 200
    problem(post(client, "next", **{"X-CSRFToken": "b" * 32}), 403, "forbidden")


@pytest.mark.django_db
def test_a_program_needs_no_csrf_token(desk: dict[str, Person]) -> None:
    made = tokens.token_create(by=desk["admin"], name="x", source="x", scopes=["claims:write"])
    client = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {made.key}"})
    assert post(client, "next", {"person": "agent@example.test"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "told", "pointer"),
    [
        ("next", {"persn": "x"}, "/persn"),
        ("next", {"person": 7}, "/person"),
        ("next", {"person": "a\x00b"}, "/person"),
        ("tickets/t1/overrides", {"kind": "colour", "value": "P0"}, "/kind"),
        ("tickets/t1/overrides", {"kind": "level"}, "/value"),
        ("tickets/t1/overrides", {"kind": "level", "value": "P0", "reason": "x" * 2001}, "/reason"),
        ("tickets/t1/overrides", {"kind": "level", "value": "P0", "reason": "\x00"}, "/reason"),
        ("tickets/t1/assign", {}, "/assignee"),
        ("tickets/t1/assign", {"assignee": ["x"]}, "/assignee"),
        ("tickets/t1/assign", {"assignee": {"a": [{"b": "\x00"}]}}, "/assignee/a/0/b"),
    ],
)
def test_bad_orders_name_the_field(desk: dict[str, Person], path: str, told: Any, pointer: str) -> None:
    found = problem(post(browser(desk["lead"]), path, told), 422, "invalid")
    assert found["errors"][0]["pointer"] == pointer
    assert found["errors"][0]["message"]
    assert found["errors"][0]["mend"] or found["errors"][0]["expected"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "query/limit"),
        ("limit=many", "query/limit"),
        ("offset=-1", "query/offset"),
        (f"offset={10**40}", "query/offset"),
        ("lane=fast", "query/lane"),
        ("level=P9", "query/level"),
        ("search=" + "x" * 201, "query/search"),
        ("unassigned=perhaps", "query/unassigned"),
    ],
)
def test_bad_questions_name_the_parameter(desk: dict[str, Person], query: str, pointer: str) -> None:
    found = problem(browser(desk["viewer"]).get(f"/api/v1/queue?{query}"), 422, "invalid")
    assert found["errors"][0]["pointer"] == pointer
    assert found["errors"][0]["expected"]


@pytest.mark.django_db
def test_an_override_that_is_no_word_says_the_words(desk: dict[str, Person]) -> None:
    found = problem(
        post(browser(desk["lead"]), "tickets/t1/overrides", {"kind": "level", "value": "P7"}), 422, "invalid"
    )
    assert "P0, P1, P2, P3" in found["detail"]


@pytest.mark.django_db
def test_bare_errors_are_problems_too(desk: dict[str, Person]) -> None:
    client = browser(desk["viewer"])
    problem(client.get("/api/v1/nothing"), 404, "not-found")
    problem(client.get("/api/"), 404, "not-found")
    response = client.put("/api/v1/queue")
    problem(response, 405, "method-not-allowed")
    assert "GET" in response["Allow"]
    problem(client.get("/api/v1/queue?search=%00"), 400, "malformed")
    problem(client.get("/api/v1/tickets/a%00b"), 400, "malformed")
    problem(client.post("/api/v1/openapi.json"), 405, "method-not-allowed")


@pytest.mark.django_db
def test_a_mistake_of_ours_says_nothing_of_itself(desk: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(board, "snapshot", broken)
    response = browser(desk["viewer"]).get("/api/v1/queue")
    problem(response, 500, "internal")
    assert b"hunter2" not in response.content


@pytest.mark.django_db
def test_a_database_that_is_away_is_said(desk: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError

    def away(*_: Any, **__: Any) -> Any:
        raise OperationalError("connection to 10.0.0.1 refused")

    monkeypatch.setattr(board, "snapshot", away)
    response = browser(desk["viewer"]).get("/api/v1/queue")
    problem(response, 503, "unavailable")
    assert response["Retry-After"]
    assert b"10.0.0.1" not in response.content


@pytest.mark.django_db
def test_whoever_has_to_settle_something_first_is_told(people: dict[str, Person]) -> None:
    people["agent"].password_is_temporary = True
    people["agent"].save()
    problem(browser(people["agent"]).get("/api/v1/queue"), 403, "forbidden")


@pytest.mark.django_db
def test_a_token_that_asks_too_often_waits(program: Callable[..., Client], settings: Any) -> None:
    settings.API_REQUESTS_A_MINUTE = 2
    client = program("facts:write")
    for number in range(2):
        assert post(client, "accounts", {"account_id": str(number)}).status_code == 202
    response = post(client, "accounts", {"account_id": "3"})
    problem(response, 429, "too-many")
    assert 1 <= int(response["Retry-After"]) <= 31
