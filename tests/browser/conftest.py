"""Browser tests: the real application behind a real socket, over the embedded PostgreSQL, looked at with Chromium.

The server runs in the test's own process (Django's live server thread), so that a test may set the stage with models
and services. A console error, an uncaught one or a refusal by the content security policy fails the test.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from helpers.browsing import ARGUMENTS, Browse, find_chromium, keep, serious_findings
from server.conftest import django_db_modify_db_settings, no_data_left, people

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page
    from pytest_django.live_server_helper import LiveServer

__all__ = ["django_db_modify_db_settings", "no_data_left", "people"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of them starts a browser, so all are slow."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start a browser for the tests of one file.

    Playwright's loop runs in the test's thread: Django would refuse the ORM there, and no other test could run a loop
    of its own. Hence the variable, and hence not for longer than one file.
    """
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
            yield browser
            browser.close()


@pytest.fixture
def browse(chromium: Browser, live_server: LiveServer, people: dict[str, object]) -> Iterator[Browse]:
    """Open pages as anybody: ``browse("lead", "/policy", theme="dark", phone=True)``."""
    opened = Browse(browser=chromium, address=live_server.url, people=people)  # ty: ignore[invalid-argument-type]
    yield opened
    opened.close()
    assert opened.unexpected() == []


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """Fail where axe-core finds something serious or critical on the page as it is now."""

    def check(page: Page) -> None:
        assert serious_findings(page) == []

    return check


@pytest.fixture
def snap() -> Callable[[Page, str], None]:
    """Keep a picture of a page: ``snap(page, "policy-dark")`` where TIDEGATE_SCREENSHOTS names a folder."""
    return keep
