"""The queue in a browser: by mouse, by keyboard alone, live, in both looks and on a phone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from helpers.browsing import fits_its_width
from helpers.desk import ticket as a_ticket
from helpers.stage import NOW, demo_desk
from tidegate.server.desk import tables
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.models import Override, SavedView, Ticket

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


def ids(page: Page) -> list[str]:
    return page.locator("#lines tr[data-ticket]").evaluate_all("rows => rows.map(row => row.dataset.ticket)")


def here(page: Page) -> str:
    return page.locator("tr.is-here").get_attribute("data-ticket") or ""


def arrive(ticket_id: str, level: str, **fields: Any) -> None:
    words = {"P0": "urgent", "P1": "high", "P3": "low"}[level]
    said: dict[str, Any] = {"priority": words, "given_level": level, "created_at": NOW} | fields
    tables.upsert("tickets", a_ticket(ticket_id, **said))
    board.snapshot(fresh=0)


def level_of(ticket_id: str) -> str | None:
    row = board.snapshot(fresh=0).row(ticket_id)
    return row.level if row else None


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], theme: Any, *, phone: bool
) -> None:
    page = browse("lead", "/", theme=theme, phone=phone)
    snap(page, f"queue-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_dialogs_filters_preview_and_palette_are_sound(browse: Browse, axe: Callable[[Page], None], theme: Any) -> None:
    page = browse("lead", "/?lane=queue", theme=theme)
    for key, what in (("a", "#assign"), ("p", "#level"), ("l", "#lane"), ("s", "#save"), ("?", "#help")):
        page.keyboard.press("j")
        page.keyboard.press(key)
        expect(page.locator(what)).to_be_visible()
        axe(page)
        page.keyboard.press("Escape")
        expect(page.locator(what)).to_be_hidden()
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list li").first).to_be_visible()
    axe(page)
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    axe(page)
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    expect(page.locator("#beside")).to_be_visible()
    axe(page)


def test_keys_move_preview_open_and_come_back_to_the_place(browse: Browse) -> None:
    page = browse("lead", "/")
    order = ids(page)
    for _ in range(3):
        page.keyboard.press("j")
    page.keyboard.press("k")
    assert here(page) == order[1]
    page.keyboard.press("Space")
    expect(page.locator("#beside")).to_contain_text(order[1])
    page.keyboard.press("j")
    expect(page.locator("#beside")).to_contain_text(order[2])
    page.keyboard.press("Space")
    expect(page.locator("#beside")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{order[2]}")
    page.go_back()
    expect(page.locator("tr.is-here")).to_have_attribute("data-ticket", order[2])


def test_a_level_is_overridden_in_two_keys_and_undone_in_one(browse: Browse) -> None:
    page = browse("lead", "/?level=P3")
    page.keyboard.press("j")
    chosen = here(page)
    page.keyboard.press("p")
    page.keyboard.press("1")
    expect(page.locator(".toast")).to_contain_text(f"{chosen}: level is now P0.")
    assert level_of(chosen) == "P0"
    expect(page.locator(f'tr[data-ticket="{chosen}"]')).to_have_count(0)
    page.keyboard.press("u")
    expect(page.locator(".toast").last).to_contain_text("Taken back")
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    assert level_of(chosen) == "P3"


def test_a_reason_is_written_and_digits_in_it_stay_text(browse: Browse) -> None:
    page = browse("lead", "/?level=P3")
    page.keyboard.press("j")
    page.keyboard.press("l")
    page.locator("#lane input[value=now]").check(force=True)
    page.locator("#lane-reason").fill("40 people, since 3 o'clock")
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("lane is now now")
    assert Override.objects.get().reason == "40 people, since 3 o'clock1"


def test_many_are_selected_by_keys_and_by_mouse_and_solved_at_once(browse: Browse) -> None:
    page = browse("lead", "/")
    for _ in range(2):
        page.keyboard.press("j")
        page.keyboard.press("x")
    page.locator("[data-pick]").nth(4).check()
    expect(page.locator("#bulk")).to_contain_text("3 selected")
    chosen = [ids(page)[at] for at in (0, 1, 4)]
    page.keyboard.press("e")
    expect(page.locator(".toast")).to_contain_text("3 tickets marked as solved.")
    assert set(Ticket.objects.filter(ticket_id__in=chosen).values_list("status", flat=True)) == {"solved"}
    expect(page.locator("#bulk")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(f'tr[data-ticket="{chosen[2]}"]')).to_be_visible()
    assert set(Ticket.objects.filter(ticket_id__in=chosen).values_list("status", flat=True)) == {"open"}


def test_a_ticket_is_assigned_by_typing_a_name(browse: Browse, desk: Company) -> None:
    page = browse("lead", "/?unassigned=1")
    page.keyboard.press("j")
    chosen = here(page)
    page.keyboard.press("a")
    name = desk.agents["name"][0]
    page.keyboard.type(name[:6])
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("assigned to")
    assert Ticket.objects.get(pk=chosen).assignee


def test_what_may_not_be_done_is_said_in_words(browse: Browse) -> None:
    browse.allow("409")
    page = browse("agent", "/")
    taken = next(row for row in board.snapshot().rows(None, Filters(), limit=50) if row.assignee)
    page.locator(f'tr[data-ticket="{taken.ticket_id}"] [data-pick]').check()
    page.keyboard.press("a")
    page.locator("#assign-to").select_option(index=0)
    page.keyboard.press("Enter")
    expect(page.locator(".toast-bad")).to_contain_text("Somebody else has this ticket")


def test_n_takes_the_next_ticket_and_opens_it(browse: Browse) -> None:
    page = browse("agent", "/")
    page.keyboard.press("n")
    page.wait_for_url("**/tickets/*")
    assert Ticket.objects.get(pk=page.url.rsplit("/", 1)[1]).assignee == "Agent"


def test_what_is_new_waits_until_it_is_asked_for_and_the_place_is_kept(browse: Browse) -> None:
    page = browse("lead", "/")
    for _ in range(12):
        page.keyboard.press("j")
    before, order = here(page), ids(page)
    top = page.locator("tr.is-here").bounding_box()
    assert top
    arrive("above", "P0", subject="Everything is down")
    expect(page.locator("#news")).to_contain_text("1 new since 09:00, 1 above you")
    assert ids(page) == order
    page.keyboard.press("g")
    page.keyboard.press("n")
    expect(page.locator('tr[data-ticket="above"]')).to_be_visible()
    expect(page.locator('tr[data-ticket="above"] .mark')).to_have_text("new")
    assert here(page) == before
    now = page.locator("tr.is-here").bounding_box()
    assert now
    assert abs(now["y"] - top["y"]) <= 2
    expect(page.locator("#news")).to_be_hidden()


def test_a_new_p0_is_said_once(browse: Browse) -> None:
    page = browse("lead", "/?lane=later")
    arrive("fire", "P0", subject="Fire in the cellar")
    expect(page.locator("#alerts")).to_contain_text("New P0: fire Fire in the cellar")
    page.locator(".toast [data-close]").click()
    page.reload()
    arrive("calm", "P3", subject="A question")
    expect(page.locator('[data-lane-count="now"]')).not_to_have_text("0")
    page.wait_for_timeout(1800)
    expect(page.locator(".toast")).to_have_count(0)


def test_what_changed_since_the_last_look_is_marked(browse: Browse) -> None:
    page = browse("lead", "/")
    second = ids(page)[5]
    before = level_of(second)
    page.goto("/review")
    arrive("later", "P0", subject="Came meanwhile")
    page.goto("/")
    expect(page.locator('tr[data-ticket="later"] .mark')).to_have_text("new")
    expect(page.locator("#since")).to_contain_text("Since you last looked at 09:00: 1 new")
    assert level_of(second) == before


def test_counts_of_lanes_follow(browse: Browse) -> None:
    page = browse("lead", "/")
    shown = page.locator('[data-lane-count="now"]')
    before = int(shown.inner_text())
    arrive("one-more", "P0", subject="Down")
    expect(shown).to_have_text(str(before + 1))


def test_views_are_saved_opened_and_deleted_by_keyboard(browse: Browse) -> None:
    page = browse("lead", "/?level=P3")
    page.keyboard.press("s")
    page.keyboard.type("Small things")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text("Saved as Small things.")
    page.goto("/")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-text")).to_be_focused()
    page.keyboard.type("small thi")
    expect(page.locator("#palette-list li").first).to_contain_text("Small things")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?level=P3")
    page.get_by_role("button", name="Delete the view Small things").click()
    expect(page.locator(".toast")).to_contain_text("deleted")
    assert not SavedView.objects.exists()


def test_the_palette_finds_tickets_and_runs_acts(browse: Browse) -> None:
    page = browse("lead", "/")
    wanted = ids(page)[3]
    page.keyboard.press("Control+k")
    page.keyboard.type(wanted.lower())
    expect(page.locator("#palette-list li").first).to_contain_text(wanted)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/tickets/{wanted}")


def test_filters_by_keyboard_narrow_the_list_and_chips_take_them_away(browse: Browse) -> None:
    page = browse("lead", "/")
    page.keyboard.press("f")
    page.keyboard.type("P3")
    page.keyboard.press("Enter") if page.locator("#f-level").input_value() != "P3" else None
    page.get_by_role("button", name="Show", exact=True).click()
    page.wait_for_url("**level=P3**")
    assert set(page.locator("#lines tr[data-ticket]").evaluate_all("r => r.map(x => x.dataset.level)")) == {"P3"}
    page.get_by_role("link", name="Without level P3").click()
    assert "level=P3" not in page.url


def test_a_slash_searches(browse: Browse) -> None:
    page = browse("lead", "/")
    page.keyboard.press("/")
    page.keyboard.type("zzzz")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="No ticket is like that")).to_be_visible()


def test_a_viewer_looks_and_changes_nothing(browse: Browse) -> None:
    page = browse("viewer", "/")
    page.keyboard.press("j")
    for key in ("p", "a", "l", "e", "n"):
        page.keyboard.press(key)
    assert page.locator("dialog[open]").count() == 0
    assert page.locator("#bulk").count() == 0
    assert not page.locator("[data-pick]").first.is_visible()
    page.keyboard.press("?")
    assert "override" not in page.locator("#help").inner_text()


def test_the_table_is_a_table_for_screen_readers_on_a_phone_too(browse: Browse) -> None:
    page = browse("lead", "/", phone=True)
    rows = page.get_by_role("table").get_by_role("row")
    assert rows.count() == len(ids(page)) + 1
    assert rows.nth(1).get_by_role("cell").count() == 5  # place and assignee have no room


def test_every_act_of_the_queues_keys_has_a_handler(browse: Browse) -> None:
    page = browse("lead", "/?level=P3")
    page.keyboard.press("?")
    named = json.loads(page.locator("#keys").inner_text() or page.locator("#keys").evaluate("e => e.textContent"))
    shown = page.locator("#help tr td:last-child").all_inner_texts()
    assert {key["does"] for key in named} == set(shown)
