"""Review: answers settle tickets, are counted, taken back, and handed on as training rows."""

from __future__ import annotations

import csv
import json
import re
from io import BytesIO, StringIO
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from helpers.desk import ticket as a_ticket
from helpers.stage import demo_desk
from tidegate.server.desk import tables
from tidegate.server.desk.acts import overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Decision, Override, Ticket
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.desk.presenting.doubts import answers, doubtful
from tidegate.server.people.models import AuditEntry
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client

    from tidegate.demo.company import Company
    from tidegate.server.people.models import Person

HTMX = {"HX-Request": "true"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


@pytest.fixture
def desk(people: dict[str, Person]) -> Iterator[Company]:
    del people
    with demo_desk(900) as company:
        yield company


def card(text: str) -> str | None:
    found = re.search(r'data-ticket="([^"]+)"', text)
    return found[1] if found else None


def waiting(person: Person) -> list[str]:
    return doubtful(board.snapshot(fresh=0), person).to_list()


def test_the_costliest_doubt_comes_first_and_an_answer_brings_the_next(
    as_lead: Client, people: dict[str, Person]
) -> None:
    before = waiting(people["lead"])
    assert len(before) > 1
    assert card(as_lead.get("/review").content.decode()) == before[0]
    answer = as_lead.post("/review/answer", {"ticket": before[0], "value": "P2"}, headers=HTMX)
    assert card(answer.content.decode()) == waiting(people["lead"])[0] != before[0]
    assert before[0] not in waiting(people["lead"])
    assert Override.objects.get().value == "P2"


def test_answers_are_counted_as_confirmed_too_low_and_too_high(as_lead: Client, people: dict[str, Person]) -> None:
    ids = waiting(people["lead"])[:3]
    levels = [board.snapshot().row(one).level for one in ids]  # ty: ignore[missing-union-attribute]
    for one, level, value in zip(ids, levels, (levels[0], "P0", "P3"), strict=True):
        assert level not in ("P0", "P3"), "the doubts of the demo company are about P1 and P2"
        as_lead.post("/review/answer", {"ticket": one, "value": value}, headers=HTMX)
    text = re.sub(r"<[^>]+>", "", as_lead.get("/review").content.decode())
    assert "today 3 answered: 1 confirmed, 1 had been too low, 1 too high" in text
    assert "3 rows to learn from" in text


def test_an_answer_that_is_taken_back_counts_no_more(as_lead: Client, people: dict[str, Person]) -> None:
    first = waiting(people["lead"])[0]
    answer = as_lead.post("/review/answer", {"ticket": first, "value": "P3"}, headers=HTMX)
    token = json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]
    as_lead.post("/queue/undo", {"undo": token})
    assert card(as_lead.get("/review/card").content.decode()) == first
    assert "<b>0</b> answered" in as_lead.get("/review").content.decode()


def test_what_is_put_off_comes_last(as_lead: Client, people: dict[str, Person]) -> None:
    ids = waiting(people["lead"])
    for one in ids[:-1]:
        assert card(as_lead.get("/review").content.decode()) == one
        as_lead.post("/review/answer", {"ticket": one, "value": "later"}, headers=HTMX)
    assert card(as_lead.get("/review").content.decode()) == ids[-1]
    as_lead.post("/review/answer", {"ticket": ids[-1], "value": "later"}, headers=HTMX)
    assert card(as_lead.get("/review").content.decode()) == ids[0]
    assert not Override.objects.exists()


def test_each_answer_says_where_the_ticket_would_stand(people: dict[str, Person]) -> None:
    first = waiting(people["lead"])[0]
    would = {answer.level: answer for answer in answers(board.snapshot(), first)}
    for level in LEVELS:
        said = overrides.override_set(person=people["lead"], ticket_id=first, kind="level", value=level)
        row = board.snapshot(fresh=0).row(first)
        assert row is not None
        assert (row.position, row.lane, row.level) == (would[level].place, would[level].lane, level)
        assert row.points == pytest.approx(would[level].points)
        overrides.override_undo(person=people["lead"], override_id=said.pk)


@pytest.mark.parametrize("value", ["", "P7", "p1", "queue"])
def test_no_other_word_is_an_answer(as_lead: Client, people: dict[str, Person], value: str) -> None:
    answer = as_lead.post("/review/answer", {"ticket": waiting(people["lead"])[0], "value": value}, headers=HTMX)
    assert answer.status_code == 422
    assert not Override.objects.exists()


def test_training_rows_are_what_train_reads(as_lead: Client, people: dict[str, Person], tmp_path: Path) -> None:
    ids = waiting(people["lead"])[:2]
    as_lead.post("/review/answer", {"ticket": ids[0], "value": "P0"}, headers=HTMX)
    overrides.override_set(person=people["lead"], ticket_id=ids[1], kind="intent", value="billing")
    got = as_lead.get("/review/export?format=parquet")
    rows = pl.read_parquet(BytesIO(got.content))
    assert dict(rows.select("ticket_id", "level").iter_rows()) == {ids[0]: "P0", ids[1]: None}
    assert rows.filter(pl.col("ticket_id") == ids[0])["judged"].item() == "too low"
    assert rows.filter(pl.col("ticket_id") == ids[1])["intent"].item() == "billing"
    assert AuditEntry.objects.filter(act="training.export", object_id="parquet").exists()
    (tmp_path / "rows.csv").write_bytes(as_lead.get("/review/export?format=csv").content)
    from tidegate.cli import texts

    source = texts.open_source(tmp_path / "rows.csv", texts=("subject", "body"), map_file=None, now=board._clock())
    read = source.tickets(board._clock(), None).table
    assert set(read["ticket_id"]) == set(ids)


