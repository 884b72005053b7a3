"""Sign-in, people, tokens and activity in a browser: both looks, a phone, no mouse, and a security key."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from helpers.browsing import fits_its_width
from tidegate.server.people import audit, services, tokens
from tidegate.server.people.models import AuditEntry, Person
from tidegate.server.people.sessions import STARTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse

PASSWORD = "a river under the bridge"  # noqa: S105 - of made-up people
PAGES = {
    "people": "/people",
    "person-new": "/people/new",
    "tokens": "/people/tokens",
    "token-new": "/people/tokens/new",
    "activity": "/activity",
    "account": "/accounts/you/",
    "factors": "/accounts/2fa/",
    "password": "/accounts/password/change/",
}


@pytest.fixture
def dana(people: dict[str, Person]) -> Person:
    """A lead with a password, and some history."""
    services.person_create(by=people["admin"], email="dana@example.test", name="Dana", role="lead", password=PASSWORD)
    tokens.token_create(by=people["admin"], name="Zendesk", source="zendesk", scopes=["facts:write"], signs=True)
    audit.record(
        actor=people["agent"], act="ticket.override", object_kind="ticket", object_id="T-1042",
        before={"level": "P2"}, after={"level": "P0", "reason": "payment outage"},
    )  # fmt: skip
    return Person.objects.get(email="dana@example.test")


@pytest.mark.usefixtures("dana")
@pytest.mark.parametrize("name", PAGES)
def test_each_page_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], name: str
) -> None:
    for theme, phone in (("light", False), ("dark", False), ("light", True)):
        page = browse("admin", PAGES[name], theme=theme, phone=phone)  # ty: ignore[invalid-argument-type]
        snap(page, f"people-{name}-{theme}{'-phone' if phone else ''}")
        axe(page)
        assert fits_its_width(page)
        assert page.locator("h1").count() == 1


def inside(url: str) -> bool:
    """Say whether the sign-in is done."""
    return "/accounts/" not in url


def sign_in(page: Page, email: str, password: str) -> None:
    """Sign in without a mouse."""
    page.get_by_label("Email").focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(email)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")


@pytest.mark.usefixtures("dana")
def test_a_stranger_signs_in_by_keyboard_and_comes_back(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None]
) -> None:
    page = browse(None, "/activity")
    snap(page, "people-sign-in")
    axe(page)
    sign_in(page, "dana@example.test", "wrong " * 3)
    page.get_by_role("alert").filter(has_text="do not go together").wait_for()
    snap(page, "people-sign-in-refused")
    axe(page)
    sign_in(page, "dana@example.test", PASSWORD)
    page.wait_for_url("**/activity")


def test_a_person_is_added_by_keyboard_and_changes_the_password(
    browse: Browse, snap: Callable[[Page, str], None]
) -> None:
    page = browse("admin", "/people/new")
    assert page.evaluate("document.activeElement.name") == "name"
    page.keyboard.type("Ari")
    page.keyboard.press("Tab")
    page.keyboard.type("ari@example.test")
    page.keyboard.press("Enter")
    password = page.locator(".secret").inner_text()
    snap(page, "people-sign-in-made")
    other = browse(None, "/")
    sign_in(other, "ari@example.test", password)
    other.wait_for_url("**/accounts/password/change/")
    snap(other, "people-temporary")
    other.get_by_label("Current password").fill(password)
    for label in ("New password", "New password (again)"):
        other.get_by_label(label, exact=True).fill(PASSWORD)
    other.keyboard.press("Enter")
    other.wait_for_url(inside)
    assert Person.objects.get(email="ari@example.test").check_password(PASSWORD)


@pytest.mark.usefixtures("dana")
def test_a_token_is_shown_once(browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None]) -> None:
    page = browse("admin", "/people/tokens/new")
    page.get_by_label("Name").fill("Report")
    page.get_by_label("Source").fill("report")
    page.get_by_label("queue:read").check()
    page.get_by_role("button", name="Make it").click()
    key = page.locator(".secret").inner_text()
    snap(page, "people-token-made")
    axe(page)
    assert tokens.token_find(key)
    page.get_by_role("link", name="I have copied it").click()
    assert key not in page.content()


@pytest.mark.usefixtures("dana")
def test_activity_is_filtered(browse: Browse) -> None:
    page = browse("lead", "/activity")
    page.get_by_label("Kind").select_option("overrides")
    page.get_by_role("button", name="Show").click()
    assert page.locator("tbody tr").count() == 1
    assert page.locator("tbody tr").inner_text().split("\n")[0].startswith("20")
    assert "payment outage" in page.locator("tbody tr").inner_text()


@pytest.mark.usefixtures("dana")
def test_a_security_key_lets_in(browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None]) -> None:
    page = browse(None, "/accounts/login/")
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    sign_in(page, "dana@example.test", PASSWORD)
    page.wait_for_url(inside)
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_label("Name").fill("Blue key")
    snap(page, "people-key-add")
    axe(page)
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    snap(page, "people-codes")
    axe(page)
    page.context.clear_cookies()
    page.goto("/accounts/login/")
    sign_in(page, "dana@example.test", PASSWORD)
    page.get_by_role("button", name="Use a security key").wait_for()
    snap(page, "people-second-factor")
    axe(page)
    page.get_by_role("button", name="Use a security key").click()
    page.wait_for_url(inside)
    page.goto("/accounts/2fa/webauthn/")
    snap(page, "people-keys")
    axe(page)


@pytest.mark.parametrize("knows_a_password", [True, False])
def test_a_browser_that_was_left_open_has_to_show_again_who_it_is(
    people: dict[str, Person],
    browse: Browse,
    axe: Callable[[Page], None],
    snap: Callable[[Page, str], None],
    knows_a_password: bool,
) -> None:
    admin, agent = people["admin"], people["agent"]
    if knows_a_password:
        admin.set_password(PASSWORD)
        admin.save()
    page = browse("admin", f"/people/{agent.pk}")
    snap(page, "people-person")
    (key,) = [cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME]
    opened = import_module(settings.SESSION_ENGINE).SessionStore(key)
    opened[STARTED] = time.time() - 3600
    opened.save()
    page.get_by_role("button", name="Sign out everywhere").click()
    if not knows_a_password:  # the company's provider signs them in: there it is asked
        page.get_by_text("Sign in again to do this.").wait_for()
        return
    page.get_by_role("heading", name="Confirm that it is you").wait_for()
    snap(page, "people-confirm")
    axe(page)
    assert AuditEntry.objects.filter(act="person.end_sessions").count() == 0
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_text("is signed out everywhere").wait_for()
    assert AuditEntry.objects.get(act="person.end_sessions").object_id == str(agent.pk)
