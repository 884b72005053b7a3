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
from tidegate.backtesting import policy_text
from tidegate.backtesting.numbers import Numbers
from tidegate.backtesting.past import Past, past
from tidegate.backtesting.tuning import tune
from tidegate.cli.tune import _text
from tidegate.cli.tune import tune as verb
from tidegate.ingest import read_tickets
from tidegate.policy import load
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.backtesting.tuning import Proposal

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


def shown(found: Proposal, measure: str, value: float, low: float, high: float) -> Proposal:
    """The same proposal with another difference on the later part."""
    rows = tuple(
        replace(row, value=value, low=low, high=high) if (row.measure, row.level) == (measure, "all") else row
        for row in found.judged.differences
    )
    return replace(found, judged=replace(found.judged, differences=rows))


def test_a_gain_counts_only_if_it_is_one_that_urgent_tickets_do_not_pay_for(history: Past) -> None:
    found = tune(history, BAD, candidates=6, seeds=1)
    assert found.proposed != found.yours
    gain = shown(shown(found, "value_breach", -0.05, -0.07, -0.03), "urgent_in_target", 0.0, -0.01, 0.02)
    assert gain.keep, "one week tells nothing"
    gain = replace(gain, judged=replace(gain.judged, weeks=5))
    assert not gain.keep
    assert shown(gain, "value_breach", -0.0005, -0.0007, -0.0003).keep
    assert shown(gain, "urgent_in_target", -0.05, -0.07, -0.03).keep
    assert shown(gain, "value_breach", -0.05, -0.07, 0.01).keep


def test_processes_and_kept_replays_give_the_same_proposal(history: Past, tmp_path: Path) -> None:
    alone = tune(history, BAD, candidates=7, seeds=2, keep=tmp_path)
    kept = sorted(tmp_path.iterdir())
    assert kept
    assert tune(history, BAD, candidates=7, seeds=2, jobs=2, keep=tmp_path) == alone
    assert sorted(tmp_path.iterdir()) == kept
    assert tune(history, BAD, candidates=7, seeds=2) == alone


def test_an_interruption_judges_what_was_tried(history: Past) -> None:
    def interrupt(done: int, total: int) -> None:
        assert total == 20
        if done == 6:
            raise KeyboardInterrupt

    found = tune(history, BAD, candidates=20, seeds=1, progress=interrupt)
    assert (found.tried, found.asked) == (6, 20)
    assert found == replace(tune(history, BAD, candidates=6, seeds=1), asked=20)


def test_the_search_never_gives_urgent_tickets_for_late_value(history: Past) -> None:
    from tidegate.backtesting.parts import lighter
    from tidegate.simulate.trial import run

    early = lighter(history, np.arange(int(0.6 * history.at.size)))
    found = tune(history, BAD, candidates=12, seeds=1)

    def came(numbers: Numbers) -> tuple[float, float]:
        tally = run(replace(early, views={"it": numbers.see(early.base)}), "it", 0)
        values = tally.values(np.ones((1, tally.above.shape[0])))
        return values["value_breach", "all"][0], values["urgent_in_target", "all"][0]

    (yours, urgent), (late, others) = came(found.yours), came(found.proposed)
    assert late < yours
    assert others >= urgent


def test_what_cannot_be_tuned_is_refused(history: Past) -> None:
    with pytest.raises(InputError, match="cost of delay"):
        tune(history, policy_with(ranking={"method": "weighted-sum"}))
    from tidegate.backtesting.parts import lighter

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
    assert set(told) == {"keep", "changes", "diff", "tried", "asked", "imputed", "judged"}
    assert told["keep"] == (told["diff"] is None)


def test_without_a_gain_no_policy_is_written(tmp_path: Path) -> None:
    table(400).write_csv(tmp_path / "history.csv")
    app = typer.Typer()
    app.command()(verb)
    new = tmp_path / "new.yml"
    arguments = [str(tmp_path / "history.csv"), "--agents", "6", "--candidates", "1", "--seeds", "1"]
    done = CliRunner().invoke(app, [*arguments, "--write", str(new)])
    assert done.exit_code == 1
    assert "keep yours" in done.stdout
    assert not new.exists()


def test_a_gain_is_laid_out_as_a_patch_that_gives_the_proposed_numbers(tmp_path: Path, history: Past) -> None:
    import subprocess

    found = tune(history, BAD, candidates=6, seeds=1)
    gain = shown(shown(found, "value_breach", -0.05, -0.07, -0.03), "urgent_in_target", 0.0, -0.01, 0.02)
    gain = replace(gain, judged=replace(gain.judged, weeks=5))
    before = policy_text.text_of("starter")
    wanted = gain.proposed.put_into(load("starter"))
    changes = Numbers.of(load("starter")).changes(gain.proposed)
    after = policy_text.changed(before, [(key, new) for key, _, new in changes], wanted)
    (tmp_path / "mine.yml").write_text(before)
    text = _text(gain, ["nothing"], policy_text.difference(before, after, "mine.yml"))
    assert "-5.0 pt" in text
    patch = text[text.index("--- mine.yml") :]
    subprocess.run(["/usr/bin/env", "patch", "-p0"], cwd=tmp_path, input=patch, text=True, check=True)
    assert load(str(tmp_path / "mine.yml")).hash == wanted.hash