def test_a_finished_ticket_that_had_no_level_is_not_judged(as_lead: Client, people: dict[str, Person]) -> None:
    done = Ticket.objects.filter(status="closed").order_by("pk")[0].pk
    overrides.override_set(person=people["lead"], ticket_id=done, kind="level", value="P1")
    rows = pl.read_parquet(BytesIO(as_lead.get("/review/export?format=parquet").content))
    assert rows.select("ticket_id", "level", "was_level", "judged").rows() == [(done, "P1", None, None)]


def test_every_page_says_how_many_wait(as_lead: Client, people: dict[str, Person]) -> None:
    waits = len(waiting(people["lead"]))
    assert waits
    for path in ("/", "/review", "/activity", "/actions", "/settings", "/no-such-page"):
        (shown,) = re.findall(r"data-review-count>(\d+)<", as_lead.get(path).content.decode())
        assert int(shown) >= waits


@pytest.mark.parametrize("bad", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", 'a\n=1,"2'])
def test_no_cell_of_the_export_is_a_formula(as_lead: Client, people: dict[str, Person], bad: str) -> None:
    tables.upsert("tickets", a_ticket("bad", subject=bad, body=bad, group=bad))
    overrides.override_set(person=people["lead"], ticket_id="bad", kind="level", value="P1")
    text = as_lead.get("/review/export").content.decode()
    rows = list(csv.DictReader(StringIO(text, newline="")))
    assert [row["ticket_id"] for row in rows] == ["bad"]
    assert not any((cell or "x")[0] in "=+-@\t\r" for row in rows for cell in row.values())


def test_only_leads_export_and_only_what_they_see(client: Client, people: dict[str, Any]) -> None:
    client.force_login(people["agent"])
    assert client.get("/review/export").status_code == 403
    one = waiting(people["lead"])[0]
    overrides.override_set(person=people["lead"], ticket_id=one, kind="level", value="P1")
    lead = people["lead"]
    lead.groups_seen = ["nobody's"]
    lead.save()
    client.force_login(lead)
    assert one not in client.get("/review/export").content.decode()


def decided(ticket_id: str, **fields: Any) -> None:
    said: dict[str, Any] = {"automatic": False, "group": "billing", "confidence": 0.4, "agent_id": None} | fields
    Decision.objects.create(
        ticket_id=ticket_id, at=board._clock(), level="P3", lane="queue", points=1, policy=policy_ensure(), **said
    )


def settled(client: Client, person: Person) -> None:
    for one in waiting(person):
        client.post("/review/answer", {"ticket": one, "value": "P2"}, headers=HTMX)


def test_an_unsure_route_is_asked_after_the_levels_and_answered_with_a_group(
    as_lead: Client, people: dict[str, Person]
) -> None:
    settled(as_lead, people["lead"])
    Ticket.objects.filter(group="technical").update(assignee=None)
    free = board.snapshot(fresh=0).visible(None, Filters(unassigned=True)).filter(pl.col("group") == "technical")
    free = free["ticket_id"].to_list()
    decided(free[0])
    decided(free[1], automatic=True)
    decided(free[2], group="technical")
    board.forget()
    text = as_lead.get("/review").content.decode()
    assert card(text) == free[0]
    assert "<b>1</b> waits" in text
    assert re.findall(r'name="value" value="([^"]+)"', text)[:2] == ["billing", "technical"]
    answer = as_lead.post("/review/answer", {"ticket": free[0], "kind": "route", "value": "billing"}, headers=HTMX)
    assert "Nothing is in doubt" in answer.content.decode()
    assert Ticket.objects.get(pk=free[0]).group == "billing"
    as_lead.post("/queue/undo", {"undo": json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]})
    assert Ticket.objects.get(pk=free[0]).group == "technical"
    assert card(as_lead.get("/review/card").content.decode()) == free[0]


def test_what_a_text_is_about_is_corrected_with_the_level_and_taken_back_with_it(
    as_lead: Client, people: dict[str, Person]
) -> None:
    one = waiting(people["lead"])[0]
    was = board.snapshot().row(one).intent or ""  # ty: ignore[missing-union-attribute]
    other = "billing" if was != "billing" else "bug"
    answer = as_lead.post(
        "/review/answer", {"ticket": one, "value": "P2", "intent": other, "was_intent": was}, headers=HTMX
    )
    assert set(Override.objects.values_list("kind", "value")) == {("level", "P2"), ("intent", other)}
    as_lead.post("/queue/undo", {"undo": json.loads(answer.headers["HX-Trigger"])["toast"]["undo"]})
    assert not Override.objects.filter(undone_at=None).exists()


def test_an_intent_that_is_none_leaves_the_level_unanswered_too(as_lead: Client, people: dict[str, Person]) -> None:
    given = {"ticket": waiting(people["lead"])[0], "value": "P2", "intent": "dragons"}
    assert as_lead.post("/review/answer", given).status_code == 422
    assert not Override.objects.exists()


def test_a_form_that_was_sent_before_the_scripts_were_there_is_kept_and_the_next_card_shown(
    as_lead: Client, people: dict[str, Person]
) -> None:
    first = waiting(people["lead"])[0]
    answer = as_lead.post("/review/answer", {"ticket": first, "value": "P2"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/review")
    assert Override.objects.get(ticket_id=first).value == "P2"
    form = as_lead.get("/review").content.decode().split('id="answers"')[1].split("</form>")[0]
    assert 'method="post" action="/review/answer"' in form
    assert "csrfmiddlewaretoken" in form
