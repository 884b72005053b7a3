from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import typer
from typer.testing import CliRunner

from tidegate.cli.doctor import doctor
from tidegate.cli.measure import measure
from tidegate.cli.standup import standup

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

APP = typer.Typer()
for verb in (measure, standup, doctor):
    APP.command()(verb)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    days = [f"2026-02-{day:02}" for day in range(1, 29)]
    tickets = [
        f"t{n},{day}T10:00:00Z,{day}T{11 + n % 5}:00:00Z,solved,Cannot pay {n},r{n % 5},high,ada"
        for n, day in enumerate(days)
    ]
    head = "ticket_id,created_at,solved_at,status,subject,requester_id,priority,assignee"
    (tmp_path / "tickets.csv").write_text(
        "\n".join([head, *tickets, "t99,2026-02-28T09:00:00Z,,open,Help,r1,low,ada"]) + "\n"
    )
    messages = [
        f"m{n},t{n},{day}T10:30:00Z,ada,agent,true,Open the settings and press Retry" for n, day in enumerate(days)
    ]
    (tmp_path / "messages.csv").write_text(
        "\n".join(["message_id,ticket_id,at,author,author_kind,public,body", *messages]) + "\n"
    )
    return tmp_path


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(APP, [str(word) for word in words])


def test_json_is_all_that_stands_on_standard_output(files: Path) -> None:
    result = run("measure", files / "tickets.csv", "--messages", files / "messages.csv", "--always", "--format", "json")
    values = json.loads(result.stdout)
    first = next(m for m in values["measures"] if m["name"] == "first_response_median" and m["segment"] == "all")
    assert (first["value"], first["n"], first["unit"]) == (30.0, 28, "minutes")
    assert result.exit_code == 0


def test_the_table_says_what_is_not_known(files: Path) -> None:
    result = run("measure", files / "tickets.csv", "--from", "2026-02-08", "--to", "2026-02-15")
    assert "Inflow" in result.stdout
    assert "Not known from these files" in result.stdout


def test_two_periods_are_set_side_by_side(files: Path) -> None:
    words = ("--from", "2026-02-15", "--to", "2026-02-22", "--compare", "previous", "--format", "json")
    values = json.loads(run("measure", files / "tickets.csv", *words).stdout)
    assert values["compared_with"]["from"].startswith("2026-02-08")
    assert all("change" in measured for measured in values["measures"])


def test_two_policies_are_set_side_by_side(files: Path) -> None:
    result = run("measure", files / "tickets.csv", "--compare", "playbook", "--format", "json")
    assert json.loads(result.stdout)["compared_with"]["policy"]["name"] == "playbook"


@pytest.mark.parametrize(
    "words",
    [
        ("--from", "2026-03-01", "--to", "2026-02-01"),
        ("--from", "tomorrow"),
        ("--by", "colour"),
        ("--compare", "no-such-policy"),
    ],
)
def test_what_cannot_be_measured_is_an_error_not_a_traceback(files: Path, words: tuple[str, ...]) -> None:
    result = run("measure", files / "tickets.csv", *words)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1].startswith("tidegate: ")


def test_the_standup_is_written_as_markdown_and_json(files: Path) -> None:
    asked = ("standup", files / "tickets.csv", "--now", "2026-02-28T17:00Z")
    assert "## What breaches today" in run(*asked).stdout
    assert json.loads(run(*asked, "--format", "json").stdout)["now"] == "2026-02-28T17:00:00+00:00"


def test_the_doctor_exits_with_one_when_something_must_be_mended(files: Path) -> None:
    result = run("doctor", files / "tickets.csv", "--format", "json")
    found = {finding["name"]: finding["gravity"] for finding in json.loads(result.stdout)["findings"]}
    assert found["priority inflation"] == "mend"
    assert result.exit_code == 1
