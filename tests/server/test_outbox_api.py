"""The outbox over the API and on its page: who sees, who may send, and what comes of it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from helpers.desk import policy_in_force, ticket
from tidegate.server.desk import tables
from tidegate.server.desk.models import Action, Channel, Decision, Escalation, PolicyVersion
from tidegate.server.desk.outbox import channels
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.people import tokens
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from django.http import HttpResponse

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def box(people: dict[str, Person]) -> dict[str, Person]:
    """A dead page about a ticket of billing, a notification that was only intended, and one that is done."""
    policy_in_force(dry_run=False)
    tables.upsert("tickets", ticket("t1", group="billing", subject="Refund please"))
    tables.upsert("tickets", ticket("t2", group="technical", subject="<script>alert(1)</script>"))
    rows = [
        ("page", "t1", "security", "dead", "answered 500"),
        ("notify", "t2", "mail", "intended", ""),
        ("notify", "t1", "mail", "done", ""),
    ]
    for number, (kind, about, target, state, error) in enumerate(rows):
        Action.objects.create(
            key=f"k{number}", kind=kind, ticket_id=about, target=target, state=state, last_error=error,
            title="[P0] <b>leak</b>", body="It is down", causes=["rule: leak"], payload={"who": "x"},
        )  # fmt: skip
    return people


def browser(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def send(person: Person, url: str) -> HttpResponse:
    return browser(person).post(url, {}, content_type="application/json")


def number(key: str) -> int:
    return Action.objects.get(key=key).pk


def test_an_action_says_everything_to_who_sees_its_ticket(box: dict[str, Person]) -> None:
    told = browser(box["agent"]).get(f"/api/v1/actions/{number('k0')}").json()
    assert (told["title"], told["causes"], told["payload"]) == ("[P0] <b>leak</b>", ["rule: leak"], {"who": "x"})
    assert browser(box["colleague"]).get(f"/api/v1/actions/{number('k1')}").status_code == 404
    assert browser(box["viewer"]).get(f"/api/v1/actions/{number('k0')}").status_code == 403
    assert Client().get(f"/api/v1/actions/{number('k0')}").status_code == 401
    assert browser(box["lead"]).get("/api/v1/actions/99999999999999999999999").status_code == 404


def test_a_lead_sends_a_dead_action_again_and_nobody_below(box: dict[str, Person]) -> None:
    url = f"/api/v1/actions/{number('k0')}/retry"
    for name in ("viewer", "agent", "colleague"):
        assert send(box[name], url).status_code == 403
    assert send(box["lead"], url).json()["state"] == "waiting"
    again = send(box["lead"], url)
    assert (again.status_code, again.json()["type"]) == (409, "urn:tidegate:problem:conflict")
    assert send(box["lead"], f"/api/v1/actions/{number('k2')}/cancel").status_code == 409
    assert send(box["lead"], f"/api/v1/actions/{number('k1')}/cancel").json()["state"] == "cancelled"
    assert send(box["lead"], "/api/v1/actions/0/retry").status_code == 404


def test_a_program_sends_for_a_lead_and_both_are_written_down(box: dict[str, Person]) -> None:
    made = tokens.token_create(by=box["admin"], name="P", source="desk", scopes=["actions:write", "queue:read"])
    program = Client(headers={"Authorization": f"Bearer {made.key}"})
    assert program.get("/api/v1/escalations").json() == []
    url, lead = f"/api/v1/actions/{number('k0')}/retry", {"person": "lead@example.test"}
    assert program.post(url, {}, content_type="application/json").status_code == 422
    assert program.post(url, {"person": "agent@example.test"}, content_type="application/json").status_code == 403
    assert program.post(url, lead, content_type="application/json").json()["state"] == "waiting"
    acts = AuditEntry.objects.filter(object_kind="action").values_list("act", "actor_name").order_by("pk")
    assert list(acts) == [("action.retry", "Lead"), ("action.retry_for", "token P")]
    other = tokens.token_create(by=box["admin"], name="Q", source="desk", scopes=["queue:read"])
    reader = Client(headers={"Authorization": f"Bearer {other.key}"})
    assert reader.post(url, lead, content_type="application/json").status_code == 403


def test_cases_are_listed_to_who_sees_one_of_their_tickets(box: dict[str, Person]) -> None:
    Escalation.objects.create(title="x", impact="y", level="P0", to="technical", tickets=["t2"], key="e")
    assert [case["title"] for case in browser(box["agent"]).get("/api/v1/escalations").json()] == ["x"]
    assert browser(box["colleague"]).get("/api/v1/escalations").json() == []


def test_routing_is_counted(box: dict[str, Person]) -> None:
    counts = browser(box["lead"]).get("/api/v1/routing").json()
    assert counts == {"automatic": 0, "suggested": 0, "overridden": 0, "misrouted": 0}
    Decision.objects.create(
        ticket_id="t1", at=timezone.now() - timedelta(days=1), level="P1", lane="queue", points=1.0, automatic=False,
        policy=PolicyVersion.objects.get(),
    )  # fmt: skip
    assert browser(box["lead"]).get("/api/v1/routing").json()["suggested"] == 1
    later = (timezone.now() + timedelta(days=1)).isoformat()
    assert browser(box["lead"]).get("/api/v1/routing", {"since": later}).json()["suggested"] == 0
    odd = "2026-03-02T09:00:00-18:15"  # an offset that PostgreSQL does not know
    assert browser(box["lead"]).get("/api/v1/routing", {"since": odd}).status_code == 200
    for wrong in ("yesterday", "2026-03-02T09:00:00", "0001-01-01T00:00:00+01:00"):
        assert browser(box["lead"]).get("/api/v1/routing", {"since": wrong}).status_code == 422


# The page.


def test_the_page_shows_what_needs_a_person_first(box: dict[str, Person]) -> None:
    text = browser(box["lead"]).get("/actions").content.decode()
    assert "answered 500" in text
    assert "&lt;b&gt;leak&lt;/b&gt;" in text
    assert "<b>leak</b>" not in text
    assert browser(box["agent"]).get("/actions").status_code == 403
    assert Client().get("/actions").status_code == 302


@pytest.mark.parametrize("state", ["dead", "waiting", "intended", "done", "cancelled", "all", "nonsense"])
def test_every_state_has_its_page(box: dict[str, Person], state: str) -> None:
    answer = browser(box["lead"]).get("/actions", {"state": state})
    assert answer.status_code == 200
    shown = answer.content.decode().count('class="action"')
    wanted = {"dead": 1, "intended": 1, "done": 1, "all": 3, "nonsense": 1}
    assert shown == wanted.get(state, 0)


def test_one_click_sends_and_says_so(box: dict[str, Person]) -> None:
    lead = browser(box["lead"])
    answer = lead.post(f"/actions/{number('k0')}/retry", {"state": "dead"}, follow=True)
    assert answer.redirect_chain == [("/actions?state=dead", 302)]
    assert "page for ticket t1 will be sent" in answer.content.decode()
    assert Action.objects.get(key="k0").state == "waiting"
    answer = lead.post(f"/actions/{number('k2')}/retry", follow=True)
    assert "cannot be sent" in answer.content.decode()
    lead.post(f"/actions/{number('k1')}/cancel")
    assert Action.objects.get(key="k1").state == "cancelled"
    assert lead.get(f"/actions/{number('k1')}/cancel").status_code == 405
    assert browser(box["agent"]).post(f"/actions/{number('k0')}/cancel").status_code == 403
    assert Client(enforce_csrf_checks=True).post(f"/actions/{number('k0')}/retry").status_code in (302, 403)


def test_in_a_dry_run_nothing_can_be_sent(box: dict[str, Person]) -> None:
    policy_in_force(dry_run=True)
    lead = browser(box["lead"])
    text = lead.get("/actions").content.decode()
    assert "dry run" in text
    assert ("data-cancel" in text, "data-send" in text) == (True, False)
    answer = lead.post(f"/actions/{number('k0')}/retry", follow=True)
    assert "is a dry run: nothing is sent" in answer.content.decode()
    assert send(box["lead"], f"/api/v1/actions/{number('k0')}/retry").status_code == 409
    assert Action.objects.get(key="k0").state == "dead"


def test_channels_are_shown_without_their_addresses(box: dict[str, Person]) -> None:
    channels.channel_set(by=None, name="mail", kind="apprise", url="mailtos://me:hunter2@mail.example")
    Channel.objects.update(failures=3, paused_until=timezone.now() + timedelta(seconds=30))
    text = browser(box["lead"]).get("/actions").content.decode()
    assert "mailtos://" in text
    assert "hunter2" not in text
    assert "3 failures" in text
    assert "hunter2" not in json.dumps(list(box), default=str)


def test_an_empty_outbox_teaches(people: dict[str, Person]) -> None:
    policy_ensure()
    text: Any = browser(people["lead"]).get("/actions", {"state": "all"}).content.decode()
    assert "Nothing has followed from a decision yet" in text
