"""The queue's page and what is done from it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from django.core import signing

from helpers.desk import ticket as a_ticket
from helpers.stage import demo_desk
from tidegate.server.desk import tables
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Override, SavedView, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client
    from pytest_django import DjangoAssertNumQueries

    from tidegate.demo.company import Company
    from tidegate.server.people.models import Person

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]
NAMED = re.compile(r'data-ticket="([^"]+)"')


@pytest.fixture
def desk(people: dict[str, Person]) -> Iterator[Company]:
    del people
    with demo_desk() as company:
        yield company


def shown(text: str) -> list[str]:
    return NAMED.findall(text)


def toast(answer: Any) -> dict[str, str]:
    return json.loads(answer.headers["HX-Trigger"])["toast"]


def free(person: Person | None = None) -> list[str]:
    return board.snapshot(fresh=0).visible(person, Filters(unassigned=True))["ticket_id"].to_list()


def test_the_list_is_the_board_in_its_order(as_lead: Client) -> None:
    page = as_lead.get("/")
    rows = board.snapshot().rows(None, Filters(), limit=50)
    assert shown(page.content.decode()) == [row.ticket_id for row in rows]
    assert all(f"{row.points:.1f}" in page.content.decode() for row in rows if row.points is not None)


def test_whoever_sees_one_group_is_shown_nothing_of_another(client: Client, people: dict[str, Person]) -> None:
    colleague = people["colleague"]
    client.force_login(people["lead"])  # whose list is kept, and must not be the colleague's
    client.get("/")
    client.get("/queue/news", {"v": "0"})
    client.force_login(colleague)
    own = set(board.snapshot().visible(colleague, Filters())["ticket_id"])
    everybody = set(board.snapshot().visible(None, Filters())["ticket_id"])
    assert own
    assert own < everybody
    foreign = min(everybody - own)
    assert set(shown(client.get("/").content.decode())) <= own
    assert client.get(f"/tickets/{foreign}").status_code == 404
    assert client.get("/queue/preview", {"ticket": foreign}).status_code == 404
    assert client.get("/similar", {"ticket": foreign}).status_code == 404
    assert client.get("/queue/find", {"q": foreign}).json() == {"found": []}
    news = client.get("/queue/news", {"v": "0"}).json()
    assert {row[0] for row in news["rows"]} <= own
    assert sum(news["lanes"].values()) == len(own)
    answer = client.post("/queue/act", {"act": "level", "value": "P0", "ticket": foreign})
    assert answer.status_code == 404
    assert not Override.objects.exists()


@pytest.mark.parametrize("query", ["lane=queue", "level=P1", "unassigned=1", "search=invoice", "lane=later&level=P3"])
def test_filters_choose_what_the_board_says(as_lead: Client, query: str) -> None:
    given = dict(part.split("=") for part in query.split("&"))
    wanted = board.snapshot().rows(None, Filters.of(given), limit=50)
    assert shown(as_lead.get(f"/?{query}").content.decode()) == [row.ticket_id for row in wanted]


@pytest.mark.parametrize(
    "query",
    ["page=0", "page=99999999999", "page=-1", "page=x", "level=P9", "lane='", "search=%00", "search=%F0%9F%98%80"],
)
def test_no_query_breaks_the_page(as_lead: Client, query: str) -> None:
    for path in ("/", "/queue/lines", "/queue/news"):
        assert as_lead.get(f"{path}?{query}").status_code in (200, 204)


def test_a_page_that_was_shown_before_costs_the_sessions_statement_alone(
    as_lead: Client, django_assert_num_queries: DjangoAssertNumQueries, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = board.snapshot()
    monkeypatch.setattr(board, "snapshot", lambda **_: snapshot)
    as_lead.get("/")
    with django_assert_num_queries(1):
        as_lead.get("/")


def test_a_page_that_is_kept_holds_a_token_of_its_own_each_time(as_lead: Client) -> None:
    written = [as_lead.get("/").content.decode() for _ in range(2)]
    tokens = [re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page) for page in written]
    assert tokens[0]
    assert not set(tokens[0]) & set(tokens[1])
    assert written[0].replace(tokens[0][0], "") == written[1].replace(tokens[1][0], "")
    strict = as_lead.__class__(enforce_csrf_checks=True)
    strict.cookies = as_lead.cookies
    form = {"query": "lane=now", "name": "Now", "csrfmiddlewaretoken": tokens[1][0]}
    assert strict.post("/views/save", form).status_code == 302
    assert strict.post("/views/save", form | {"csrfmiddlewaretoken": "x" * 64}).status_code == 403


def test_a_kept_page_names_whoever_asks_and_shows_their_own_views_at_once(
    client: Client, people: dict[str, Person]
) -> None:
    for person in (people["lead"], people["admin"]):
        client.force_login(person)
        before = client.get("/").content.decode()
        client.post("/views/save", {"query": "lane=now", "name": f"View of {person.role}"})
        told = client.get("/").content.decode()
        again = client.get("/").content.decode()
        assert person.email in before
        assert f"View of {person.role}" not in before
        assert f"Saved as View of {person.role}" in told
        assert f"View of {person.role}</span>" in again
        assert "Saved as" not in again
    assert "View of lead" not in again


def test_the_news_are_empty_until_something_changes(as_lead: Client) -> None:
    mark = as_lead.get("/queue/news", {"v": ""}).json()["mark"]
    assert as_lead.get("/queue/news", {"v": mark}).status_code == 204
    tables.upsert("tickets", a_ticket("fresh", subject="Everything is down", priority="urgent", given_level="P0"))
    board.snapshot(fresh=0)
    news = as_lead.get("/queue/news", {"v": mark}).json()
    assert "fresh" in {row[0] for row in news["rows"]}
    assert ["fresh", "Everything is down"] in news["urgent"]


def test_an_override_is_shown_at_once_and_undone_with_one_request(as_lead: Client) -> None:
    chosen = board.snapshot().rows(None, Filters(level="P3"), limit=2)
    ids = [row.ticket_id for row in chosen]
    answer = as_lead.post("/queue/act", {"act": "level", "value": "P0", "reason": "the customer called", "ticket": ids})
    assert answer.status_code == 204
    assert toast(answer)["text"] == "2 tickets: level is now P0."
    assert {board.snapshot().row(one).level for one in ids} == {"P0"}  # ty: ignore[missing-union-attribute]
    assert {(o.was, o.value, o.reason) for o in Override.objects.all()} == {("P3", "P0", "the customer called")}
    undone = as_lead.post("/queue/undo", {"undo": toast(answer)["undo"]})
    assert undone.status_code == 204
    assert {board.snapshot().row(one).level for one in ids} == {"P3"}  # ty: ignore[missing-union-attribute]
    assert as_lead.post("/queue/undo", {"undo": toast(answer)["undo"]}).status_code == 409


def test_assigning_and_solving_can_be_taken_back(as_lead: Client, desk: Company) -> None:
    agent, one = desk.agents["agent_id"][0], free()[0]
    given = as_lead.post("/queue/act", {"act": "assign", "value": agent, "ticket": one})
    assert Ticket.objects.get(pk=one).assignee == agent
    solved = as_lead.post("/queue/act", {"act": "resolve", "ticket": one})
    assert Ticket.objects.get(pk=one).status == "solved"
    assert one not in shown(as_lead.get("/").content.decode())
    as_lead.post("/queue/undo", {"undo": toast(solved)["undo"]})
    as_lead.post("/queue/undo", {"undo": toast(given)["undo"]})
    back = Ticket.objects.get(pk=one)
    assert (back.assignee, back.status) == (None, "open")


def test_many_are_done_all_or_none(client: Client, people: dict[str, Person]) -> None:
    client.force_login(people["agent"])
    taken = next(r for r in board.snapshot().rows(None, Filters(), limit=50) if r.assignee)
    answer = client.post("/queue/act", {"act": "assign", "value": "Agent", "ticket": [free()[0], taken.ticket_id]})
    assert answer.status_code == 409
    assert b"somebody else has this ticket" in answer.content.lower()
    assert not Ticket.objects.filter(assignee="Agent").exists()


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({"act": "level", "value": "P9", "ticket": "?"}, 422),
        ({"act": "fly", "value": "", "ticket": "?"}, 422),
        ({"act": "level", "value": "P1"}, 422),
        ({"act": "level", "value": "P1", "ticket": "nothing"}, 404),
        ({"act": "level", "value": "P1", "ticket": "\0"}, 404),
        ({"act": "level", "value": "P1", "ticket": [str(n) for n in range(201)]}, 422),
    ],
)
def test_what_cannot_be_done_is_said(as_lead: Client, given: dict[str, Any], status: int) -> None:
    named = {**given, "ticket": free()[0]} if given.get("ticket") == "?" else given
    answer = as_lead.post("/queue/act", named)
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert not Override.objects.exists()


def test_an_undo_is_the_persons_own_and_cannot_be_made_up(client: Client, people: dict[str, Person]) -> None:
    client.force_login(people["lead"])
    done = client.post("/queue/act", {"act": "level", "value": "P0", "ticket": free()[0]})
    client.force_login(people["agent"])
    assert client.post("/queue/undo", {"undo": toast(done)["undo"]}).status_code == 403
    forged = signing.dumps({"p": people["agent"].pk, "s": []}, salt="another")
    assert client.post("/queue/undo", {"undo": forged}).status_code == 409
    assert Override.objects.get().undone_at is None


def test_the_next_ticket_is_claimed_and_opened(client: Client, people: dict[str, Person]) -> None:
    client.force_login(people["agent"])
    best = next(one for one in free() if board.snapshot().row(one).lane not in ("review", "waiting"))  # ty: ignore[missing-union-attribute]
    answer = client.post("/queue/take", headers={"HX-Request": "true"})
    assert answer.headers["HX-Redirect"] == f"/tickets/{best}"
    assert Ticket.objects.get(pk=best).assignee == "Agent"


def test_views_are_saved_shared_and_deleted(client: Client, people: dict[str, Person]) -> None:
    client.force_login(people["lead"])
    client.post("/views/save", {"name": " Urgent  bugs ", "query": "level=P1&intent=bug", "shared": "1"})
    view = SavedView.objects.get()
    assert (view.name, view.filters, view.shared) == ("Urgent bugs", {"level": "P1", "intent": "bug"}, True)
    client.force_login(people["agent"])
    assert "Urgent bugs" in client.get("/").content.decode()
    client.post("/views/delete", {"view": view.pk})
    assert SavedView.objects.exists()
    client.force_login(people["lead"])
    client.post("/views/delete", {"view": view.pk})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    "given", [{"name": "", "query": "level=P1"}, {"name": "x", "query": ""}, {"name": "y" * 81, "query": "level=P1"}]
)
def test_a_view_without_name_or_filters_is_refused_in_words(as_lead: Client, given: dict[str, str]) -> None:
    answer = as_lead.post("/views/save", given, follow=True)
    assert 'class="toast toast-bad"' in answer.content.decode()
    assert not SavedView.objects.exists()


def test_text_from_strangers_is_text(as_lead: Client) -> None:
    bad = "<script>alert(1)</script><img src=x onerror=alert(2)>{{ 7|add:7 }}"
    tables.upsert("tickets", a_ticket('"><b>', subject=bad, body=bad, account_name=bad, assignee=bad, group=bad))
    board.snapshot(fresh=0)
    pages = [
        as_lead.get("/?search=alert"),
        as_lead.get('/tickets/"><b>'),
        as_lead.get("/queue/preview", {"ticket": '"><b>'}),
    ]
    for page in pages:
        text = page.content.decode()
        assert "alert" in text
        assert "<script>alert" not in text
        assert "<img" not in text
        assert "{{ 7|add:7 }}" in text
        assert "<b>&quot;" not in text


def test_a_finished_ticket_is_found_by_its_whole_identifier_by_who_sees_it(
    client: Client, people: dict[str, Person]
) -> None:
    tables.upsert("tickets", a_ticket("done-17", status="closed", group="technical"))
    seen = {}
    for role in ("lead", "colleague"):
        client.force_login(people[role])
        seen[role] = [one["kind"] for one in client.get("/queue/find", {"q": "done-17"}).json()["found"]]
    assert seen == {"lead": ["closed"], "colleague": []}
    client.force_login(people["lead"])
    assert client.get("/queue/find", {"q": "done-1"}).json() == {"found": []}
