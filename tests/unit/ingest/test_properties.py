"""Guarantees that hold for anything at all."""

from __future__ import annotations

import csv
import io
import json
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.ingest import Intake, read_tickets
from tidegate.ingest.delimited import read_delimited
from tidegate.tables import InputError, Tickets

NOW = datetime(2024, 6, 1, tzinfo=UTC)
HEADER = [
    "id",
    "created_at",
    "updated_at",
    "status",
    "priority",
    "tags",
    "reopens",
    "csat",
    "vip",
    "solved_at",
    "subject",
]
cells = st.one_of(
    st.sampled_from(
        ["", "1", "2", "3", "2024-05-01", "01/02/2024", "5/13/24 3:00 PM", "open", "P1", "yes", "-3", "1e400"]
    ),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=12),
)


def accounted(intake: Intake) -> None:
    assert intake.read == intake.table.height + intake.rejected.height
    Tickets.validate(intake.table)
    assert intake.rejected.get_column("why").null_count() == 0


@pytest.mark.slow
@given(st.one_of(st.binary(max_size=300), st.text(max_size=300).map(str.encode)))
@settings(max_examples=30, deadline=None)
def test_any_bytes_are_a_table_or_a_clear_error(data: bytes) -> None:
    with suppress(InputError):
        accounted(read_tickets(data, now=NOW))


@pytest.mark.slow
@given(st.lists(st.lists(cells, min_size=1, max_size=len(HEADER) + 1), max_size=12))
@settings(max_examples=30, deadline=None)
def test_every_record_of_any_csv_is_accounted_for(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADER, *rows])
    plain = text.getvalue()
    # A NUL byte is left out, so what consists of nothing else is a blank line; the csv module is the judge of the rest.
    records = [record for record in csv.reader(io.StringIO(plain.replace("\x00", ""), newline="")) if record]
    intake = read_tickets(plain.encode(), now=NOW)
    accounted(intake)
    assert intake.read == len(records) - 1


@pytest.mark.slow
@given(
    st.lists(st.lists(cells.filter(lambda cell: "\x00" not in cell), min_size=3, max_size=3), min_size=1, max_size=12)
)
@settings(max_examples=30, deadline=None)
def test_well_formed_csv_comes_back_cell_by_cell(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([["a", "b", "c"], *rows])
    raw = read_delimited("x", text.getvalue().encode(), ",")
    assert not raw.rejected
    assert [[cell or "" for cell in row] for row in raw.frame.select("a", "b", "c").rows()] == rows


values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), cells),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["name", "id", "x"]), inner)),
    max_leaves=6,
)


@pytest.mark.slow
@given(st.lists(st.dictionaries(st.sampled_from(HEADER), values, max_size=8), max_size=8), st.booleans())
@settings(max_examples=30, deadline=None)
def test_any_json_records_are_a_table_or_a_clear_error(records: list[dict], lines: bool) -> None:
    text = "\n".join(map(json.dumps, records)) if lines else json.dumps({"tickets": records})
    with suppress(InputError):
        intake = read_tickets(text.encode(), now=NOW)
        accounted(intake)
        assert intake.read == len(records)
