"""`tidegate route` as a script or a person runs it."""

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
TICKETS = """id,created_at,status,subject,assignee,group
=T1,2026-03-02T08:00:00Z,open,Nobody can sign in with single sign-on,,technical
T2,2026-03-02T08:00:00Z,open,Where is my invoice for February?,,billing
T3,2026-03-02T08:00:00Z,open,Taken already,Ann,billing
T4,2026-03-02T08:00:00Z,open,Hers who is away,Bea,billing
T5,2026-03-02T08:00:00Z,solved,Done,Ann,billing
"""
AGENTS = """agent_id,name,group,skills,languages,capacity,available
A1,Ann,billing,billing,en,2,true
A2,Bea,billing,billing,en,9,false
A3,Cy,technical,access;outage;bug,en,5,true
"""


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    (tmp_path / "tickets.csv").write_text(TICKETS)
    (tmp_path / "agents.csv").write_text(AGENTS)
    return [str(tmp_path / "tickets.csv"), "--agents", str(tmp_path / "agents.csv"), "--now", NOW]


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["route", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_every_open_ticket_that_nobody_has_is_routed(files: list[str]) -> None:
    told = json.loads(run(*files, "--format", "json"))
    routes = {row["ticket_id"]: row for row in told["routes"]}
    assert routes.keys() == {"=T1", "T2", "T4"}
    assert routes["=T1"]["agent_id"] == "A3"
    assert sorted(str(routes[key]["agent_id"]) for key in ("T2", "T4")) == ["A1", "None"]  # Ann has room for one more
    counts = told["counts"]
    assert counts["to_route"] == 3 == counts["automatic"] + counts["to_confirm"] + counts["to_group"]
    assert counts["to_group"] == 1


def test_a_spreadsheet_runs_nothing(files: list[str], tmp_path: Path) -> None:
    run(*files, "--out", str(tmp_path / "routes.csv"))
    rows = {row["ticket_id"]: row for row in csv.DictReader((tmp_path / "routes.csv").read_text().splitlines())}
    assert rows.keys() == {"'=T1", "T2", "T4"}
    assert "filed with technical" in rows["'=T1"]["reasons"]


def test_the_table_names_people_and_reasons(files: list[str], tmp_path: Path) -> None:
    table = run(*files, "--top", "2")
    assert "3 tickets to route" in table
    assert "Cy" in table
    assert "1 more" in table
    run(*files, "--out", str(tmp_path / "routes.txt"))
    assert "nobody of billing has room" in (tmp_path / "routes.txt").read_text()


def test_agents_are_needed(files: list[str], tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["route", files[0]]).exit_code == 2
    (tmp_path / "nobody.csv").write_text("agent_id,name\n")
    done = CliRunner().invoke(app, ["route", files[0], "--agents", str(tmp_path / "nobody.csv")])
    assert done.exit_code == 2
    assert "agents" in done.output


def test_nothing_to_route(tmp_path: Path, files: list[str]) -> None:
    (tmp_path / "tickets.csv").write_text("\n".join(TICKETS.splitlines()[0:1] + TICKETS.splitlines()[3:4]) + "\n")
    assert "Nothing to route" in run(*files)
