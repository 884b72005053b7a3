"""The page of a ticket: its words made safe, its evidence, its past."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from helpers.attacks import ATTACKS
from helpers.desk import message
from helpers.desk import ticket as a_ticket
from helpers.stage import demo_desk
from tidegate.server.desk import tables
from tidegate.server.desk.acts import overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Decision, Message, Ticket
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.desk.presenting.safe_html import TAGS, safe_html
from tidegate.server.desk.presenting.thread import thread, underlined

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tidegate.demo.company import Company
    from tidegate.server.people.models import Person

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
SAFE = {"href", "rel", "colspan", "rowspan", "scope", "start"}


class Read(HTMLParser):
    """What is left: tags and attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_of_an_attack_is_left_that_acts_or_loads(attack: str) -> None:
    left = Read(safe_html(attack))
    assert left.tags <= TAGS
    assert {name for name, _ in left.attributes} <= SAFE
    for name, value in left.attributes:
        if name == "href":
            assert str(value).startswith(("https://", "http://", "mailto:")), value


def test_what_is_honest_stays() -> None:
    honest = '<p>Hello <b>you</b></p><ul><li>one</li></ul><table><tbody><tr><td colspan="2">x</td></tr></tbody></table>'
    assert safe_html(honest) == honest
    assert 'href="https://ok.example/a?b=1"' in safe_html('<a href="https://ok.example/a?b=1">x</a>')


def opened(body: str, *, subject: str = "Help", evidence: tuple[dict[str, object], ...] = ()) -> str:
    ticket = Ticket(
        ticket_id="t", subject=subject, body=body, status="open", created_at=AT, requester_email="a@b.example"
    )
    return str(thread(ticket, [], evidence, {})[0].body)


def test_quoted_mail_and_signatures_are_folded_and_the_words_are_not() -> None:
    quoted = "On Mon, 2 Mar 2026 at 08:00, Support <s@d.example> wrote:\n> Did you try?\n> Again?\n"
    body = f"It still fails.\n\nKind regards\nAnn\n\n{quoted}"
    said = opened(body)
    before, _, folded = said.partition("<details")
    assert "It still fails." in before
    assert "Did you try?" not in before
    assert "&gt; Did you try?" in folded


def test_every_character_of_a_plain_message_is_shown_somewhere() -> None:
    body = "One <two> & three\n> quoted\n> more\n-- \nAnn\nExample Ltd\n" + "word " * 6000
    said = opened(body)
    for piece in ("One &lt;two&gt; &amp; three", "&gt; quoted", "Example Ltd"):
        assert piece in said
    assert said.count("rd ") >= 5999  # what lies beyond the part that is read may begin within a word


def test_evidence_is_underlined_where_it_was_read() -> None:
    subject, body = "Leak", "We see other tenants' rows & more."
    start = len(subject) + 1 + body.index("other")
    found = {"name": "security", "confidence": 0.9, "start": start, "end": start + 13, "quote": "other tenants"}
    said = opened(body, subject=subject, evidence=(found,))
    assert '<mark class="evidence evidence-rules" title="security, 90% sure">other tenants<' in said
    assert "&#x27; rows &amp; more." in said


def test_overlapping_and_impossible_spans_do_no_harm() -> None:
    from tidegate.server.desk.presenting.thread import Span

    spans = [Span(0, 4, "a", 1), Span(2, 8, "b", 1), Span(90, 99, "c", 1), Span(3, 1, "d", 1), Span(-5, 1, "e", 1)]
    text = underlined("0123456789", 0, spans)
    assert Read(text).tags == {"mark", "span"}
    assert "".join(character for character in text if character in "0123456789")


@pytest.fixture
def desk(people: dict[str, Person]) -> Iterator[Company]:
    del people
    with demo_desk() as company:
        yield company


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_the_page_says_why_and_what_happened(as_lead: Client, people: dict[str, Person]) -> None:
    row = board.snapshot().rows(None, Filters(level="P3"), limit=1)[0]
    overrides.override_set(
        person=people["lead"], ticket_id=row.ticket_id, kind="level", value="P1", reason="they called"
    )
    board.snapshot(fresh=0)
    text = as_lead.get(f"/tickets/{row.ticket_id}").content.decode()
    for piece in ("Why here", "Customer", "Timeline", "they called", "override: P1"):
        assert piece in text, piece
    later = {part: as_lead.get(f"/{part}?ticket={row.ticket_id}").content.decode() for part in ("why", "customer")}
    assert f"/why?ticket={row.ticket_id}" in text
    assert f"/customer?ticket={row.ticket_id}" in text
    assert "Why above the next" in later["why"]
    assert "What would change it" in later["why"]
    assert "In 90 days" in later["customer"]
    assert '<span class="was">P3</span> <b>P1</b>' in text


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_a_finished_ticket_still_opens(as_lead: Client) -> None:
    done = Ticket.objects.filter(status="closed").first()
    assert done is not None
    text = as_lead.get(f"/tickets/{done.ticket_id}").content.decode()
    assert "not in the queue any more" in text


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_internal_notes_are_told_apart(as_lead: Client) -> None:
    tables.upsert("tickets", a_ticket("noted", subject="s", body="first words"))
    tables.upsert("messages", message("m1", "noted", body="do not tell them", public=False))
    text = as_lead.get("/tickets/noted").content.decode()
    note = text[text.index("message-inside") :]
    assert "internal" in note
    assert "do not tell them" in note


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_similar_tickets_are_found(as_lead: Client) -> None:
    for name in ("s1", "s2"):
        tables.upsert(
            "tickets", a_ticket(name, subject="Zebra exporter crashes", body="The zebra exporter crashes daily.")
        )
    board.snapshot(fresh=0)
    assert "s2" in as_lead.get("/similar", {"ticket": "s1"}).content.decode()


@pytest.mark.django_db
def test_messages_of_one_ticket_are_bounded(as_lead: Client) -> None:
    tables.upsert("tickets", a_ticket("long", body="first"))
    Message.objects.bulk_create(
        Message(message_id=f"m{n}", ticket_id="long", at=AT, author_kind="agent", public=True, body=f"message {n}")
        for n in range(600)
    )
    board.forget()
    text = as_lead.get("/tickets/long").content.decode()
    assert 400 < text.count("<article") <= 501
    board.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("desk")
def test_who_should_take_a_free_ticket_is_suggested(as_lead: Client) -> None:
    free = board.snapshot().rows(None, Filters(unassigned=True), limit=1)[0].ticket_id
    said = {"agent_id": "A1", "group": "technical", "confidence": 0.71, "automatic": False}
    Decision.objects.create(ticket_id=free, at=AT, level="P3", lane="queue", points=1.0, policy=policy_ensure(), **said)
    text = as_lead.get(f"/tickets/{free}").content.decode()
    assert 'data-suggested="A1"' in text
    assert "71% sure" in text
    Ticket.objects.filter(pk=free).update(assignee="Ben")
    assert "data-suggested" not in as_lead.get(f"/tickets/{free}").content.decode()
