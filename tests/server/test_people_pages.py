"""The pages of people and tokens: an admin adds, changes and sends away; secrets are shown once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from tidegate.server.people import tokens
from tidegate.server.people.models import AuditEntry, Person, Token

if TYPE_CHECKING:
    from django.test import Client

Cast = dict[str, Person]


@pytest.fixture
def as_admin(client: Client, people: Cast) -> Client:
    client.force_login(people["admin"])
    return client


def text(answer: object) -> str:
    return answer.content.decode()  # ty: ignore[unresolved-attribute]


def test_everybody_is_listed_and_found(as_admin: Client, people: Cast) -> None:
    page = text(as_admin.get("/people"))
    assert all(person.email in page for person in people.values())
    assert ">left<" in page
    found = text(as_admin.get("/people", {"q": "colleague"}))
    assert "colleague@example.test" in found
    assert "viewer@example.test" not in found
    assert "Nobody has that name" in text(as_admin.get("/people", {"q": "\0'; --"}))


def test_an_admin_adds_a_person_and_sees_the_password_once(as_admin: Client) -> None:
    page = text(
        as_admin.post(
            "/people/new",
            {
                "name": "<b>Dana</b>",
                "email": "dana@example.test",
                "role": "lead",
                "groups_seen": "billing, , technical",
            },
        )
    )
    dana = Person.objects.get(email="dana@example.test")
    password = re.search(r'class="secret">([^<]+)<', page)
    assert password
    assert dana.check_password(password[1])
    assert dana.groups_seen == ["billing", "technical"]
    assert "<b>Dana" not in page
    assert password[1] not in text(as_admin.get(f"/people/{dana.pk}"))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"email": "lead@example.test"}, "somebody has this address already"),
        ({"email": "no address"}, "valid email"),
        ({"role": "emperor"}, "valid choice"),
        ({"name": ""}, "required"),
    ],
)
def test_what_cannot_be_is_said_beside_the_field(as_admin: Client, changed: dict[str, str], said: str) -> None:
    form = {"name": "Dana", "email": "dana@example.test", "role": "lead"} | changed
    answer = as_admin.post("/people/new", form)
    assert answer.status_code == 200
    assert said in text(answer)
    assert Person.objects.count() == 6


def test_an_admin_changes_what_a_person_may_do_and_see(as_admin: Client, people: Cast) -> None:
    agent = people["agent"]
    as_admin.post(f"/people/{agent.pk}", {"role": "lead", "groups_seen": "billing", "agent_id": "a-7"})
    agent.refresh_from_db()
    assert (agent.role, agent.groups_seen, agent.agent_id) == ("lead", ["billing"], "a-7")
    assert AuditEntry.objects.get().act == "person.change"
    own = text(as_admin.post(f"/people/{people['admin'].pk}", {"role": "viewer"}))
    assert "nobody changes their own role" in own


@pytest.mark.parametrize(
    ("act", "entry"),
    [
        ("deactivate", "person.deactivate"),
        ("end-sessions", "person.end_sessions"),
        ("remove-factors", "person.remove_factors"),
        ("unlock", "person.unlock"),
    ],
)
def test_each_act_is_done_and_written_down(as_admin: Client, people: Cast, act: str, entry: str) -> None:
    answer = as_admin.post(f"/people/{people['agent'].pk}/{act}", follow=True)
    assert answer.status_code == 200
    assert AuditEntry.objects.filter(act=entry, actor=people["admin"], object_id=str(people["agent"].pk)).exists()


def test_a_person_comes_back(as_admin: Client, people: Cast) -> None:
    as_admin.post(f"/people/{people['leaver'].pk}/activate")
    people["leaver"].refresh_from_db()
    assert people["leaver"].is_active


def test_what_cannot_be_done_is_said_and_not_done(as_admin: Client, people: Cast) -> None:
    said = text(as_admin.post(f"/people/{people['admin'].pk}/deactivate", follow=True))
    assert "nobody deactivates themselves" in said
    assert as_admin.post(f"/people/{people['agent'].pk}/explode").status_code == 404
    assert as_admin.post("/people/999999/deactivate").status_code == 404


def test_a_new_password_is_shown_once_and_ends_sessions(as_admin: Client, people: Cast) -> None:
    from django.test import Client

    other = Client()
    other.force_login(people["agent"])
    page = text(as_admin.post(f"/people/{people['agent'].pk}/password"))
    password = re.search(r'class="secret">([^<]+)<', page)
    assert password
    people["agent"].refresh_from_db()
    assert people["agent"].check_password(password[1])
    assert other.get(reverse("account")).status_code == 302


def test_a_token_is_made_shown_once_and_revoked(as_admin: Client) -> None:
    assert "Make the first one" in text(as_admin.get("/people/tokens"))
    form = {"name": "Zendesk", "source": "zendesk", "scopes": ["facts:write"], "days": "90", "signs": "on"}
    page = text(as_admin.post("/people/tokens/new", form))
    key, signing = re.findall(r'class="secret">([^<]+)<', page)
    token = tokens.token_find(key)
    assert token is not None
    assert tokens.signing_secret(token) == signing
    listed = text(as_admin.get("/people/tokens"))
    assert key not in listed
    assert f"tg_{token.prefix}" in listed
    as_admin.post(f"/people/tokens/{token.pk}/revoke")
    assert tokens.token_find(key) is None
    assert ">revoked<" in text(as_admin.get("/people/tokens"))
    assert list(AuditEntry.objects.order_by("id").values_list("act", flat=True)) == ["token.create", "token.revoke"]


@pytest.mark.parametrize("changed", [{"scopes": []}, {"scopes": ["all"]}, {"source": "a b"}, {"days": "7"}])
def test_a_token_that_cannot_be_is_not_made(as_admin: Client, changed: dict[str, object]) -> None:
    form = {"name": "x", "source": "x", "scopes": ["facts:write"], "days": "90"} | changed
    assert as_admin.post("/people/tokens/new", form).status_code == 200
    assert not Token.objects.exists()
