"""How pages look and sound is kept with the person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.test import Client

from tidegate.server.desk.models import Preferences

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db


def html_of(client: Client, path: str = "/settings") -> str:
    return client.get(path).content.decode().split("<head>")[0]


def test_what_is_chosen_holds_here_and_after_the_next_sign_in(as_lead: Client, people: dict[str, Person]) -> None:
    assert "data-theme" not in html_of(as_lead)
    answer = as_lead.post("/settings", {"theme": "dark", "sound": "on"}, headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert '"looks": {"theme": "dark", "density": "comfortable", "sound": true}' in answer["HX-Trigger"]
    as_lead.post("/settings", {"density": "compact"})
    elsewhere = Client()
    elsewhere.force_login(people["lead"])
    for client in (as_lead, elsewhere):
        for path in ("/settings", "/"):
            html = html_of(client, path)
            assert 'data-theme="dark"' in html
            assert 'data-density="compact"' in html
            assert 'data-sound="on"' in html
    elsewhere.force_login(people["agent"])
    assert "data-sound" not in html_of(elsewhere)


def test_a_strangers_browser_remembers_its_theme(client: Client) -> None:
    client.cookies["theme"] = "dark"
    assert 'data-theme="dark"' in html_of(client, "/accounts/login/")
    client.cookies["theme"] = '"><script>'
    assert "data-theme" not in html_of(client, "/accounts/login/")


@pytest.mark.parametrize("given", [{"theme": "pink"}, {"density": ""}])
def test_what_there_is_not_is_refused(as_lead: Client, given: dict[str, str]) -> None:
    assert as_lead.post("/settings", given).status_code == 422
    assert not Preferences.objects.exists()
