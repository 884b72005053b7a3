"""Pages of errors: in the product's own look, with a way on, and without what is inside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

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
