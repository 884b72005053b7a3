"""A session's row names its person; what the session says and what the person is today decide all the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tidegate.server.people.models import Person, Session
from tidegate.server.people.session_store import SessionStore

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
PAGE = "/accounts/you/"


def signed_in(client: Client) -> bool:
    return client.get(PAGE).status_code == 200


def test_one_statement_finds_the_session_and_who_it_belongs_to(as_lead: Client) -> None:
    assert signed_in(as_lead)
    with CaptureQueriesContext(connection) as asked:
        assert signed_in(as_lead)
    tables = [query["sql"] for query in asked if "people_person" in query["sql"] or "people_session" in query["sql"]]
    assert len(tables) == 1


@pytest.mark.parametrize(
    "change",
    [{"is_active": False}, {"session_epoch": 7}, {"password": "!another"}],
    ids=["left", "sessions ended", "password changed"],
)
def test_what_ends_a_session_ends_it_for_the_next_request(as_lead: Client, change: dict[str, Any]) -> None:
    assert signed_in(as_lead)
    Person.objects.filter(role="lead").update(**change)
    assert not signed_in(as_lead)


def test_a_row_that_names_somebody_else_lets_nobody_in_as_them(as_lead: Client, people: dict[str, Person]) -> None:
    Session.objects.update(person=people["admin"])
    page = as_lead.get(PAGE).content.decode()
    assert people["admin"].email not in page
    assert people["lead"].email in page


def test_a_session_goes_with_its_person(as_lead: Client, people: dict[str, Person]) -> None:
    assert Session.objects.get().person == people["lead"]
    Person.objects.filter(pk=people["lead"].pk).delete()
    assert not Session.objects.exists()
    assert not signed_in(as_lead)


def test_a_visit_without_sign_in_names_nobody() -> None:
    store = SessionStore()
    store["seen"] = 1
    store.save()
    found = Session.objects.get()
    assert found.person is None
    assert SessionStore(found.session_key).get("seen") == 1
    assert SESSION_KEY not in found.get_decoded()
    assert SessionStore("z" * 32).get("seen") is None


def test_a_key_of_an_older_secret_still_counts(as_lead: Client) -> None:
    older, settings.SECRET_KEY = settings.SECRET_KEY, "n" * 50
    settings.SECRET_KEY_FALLBACKS = [older]
    try:
        assert signed_in(as_lead)
        assert signed_in(as_lead)
    finally:
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = older, []
