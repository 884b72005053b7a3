"""`tidegate staff` as a script or a person runs it."""

from __future__ import annotations

import json

import pytest
import typer
from typer.testing import CliRunner

from tidegate.cli.staff import staff

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
