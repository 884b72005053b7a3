"""Roles guard views, groups guard tickets."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from tidegate.server.desk import seeing
from tidegate.server.desk.models import Decision, PolicyVersion, Ticket
from tidegate.server.people import access
from tidegate.server.people.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest

    from tidegate.server.people.models import Person

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@access.needs("lead")
def page(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("the page")


def asked(person: Any, path: str = "/page?lane=now", method: str = "get", **headers: str) -> HttpRequest:
    request = getattr(RequestFactory(), method)(path, headers=headers)
    request.user = person
    return request


@pytest.mark.parametrize(("name", "enters"), [("viewer", False), ("agent", False), ("lead", True), ("admin", True)])
def test_a_view_lets_its_role_and_those_above_in(people: dict[str, Person], name: str, enters: bool) -> None:
    if enters:
        assert page(asked(people[name])).content == b"the page"
    else:
        with pytest.raises(PermissionDenied):
            page(asked(people[name]))


def test_who_has_left_may_nothing(people: dict[str, Person]) -> None:
    with pytest.raises(PermissionDenied):
        page(asked(people["leaver"]))


def test_a_stranger_signs_in_and_comes_back() -> None:
    answer = page(asked(AnonymousUser()))
    assert (answer.status_code, answer.url) == (302, "/accounts/login/?next=/page%3Flane%3Dnow")


def test_a_form_sent_by_a_stranger_is_not_sent_again_after_the_sign_in() -> None:
    assert page(asked(AnonymousUser(), method="post")).url == "/accounts/login/?next=/"


@pytest.mark.parametrize(
    ("current", "back"),
    [("http://testserver/?lane=now", "http%3A//testserver/%3Flane%3Dnow"), ("https://evil.example/", "/"), ("", "/")],
)
def test_htmx_sends_the_whole_page_to_sign_in_and_never_elsewhere(current: str, back: str) -> None:
    answer = page(asked(AnonymousUser(), hx_request="true", hx_current_url=current))
    assert (answer.status_code, answer["HX-Redirect"]) == (401, f"/accounts/login/?next={back}")


def test_a_guarded_view_says_what_it_needs() -> None:
    assert page.needs is Role.LEAD


@pytest.fixture
def tickets(db: None) -> None:
    del db
    for ticket_id, group in (("b1", "billing"), ("t1", "technical"), ("n1", None)):
        Ticket.objects.create(ticket_id=ticket_id, created_at=AT, status="open", group=group)


@pytest.mark.usefixtures("tickets")
@pytest.mark.parametrize(("name", "seen"), [("agent", {"b1", "t1", "n1"}), ("colleague", {"b1"})])
def test_groups_limit_what_is_seen(people: dict[str, Person], name: str, seen: set[str]) -> None:
    person = people[name]
    assert {t.ticket_id for t in access.scope(Ticket.objects.all(), person)} == seen
    assert {t for t in ("b1", "t1", "n1", "none") if seeing.sees_ticket(person, t)} == seen
    assert {g for g in ("billing", "technical", None) if access.sees(person, g)} == {
        t.group for t in Ticket.objects.filter(ticket_id__in=seen)
    }


@pytest.mark.usefixtures("tickets")
def test_a_hidden_ticket_and_a_missing_one_look_alike(people: dict[str, Person]) -> None:
    said = []
    for ticket_id in ("t1", "none"):
        with pytest.raises(Http404) as refused:
            seeing.ticket_or_404(people["colleague"], ticket_id)
        said.append(str(refused.value))
    assert said[0] == said[1]


@pytest.mark.usefixtures("tickets")
def test_rows_that_name_a_ticket_are_limited_by_its_group(people: dict[str, Person]) -> None:
    policy = PolicyVersion.objects.create(number=1, text="", hash="")
    for ticket_id in ("b1", "t1", "gone"):
        Decision.objects.create(ticket_id=ticket_id, at=AT, level="P1", lane="queue", points=1, policy=policy)
    rows = Decision.objects.all()
    assert {d.ticket_id for d in seeing.scope_by_ticket(rows, people["colleague"])} == {"b1"}
    assert seeing.scope_by_ticket(rows, people["agent"]).count() == 3
