"""The policy's pages: looked at, edited with checks, previewed, replayed, put in force and rolled back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from helpers.browsing import fits_its_width
from helpers.company import move_in
from tidegate.policy.loading import built_in
from tidegate.server.desk import policies
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.desk.policies import replaying
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse
    from tidegate.server.people.models import Person

KEENER = built_in("starter").replace("now_when: 0.25 ", "now_when: 0.01 ")
WHY = "Leaks must not wait behind questions."


@pytest.fixture
def lead(live_server: object, people: dict[str, Person]) -> Person:
    """A lead of the demo company, with the starter policy in force."""
    from tidegate.server.desk.board import board

    del live_server
    policies.policy_ensure()
    move_in(datetime.now(UTC), tickets=600, days=15)
    board.forget()
    return people["lead"]


@pytest.fixture
def second(lead: Person) -> PolicyVersion:
    """A version that would move tickets, not in force."""
    return policies.policy_create(person=lead, text=KEENER)


@pytest.fixture
def replayed(lead: Person, second: PolicyVersion) -> Replay:
    """That version, tried on the last weeks."""
    replay = replaying.replay_ask(person=lead, number=second.number)
    return replaying.replay_run(replay_id=replay.pk)


NAMED = "document.activeElement.labels?.[0]?.textContent ?? document.activeElement.textContent"
LOOKS = [("light", False), ("dark", False), ("light", True), ("dark", True)]


@pytest.mark.parametrize(("theme", "phone"), LOOKS)
def test_the_pages_are_sound_in_both_looks_and_on_a_phone(
    browse: Browse,
    axe: Callable[[Page], None],
    snap: Callable[[Page, str], None],
    replayed: Replay,
    theme: str,
    *,
    phone: bool,
) -> None:
    del replayed
    page = browse("lead", "/policy/versions/2", theme=theme, phone=phone)  # ty: ignore[invalid-argument-type]
    page.get_by_text("would change level or lane").wait_for()
    look = f"{theme}{'-phone' if phone else ''}"
    for name, path, wait in (
        ("version", None, "would change level or lane"),
        ("active", "/policy", "The file"),
        ("compare", "/policy/compare?a=1&b=2", "To the letter"),
        ("edit", "/policy/edit?from=2", "Checks"),
    ):
        if path:
            page.goto(path)
        page.get_by_text(wait).first.wait_for()
        snap(page, f"policy-{name}-{look}")
        axe(page)
        assert fits_its_width(page)


def test_a_lead_edits_previews_keeps_and_puts_in_force(browse: Browse, lead: Person) -> None:
    page = browse("lead", "/policy")
    page.get_by_role("link", name="Edit a copy").click()
    text = page.get_by_label("Policy text")
    text.fill(built_in("starter").replace("now_when: 0.25 ", "now_when: often "))
    line = 1 + KEENER[: KEENER.index("now_when")].count("\n")
    page.locator("#checks").get_by_text(f"line {line}").wait_for()
    page.locator(f"[data-gutter] span.error:nth-child({line})").wait_for()
    assert text.evaluate("box => box.scrollHeight <= box.clientHeight"), "the text scrolls away from its line numbers"
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("Mend the errors first").wait_for()
    page.get_by_role("button", name=f"line {line}").click()
    assert page.evaluate("getSelection().toString()").strip().startswith("now_when: often")

    text.fill(KEENER)
    page.get_by_text("Nothing is wrong").wait_for()
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("open tickets would change level or lane").wait_for()
    assert page.get_by_role("region", name="Tickets that would move").locator("tbody tr").count() > 0

    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_text("Version 2 is kept").wait_for()
    assert PolicyVersion.objects.get(active=True).number == 1
    page.get_by_label("Why, in a sentence").fill(WHY)
    page.get_by_role("button", name="Put version 2 in force").click()
    page.get_by_role("heading", name="Policy version 2 in force").wait_for()
    assert page.get_by_text(WHY).is_visible()
    assert AuditEntry.objects.get(act="policy.activate", actor=lead).object_id == "2"


def test_all_of_it_works_by_keyboard_alone(browse: Browse, second: PolicyVersion) -> None:
    del second
    page = browse("lead", "/policy/versions/2")
    keyboard = page.keyboard
    page.get_by_text("would change level or lane").wait_for()

    def tab_to(name: str) -> None:
        for _ in range(60):
            keyboard.press("Tab")
            if name in page.evaluate(NAMED):
                return
        raise AssertionError(f"no way to {name!r} by Tab")

    tab_to("Why, in a sentence")
    keyboard.type(WHY)
    tab_to("Put version 2 in force")
    keyboard.press("Enter")
    page.get_by_role("heading", name="Policy version 2 in force").wait_for()
    tab_to("Why, in a sentence")
    keyboard.type("Too many tickets moved at once.")
    tab_to("Roll back to version 1")
    keyboard.press("Enter")
    page.get_by_role("heading", name="Policy version 1 in force").wait_for()
    assert PolicyVersion.objects.get(active=True).number == 1
    assert page.get_by_text("rolled back").is_visible()


def test_each_act_of_the_pages_has_a_key(browse: Browse, second: PolicyVersion) -> None:
    page = browse("lead", f"/policy/versions/{second.number}")
    page.keyboard.press("w")
    assert page.evaluate("document.activeElement.id") == "why"
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.get_by_text("Waiting for a worker").wait_for()
    page.keyboard.press("c")
    page.get_by_role("heading", name="Version 1 and version 2").wait_for()
    page.goto(f"/policy/versions/{second.number}")
    page.keyboard.press("e")
    page.get_by_role("heading", name="Edit the policy").wait_for()
    page.wait_for_load_state()  # keys are heard from then on
    page.keyboard.press("v")
    page.get_by_text("open tickets would change level or lane").wait_for()


def test_a_sentence_of_why_is_asked_for(browse: Browse, second: PolicyVersion) -> None:
    browse.allow("status of 400")
    page = browse("lead", f"/policy/versions/{second.number}")
    page.get_by_label("Why, in a sentence").fill("because")
    page.get_by_role("button", name="Put version 2 in force").click()
    assert "say why, in a sentence" in (page.get_by_role("alert").first.text_content() or "")
    assert page.get_by_label("Why, in a sentence").input_value() == "because"
    assert PolicyVersion.objects.get(active=True).number == 1


def test_what_has_errors_is_not_kept_and_not_lost(browse: Browse, lead: Person) -> None:
    del lead
    browse.allow("status of 400")
    page = browse("lead", "/policy/edit")
    text = page.get_by_label("Policy text")
    text.fill(KEENER + "colour: blue\n")
    page.get_by_role("button", name="Save as a new version").click()
    page.get_by_text("It was not kept: 1 error").wait_for()
    assert text.input_value().endswith("colour: blue\n")
    assert PolicyVersion.objects.count() == 1


def test_a_replay_says_how_far_it_is_and_what_came_out(
    browse: Browse, snap: Callable[[Page, str], None], second: PolicyVersion
) -> None:
    page = browse("lead", f"/policy/versions/{second.number}")
    page.get_by_role("button", name="Replay").click()
    page.get_by_text("Waiting for a worker").wait_for()
    replay = Replay.objects.get()
    Replay.objects.filter(pk=replay.pk).update(state="running", done=4, total=9)
    page.get_by_text("4 of 9 replays of the last 6 weeks").wait_for()
    snap(page, "policy-replay-running")
    replaying.replay_run(replay_id=replay.pk)
    page.get_by_text("Estimated by replay").wait_for()
    table = page.get_by_role("region", name="Replay of the last weeks")
    assert table.get_by_role("columnheader").all_text_contents() == [
        "version 1", "version 2", "first in, first out", "change",
    ]  # fmt: skip
    page.get_by_text("What was assumed").click()
    assert page.get_by_text("opened in the last 6 weeks").is_visible()


def test_a_replay_can_be_stopped(browse: Browse, second: PolicyVersion) -> None:
    page = browse("lead", f"/policy/versions/{second.number}")
    page.get_by_role("button", name="Replay").click()
    page.get_by_role("button", name="Stop").click()
    page.get_by_text("Stopped by hand").wait_for()
    assert Replay.objects.get().state == "cancelled"


def test_who_may_only_look_sees_no_button_that_changes(browse: Browse, second: PolicyVersion) -> None:
    page = browse("viewer", f"/policy/versions/{second.number}")
    page.get_by_text("would change level or lane").wait_for()
    for name in ("Edit a copy", "Put version 2 in force", "Replay", "Roll back"):
        assert not page.get_by_text(name, exact=True).is_visible()
    browse.allow("status of 403")
    page.goto("/policy/edit")
    assert page.get_by_label("Policy text").count() == 0
