"""People come with a session, programs with a token: each by a door of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tidegate.server.people import tokens

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

EVENT = {"event_id": "e1", "ticket_id": "t1", "at": "2026-03-02T09:00:00Z", "kind": "note", "actor_kind": "agent"}


@pytest.fixture
def bearer(people: dict[str, Person]) -> str:
    issued = tokens.token_create(by=people["admin"], name="x", source="x", scopes=["facts:write"])
    return f"Bearer {issued.key}"


def test_a_program_gets_what_every_answer_has_and_nothing_of_pages(client: Client, bearer: str) -> None:
    sent = client.post("/api/v1/events", EVENT, content_type="application/json", headers={"Authorization": bearer})
    assert sent.status_code == 202, sent.content
    assert sent["X-Content-Type-Options"] == "nosniff"
    assert sent["Cache-Control"] == "no-store, private"
    assert int(sent["Content-Length"]) == len(sent.content)
    assert sent["X-Request-ID"]
    assert not {"Content-Security-Policy", "Vary", "Set-Cookie"} & set(sent.headers)


@pytest.mark.parametrize("value", ["Bearer tg_0_0", "bearer", "bearer x", "Bearer  "])
def test_a_session_lends_nothing_to_a_token_that_does_not_hold(as_lead: Client, value: str) -> None:
    assert as_lead.get("/api/v1/queue").status_code == 200
    assert as_lead.get("/api/v1/queue", headers={"Authorization": value}).status_code == 401


def test_a_token_that_holds_is_no_person(people: dict[str, Person], bearer: str) -> None:
    browser = Client()
    browser.force_login(people["admin"])
    found = browser.post("/api/v1/deliveries/1/retry", headers={"Authorization": bearer})
    assert found.status_code == 401


def test_a_page_is_not_opened_by_a_token(client: Client, bearer: str) -> None:
    found = client.get("/", headers={"Authorization": bearer})
    assert (found.status_code, found["Location"].partition("?")[0]) == (302, "/accounts/login/")
    assert found["Content-Security-Policy"]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic eDp5"}, {"Authorization": ""}])
def test_a_change_from_a_browser_needs_its_proof(people: dict[str, Person], header: dict[str, str]) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(people["admin"])
    sent = browser.post("/api/v1/events", EVENT, content_type="application/json", headers=header)
    assert sent.status_code in {401, 403}


def test_another_host_is_refused_at_both_doors(client: Client, bearer: str) -> None:
    for headers in ({"Host": "evil.example"}, {"Host": "evil.example", "Authorization": bearer}):
        assert client.get("/api/v1/queue", headers=headers).status_code == 400
