"""The service reads with a model that the team trained, and lets people say the intents that it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest

from helpers.desk import ticket
from tidegate.read.teaching import Lessons, teach
from tidegate.server import startup
from tidegate.server.desk import tables
from tidegate.server.desk.acts import overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.board.reader import intents
from tidegate.server.desk.errors import RefusedError
from tidegate.tables.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_django.fixtures import SettingsWrapper

    from tidegate.server.people.models import Person


@pytest.fixture
def _own_model(tmp_path: Path, settings: SettingsWrapper) -> Iterator[None]:
    bodies = {"router_trouble": "my router is dead", "invoice_trouble": "my invoice is wrong"}
    rows = pl.concat([ticket(f"{at} {name}", body=f"{text} {at}") for at in range(30) for name, text in bodies.items()])
    lessons = Lessons(tickets=rows, labels={"intent": pl.Series([*bodies] * 30)}, order=None, hindsight=False)
    model, _ = teach(lessons, coverage=0.9, folds=2)
    model.save(tmp_path)
    settings.READING_MODEL = tmp_path
    board.forget()
    yield
    board.forget()


@pytest.mark.django_db
@pytest.mark.usefixtures("_own_model")
def test_tickets_are_read_with_it_and_can_be_said_to_have_its_intents(people: dict[str, Person]) -> None:
    tables.upsert("tickets", ticket("t", body="the router is dead again"))
    row = board.snapshot(fresh=0).row("t")
    assert row is not None
    assert row.intent == "router_trouble"
    assert set(intents()) == {"router_trouble", "invoice_trouble"}
    overrides.override_set(person=people["agent"], ticket_id="t", kind="intent", value="invoice_trouble")
    with pytest.raises(RefusedError, match="is no intent"):
        overrides.override_set(person=people["agent"], ticket_id="t", kind="intent", value="billing")
    row = board.snapshot(fresh=0).row("t")
    assert row is not None
    assert row.intent == "invoice_trouble"


def test_a_folder_without_a_model_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEGATE_MODEL", str(tmp_path))
    with pytest.raises(ModelError, match=r"model\.json is missing"):
        startup.read_environment()
