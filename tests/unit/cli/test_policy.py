"""`tidegate policy` check, show and diff, as a person and a program run them."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from tidegate.cli.policy import app
from tidegate.policy import load

if TYPE_CHECKING:
    from pathlib import Path

STARTER = (resources.files("tidegate.policy") / "starter.yml").read_text(encoding="utf-8")
TICKETS = """ticket_id,created_at,subject,status,priority
1,2026-03-02T08:00Z,Production is down,open,high
2,2026-03-02T08:10Z,How do I export,open,low
3,2026-03-01T08:00Z,payment failed again,open,normal
4,2026-03-02T07:00Z,slow reports,open,urgent
"""


def run(*words: object) -> tuple[int, str]:
    result = CliRunner().invoke(app, [str(word) for word in words], env={"COLUMNS": "100"})
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yml"
    file.write_text(
        STARTER.replace("name: starter", "name: own").replace("tag: outage}", "lane: now}"), encoding="utf-8"
    )
    return file


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    file = tmp_path / "tickets.csv"
    file.write_text(TICKETS, encoding="utf-8")
    return file


def test_a_good_policy_checks_with_0() -> None:
    assert run("check", "starter") == (0, "ok: nothing to mend\n")


def test_a_policy_that_does_not_hold_together_checks_with_1(own: Path) -> None:
    own.write_text(STARTER.replace("missed: 0.5", "missed: 0.1"), encoding="utf-8")
    code, out = run("check", own)
    assert code == 1
    assert f"{own}:29: ranking.missed:" in out
    code, out = run("check", own, "--format", "json")
    answer = json.loads(out)
    assert (code, answer["ok"], answer["findings"][0]["key"]) == (1, False, "ranking.missed")


def test_a_policy_that_cannot_be_understood_checks_with_1(own: Path) -> None:
    own.write_text(STARTER.replace("missed: 0.5", "mised: 0.5"), encoding="utf-8")
    code, out = run("check", own)
    assert code == 1
    assert "ranking.mised: unknown key; did you mean 'missed'?" in out
    assert json.loads(run("check", own, "--format", "json")[1])["ok"] is False


def test_a_file_that_is_not_there_is_bad_usage() -> None:
    assert run("check", "strater")[0] == run("show", "strater")[0] == run("diff", "starter", "strater")[0] == 2


def test_rules_are_tried_on_tickets(tickets: Path) -> None:
    code, out = run("check", "starter", "--on", tickets, "--now", "2026-03-02T09:00Z", "--format", "json")
    idle = {x["message"] for x in json.loads(out)["findings"] if x["severity"] == "warning"}
    assert code == 0
    assert "rule 'legal' holds for none of the 4 tickets" in idle
    assert not any("'production is down' holds for none" in message for message in idle)


def test_a_policy_is_shown_as_it_is_understood() -> None:
    code, out = run("show", "starter")
    assert code == 0
    for said in ("starter, version 1", "VIP bypass", "cost-of-delay", "76.7", "Europe/London", "nothing"):
        assert said in out
    assert max(map(len, out.splitlines())) <= 100


def test_what_is_shown_as_json_loads_with_the_same_hash() -> None:
    shown = json.loads(run("show", "playbook", "--format", "json")[1])
    assert load(shown["policy"]).hash == load("playbook").hash == shown["hash"]
    assert shown["targets"][0]["minutes"] == {"P0": 10, "P1": 30, "P2": 240, "P3": 510}
    assert shown["rules"][6] == {"name": "VIP bypass", "columns": ["vip"], "sources": ["ticket"]}


def test_a_difference_is_named(own: Path) -> None:
    code, out = run("diff", "starter", own)
    assert code == 0
    assert "rules.production is down.then" in out
    assert run("diff", "starter", "starter") == (0, "the policies say the same\n")


def test_tickets_that_a_change_would_move_are_named(own: Path, tickets: Path) -> None:
    words = ("diff", "starter", own, tickets, "--now", "2026-03-02T09:00Z")
    code, out = run(*words, "--format", "json")
    answer = json.loads(out)
    assert (code, answer["summary"]["moved"]) == (0, 1)
    assert [row["ticket_id"] for row in answer["moved"]] == ["1"]
    assert answer["moved"][0]["lane_after"] == "now"
    code, out = run(*words)
    assert "1 of 4 tickets move" in out
    assert "-> now" in out
