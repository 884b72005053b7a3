"""What was done: complete, in order, filtered, limited to what one may see, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import tidegate.server
from tidegate.server.activity import lines as activity
from tidegate.server.desk.models import Action, Decision, PolicyVersion, Ticket
from tidegate.server.people import audit
from tidegate.server.people.models import AuditEntry, Person
from tidegate.server.people.templatetags.activity_lines import WORDS

if TYPE_CHECKING:
    from django.test import Client

Cast = dict[str, Person]
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def done(people: Cast) -> None:
    """What happened to a ticket of billing and to one of technical."""
    policy = PolicyVersion.objects.create(number=3, text="", hash="")
    for ticket_id, group in (("b1", "billing"), ("t1", "technical")):
        Ticket.objects.create(ticket_id=ticket_id, created_at=AT, status="open", group=group)
    for minute, level in ((0, "P2"), (5, "P1")):
        for ticket_id in ("b1", "t1"):
            Decision.objects.create(
                ticket_id=ticket_id, at=AT + timedelta(minutes=minute), level=level, lane="queue", points=12.34,
                policy=policy, latest=level == "P1",
            )  # fmt: skip
    for ticket_id in ("b1", "t1"):
        Action.objects.create(kind="page", ticket_id=ticket_id, key=f"key-{ticket_id}", by=people["lead"])
        audit.record(
            actor=people["agent"],
            act="ticket.override",
            object_kind="ticket",
            object_id=ticket_id,
            before={"level": "P1"},
            after={"level": "P0"},
        )
    audit.record(actor=people["lead"], act="person.sign_in", object_kind="person", object_id=str(people["lead"].pk))
    audit.record(actor=people["lead"], act="policy.activate", object_kind="policy", object_id="3")


def lines(person: Person, **query: str) -> list[activity.Line]:
    return list(activity.activity_all(person=person, wanted=activity.Wanted.of(query)))


def acts(person: Person, **query: str) -> list[str]:
    return sorted(line.act for line in lines(person, **query))


@pytest.mark.usefixtures("done")
def test_all_of_it_is_there_newest_first(people: Cast) -> None:
    found = lines(people["lead"])
    assert len(found) == 10
    assert [line.at for line in found] == sorted((line.at for line in found), reverse=True)


@pytest.mark.usefixtures("done")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "decisions"}, ["ticket.decide"] * 4),
        ({"kind": "overrides"}, ["ticket.override"] * 2),
        ({"kind": "actions"}, ["action.page"] * 2),
        ({"kind": "sign-ins"}, ["person.sign_in"]),
        ({"kind": "policy"}, ["policy.activate"]),
        ({"kind": "people"}, []),
        ({"who": "agent"}, ["ticket.override"] * 2),
        ({"who": "POLICY"}, ["ticket.decide"] * 4),
        ({"who": "lead"}, ["action.page", "action.page", "person.sign_in", "policy.activate"]),
        ({"object": "b1"}, ["action.page", "ticket.decide", "ticket.decide", "ticket.override"]),
        ({"until": "2026-03-02"}, ["ticket.decide"] * 4),
        ({"until": "2026-03-01"}, []),
        ({"since": "2026-03-03", "kind": "decisions"}, []),
        ({"who": "%"}, []),
    ],
)
def test_each_filter_keeps_what_it_says(people: Cast, query: dict[str, str], expected: list[str]) -> None:
    assert acts(people["lead"], **query) == expected


@pytest.mark.usefixtures("done")
def test_a_decision_says_what_was_before(people: Cast) -> None:
    later, first = lines(people["lead"], kind="decisions", object="b1")
    assert first.before is None
    assert later.before == {"level": "P2", "lane": "queue"}
    assert later.after == {"level": "P1", "lane": "queue", "points": 12.3}
    assert later.who == "policy 3"


@pytest.mark.usefixtures("done")
def test_groups_limit_what_a_lead_sees_of_tickets(people: Cast) -> None:
    people["lead"].groups_seen = ["billing"]
    found = lines(people["lead"])
    assert {line.object_id for line in found if line.object_kind == "ticket"} == {"b1"}
    assert acts(people["lead"], object="t1") == []
    for ticket_id in ("b1", "t1"):
        audit.record(
            actor=people["admin"], act="action.retry", object_kind="action", object_id="7",
            after={"state": "waiting", "ticket_id": ticket_id},
        )  # fmt: skip
    retried = [line.after["ticket_id"] for line in lines(people["lead"], kind="actions") if line.act == "action.retry"]
    assert retried == ["b1"]
    assert "policy.activate" in [line.act for line in found]


@pytest.mark.usefixtures("done")
def test_pages_hold_every_line_once(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "PAGE", 3)
    whole = lines(people["lead"])
    cursor, seen, pages = activity.Cursor(), [], 0
    while cursor is not None:
        page, cursor = activity.activity_page(person=people["lead"], wanted=activity.Wanted(), cursor=cursor)
        audit.record(actor=None, act="policy.activate", object_kind="policy", object_id="4")  # arrives in between
        seen += page
        pages += 1
        cursor = activity.Cursor.of(str(cursor)) if cursor else None
    assert seen == whole
    assert pages == 4


@pytest.mark.usefixtures("done")
def test_a_batch_is_no_seam_of_the_export(people: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lines(people["lead"])
    for size in (1, 2, 5, 10):
        monkeypatch.setattr(activity, "BATCH", size)
        assert lines(people["lead"]) == whole


@pytest.mark.usefixtures("done")
def test_the_page_shows_lines_filters_and_the_way_on(as_lead: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "PAGE", 4)
    page = as_lead.get("/activity").content.decode()
    assert page.count("<time") == 4
    older = re.search(r'href="(/activity\?[^"]*from=[^"]+)" rel="next"', page)
    assert older
    assert as_lead.get(older[1].replace("&amp;", "&")).content.decode().count("<time") == 4
    assert "Nothing like that" in as_lead.get("/activity", {"object": "none"}).content.decode()


def test_an_empty_trail_says_what_will_be_here(as_lead: Client) -> None:
    assert "Nothing was done yet" in as_lead.get("/activity").content.decode()


@pytest.mark.parametrize(
    "query",
    [
        {"since": "yesterday"},
        {"since": "9999-12-31"},
        {"until": "0001-01-01"},
        {"kind": "secrets"},
        {"who": "\0"},
        {"object": "x" * 5000},
        {"from": "9" * 40},
        {"from": "1.2"},
        {"from": "\u0661.\u0662.\u0663"},
        {"from": "999999999999999999..-1"},
    ],
)
def test_nonsense_in_the_query_is_no_error(as_lead: Client, query: dict[str, str]) -> None:
    assert as_lead.get("/activity", query).status_code == 200
    assert b"".join(as_lead.get("/activity.csv", query)).startswith(b"at,who")


@pytest.mark.usefixtures("done")
def test_the_export_runs_nothing_in_a_spreadsheet_and_is_written_down(as_lead: Client, people: Cast) -> None:
    for start in ("=", "+", "-", "@", "\t", "\r"):
        audit.record(
            actor=None, actor_name=f"{start}cmd|' /C calc'!A0", act="x.y", object_kind="x", object_id=f"{start}1"
        )
    answer = as_lead.get("/activity.csv", {"who": "cmd"})
    rows = list(csv.DictReader(io.StringIO(b"".join(answer).decode(), newline="")))
    assert len(rows) == 6
    for row in rows:
        assert row["who"].startswith("'")
        assert row["object_id"].startswith("'")
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.actor, entry.after) == ("activity.export", people["lead"], {"who": "cmd"})


@pytest.mark.usefixtures("done")
def test_markup_in_a_name_stays_text(as_lead: Client) -> None:
    audit.record(
        actor=None, actor_name="<script>x</script>", act="<i>.<b>", object_kind="ticket", object_id='"><img src=x>',
        after={"<u>": "<s>"},
    )  # fmt: skip
    page = as_lead.get("/activity").content.decode()
    assert not re.search(r"<script>x|<img src=x|<i>|<u>|<s>", page)


@pytest.mark.usefixtures("done")
def test_a_page_costs_a_fixed_number_of_queries(people: Cast, django_assert_max_num_queries: object) -> None:
    with django_assert_max_num_queries(3):  # ty: ignore[call-non-callable]
        lines(people["lead"])


def test_every_act_that_is_written_down_has_words() -> None:
    server = Path(tidegate.server.__file__).parent
    text = "".join(path.read_text(encoding="utf-8") for path in server.rglob("*.py"))
    named = set(re.findall(r'act="(\w+\.\w+)"', text)) | set(re.findall(r'"((?:ticket|action|person)\.\w+)"', text))
    assert len(named) > 30
    assert named - set(WORDS) == set()
