"""Pages of errors: in the product's own look, with a way on, and without what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import OperationalError

from tidegate.server.people.session_store import SessionStore

if TYPE_CHECKING:
    from django.test import Client

pytestmark = [pytest.mark.django_db, pytest.mark.urls("helpers.failing")]


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
@pytest.mark.parametrize("signed_in", [True, False])
def test_an_error_has_a_page_with_a_way_on(
    client: Client, people: dict[str, object], status: int, *, signed_in: bool
) -> None:
    if signed_in:
        client.force_login(people["viewer"])  # ty: ignore[invalid-argument-type]
    client.raise_request_exception = False
    answer = client.get(f"/_{status}")
    text = answer.content.decode()
    assert answer.status_code == status
    assert "<h1>" in text
    assert 'href="/"' in text
    assert "desk/tokens.css" in text
    assert "secret of the inside" not in text
    assert "Traceback" not in text


def test_a_form_that_has_grown_old_says_so(people: dict[str, object]) -> None:
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(people["lead"])  # ty: ignore[invalid-argument-type]
    answer = client.post("/views/save", {"name": "x", "query": "level=P1"})
    assert answer.status_code == 403
    assert "The form has grown old" in answer.content.decode()


@pytest.mark.urls("tidegate.server.urls")
@pytest.mark.parametrize(
    ("error", "status", "words"),
    [(OperationalError, 503, "Back in a moment"), (ValueError, 500, "Something went wrong")],
)
def test_a_database_that_is_away_is_told_from_a_mistake(
    client: Client, monkeypatch: pytest.MonkeyPatch, error: type[Exception], status: int, words: str
) -> None:
    def gone(_: object) -> None:
        raise error("secret of the inside")

    client.raise_request_exception = False
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    monkeypatch.setattr(SessionStore, "_get_session_from_db", gone)
    answer = client.get("/")
    assert answer.status_code == status
    assert words in answer.content.decode()
    assert "secret of the inside" not in answer.content.decode()
    assert answer.headers.get("Retry-After") == ("5" if status == 503 else None)
