"""Review in a browser: a digit, enter, the next one; counted, taken back, put off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from helpers.browsing import fits_its_width
from helpers.stage import demo_desk
from tidegate.server.desk.board import board
from tidegate.server.desk.models import Override, Ticket
from tidegate.server.desk.presenting.doubts import doubtful

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
    with demo_desk(600) as company:
        yield company


def waiting(person: Person) -> list[str]:
    return doubtful(board.snapshot(fresh=0), person).to_list()


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], theme: Any, *, phone: bool
) -> None:
    page = browse("lead", "/review", theme=theme, phone=phone)
    snap(page, f"review-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)


def test_a_digit_and_enter_answer_and_the_next_card_is_there(browse: Browse, people: dict[str, Person]) -> None:
    first, second = waiting(people["lead"])[:2]
    page = browse("lead", "/review")
    page.evaluate("window.untouched = true")
    page.keyboard.press("4")
    page.keyboard.press("Enter")
    expect(page.locator(".doubt")).to_have_attribute("data-ticket", second)
    expect(page.locator("#counter")).to_contain_text("today 1 answered")
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.locator("#counter")).to_contain_text("today 2 answered")
    assert dict(Override.objects.values_list("ticket_id", "value")) == {first: "P3", second: "P0"}
    assert page.evaluate("window.untouched"), "the page was not loaded anew"


def test_the_same_by_mouse_and_taken_back(browse: Browse, people: dict[str, Person]) -> None:
    first = waiting(people["lead"])[0]
    page = browse("lead", "/review")
    page.locator(".answer").nth(2).click()
    page.get_by_role("button", name="Confirm").click()
    expect(page.locator(".doubt")).not_to_have_attribute("data-ticket", first)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".doubt")).to_have_attribute("data-ticket", first)
    expect(page.locator("#counter")).to_contain_text("today 0 answered")


def test_what_is_put_off_makes_room_for_the_next(browse: Browse, people: dict[str, Person]) -> None:
    second = waiting(people["lead"])[1]
    page = browse("lead", "/review")
    page.keyboard.press("s")
    expect(page.locator(".doubt")).to_have_attribute("data-ticket", second)
    assert not Override.objects.exists()


def test_nothing_in_doubt_says_so(browse: Browse, axe: Callable[[Page], None]) -> None:
    Ticket.objects.update(status="waiting")
    board.snapshot(fresh=0)
    page = browse("lead", "/review")
    expect(page.get_by_role("heading", name="Nothing is in doubt")).to_be_visible()
    axe(page)


def test_a_viewer_reads_and_does_not_answer(browse: Browse) -> None:
    page = browse("viewer", "/review")
    expect(page.locator(".doubt")).to_be_visible()
    assert page.get_by_role("button", name="Confirm").count() == 0
    assert page.get_by_text("Training rows").count() == 0
