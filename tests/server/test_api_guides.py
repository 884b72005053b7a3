"""The code of the guides runs against the service, over HTTP, with a worker draining the inbox beside it."""

from __future__ import annotations

import re
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from tidegate.server.desk.inbox import draining
from tidegate.server.desk.models import Delivery, Ticket
from tidegate.server.people import tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tidegate.server.people.models import Person

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
BLOCK = re.compile(r"^```py\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture
def drained(transactional_db: None) -> Iterator[Callable[[], None]]:
    del transactional_db
    ended = threading.Event()

    def drain() -> None:
        while not ended.wait(0.05):
            draining.drain()
        connection.close()

    thread = threading.Thread(target=drain)
    thread.start()

    def finish() -> None:
        ended.set()
        thread.join()
        draining.drain()

    yield finish
    finish()


def run(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__name__": page}
    blocks = BLOCK.findall((DOCS / page).read_text(encoding="utf-8"))
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)  # noqa: S102 (our own pages)
    return names


def test_sending_tickets(
    live_server: Any, people: dict[str, Person], drained: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tokens.token_create(by=people["admin"], name="guide", source="guide", scopes=["facts:write"])
    monkeypatch.setenv("TIDEGATE_URL", live_server.url)
    monkeypatch.setenv("TIDEGATE_TOKEN", made.key)
    run("send-tickets.md")["tidegate"].close()
    drained()
    ticket = Ticket.objects.get(pk="4711")
    assert (ticket.status, ticket.assignee) == ("waiting", "ivy")
    assert Ticket.objects.get(pk="4713").status == "waiting"
    assert not Delivery.objects.exclude(state="done").exists()


def test_verifying_a_webhook(
    live_server: Any, people: dict[str, Person], drained: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = tokens.token_create(by=people["admin"], name="guide", source="zendesk", scopes=["facts:write"], signs=True)
    monkeypatch.setenv("TIDEGATE_URL", live_server.url)
    monkeypatch.setenv("TIDEGATE_SECRET", made.signing_secret)
    run("verify-a-webhook.md")
    drained()
    assert Ticket.objects.get().subject == "Checkout fails"
