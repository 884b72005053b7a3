"""`tidegate map` as a person runs it: see what was recognised, correct it, rank with it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tidegate.cli import app
from tidegate.ingest import Mapping

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

NOW = "2026-03-02T09:00:00Z"
TICKETS = """\
Case,Opened on,State,Headline,Weight,Colour
7,02/03/2026 08:00,Parked,how do I export,A,red
8,01/03/2026 08:30,Live,site down,A,blue
9,25/02/2026 08:30,Live,slow page,B,blue
"""
MAPPING = """\
table: tickets
columns:
  ticket_id: Case
  created_at: [Opened on]
  status: State
  subject: Headline
  priority: Weight
values:
  status: {live: open, parked: waiting}
  priority: {a: P0, b: P3}
"""


def run(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments], input=stdin)


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(TICKETS)
    return path


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.yml"
    path.write_text(MAPPING)
    return path


def queue(*arguments: str) -> list[tuple[str, float]]:
    done = run("rank", *arguments, "--now", NOW, "--timezone", "UTC", "--format", "json")
    assert done.exit_code == 0, done.output
    return [(entry["ticket_id"], entry["points"]) for entry in json.loads(done.stdout)["queue"]]


def test_a_file_with_no_known_creation_time_gets_a_mapping_file_to_complete(tickets: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    done = run("map", str(tickets), "--out", str(out), "--now", NOW)
    assert done.exit_code == 1
    assert "no column was recognised as ticket_id" in done.stderr
    assert '#   "Opened on"' in out.read_text()
    assert Mapping.load(out).columns == {"status": ("State",)}


def test_the_written_mapping_ranks_like_the_one_it_came_from(tickets: Path, mapping: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.yml"
    done = run("map", str(tickets), "--map", str(mapping), "--out", str(out), "--now", NOW, "--timezone", "UTC")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert "5 columns used, 1 not; 3 rows fit, 0 are rejected" in done.stderr
    written = Mapping.load(out)
    assert written.columns == {name: tuple(sources) for name, sources in Mapping.load(mapping).columns.items()}
    assert written.values == {"status": {"live": "open", "parked": "waiting"}, "priority": {"a": "P0", "b": "P3"}}
    assert (written.timezone, written.dates) == ("UTC", {"created_at": "day first"})
    by_hand, by_file = queue(str(tickets), "--map", str(mapping)), queue(str(tickets), "--map", str(out))
    assert by_hand == by_file
    assert [ticket for ticket, _ in by_hand] == ["8", "9"]


def test_a_mapping_written_twice_is_the_same(tickets: Path, mapping: Path, tmp_path: Path) -> None:
    once = tmp_path / "once.yml"
    assert run("map", str(tickets), "--map", str(mapping), "--out", str(once), "--now", NOW).exit_code == 0
    twice = run("map", str(tickets), "--map", str(once), "--now", NOW)
    assert twice.stdout == once.read_text()


def test_what_is_recognised_goes_to_standard_output_and_ranks_the_same() -> None:
    text = "id,created,state,title,severity\n1,2026-03-01T08:00:00Z,open,Broken,high\n"
    done = run("map", "-", "--now", NOW, stdin=text)
    assert done.exit_code == 0
    assert 'created_at: ["created"]' in done.stdout
    assert "recognised as generic: 5 columns used, 0 not; 1 rows fit, 0 are rejected" in done.stderr


def test_other_tables_have_their_own_columns(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    path.write_text("company_id,company,arr\n7,Acme,12000\n")
    done = run("map", str(path), "--table", "accounts", "--now", NOW)
    assert 'contract_value: ["arr"]' in done.stdout


@pytest.mark.parametrize(
    ("text", "said", "valid"),
    [
        ("table: tickts\n", (1, "table", "tickts"), "tickets"),
        ("table: tickets\nsystem: zendes\n", (2, "system", "zendes"), "zendesk"),
        ("columns:\n  ticket_id: Case\n  create_at: x\n", (3, "the column in columns", "create_at"), "created_at"),
        ("values:\n  status: {live: opne}\n", (2, "values.status.live", "opne"), "open"),
        ("units:\n  handling_minutes: hour\n", (2, "units.handling_minutes", "hour"), "hours"),
        ("dates: {created_at: us}\n", (1, "dates.created_at", "us"), "month first"),
        ("colums: {}\n", (1, "the key", "colums"), "columns"),
        ("timezone: Europe/Londn\n", (1, "timezone", "Europe/Londn"), "Europe/London"),
    ],
)
def test_errors_name_file_line_key_value_and_valid_ones(
    mapping: Path, text: str, said: tuple[int, str, str], valid: str
) -> None:
    mapping.write_text(text)
    line, key, value = said
    for verb in ("map", "rank"):
        done = run(verb, "-", "--map", str(mapping), "--now", NOW, stdin=TICKETS)
        assert done.exit_code == 2
        assert f"map.yml: line {line}: {key} is not valid (found {value!r}); expected" in done.stderr
        assert valid in done.stderr.partition("expected")[2]


def test_a_column_that_the_file_does_not_have_is_named_with_the_nearest(tickets: Path, mapping: Path) -> None:
    mapping.write_text(MAPPING.replace("Opened on", "Opened"))
    done = run("map", str(tickets), "--map", str(mapping), "--now", NOW)
    assert done.exit_code == 2
    assert (
        "the mapping names a column that the file does not have (found 'Opened'); expected 'Opened on'" in done.stderr
    )


def test_files_that_cannot_be_read_or_written_are_told(tickets: Path, tmp_path: Path) -> None:
    missing = run("map", str(tmp_path / "tickts.csv"), "--now", NOW)
    assert (missing.exit_code, "tickets.csv" in missing.stderr) == (2, True)
    text = "id,created\n1,2026-03-01\n"
    tickets.write_text(text)
    unwritable = run("map", str(tickets), "--out", str(tmp_path / "no" / "map.yml"), "--now", NOW)
    assert unwritable.exit_code == 2
    assert "cannot be written" in unwritable.stderr
