"""Guesses that come at the same time are counted together, whichever thread or process takes them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest
from django.core.cache import cache

from tidegate.server.people import services
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper
    from pytest_django.live_server_helper import LiveServer

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
GUESSERS, LIMIT = 8, 5  # fewer than the connections of the pool: one more is the test's own
WRONG = "That address and password do not go together."
WAIT = "Too many attempts. Wait five minutes and try again."


@pytest.fixture(autouse=True)
def nothing_counted(db: None) -> Iterator[None]:
    """Attempts that a test commits count for five minutes, in the tests after it too: the database is the same one."""
    del db
    cache.clear()
    yield
    cache.clear()


def guess(address: str, password: str) -> str:
    """Try one password in a browser of one's own."""
    with httpx.Client(base_url=address, timeout=60) as client:
        page = client.get("/accounts/login/").text
        proof = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert proof
        form = {"login": "dana@example.test", "password": password, "csrfmiddlewaretoken": proof[1]}
        answer = client.post("/accounts/login/", data=form)
        said = re.search(r'note-bad" role="alert"><p>([^<]+)<', answer.text)
        return said[1] if said else f"{answer.status_code}: {answer.text}"


def test_guesses_at_the_same_time_count_together(live_server: LiveServer, settings: SettingsWrapper) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    services.person_create(by=None, email="dana@example.test", name="Dana", role="lead")
    with ThreadPoolExecutor(GUESSERS) as pool:
        answers = list(pool.map(lambda at: guess(live_server.url, f"guess number {at}"), range(GUESSERS)))
    tried = AuditEntry.objects.filter(act="person.sign_in_failed").count()
    assert 1 <= tried <= LIMIT
    assert sorted(answers) == [WRONG] * tried + [WAIT] * (GUESSERS - tried)
    assert AuditEntry.objects.filter(act="person.locked_out").exists()
