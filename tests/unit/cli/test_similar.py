"""`tidegate similar` as a script or a person runs it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tidegate.cli import app

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2026-03-02T09:00:00Z"
TEXTS = [
    "Nobody can sign in with single sign-on since this morning",
    "Single sign-on fails and nobody can sign in this morning",
    "Where do I find the invoice for February?",
]


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    rows = [f"=T{i},2026-03-02T08:00:00Z,open,{text}" for i, text in enumerate(TEXTS)]
    path.write_text("id,created_at,status,subject\n" + "\n".join(rows) + "\n")
    return path


def test_tickets_about_one_thing_share_a_group(tickets: Path) -> None:
    done = CliRunner().invoke(app, ["similar", str(tickets), "--now", NOW, "--format", "json"])
    assert done.exit_code == 0, done.output
    one, two, other = json.loads(done.stdout)
    assert one["group_id"] == two["group_id"] == "=T0"
    assert (one["similar_open"], one["similar_last_24h"]) == (1, 1)
    assert other["group_id"] is None


def test_the_table_names_the_group(tickets: Path) -> None:
    done = CliRunner().invoke(app, ["similar", str(tickets), "--now", NOW])
    assert "sign" in done.stdout


def test_a_spreadsheet_runs_nothing(tickets: Path, tmp_path: Path) -> None:
    out = tmp_path / "groups.csv"
    done = CliRunner().invoke(app, ["similar", str(tickets), "--now", NOW, "--format", "csv", "--out", str(out)])
    assert done.exit_code == 0, done.output
    assert [row["ticket_id"] for row in csv.DictReader(out.read_text().splitlines())] == ["'=T0", "'=T1", "'=T2"]
