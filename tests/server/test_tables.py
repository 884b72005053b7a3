"""Frames to rows and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.desk import ticket, write_company
from tidegate.server.desk import models, tables

pytestmark = pytest.mark.django_db
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_what_is_written_is_read_back() -> None:
    made = write_company()
    for name in tables.CONTRACTS:
        frame = getattr(made, name)
        key = tables.CONTRACTS[name][1].primary_key()[0]
        assert tables.upsert(name, frame) == (0 if name in tables.APPENDED else frame.height)
        assert tables.read(name).sort(key).equals(frame.select(tables.CONTRACTS[name][1].column_names()).sort(key))


def test_an_older_version_of_a_ticket_does_not_replace_a_newer_one() -> None:
    tables.upsert("tickets", ticket(subject="new", updated_at=AT + timedelta(hours=1)))
    assert tables.upsert("tickets", ticket(subject="old", updated_at=AT)) == 0
    assert models.Ticket.objects.get().subject == "new"
    assert tables.upsert("tickets", ticket(subject="newer", updated_at=AT + timedelta(hours=2))) == 1
    assert models.Ticket.objects.get().subject == "newer"


def test_a_known_message_stays_as_it_is() -> None:
    schema = {name: column.dtype for name, column in tables.CONTRACTS["messages"][1].columns().items()}
    row = {"message_id": "m", "ticket_id": "t1", "at": AT, "author_kind": "agent", "public": True, "body": "first"}
    tables.upsert("messages", pl.DataFrame([row], schema=schema))
    assert tables.upsert("messages", pl.DataFrame([row | {"body": "second"}], schema=schema)) == 0
    assert models.Message.objects.get().body == "first"


@given(text=st.text(st.characters(exclude_categories=["Cs"])), number=st.floats(allow_nan=True))
def test_any_text_and_number_is_stored(text: str, number: float) -> None:
    tables.upsert("tickets", ticket(subject=text, tags=[text], handling_minutes=number))
    row = tables.read("tickets").row(0, named=True)
    assert row["subject"] == text.replace("\0", "�")
    assert row["tags"] == [text.replace("\0", "�")]
    finite = number == number and abs(number) != float("inf")  # noqa: PLR0124 - NaN differs from itself
    assert row["handling_minutes"] == (number if finite else None)
