"""The outbox's page in a browser: both looks, a phone, and no mouse."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from helpers.browsing import fits_its_width
from helpers.desk import policy_in_force, ticket
from tidegate.server.desk import tables
from tidegate.server.desk.models import Action, Channel, Escalation
from tidegate.server.desk.outbox import channels

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from helpers.browsing import Browse

IMPACT = (
    "40 tickets of 4 accounts (contracts of 308k a year, 1 not on file), at least 150 people affected, since "
    "2026-03-02 04:00 UTC. Next deadline 2026-03-02 09:22 UTC. 1 target missed already. Incident INC-7: exports leak."
)


@pytest.fixture
def box(people: dict[str, object]) -> None:
    """Pages that were given up, one that waits, some that were only intended, a case, and a channel that fails."""
    del people
    policy_in_force(dry_run=False)
    tables.upsert("tickets", ticket("T-1042", subject="Exports leak other tenants' rows"))
    told = {
        "title": "[P0] leak, breach or exposure: ticket T-1042",
        "body": "Exports leak other tenants' rows\nNorthwind\nresponse due in 4 min; security words\nDue 09:22 UTC.",
        "causes": ["rule: leak, breach or exposure"],
        "ticket_id": "T-1042",
    }
    rows = [
        ("page", "pager", Action.State.DEAD, 10, "answered 503: busy"),
        ("notify", "owners", Action.State.DEAD, 1, "169.254.169.254 is link-local"),
        ("page", "pager", Action.State.WAITING, 3, "ReadTimeout: The read operation timed out"),
        ("assign", "A1", Action.State.INTENDED, 0, ""),
    ]
    for number, (kind, target, state, attempts, error) in enumerate(rows):
        Action.objects.create(
            key=f"k{number}", kind=kind, target=target, state=state, attempts=attempts, last_error=error,
            next_at=timezone.now() + timedelta(hours=1) if state == Action.State.WAITING else None, **told,
        )  # fmt: skip
    tickets = [f"T-{number}" for number in range(40)]
    Escalation.objects.create(title="Exports leak", impact=IMPACT, level="P0", to="technical", tickets=tickets)
    channels.channel_set(by=None, name="pager", kind="webhook", url="https://hooks.example/p", secret="x" * 32)
    channels.channel_set(by=None, name="owners", kind="apprise", url="mailtos://a:b@mail.example")
    Channel.objects.filter(name="pager").update(failures=3)


@pytest.mark.usefixtures("box")
@pytest.mark.parametrize("state", ["dead", "waiting", "done"])
def test_the_page_is_sound_in_both_looks_and_on_a_phone(
    browse: Browse, axe: Callable[[Page], None], snap: Callable[[Page, str], None], state: str
) -> None:
    for theme, phone in (("light", False), ("dark", False), ("light", True)):
        page = browse("lead", f"/actions?state={state}", theme=theme, phone=phone)  # ty: ignore[invalid-argument-type]
        snap(page, f"actions-{state}-{theme}{'-phone' if phone else ''}")
        axe(page)
        assert fits_its_width(page)
        assert page.locator("h1").count() == 1


@pytest.mark.usefixtures("box")
def test_a_dead_action_is_read_and_sent_again_by_keyboard_alone(browse: Browse) -> None:
    page = browse("lead", "/actions")
    page.locator("tr.action summary").first.focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("Exports leak other tenants' rows").first.is_visible()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Send"
    page.keyboard.press("Enter")
    page.get_by_text("for ticket T-1042 will be sent").wait_for()
    assert page.locator("tr.action").count() == 1
    assert Action.objects.filter(state=Action.State.DEAD).count() == 1
