"""The lower bound is below every order: the best by trying all, and those that policies make."""

from __future__ import annotations

import json
from dataclasses import replace
from heapq import heapify, heapreplace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tidegate.backtesting.made_up import MadeUp
from tidegate.cli import app
from tidegate.policy import load
from tidegate.simulate.backtest import backtest
from tidegate.simulate.bound import _Jobs, _respond, check, lower_bounds, value_delay_bound
from tidegate.simulate.clocks import TIME, Clock
from tidegate.simulate.engine import replay
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import Seat, always
from tidegate.simulate.synthetic import Desk, make
from tidegate.simulate.workload import Workload, with_reopens
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray


def workload(at: Sequence[float], work: Sequence[float], value: Sequence[float]) -> Workload:
    return Workload(
        at=np.array(at, dtype=float),
        work=np.array(work, dtype=float),
        level=np.full(len(at), 3, dtype=np.uint8),
        value=np.array(value, dtype=float),
        luck=np.full(len(at), 0.5),
    )


@st.composite
def few(draw: st.DrawFn) -> Workload:
    size = draw(st.integers(1, 6))
    column = st.lists(st.integers(1, 30), min_size=size, max_size=size)
    at = sorted(draw(st.lists(st.integers(0, 40), min_size=size, max_size=size)))
    return workload(at, draw(column), draw(column))


def best(load: Workload, agents: int) -> float:
    """Try every order in which tickets may be given to whoever is free first: one of them is the best."""
    least = np.inf
    for order in permutations(range(load.at.size)):
        free, cost = [0.0] * agents, 0.0
        heapify(free)
        for row in order:
            start = max(free[0], float(load.at[row]))
            heapreplace(free, start + float(load.work[row]))
            cost += float(load.value[row]) * (start - float(load.at[row]))
        least = min(least, cost)
    return least


@settings(max_examples=60, deadline=None)
@given(few(), st.integers(1, 2))
def test_never_above_the_best_order(load: Workload, agents: int) -> None:
    assert lower_bounds(load, agents)[-1] <= best(load, agents) * (1 + 1e-9) + 1e-9


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 5), st.sampled_from([0.5, 0.9, 1.3]))
def test_never_above_what_an_order_comes_to(seed: int, agents: int, busy: float) -> None:
    truth, _ = make(Desk(agents=agents, days=1, load=busy), seed)
    found = lower_bounds(truth, agents, steps=15)
    for key in (np.zeros(truth.at.size), -truth.value, truth.work, -truth.value / truth.work):
        wait = replay(truth, always(agents), lambda key=key: KeyQueue(key)).wait
        assert found[-1] <= truth.value @ wait * (1 + 1e-9) + 1e-9
    assert (np.diff(found) >= 0).all()
    assert found.tolist() == lower_bounds(truth, agents, steps=15).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_never_above_a_policy_under_which_customers_write_again(seed: int) -> None:
    setting = MadeUp(desk=Desk(agents=4, days=3, load=0.95), base=load("starter"), files={})
    bound = value_delay_bound(setting, [seed])
    found = backtest(setting, ["fifo", "wspt", "oracle", "cost-of-delay"], [seed])
    delays = [row.value for row in found.results if (row.measure, row.level) == ("value_delay", "all")]
    assert len(delays) == 4
    assert 0 < bound.value <= min(delay for delay in delays if delay is not None)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_each_ticket_starts_where_it_costs_least(seed: int) -> None:
    """Twin: at no moment of a fine grid is a ticket cheaper than where it was said to be cheapest."""
    draw, slot, slots = np.random.default_rng(seed), 3.0, 12
    jobs = _Jobs(at=draw.uniform(0, 30, 5), work=draw.uniform(0.5, 11, 5), value=draw.uniform(0.1, 2, 5), agents=1)
    price = draw.exponential(1.0, slots) * draw.integers(0, 2, slots)
    edges, spent = slot * np.arange(slots + 1), np.concatenate(([0.0], np.cumsum(price) * slot))

    def costs(start: NDArray[np.float64]) -> NDArray[np.float64]:
        used = np.interp(start + jobs.work, edges, spent) - np.interp(start, edges, spent)
        return jobs.value * (start - jobs.at) + used

    cost, start = _respond(jobs, price, slot)
    assert (start >= jobs.at - 1e-9).all()
    assert costs(start).sum() == pytest.approx(cost)
    grid = np.array([costs(jobs.at + later) for later in np.arange(0, 40, 0.05)])
    assert cost <= grid.min(axis=0).sum() + 1e-9


