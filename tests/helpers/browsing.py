"""What browser tests hold in their hands: Chromium, pages by role and look, what the browser complained about, axe."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.base_user import AbstractBaseUser
    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
expect.set_options(timeout=15_000)
DESK = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SEVERE = ("serious", "critical")


def find_chromium() -> str:
    """Name the browser: the one that CHROMIUM says, else the first on the path."""
    named = os.environ.get("CHROMIUM")
    found = named or next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        raise AssertionError(f"no Chromium: install it (scripts/chromium.sh) or set CHROMIUM; tried {', '.join(NAMES)}")
    return found


@dataclass
class Browse:
    """Opens pages, each in a context of its own; `complaints` are what the browser said was wrong in any of them."""

    browser: Browser
    address: str
    people: Mapping[str, AbstractBaseUser]
    complaints: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=lambda: ["/favicon.ico"])  # asked for by the browser, not by a page
    contexts: list[BrowserContext] = field(default_factory=list)

    def __call__(
        self,
        role: str | None,
        path: str | None = None,
        *,
        theme: Literal["light", "dark"] = "light",
        phone: bool = False,
    ) -> Page:
        """Open a page as somebody of the cast; None is a stranger."""
        context = self.browser.new_context(
            base_url=self.address,
            color_scheme=theme,
            viewport=PHONE if phone else DESK,  # ty: ignore[invalid-argument-type]  # a plain dict of two sizes
            has_touch=phone,
            locale="en-GB",
            timezone_id="UTC",
            reduced_motion="reduce",
        )
        context.set_default_timeout(30_000)  # a first page on a busy machine
        self.contexts.append(context)
        if role is not None:
            context.add_cookies([{**session_cookie(self.people[role]), "url": self.address}])
        page = context.new_page()
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))
        if path is not None:
            page.goto(path)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def allow(self, text: str) -> None:
        """Expect a complaint that holds this text, such as that of an answer with status 400."""
        self.allowed.append(text)

    def unexpected(self) -> list[str]:
        """List the complaints that no test expected: errors of the console, uncaught ones, refusals by the CSP."""
        return [said for said in self.complaints if not any(text in said for text in self.allowed)]

    def close(self) -> None:
        """Close what was opened."""
        for context in self.contexts:
            context.close()


def session_cookie(person: AbstractBaseUser) -> dict[str, str]:
    """Sign a person in and return the session's cookie."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(person)
    return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies[settings.SESSION_COOKIE_NAME].value}


def serious_findings(page: Page, *, within: str | None = None) -> list[str]:
    """List what axe-core finds serious or critical on a page as it is now, one line an element."""
    found: dict[str, Any] = Axe().run(page, context=within).response
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}: {node['failureSummary']}"
        for violation in found["violations"]
        if violation["impact"] in SEVERE
        for node in violation["nodes"]
    ]


def fits_its_width(page: Page) -> bool:
    """Say whether nothing sticks out sideways, so that a phone needs no scrolling to the right."""
    return page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def keep(page: Page, name: str) -> None:
    """Take a picture of the whole page into the folder that TIDEGATE_SCREENSHOTS names, if it names one."""
    folder = os.environ.get("TIDEGATE_SCREENSHOTS")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
