"""Numbers are searched on the earlier part of a history and judged on the later one."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from helpers.boards import policy_with
from tidegate.backtesting.past import Past, past
from tidegate.backtesting.tuning import Numbers, tune
from tidegate.cli.tune import tune as verb
from tidegate.ingest import read_tickets
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

BAD = policy_with(ranking={"horizon": "16h", "missed": 1, "target_power": -0.5}, levels={
    level: {"respond": respond, "next": "1d", "resolve": "2d", "clock": "always", "severity": severity}
    for level, respond, severity in (("P0", "10m", 4), ("P1", "30m", 3), ("P2", "4h", 2), ("P3", "1d", 1))
})  # fmt: skip


def table(size: int = 900) -> pl.DataFrame:
    draw = np.random.default_rng(4)
    start = datetime(2026, 1, 5, tzinfo=UTC)
    levels = np.array(["P0", "P1", "P2", "P3"])[draw.choice(4, size, p=[0.05, 0.15, 0.4, 0.4])]
    return pl.DataFrame(
        {
            "ticket_id": [f"T{i:04}" for i in range(size)],
            "created_at": [start + timedelta(minutes=float(m)) for m in np.cumsum(draw.exponential(10.0, size))],
            "status": ["solved"] * size,
            "first_level": levels,
            "given_level": levels,
            "handling_minutes": draw.exponential(28.0, size) + 1,
        }
    )


@pytest.fixture(scope="module")
def history() -> Past:
    tickets = read_tickets(table(), now=datetime(2027, 1, 1, tzinfo=UTC)).table
    setting, _ = past(tickets, base=BAD, files={}, agents=3)
    from tidegate.simulate.roster import always

    return replace(setting, seats=always(3))


@pytest.mark.slow
def test_bad_numbers_are_found_out(history: Past) -> None:
    found = tune(history, BAD, candidates=16, seeds=1)
    assert found.proposed != found.yours
    assert found.changes()
    assert found.gain.value is not None
    assert found.gain.value < 0
    assert found.proposed.holds(history.base)
    assert Numbers.of(found.proposed.put_into(BAD)) == found.proposed


def test_the_same_search_gives_the_same_proposal(history: Past) -> None:
    assert tune(history, BAD, candidates=2, seeds=1) == tune(history, BAD, candidates=2, seeds=1)


def test_keep_yours_where_the_interval_covers_zero(history: Past) -> None:
    found = tune(history, BAD, candidates=1, seeds=1)
    gain = found.gain
    differences = tuple(replace(row, low=-0.1, high=0.1) if row == gain else row for row in found.judged.differences)
    assert replace(found, judged=replace(found.judged, differences=differences)).keep


def test_what_cannot_be_tuned_is_refused(history: Past) -> None:
    with pytest.raises(InputError, match="cost of delay"):
        tune(history, policy_with(ranking={"method": "weighted-sum"}))
    from tidegate.backtesting.past import lighter

    with pytest.raises(InputError, match="too short"):
        tune(lighter(history, np.arange(120)), BAD)


def test_the_verb_says_what_it_found(tmp_path: Path) -> None:
    path = tmp_path / "history.csv"
    table(400).write_csv(path)
    app = typer.Typer()
    app.command()(verb)
    arguments = [str(path), "--agents", "6", "--candidates", "2", "--seeds", "1"]
    text = CliRunner().invoke(app, arguments)
    assert text.exit_code == 0, text.output
    assert "not a proof" in text.output
    told = json.loads(CliRunner().invoke(app, [*arguments, "--format", "json"]).stdout)
    assert set(told) == {"keep", "changes", "tried", "imputed", "judged"}
