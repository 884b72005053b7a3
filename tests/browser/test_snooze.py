"""Setting tickets aside in a browser: from the queue and the ticket, many at once, by keyboard alone, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from helpers.stage import demo_desk
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Snooze

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from helpers.browsing import Browse
    from tidegate.demo.company import Company
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.usefixtures("desk")


@pytest.fixture
def desk(people: dict[str, Person]) -> Iterator[Company]:
    del people
    with demo_desk() as company:
        yield company


def quiet() -> list[str]:
    """Tickets that nothing calls back at once, in the order of lane queue."""
    rows = board.snapshot(fresh=0).rows(None, Filters(lane="queue"))
    return [row.ticket_id for row in rows if row.level in ("P2", "P3") and not 0 < (row.minutes_left or 0) <= 60]


def holding() -> set[str]:
    return set(Snooze.objects.filter(ended_at=None).values_list("ticket_id", flat=True))


def go_to(page: Page, ticket: str) -> None:
    while page.locator("tr.is-here").get_attribute("data-ticket") != ticket:
        page.keyboard.press("j")


def test_many_by_keyboard_alone_and_back(browse: Browse, axe: Callable[[Page], None]) -> None:
    first, second = quiet()[:2]
    page = browse("lead", "/?lane=queue")
    page.keyboard.press("j")
    for ticket in (first, second):
        go_to(page, ticket)
        page.keyboard.press("x")
    page.keyboard.press("z")
    expect(page.locator("#snooze-title")).to_have_text("Snooze 2 tickets")
    axe(page)
    page.locator("#snooze").get_by_label("When the customer writes").focus()
    page.keyboard.press("5")
    expect(page.locator(".toast")).to_contain_text("2 tickets snoozed until the customer writes.")
    assert holding() == {first, second}
    expect(page.locator(f'tr[data-ticket="{first}"]')).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(f'tr[data-ticket="{first}"]')).to_have_count(1)
    assert holding() == set()


def test_until_a_date_from_the_ticket_and_brought_back(browse: Browse) -> None:
    ticket = quiet()[0]
    page = browse("agent", f"/tickets/{ticket}")
    page.keyboard.press("z")
    page.keyboard.press("7")
    expect(page.locator("#snooze-when")).to_be_focused()
    page.locator("#snooze-when").fill("2026-12-24T10:00")
    page.locator("#snooze-reason").fill("the part arrives")
    page.keyboard.press("Enter")
    note = page.locator(".aside")
    expect(note).to_contain_text("Snoozed until Thu 24 Dec 10:00")
    expect(note).to_contain_text("the part arrives")
    expect(page.locator(".timeline")).to_contain_text("snoozed it until Thu 24 Dec 10:00")
    page.goto(page.url.split("/tickets")[0] + "/?snoozed=1")
    expect(page.locator(f'tr[data-ticket="{ticket}"] .chip').first).to_have_text("until Thu 24 Dec 10:00")
    page.go_back()
    page.get_by_role("button", name="Bring back").click()
    expect(note).to_have_count(0)
    assert holding() == set()


def test_an_urgent_ticket_says_why_not(browse: Browse) -> None:
    urgent = board.snapshot(fresh=0).rows(None, Filters(level="P1"))[0].ticket_id
    page = browse("agent", f"/tickets/{urgent}")
    browse.allow("409")
    page.keyboard.press("z")
    page.keyboard.press("1")
    expect(page.locator(".toast")).to_contain_text("cannot be set aside: it is P1")
    assert holding() == set()