def test_one_agent_and_a_pile_is_bounded_closely() -> None:
    draw = np.random.default_rng(3)
    load = workload([0.0] * 40, draw.uniform(5, 20, 40).tolist(), draw.uniform(1, 9, 40).tolist())
    smith = replay(load, always(1), lambda: KeyQueue(-load.value / load.work))  # the best order, where all are there
    assert lower_bounds(load, 1)[-1] == pytest.approx(load.value @ smith.wait, rel=0.01)


def test_prices_are_mended() -> None:
    truth, _ = make(Desk(agents=3, days=3, load=0.95), 7)
    found = lower_bounds(truth, 3)
    assert found[-1] > 1.05 * found[0] > 0


def test_reopens_are_left_out_and_nothing_is_bounded_by_0() -> None:
    truth, _ = make(Desk(agents=2, days=1), 0)
    more = with_reopens(truth, share=0.5, after=30.0, work=0.5, seed=0)
    assert lower_bounds(more, 2).tolist() == lower_bounds(truth, 2).tolist()
    assert lower_bounds(workload([], [], []), 2, steps=3).tolist() == [0.0] * 4
    assert lower_bounds(workload([0.0, 100.0], [10.0, 10.0], [1.0, 1.0]), 1)[-1] == 0.0


@pytest.mark.parametrize(("value", "agents"), [(0.0, 1), (1.0, 0)])
def test_no_agent_and_no_value_are_refused(value: float, agents: int) -> None:
    with pytest.raises(InputError, match="at least one agent"):
        lower_bounds(workload([0.0], [1.0], [value]), agents)


def test_shifts_and_calendars_are_refused() -> None:
    stage = MadeUp(desk=Desk(agents=2, days=1), base=load("starter"), files={}).stage("fifo", 0)
    check(stage)
    office = Clock((0.0, 60.0, 120.0), (0.0, 60.0, 60.0))
    judge = replace(stage.judge, clocks=(TIME, TIME, TIME, office))
    for other in (replace(stage, seats=[Seat(((0.0, 480.0),))]), replace(stage, judge=judge)):
        with pytest.raises(InputError, match="no lower bound"):
            check(other)


def test_a_history_is_refused_before_anything_is_replayed(tmp_path: Path) -> None:
    rows = [f"T{i},2026-01-{5 + i // 30:02}T10:{i % 30:02}:00Z,solved,P3,P3,{6 + i % 11}" for i in range(300)]
    file = tmp_path / "history.csv"
    file.write_text("\n".join(["ticket_id,created_at,status,first_level,given_level,handling_minutes", *rows]) + "\n")
    kept = tmp_path / "kept"
    done = CliRunner().invoke(app, ["backtest", str(file), "--agents", "2", "--bound", "--keep", str(kept)])
    assert done.exit_code == 2, done.output
    assert "no lower bound" in done.output
    assert not kept.exists()


@pytest.mark.slow  # three shapes, one of them with charts
def test_the_verb_tells_the_bound_and_what_it_bounds() -> None:
    small = ["backtest", "--synthetic", "0.9", "--days", "2", "--agents", "3", "--seeds", "2", "--policy", "fifo"]
    told = json.loads(CliRunner().invoke(app, [*small, "--bound", "--format", "json"]).stdout)
    assert set(told["bound"]) == {"measure", "value", "unit", "bounds"}
    delay = next(row for row in told["results"] if (row["measure"], row["level"]) == ("value_delay", "all"))
    assert 0 < told["bound"]["value"] <= delay["value"]
    assert told["bound"]["unit"] == delay["unit"]
    assert json.loads(CliRunner().invoke(app, [*small, "--format", "json"]).stdout)["bound"] is None
    for shape in ("table", "html"):
        told = CliRunner().invoke(app, [*small, "--bound", "--format", shape]).stdout
        assert "Lower bound of value" in told
        assert "follow-ups, reopens and skills are left out" in " ".join(told.split())
