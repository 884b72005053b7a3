"""Pages that are lists: escalations, activity, actions, people, tokens, by keyboard alone; and a person's settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from helpers.browsing import fits_its_width
from helpers.desk import policy_in_force, ticket
from tidegate.server.desk import tables
from tidegate.server.desk.models import Action, Escalation, Preferences
from tidegate.server.people import tokens
from tidegate.server.people.audit import record

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse
    from tidegate.server.people.models import Person


@pytest.fixture
def stage(people: dict[str, Person]) -> None:
    policy_in_force(dry_run=False)
    tables.upsert("tickets", ticket("T-1", subject="Exports fail"))
    for number in (1, 2):
        Escalation.objects.create(
            title=f"Exports fail {number}", impact="2 accounts, 400k a year", level="P1", to="platform", tickets=["T-1"]
        )
        Action.objects.create(key=f"k{number}", kind="assign", ticket_id="T-1", target="A1", title=f"To A{number}")
        record(actor=people["lead"], act="ticket.assign", object_kind="ticket", object_id="T-1")
    tokens.token_create(by=people["admin"], name="Shop", source="shop", scopes=["queue:read"])


PLACES = [
    ("lead", "/escalations"),
    ("lead", "/activity"),
    ("lead", "/actions"),
    ("admin", "/people"),
    ("lead", "/settings"),
]


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(("who", "path"), PLACES)
def test_they_are_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], who: Any, path: str
) -> None:
    for theme, phone in (("light", False), ("dark", True)):
        page = browse(who, path, theme=theme, phone=phone)
        snap(page, f"{path.strip('/')}-{theme}{'-phone' if phone else ''}")
        axe(page)
        assert fits_its_width(page)


@pytest.mark.usefixtures("stage")
def test_a_case_is_closed_by_keyboard_and_opened_again(browse: Browse) -> None:
    page = browse("lead", "/escalations")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-item]:focus")).to_contain_text("Exports fail 1")
    page.keyboard.press("c")
    page.keyboard.type("mended in 4.2")
    page.keyboard.press("Enter")
    expect(page.locator("article")).to_have_count(1)
    expect(page.locator(".toast")).to_contain_text("The escalation is closed.")
    assert Escalation.objects.get(title="Exports fail 1").closed_why == "mended in 4.2"
    page.keyboard.press("u")
    expect(page.locator("article")).to_have_count(2)


@pytest.mark.usefixtures("stage")
@pytest.mark.parametrize(
    ("path", "wanted"), [("/activity", "/tickets/T-1"), ("/people", "/people/"), ("/escalations", "/tickets/T-1")]
)
def test_j_moves_and_enter_opens(browse: Browse, path: str, wanted: str) -> None:
    page = browse("admin", path)
    page.keyboard.press("j")
    expect(page.locator("[data-item]:focus")).to_have_count(1)
    if path == "/activity":  # the newest line is of a token, which has no page
        page.keyboard.press("j")
    page.keyboard.press("o")
    page.wait_for_url(f"**{wanted}*")


@pytest.mark.usefixtures("stage")
def test_keys_lead_from_page_to_page_and_help_lists_them(browse: Browse) -> None:
    page = browse("admin", "/activity")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_contain_text("export what is listed as CSV")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(page.locator("#object")).to_be_focused()
    page.keyboard.press("Escape")
    for key, path in (
        ("t", "/actions"),
        ("t", "/activity"),
        ("g u", "/people"),
        ("t", "/people/tokens"),
        ("a", "/people/tokens/new"),
    ):
        for part in key.split():
            page.keyboard.press(part)
        page.wait_for_url(f"**{path}")


@pytest.mark.usefixtures("stage")
def test_what_an_action_says_is_opened_and_it_is_sent(browse: Browse) -> None:
    page = browse("lead", "/actions?state=intended")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("tr:focus details, details:focus-within").first).to_have_attribute("open", "")
    page.keyboard.press("s")
    expect(page.locator(".toast")).to_contain_text("assign for ticket T-1 will be sent")


def test_settings_hold_at_once_and_later(browse: Browse, people: dict[str, Person]) -> None:
    page = browse("lead", "/settings")
    page.get_by_label("Dark").check()
    page.get_by_label("Compact").check()
    page.get_by_label("One short tone").check()
    root = page.locator("html")
    for name, value in (("data-theme", "dark"), ("data-density", "compact"), ("data-sound", "on")):
        expect(root).to_have_attribute(name, value)
    kept = Preferences.objects.get(person=people["lead"])
    assert (kept.theme, kept.density, kept.sound) == ("dark", "compact", True)
    with page.expect_response("**/settings"):
        page.locator("[data-theme-switch]").click()
    expect(root).to_have_attribute("data-theme", "light")
    page.reload()
    expect(root).to_have_attribute("data-theme", "light")
    page.locator("[data-play]").click()
