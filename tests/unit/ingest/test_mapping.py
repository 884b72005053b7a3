"""Mapping files: written, corrected by hand, read back; and wrong ones told by line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.ingest import Mapping, read_accounts, read_tickets
from tidegate.tables import InputError

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2024, 6, 1, tzinfo=UTC)
ODD = 'Fall;"Wann: #1";Stufe;Was\n7;02.05.2024 10:00;rot;hilfe\n8;03.05.2024 10:00;gelb;bitte\n'
MAP = """\
table: tickets
columns:
  ticket_id: Fall
  created_at: ["Wann: #1"]
  priority: Stufe
  subject: [Was]
values:
  priority: {rot: P0, gelb: P2}
timezone: Europe/Berlin
"""


def load(tmp_path: Path, text: str) -> Mapping:
    path = tmp_path / "map.yml"
    path.write_text(text, encoding="utf-8")
    return Mapping.load(path)


def test_a_mapping_file_says_what_cannot_be_recognised(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no column was recognised as ticket_id"):
        read_tickets(ODD.encode(), now=NOW)
    intake = read_tickets(ODD.encode(), now=NOW, mapping=load(tmp_path, MAP))
    assert intake.table.get_column("given_level").to_list() == ["P0", "P2"]
    assert intake.table.get_column("created_at")[0] == datetime(2024, 5, 2, 8, tzinfo=UTC)
    assert intake.mapping.unmapped == ()


def test_what_is_written_reads_the_same(tmp_path: Path) -> None:
    table = 'Id,Created at,Status,Priority,"we, ird: #[x]",Labels,Labels\n1,03/04/2024,Parked up,P1,x,a,b\n'
    first = read_tickets(table.encode(), now=NOW)
    assert "we, ird: #[x]" in first.mapping.unmapped
    again = read_tickets(table.encode(), now=NOW, mapping=load(tmp_path, first.mapping.dump()))
    assert again.table.equals(first.table)
    assert again.mapping == first.mapping


@given(
    st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1), min_size=2, max_size=4, unique=True)
)
@settings(deadline=None, max_examples=20)
def test_any_column_name_survives(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    mapping = Mapping(
        columns={"ticket_id": (names[0],), "created_at": tuple(names[1:])}, values={"status": {"ä": "new"}}
    )
    assert load(tmp_path_factory.mktemp("map"), mapping.dump()) == mapping


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("columns:\n  ticket_idd: A\n", ("line 2", "ticket_idd", "ticket_id")),
        ("colums: {}\n", ("line 1", "colums", "columns")),
        ("values:\n  status:\n    parked: holdd\n", ("line 3", "values.status.parked", "holdd", "hold")),
        ("values: {assignee: {a: b}}\n", ("line 1", "assignee", "status")),
        ("units: {handling_minutes: hour}\n", ("line 1", "units.handling_minutes", "hour", "hours")),
        ("dates: {created_at: american}\n", ("line 1", "american", "month first")),
        ("timezone: Europe/Lundon\n", ("line 1", "Europe/Lundon", "Europe/London")),
        ("table: ticket\n", ("line 1", "ticket", "tickets")),
        ("system: zen\n", ("line 1", "zen", "zendesk")),
        ("log: maybe\n", ("line 1", "maybe", "true")),
        ("columns: [a, b]\n", ("line 1", "a mapping")),
        ("columns: {ticket_id: {a: b}}\n", ("line 1", "columns.ticket_id", "a single value")),
        ("columns: {a\n", ("line",)),
        ("", ("empty",)),
    ],
)
def test_a_wrong_mapping_file_is_told_by_line_with_what_is_valid(
    tmp_path: Path, text: str, words: tuple[str, ...]
) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, text)
    assert all(word in str(caught.value) for word in ("map.yml", *words)), str(caught.value)


def test_a_mapping_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        Mapping.load(tmp_path / "no.yml")
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError):
        Mapping.load(tmp_path / "bytes.yml")


def test_a_source_column_that_the_file_lacks_is_told_with_the_nearest() -> None:
    mapping = Mapping(columns={"account_id": ("Acount",)})
    with pytest.raises(InputError, match="'Account'"):
        read_accounts(b"Account,Name\n1,a\n", mapping=mapping)
