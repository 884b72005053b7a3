"""What people say holds at once, is kept, and can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from helpers.desk import ticket
from tidegate.server.desk import models, tables
from tidegate.server.desk.acts import overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.errors import RefusedError
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.server.desk.board.rows import Row
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_board() -> Iterator[None]:
    board.forget()
    tables.upsert("tickets", ticket("t", group="technical", subject="How do I export a report?"))
    yield
    board.forget()


def row() -> Row:
    found = board.snapshot(fresh=0).row("t")
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("kind", "value"), [("level", "P0"), ("lane", "later"), ("intent", "billing"), ("route", "billing")]
)
def test_it_holds_at_once_and_no_more_once_it_is_taken_back(people: dict[str, Person], kind: str, value: str) -> None:
    def said(found: Row) -> str | None:
        return {"level": found.level, "lane": found.lane, "intent": found.intent, "route": found.group}[kind]

    before = said(row())
    override = overrides.override_set(
        person=people["agent"], ticket_id="t", kind=kind, value=value, reason="I know them"
    )
    assert said(row()) == value
    assert override.was == before
    overrides.override_undo(person=people["lead"], override_id=override.pk)
    assert said(row()) == before
    kept = models.Override.objects.get()
    assert (kept.reason, kept.undone_by) == ("I know them", people["lead"])
    acts = AuditEntry.objects.filter(object_kind="ticket").order_by("at").values_list("act", flat=True)
    assert list(acts) == ["ticket.override", "ticket.override_undo"]
    assert models.Event.objects.filter(kind="override").count() == 2


def test_saying_it_anew_replaces_what_was_said(people: dict[str, Person]) -> None:
    policy_s = row().level
    for level in ("P0", "P1"):
        overrides.override_set(person=people["agent"], ticket_id="t", kind="level", value=level)
        row()
    assert row().level == "P1"
    assert set(models.Override.objects.values_list("was", flat=True)) == {policy_s}  # not what a person had said
    assert models.Override.objects.filter(undone_at=None).count() == 1
    with pytest.raises(RefusedError, match="taken back already"):
        overrides.override_undo(person=people["agent"], override_id=models.Override.objects.get(value="P0").pk)


@pytest.mark.parametrize(
    ("who", "ticket_id", "said", "status"),
    [
        ("viewer", "t", ("level", "P0"), 403),
        ("leaver", "t", ("level", "P0"), 403),
        ("colleague", "t", ("level", "P0"), 404),
        ("agent", "no such", ("level", "P0"), 404),
        ("agent", "t", ("level", "P9"), 422),
        ("agent", "t", ("lane", "waiting"), 422),
        ("agent", "t", ("intent", "nonsense"), 422),
        ("agent", "t", ("colour", "red"), 422),
        ("agent", "t", ("route", " "), 422),
    ],
)
def test_what_is_refused(
    people: dict[str, Person], who: str, ticket_id: str, said: tuple[str, str], status: int
) -> None:
    kind, value = said
    with pytest.raises(RefusedError) as refused:
        overrides.override_set(person=people[who], ticket_id=ticket_id, kind=kind, value=value)
    assert refused.value.status == status
    assert not models.Override.objects.exists()
    assert not AuditEntry.objects.filter(object_kind="ticket").exists()
