"""`tidegate staff` as a script or a person runs it."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import TYPE_CHECKING

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from tidegate.cli.staff import staff

if TYPE_CHECKING:
    from pathlib import Path

SMALL = ("--synthetic", "0.9", "--agents", "6", "--days", "5", "--seeds", "1")


@pytest.fixture
def app() -> typer.Typer:
    made = typer.Typer()
    made.command()(staff)
    return made


def test_a_better_policy_keeps_the_promise_with_fewer(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, [*SMALL, "--policy", "fifo", "--policy", "cost-of-delay", "--format", "json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told["kind"] == "estimated"
    assert told["needed"]["cost-of-delay"] < told["needed"]["fifo"]
    assert told["paid"]["fifo"] == pytest.approx(told["needed"]["fifo"] / 0.7)
    tried = {int(agents): found for agents, found in told["tried"]["fifo"].items()}
    assert tried[told["needed"]["fifo"]] >= 0.95 > tried[told["needed"]["fifo"] - 1]


def test_the_text_says_what_it_rests_on(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, [*SMALL, "--policy", "cost-of-delay", "--hourly-cost", "30"])
    assert done.exit_code == 0, done.output
    for words in ("Estimated", "Imputed", "square-root", "Erlang C", "an hour", "value_breach"):
        assert words in done.stdout


def test_an_unknown_measure_names_those_that_there_are(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, [*SMALL, "--measure", "joy"])
    assert done.exit_code == 2
    assert "value_breach" in done.output


def test_shifts_lie_in_opening_hours_and_add_up(app: typer.Typer) -> None:
    options = ["--policy", "cost-of-delay", "--shifts", "--hourly-cost", "30", "--format", "json"]
    done = CliRunner().invoke(app, [*SMALL, *options])
    assert done.exit_code == 0, done.output
    week = json.loads(done.stdout)["shifts"]
    assert week["paid_hours"] == sum(shift["hours"] * shift["heads"] for shift in week["plan"])
    assert week["cost"] == pytest.approx(30 * week["paid_hours"])
    assert all("09:00" <= shift["start"] < shift["end"] <= "17:30" for shift in week["plan"])
    assert {shift["weekday"] for shift in week["plan"]} <= {"mon", "tue", "wed", "thu", "fri"}
    length = [0.5 if hour["hour"] == "17:00" else 1.0 for hour in week["hours"]]
    there = sum(hour["cover"] * hours for hour, hours in zip(week["hours"], length, strict=True))
    assert there == pytest.approx(week["paid_hours"])
    assert all(hour["uncovered"] >= round(hour["wanted"] - hour["cover"], 2) - 0.011 for hour in week["hours"])
    assert CliRunner().invoke(app, [*SMALL, *options]).stdout == done.stdout


def test_work_that_is_handed_on_takes_fewer_hours(app: typer.Typer) -> None:
    options = [*SMALL, "--policy", "cost-of-delay", "--shifts", "--format", "json"]
    all_of_it, half = (
        json.loads(CliRunner().invoke(app, [*options, "--handed-on", share]).stdout)["shifts"] for share in ("0", "0.5")
    )
    assert half["paid_hours"] < 0.7 * all_of_it["paid_hours"]


def test_a_backlog_takes_longer_the_more_there_is(app: typer.Typer) -> None:
    options = ["--synthetic", "0.7", "--agents", "6", "--days", "5", "--seeds", "1", "--policy", "fifo"]
    few, many = (
        json.loads(CliRunner().invoke(app, [*options, "--drain", backlog, "--format", "json"]).stdout)["drain"]
        for backlog in ("20", "60")
    )
    assert few["agents"] == 6
    assert few["policies"]["fifo"]["middle"] < many["policies"]["fifo"]["middle"]
    assert few["policies"]["fifo"]["fluid"] < many["policies"]["fifo"]["fluid"]
    done = CliRunner().invoke(app, [*options, "--drain", "1000000"])
    assert done.exit_code == 2
    assert "--drain" in done.output


def test_the_text_shows_shifts_cover_and_drain(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, [*SMALL, "--policy", "cost-of-delay", "--shifts", "--drain", "20"])
    assert done.exit_code == 0, done.output
    for words in ("as water", "uncovered", "Heads by shift and weekday", "Heads there / wanted by hour", "09:00"):
        assert words in done.stdout


@pytest.mark.parametrize("holidays", ["null", "GB"])
def test_shifts_of_a_history_follow_the_clock_of_the_team(app: typer.Typer, tmp_path: Path, holidays: str) -> None:
    starter = resources.files("tidegate.policy").joinpath("starter.yml").read_text(encoding="utf-8")
    targets = tmp_path / "tokyo.yml"
    text = re.sub(r"timezone: \S+", "timezone: Asia/Tokyo", starter, count=1)
    targets.write_text(text.replace("holidays: GB", f"holidays: {holidays}"), encoding="utf-8")
    start, size = datetime(2026, 1, 5, tzinfo=UTC), 400
    opened = [start + timedelta(days=7 * (i // 20) + i % 5, hours=5, minutes=i % 20) for i in range(size)]
    history = tmp_path / "history.csv"
    pl.DataFrame(
        {
            "ticket_id": [f"T{i:04}" for i in range(size)],
            "created_at": opened,
            "status": ["solved"] * size,
            "first_level": ["P2"] * size,
            "given_level": ["P2"] * size,
            "handling_minutes": [20.0] * size,
        }
    ).write_csv(history)
    options = ["--targets", str(targets), "--agents", "2", "--seeds", "1", "--policy", "fifo"]
    promise = ["--measure", "wait_p50", "--target", "600", "--shifts", "--format", "json"]
    done = CliRunner().invoke(app, [str(history), *options, *promise])
    assert done.exit_code == 0, done.output
    busy = {hour["hour"] for hour in json.loads(done.stdout)["shifts"]["hours"] if hour["work"] > 0}
    assert {"14:00", "15:00"} <= busy  # 05:00 UTC is 14:00 in Tokyo
    assert ("09:00" in busy) == (holidays == "GB")  # what came on Good Friday waits until nine


def test_a_team_for_each_group_stands_beside_one_for_all(app: typer.Typer, tmp_path: Path) -> None:
    start, size = datetime(2026, 1, 5, 9, tzinfo=UTC), 400
    history = tmp_path / "history.csv"
    pl.DataFrame(
        {
            "ticket_id": [f"T{i:04}" for i in range(size)],
            "created_at": [start + timedelta(days=7 * (i // 100) + i % 5, minutes=i % 100) for i in range(size)],
            "status": ["solved"] * size,
            "priority": ["P2"] * size,
            "group": ["rare" if i % 20 == 0 else "ab"[i % 2] for i in range(size)],
            "handling_minutes": [20.0 + i % 7 for i in range(size)],
        }
    ).write_csv(history)
    options = ["--agents", "2", "--seeds", "1", "--policy", "fifo", "--measure", "breach", "--target", "0.05"]
    arguments = [str(history), *options, "--shifts", "--by-group"]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    groups = {row["group"]: row for row in told["groups"]}
    assert {name: row["tickets"] for name, row in groups.items()} == {"a": 180, "b": 200, "rare": 20}
    assert groups["rare"]["shifts"] is None
    assert groups["a"]["offered"] + groups["b"]["offered"] < told["offered"]
    apart = sum(groups[name]["shifts"]["paid_hours"] for name in "ab")
    assert apart > 0.9 * told["shifts"]["paid_hours"]
    text = CliRunner().invoke(app, arguments)
    assert text.exit_code == 0, text.output
    for words in ("A team for each group under fifo", "one team for all", "too few tickets"):
        assert words in text.stdout


def test_a_made_up_desk_has_no_groups(app: typer.Typer) -> None:
    done = CliRunner().invoke(app, [*SMALL, "--policy", "fifo", "--measure", "breach", "--shifts", "--by-group"])
    assert done.exit_code == 2
    assert "no groups" in done.output


def test_shifts_are_planned_for_each_kind_of_people(app: typer.Typer, tmp_path: Path) -> None:
    start, size = datetime(2026, 1, 5, 9, tzinfo=UTC), 400
    history, team = tmp_path / "history.csv", tmp_path / "team.csv"
    pl.DataFrame(
        {
            "ticket_id": [f"T{i:04}" for i in range(size)],
            "created_at": [start + timedelta(days=7 * (i // 100) + i % 5, minutes=4 * (i % 100)) for i in range(size)],
            "status": ["solved"] * size,
            "priority": ["P2"] * size,
            "group": ["ab"[i % 2] for i in range(size)],
            "product": ["web" if i % 4 else "app" for i in range(size)],
            "handling_minutes": [60.0] * size,
        }
    ).write_csv(history)
    team.write_text("agent_id,name,group,skills\n1,Ada,a,web;app\n2,Ben,b,web\n3,Cy,b,web\n4,Di,a,app\n5,Ed,a,paper\n")
    options = ["--agents", "4", "--seeds", "1", "--policy", "fifo", "--measure", "wait_p50", "--target", "600"]
    arguments = [str(history), *options, "--shifts", "--team", str(team), "--hourly-cost", "10"]
    told = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)["kinds"]
    kinds = {one["kind"]: one for one in told["kinds"]}
    assert {name: one["in_file"] for name, one in kinds.items()} == {
        "a, app/web": 1,
        "b, web": 2,
        "a, app": 1,
        "a": 1,
    }
    assert kinds["a"]["people"] == 0  # whose only skill no ticket needs
    assert kinds["b, web"]["people"] > 0
    for one in kinds.values():
        assert one["paid_hours"] == sum(shift["hours"] * shift["heads"] for shift in one["plan"])
    assert told["people"] == sum(one["people"] for one in kinds.values())
    assert told["cost"] == 10 * told["paid_hours"] == 10 * sum(one["paid_hours"] for one in kinds.values())
    text = CliRunner().invoke(app, arguments)
    assert text.exit_code == 0, text.output
    for words in ("Shifts for each kind of people", "b, web", "If all could do everything", "more kinds in the file"):
        assert words in " ".join(text.stdout.split())


def test_a_made_up_desk_has_no_kinds_of_people(app: typer.Typer, tmp_path: Path) -> None:
    team = tmp_path / "team.csv"
    team.write_text("agent_id,name\n1,Ada\n")
    promise = ["--policy", "fifo", "--measure", "breach", "--shifts"]
    done = CliRunner().invoke(app, [*SMALL, *promise, "--team", str(team)])
    assert done.exit_code == 2
    assert "needs a number of agents" in done.output
