"""Pages of errors in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from helpers.browsing import fits_its_width

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse

pytestmark = pytest.mark.urls("helpers.failing")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_error_pages_are_sound_and_lead_on(browse: Browse, axe: Callable[[Page], None], theme: Any) -> None:
    for status in (403, 404, 500):
        browse.allow(str(status))
        page = browse("viewer", f"/_{status}", theme=theme, phone=theme == "dark")
        axe(page)
        assert fits_its_width(page)
        assert page.get_by_role("heading", level=1).is_visible()
        assert page.get_by_role("link", name="Go to the queue").get_attribute("href") == "/"
