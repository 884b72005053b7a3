"""The browser tests' own instruments: they see what they are there to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.browsing import fits_its_width, serious_findings

if TYPE_CHECKING:
    from helpers.browsing import Browse

SIGN_IN = "/accounts/login/"


def test_a_stranger_is_shown_the_way_in(browse: Browse) -> None:
    assert browse(None, SIGN_IN).locator("input[name=login]").is_visible()


def test_a_person_of_the_cast_is_signed_in(browse: Browse) -> None:
    page = browse("lead", "/accounts/logout/")
    assert page.url.endswith("/accounts/logout/")


@pytest.mark.parametrize(("theme", "dark"), [("light", False), ("dark", True)])
def test_a_page_opens_in_the_look_that_was_asked_for(browse: Browse, theme: str, *, dark: bool) -> None:
    page = browse(None, SIGN_IN, theme=theme, phone=True)  # ty: ignore[invalid-argument-type]
    assert page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches") is dark
    assert page.evaluate("innerWidth") == 390


@pytest.mark.parametrize(
    ("script", "heard"),
    [
        ("console.error('a plain complaint')", "a plain complaint"),
        ("setTimeout(() => { throw new Error('nobody caught it') }, 0)", "nobody caught it"),
        (
            "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))",
            "Content Security Policy",
        ),
        ("document.body.setAttribute('style', 'color: red')", "Content Security Policy"),
    ],
)
def test_what_the_browser_complains_about_is_heard(browse: Browse, script: str, heard: str) -> None:
    page = browse(None, SIGN_IN)
    assert browse.unexpected() == []
    page.evaluate(script)
    page.wait_for_timeout(50)
    assert [said for said in browse.unexpected() if heard in said]
    browse.allow(heard)
    assert browse.unexpected() == []


def test_axe_sees_what_a_screen_reader_would_miss(browse: Browse) -> None:
    page = browse(None)
    page.set_content("<html lang=en><title>t</title><main><h1>t</h1><button></button></main>")
    assert [line for line in serious_findings(page) if line.startswith("button-name")]


def test_what_sticks_out_sideways_is_seen(browse: Browse) -> None:
    page = browse(None, phone=True)
    page.set_content("<meta name=viewport content='width=device-width'><p style='width: 900px'>wide")
    assert not fits_its_width(page)
