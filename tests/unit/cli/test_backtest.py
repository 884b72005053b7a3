"""`tidegate backtest` as a script or a person runs it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tidegate.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

SMALL = ("backtest", "--synthetic", "0.9", "--days", "5", "--agents", "4", "--seeds", "2")
HEADER = "ticket_id,created_at,first_response_at,solved_at,status,first_level,given_level,group,handling_minutes"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(one) for one in arguments])


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """Two weeks of a small desk: every ninth ticket ends more urgent than it was filed."""
    rows = []
    for i in range(300):
        day, minute = 5 + i // 30, 540 + 14 * (i % 30)
        opened, answered = (f"2026-01-{day:02}T{m // 60:02}:{m % 60:02}:00Z" for m in (minute, minute + 25))
        level = "P1" if i % 9 == 0 else "P3"
        rows.append(f"T{i},{opened},{answered},{answered},solved,P3,{level},{'ab'[i % 2]},{6 + i % 11}")
    path = tmp_path / "history.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


@pytest.fixture
def agents(tmp_path: Path) -> Path:
    path = tmp_path / "agents.csv"
    path.write_text("agent_id,name,group,shift\n1,Ada,a,mon-sun 09:00-17:30\n2,Ben,b,mon-fri 10:00-18:00\n3,Cy,,\n")
    return path


def test_json_is_all_that_is_printed() -> None:
    done = run(*SMALL, "--policy", "fifo", "--policy", "cost-of-delay", "--format", "json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["policies"] == ["fifo", "cost-of-delay"]
    assert told["seeds"] == [0, 1]


def test_a_history_with_agents_says_what_was_imputed(history: Path, agents: Path) -> None:
    done = run("backtest", history, "--agents", agents, "--policy", "history", "--policy", "cost-of-delay")
    assert done.exit_code == 0, done.output
    for words in (
        "Estimated",
        "Imputed",
        "not a proof",
        "the policy's own table",
        "agents: 3 of the file",
        "less history",
    ):
        assert words in " ".join(done.stdout.split()), words


def test_a_number_of_agents_and_a_policy_file_will_do(history: Path, tmp_path: Path) -> None:
    page = tmp_path / "backtest.html"
    done = run(
        *("backtest", history, "--agents", 2, "--policy", "fifo", "--policy", "playbook", "--seeds", 2),
        *("--follow-ups", 1, "--format", "html", "--out", page),
    )
    assert done.exit_code == 0, done.output
    assert "playbook" in page.read_text()
    assert "follow-ups: 1 a day" in page.read_text()


def test_kept_replays_are_not_run_again(tmp_path: Path) -> None:
    first = run(*SMALL, "--policy", "fifo", "--keep", tmp_path / "kept", "--format", "json")
    files = {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").iterdir()}
    assert len(files) == 2
    again = run(*SMALL, "--policy", "fifo", "--keep", tmp_path / "kept", "--format", "json")
    assert again.stdout == first.stdout
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "kept").iterdir()} == files


@pytest.mark.slow
def test_two_processes_give_the_same_bytes() -> None:
    one, two = (run(*SMALL, "--policy", "fifo", "--format", "json", "--jobs", jobs) for jobs in (1, 2))
    assert one.stdout == two.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("backtest",), "either a history or --synthetic"),
        (("backtest", "--synthetic", "0.9", "--agents", "team.csv"), "a number of agents"),
        (("backtest", "--synthetic", "0.9", "--agents", "0"), "at least one agent"),
        ((*SMALL, "--policy", "fifo", "--policy", "fifo"), "each policy once"),
        ((*SMALL, "--policy", "history"), "needs a history"),
        ((*SMALL, "--policy", "nobody.yml"), "nobody.yml"),
        ((*SMALL, "--policy", "cost-of-delay+aged:x"), "whole number"),
    ],
)
def test_what_cannot_be_is_refused_with_exit_code_2(arguments: tuple[str, ...], words: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2, done.output
    assert words in done.output
    assert "Traceback" not in done.output


def test_a_history_without_agents_asks_how_many(history: Path) -> None:
    done = run("backtest", history)
    assert done.exit_code == 2
    assert "--agents" in done.output


def test_too_short_a_history_is_refused(history: Path) -> None:
    history.write_text("\n".join(history.read_text().splitlines()[:20]) + "\n")
    done = run("backtest", history, "--agents", 2)
    assert done.exit_code == 2
    assert "too few tickets" in done.output


def test_messages_show_both_with_and_without_follow_ups(history: Path, tmp_path: Path) -> None:
    moments = [(5 + i // 30, 560 + 14 * (i % 30)) for i in range(60)]  # twenty minutes after each was opened
    times = [f"2026-01-{day:02}T{minute // 60:02}:{minute % 60:02}:00Z" for day, minute in moments]
    rows = [f"m{i},T{i},{time},requester" for i, time in enumerate(times)]
    messages = tmp_path / "messages.csv"
    messages.write_text("\n".join(["message_id,ticket_id,at,author_kind", *rows]) + "\n")
    options = ("--agents", "1", "--seeds", "1", "--policy", "fifo", "--policy", "cost-of-delay", "--messages", messages)
    text = run("backtest", history, *options)
    assert text.exit_code == 0, text.output
    assert "estimated from 60 messages" in " ".join(text.stdout.split())
    assert "The same if customers who wait did not write again" in text.stdout
    told = json.loads(run("backtest", history, *options, "--format", "json").stdout)
    work = {
        name: next(
            row["value"] for row in part["results"] if (row["measure"], row["level"]) == ("follow_up_work", "all")
        )
        for name, part in (("with", told), ("without", told["without"]))
    }
    assert work["with"] > 0.0 == work["without"]
    assert told["without"]["without"] is None
    page = run("backtest", history, *options, "--format", "html")
    assert "Without follow-ups" in page.stdout
