"""Each request has an id and an address that its sender cannot make up."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Never

import pytest
from django.http import HttpResponse
from django.test import RequestFactory

from tidegate.server.middleware import OriginMiddleware, client_address, origin
from tidegate.server.people import audit

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.test import Client
    from pytest_django.fixtures import SettingsWrapper


def asked(**headers: str) -> HttpRequest:
    return RequestFactory().get("/", headers=headers, REMOTE_ADDR="10.0.0.9")


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, None, "10.0.0.9"),
        (0, "1.2.3.4", "10.0.0.9"),
        (1, "1.2.3.4", "1.2.3.4"),
        (1, "6.6.6.6, 1.2.3.4", "1.2.3.4"),
        (2, "6.6.6.6, 1.2.3.4, 10.0.0.1", "1.2.3.4"),
        (2, "1.2.3.4", None),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "not an address", None),
        (1, "", None),
        (1, None, None),
    ],
)
def test_the_address_is_what_our_own_proxy_saw(proxies: int, forwarded: str | None, address: str | None) -> None:
    headers = {} if forwarded is None else {"x-forwarded-for": forwarded}
    assert client_address(asked(**headers), proxies) == address


@pytest.mark.parametrize(
    ("proxies", "given", "kept"),
    [(1, "abc-12345", True), (0, "abc-12345", False), (1, "a\tb", False), (1, "x" * 65, False), (1, "short", False)],
)
def test_an_id_is_taken_from_our_proxy_alone(settings: SettingsWrapper, proxies: int, given: str, kept: bool) -> None:
    settings.TRUSTED_PROXIES = proxies
    answer = OriginMiddleware(lambda _request: HttpResponse())(asked(x_request_id=given))
    assert (answer["X-Request-ID"] == given) is kept
    assert len(answer["X-Request-ID"]) >= 8


def test_ids_differ_and_end_with_their_request() -> None:
    seen = []

    def view(_request: HttpRequest) -> HttpResponse:
        seen.append(origin().request_id)
        return HttpResponse()

    for _ in range(2):
        OriginMiddleware(view)(asked())
    assert len(set(seen)) == 2
    assert origin().request_id == ""


def test_the_origin_ends_even_when_the_view_fails() -> None:
    def view(_request: HttpRequest) -> Never:
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the view's own
        OriginMiddleware(view)(asked())
    assert origin().request_id == ""


@pytest.mark.django_db
def test_the_trail_says_where_an_act_came_from() -> None:
    def view(_request: HttpRequest) -> HttpResponse:
        entry = audit.record(actor=None, act="policy.activate", object_kind="policy", object_id="1")
        return HttpResponse(f"{entry.request_id} {entry.address}")

    answer = OriginMiddleware(view)(asked())
    assert answer.content.decode() == f"{answer['X-Request-ID']} 10.0.0.9"


@pytest.mark.django_db
def test_pages_stay_where_they_belong(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="django.request")
    answer = client.get("/there-is-no-such-page")
    assert answer["Cache-Control"] == "no-store, private"
    assert answer["Cross-Origin-Resource-Policy"] == answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["X-Request-ID"]
