"""The page of a ticket in a browser: sound, by keyboard, and deaf to attacks in its text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from helpers.attacks import ATTACKS
from helpers.browsing import fits_its_width
from helpers.desk import message
from helpers.desk import ticket as a_ticket
from helpers.stage import demo_desk
from tidegate.server.desk import tables
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Override, Ticket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Page

    from helpers.browsing import Browse
    from tidegate.demo.company import Company
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.usefixtures("desk")
MAIL = (
    "The export shows other tenants' rows.\n\nKind regards\nAnn\n\n"
    "On Mon, Ben <b@c.example> wrote:\n> What do you see?\n> Ben\n"
)


READABLE = """
    [...new Set([...document.querySelectorAll("mark")].map(
        (mark) => getComputedStyle(mark).color === getComputedStyle(document.body).color))]
"""
"""Whether marked words have the colour of all others, where the system chooses the colours."""


@pytest.fixture
def desk(people: dict[str, Person]) -> Iterator[Company]:
    del people
    with demo_desk() as company:
        yield company


def top(**filters: Any) -> str:
    return board.snapshot(fresh=0).rows(None, Filters(**filters), limit=1)[0].ticket_id


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], theme: Any, *, phone: bool
) -> None:
    tables.upsert("tickets", a_ticket("mail", subject=f"Data leak in the export {'x' * 300}", body=MAIL))
    tables.upsert("messages", message("inside", "mail", body="do not tell them yet", public=False))
    board.snapshot(fresh=0)
    page = browse("lead", "/tickets/mail", theme=theme, phone=phone)
    expect(page.locator("#col-customer .skeleton")).to_have_count(0)
    snap(page, f"ticket-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)
    page.emulate_media(forced_colors="active")
    assert page.evaluate(READABLE) == [True]


def test_quoted_mail_unfolds_by_keyboard(browse: Browse) -> None:
    tables.upsert("tickets", a_ticket("mail", subject="Leak", body=MAIL))
    page = browse("lead", "/tickets/mail")
    assert not page.get_by_text("> What do you see?").is_visible()
    page.locator("details.quoted summary").last.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("> What do you see?")).to_be_visible()


def test_every_override_by_keys_is_shown_and_taken_back(browse: Browse) -> None:
    chosen = top(level="P3")
    page = browse("lead", f"/tickets/{chosen}")
    page.keyboard.press("p")
    page.keyboard.press("2")
    expect(page.locator("#col-why")).to_contain_text("Overrides that hold")
    expect(page.locator("#col-why .held")).to_contain_text("P1")
    page.keyboard.press("i")
    page.keyboard.type("bill")
    page.keyboard.press("Enter")
    expect(page.locator(".held")).to_contain_text("intent: ")
    assert set(Override.objects.filter(undone_at=None).values_list("kind", flat=True)) == {"level", "intent"}
    page.locator(".held li", has_text="level").get_by_role("button", name="Take back").click()
    expect(page.locator(".held li")).to_have_count(1)
    expect(page.locator("#col-time")).to_contain_text("took the level override back")


def test_a_ticket_is_solved_and_brought_back(browse: Browse) -> None:
    chosen = top(level="P3")
    page = browse("lead", f"/tickets/{chosen}")
    page.keyboard.press("e")
    expect(page.locator("#col-why")).to_contain_text("not in the queue any more")
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Solve")).to_be_visible()
    assert Ticket.objects.get(pk=chosen).status == "open"


def test_j_and_k_walk_the_queue(browse: Browse) -> None:
    first, second = (row.ticket_id for row in board.snapshot(fresh=0).rows(None, Filters(), limit=2))
    page = browse("lead", f"/tickets/{first}")
    page.keyboard.press("j")
    page.wait_for_url(f"**/tickets/{second}")
    page.keyboard.press("k")
    page.wait_for_url(f"**/tickets/{first}")
    page.keyboard.press("Escape")
    page.wait_for_url("**/")


def test_parts_become_tabs_on_a_phone_and_arrows_move_between_them(browse: Browse) -> None:
    page = browse("lead", f"/tickets/{top()}", phone=True)
    expect(page.locator("#col-thread")).to_be_visible()
    expect(page.locator("#col-why")).to_be_hidden()
    page.get_by_role("tab", name="Thread").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#col-why")).to_be_visible()
    expect(page.locator("#col-thread")).to_be_hidden()
    page.get_by_role("tab", name="Customer").tap()
    expect(page.locator("#col-customer")).to_be_visible()


def test_the_timeline_is_filtered(browse: Browse) -> None:
    page = browse("lead", f"/tickets/{top()}")
    events = page.locator('[data-moment="events"]')
    assert events.count()
    expect(page.locator(".skeleton")).to_have_count(0)  # what is asked for second moves what stands below it
    page.locator('[data-kind][value="events"]').uncheck(force=True)
    expect(events.first).to_be_hidden()


def test_attacks_in_mail_do_nothing(browse: Browse) -> None:
    tables.upsert("tickets", a_ticket("attacked", subject=ATTACKS[0], body=ATTACKS[1]))
    for number, attack in enumerate(ATTACKS):
        tables.upsert("messages", message(f"m{number}", "attacked", body=attack))
    asked: list[str] = []
    happened: list[str] = []
    page = browse("lead")
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (happened.append(dialog.message), dialog.dismiss()))
    page.goto("/tickets/attacked")
    for fold in page.locator("details.fold summary").all():
        fold.evaluate("summary => summary.parentElement.open = true")
    page.mouse.move(200, 300)
    page.mouse.move(300, 600)
    page.wait_for_timeout(300)
    assert page.locator("article").count() == len(ATTACKS) + 1
    assert happened == []
    assert [url for url in asked if not url.startswith(browse.address)] == []
    assert not any("/queue/take" in url for url in asked)
    inside = page.locator(
        ".as-sent :is(script, img, svg, iframe, form, input, style, link, base, meta, object, button)"
    )
    assert inside.count() == 0
    assert page.locator(".as-sent [style], .as-sent [class], .as-sent [id], .as-sent [onclick]").count() == 0
