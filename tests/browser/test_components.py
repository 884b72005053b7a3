"""The components: seen in both looks and on a phone, and usable without a mouse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.browsing import fits_its_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse

pytestmark = pytest.mark.urls("helpers.gallery")
GALLERY = "/_components"


@pytest.mark.parametrize("phone", [False, True])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_component_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], theme: str, *, phone: bool
) -> None:
    page = browse("lead", GALLERY, theme=theme, phone=phone)  # ty: ignore[invalid-argument-type]
    snap(page, f"components-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)


def test_the_theme_is_kept_and_comes_from_the_server(browse: Browse) -> None:
    page = browse("lead", GALLERY)
    with page.expect_response("**/settings"):  # a reload may overtake it on a busy machine
        page.get_by_role("button", name="Theme: as the system").click()
    page.reload()
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"


def test_the_first_tab_stop_skips_to_the_content(browse: Browse) -> None:
    page = browse("lead", GALLERY)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_a_question_mark_shows_the_keys_and_escape_closes_them(browse: Browse, axe: Callable[[Page], None]) -> None:
    page = browse("lead", GALLERY)
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    axe(page)
    page.keyboard.press("Escape")
    assert not page.locator("#help").is_visible()


def test_keys_stay_quiet_while_text_is_written(browse: Browse) -> None:
    page = browse("lead", GALLERY)
    page.locator("#a").focus()
    page.keyboard.type("?")
    assert not page.locator("#help").is_visible()
    assert page.locator("#a").input_value().count("?") == 1


@pytest.mark.parametrize("how", ["mouse", "keyboard"])
def test_a_bar_names_its_parts(browse: Browse, how: str) -> None:
    page = browse("lead", GALLERY)
    bar = page.locator(".points")
    bar.hover() if how == "mouse" else bar.focus()
    assert "impact" in page.locator(".tip").inner_text()
    assert "impact +21.5" in (bar.get_attribute("aria-label") or "")
