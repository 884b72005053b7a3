"""The pulse in the browser: read, opened to what each figure is made of, by mouse and by keyboard."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from helpers.browsing import fits_its_width
from helpers.company import forget_jobs, move_in
from tidegate.server.desk import policies, pulse
from tidegate.server.desk.models import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse

LOOKS = [("light", False), ("dark", False), ("light", True), ("dark", True)]


@pytest.fixture
def measured(live_server: object, people: dict[str, object]) -> list[Pulse]:
    """The demo company as it is now, measured."""
    from tidegate.server.desk.board import board

    del live_server, people
    policies.policy_ensure()
    move_in(datetime.now(UTC), tickets=900, days=60)
    board.forget()
    return pulse.pulse_measure()


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_page_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse,
    axe: Callable[[Page], None],
    snap: Callable[[Page, str], None],
    measured: list[Pulse],
    theme: str,
    *,
    phone: bool,
) -> None:
    del measured
    page = browse("lead", "/pulse", theme=theme, phone=phone)  # ty: ignore[invalid-argument-type]
    page.get_by_role("heading", name="Leading measures").wait_for()
    snap(page, f"pulse-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)
    page.get_by_role("link", name=re.compile(r"\d opened$")).click()
    page.get_by_role("heading", name="Opened since the evening before").wait_for()
    snap(page, f"pulse-tickets-{theme}{'-phone' if phone else ''}")
    axe(page)
    assert fits_its_width(page)


def test_a_figure_opens_to_its_definition_and_its_tickets(browse: Browse, measured: list[Pulse]) -> None:
    whole = next(one for one in measured if not one.groups)
    row = whole.body["leading"][0]
    page = browse("viewer", "/pulse")
    page.get_by_text(row["title"], exact=True).first.click()
    assert page.get_by_text(row["definition"]).first.is_visible()
    page.get_by_role("link", name=f"tickets behind {row['title']}").click()
    kept = whole.sets.get(key=f"measure:{row['name']}")
    page.get_by_role("heading", name=kept.title).wait_for()
    assert page.get_by_text(row["definition"]).is_visible()
    assert page.locator("tbody tr").count() == min(len(kept.ids), 50)


def test_every_chart_is_also_a_table(browse: Browse, measured: list[Pulse]) -> None:
    body = next(one.body for one in measured if not one.groups)
    page = browse("viewer", "/pulse")
    assert page.locator("figure[role=img]").count() == len(body["charts"]) >= 5
    for chart in body["charts"]:
        page.get_by_text(f"As a table: {chart['title']}").click()
        table = page.get_by_role("region", name=f"{chart['title']}, as a table")
        assert table.locator("tbody tr").count() == len(chart["rows"])
        assert table.get_by_role("columnheader").all_text_contents() == chart["columns"]


def test_a_count_of_a_chart_leads_to_its_tickets(browse: Browse, measured: list[Pulse]) -> None:
    del measured
    page = browse("viewer", "/pulse")
    page.get_by_text("As a table: Backlog by level and age").click()
    cell = page.get_by_role("region", name="Backlog by level and age, as a table").get_by_role("link").first
    count = int(cell.text_content() or "0")
    cell.click()
    page.get_by_role("heading", name="Open, P").wait_for()
    assert page.locator("tbody tr").count() == count


def test_charts_follow_the_look_without_being_drawn_again(browse: Browse, measured: list[Pulse]) -> None:
    del measured
    strokes = []
    for theme in ("light", "dark"):
        page = browse("viewer", "/pulse", theme=theme)  # ty: ignore[invalid-argument-type]
        line = page.locator(".chart .wide path[stroke='var(--series-1)']").first
        strokes.append(line.evaluate("path => getComputedStyle(path).stroke"))
    assert strokes == ["rgb(11, 92, 173)", "rgb(108, 178, 255)"]


def test_the_way_to_the_tickets_by_keyboard_alone(browse: Browse, measured: list[Pulse]) -> None:
    del measured
    page = browse("lead", "/policy")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.get_by_role("heading", name="Pulse").wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if "late already" in page.evaluate("document.activeElement.textContent"):
            break
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Late already").wait_for()


def test_a_key_opens_every_chart_as_a_table_and_closes_them(browse: Browse, measured: list[Pulse]) -> None:
    body = next(one.body for one in measured if not one.groups)
    page = browse("viewer", "/pulse")
    for shown in (len(body["charts"]), 0):
        page.keyboard.press("t")
        assert page.locator(".chart details[open]").count() == shown


def test_a_lead_asks_for_a_measurement_once(browse: Browse, measured: list[Pulse]) -> None:
    del measured
    forget_jobs()
    page = browse("lead", "/pulse")
    for _ in range(2):
        page.get_by_role("button", name="Measure now").click()
        page.get_by_text("look again in a moment").wait_for()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'pulse_measures'")
        assert cursor.fetchone() == (1,)
    assert not browse("agent", "/pulse").get_by_role("button", name="Measure now").is_visible()


def test_an_old_measurement_says_so(browse: Browse, measured: list[Pulse]) -> None:
    Pulse.objects.filter(pk__in=[one.pk for one in measured]).update(as_of=datetime.now(UTC) - timedelta(hours=2))
    assert browse("viewer", "/pulse").get_by_text("This is old").is_visible()


def test_before_the_first_measurement_the_page_teaches(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None]
) -> None:
    page = browse("lead", "/pulse")
    assert page.get_by_role("heading", name="Nothing is measured yet").is_visible()
    snap(page, "pulse-empty")
    axe(page)
