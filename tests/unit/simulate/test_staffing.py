from __future__ import annotations

from dataclasses import replace
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.backtesting.made_up import MadeUp
from tidegate.policy import load
from tidegate.simulate.engine import replay
from tidegate.simulate.erlang import erlang_a, erlang_c, late_by_erlang_c, square_root
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import always, weekly
from tidegate.simulate.staffing import agents_needed, time_to_drain, unhindered
from tidegate.simulate.synthetic import Desk
from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError

BASE = MadeUp(desk=Desk(agents=6, days=5, load=0.9), base=load("starter"), files={}, follow_ups=FollowUps())


def desk_of(agents: int) -> MadeUp:
    """The same tickets for another number of agents."""
    desk = BASE.desk
    return replace(BASE, desk=replace(desk, agents=agents, load=desk.load * desk.agents / agents))


@given(st.integers(1, 30), st.floats(0.05, 0.99))
def test_erlang_c_is_the_textbook_sum(agents: int, share: float) -> None:
    offered = share * agents
    top = offered**agents / factorial(agents) / (1 - share)
    assert erlang_c(offered, agents) == pytest.approx(
        top / (sum(offered**k / factorial(k) for k in range(agents)) + top)
    )


def test_erlang_c_agrees_with_the_replay() -> None:
    draw, size = np.random.default_rng(8), 200_000
    work = Workload(
        at=np.cumsum(draw.exponential(20 / 4 / 0.8, size)), work=draw.exponential(20.0, size),
        level=np.zeros(size, np.uint8), value=np.ones(size), luck=np.full(size, 0.5),
    )  # fmt: skip
    wait = replay(work, always(4), lambda: KeyQueue(np.zeros(size))).wait
    assert (wait > 0).mean() == pytest.approx(erlang_c(3.2, 4), rel=0.03)
    assert (wait > 30).mean() == pytest.approx(late_by_erlang_c(3.2, 4, 20.0, 30.0), rel=0.08)


@given(st.integers(1, 20), st.floats(0.1, 30), st.floats(0.05, 5))
def test_erlang_a_balances_what_comes_and_what_leaves(agents: int, offered: float, impatience: float) -> None:
    states = np.arange(4000)
    rate = np.minimum(states[1:], agents) + impatience * np.maximum(states[1:] - agents, 0)
    weight = np.exp(np.concatenate(([0.0], np.cumsum(np.log(offered / rate)))))
    weight /= weight.sum()
    waits, leaves = erlang_a(offered, agents, impatience)
    assert waits == pytest.approx(weight[agents:].sum(), rel=1e-6)
    assert leaves == pytest.approx(
        impatience * (np.maximum(states - agents, 0) * weight).sum() / offered, rel=1e-6, abs=1e-9
    )


def test_little_impatience_is_erlang_c() -> None:
    assert erlang_a(8.0, 10, 1e-7)[0] == pytest.approx(erlang_c(8.0, 10), rel=1e-4)
    assert late_by_erlang_c(1.0, 2, 10.0, 5.0) == pytest.approx(erlang_c(1.0, 2) * exp(-0.5))
    assert erlang_c(5.0, 4) == late_by_erlang_c(5.0, 4, 10, 5) == 1.0
    assert square_root(16.0) == 20


def test_impossible_teams_are_refused() -> None:
    for wrong in (lambda: erlang_c(1.0, 0), lambda: erlang_c(-1.0, 2), lambda: erlang_a(1.0, 2, 0.0)):
        with pytest.raises(InputError):
            wrong()


@pytest.mark.parametrize("start", [2, 6, 12])
def test_the_fewest_agents_do_not_depend_on_where_the_search_begins(start: int) -> None:
    need = agents_needed(desk_of, "fifo", measure="wait_p95", target=60.0, start=start, seeds=[1])
    assert need.agents is not None
    assert need.tried[need.agents] <= 60.0 < need.tried[need.agents - 1]


def test_a_better_policy_needs_no_more_agents() -> None:
    needs = [
        agents_needed(desk_of, policy, measure="urgent_in_target", target=0.9, start=6, seeds=[1, 2]).agents
        for policy in ("fifo", "cost-of-delay")
    ]
    first, second = needs
    assert first is not None
    assert second is not None
    assert second < first


def test_a_promise_that_nobody_can_keep_and_an_unknown_measure() -> None:
    assert agents_needed(desk_of, "fifo", measure="wait_p50", target=-1.0, start=6, seeds=[1], most=8).agents is None
    with pytest.raises(InputError, match="value_breach"):
        agents_needed(desk_of, "fifo", measure="happiness", target=1.0, start=6, seeds=[1])


def test_what_no_number_of_agents_keeps_is_said_without_a_replay() -> None:
    def never(agents: int) -> MadeUp:
        assert agents == 6, "no other number is worth a try"
        return desk_of(agents)

    need = agents_needed(never, "cost-of-delay", measure="wait_p50", target=-1.0, start=6, seeds=[1])
    assert (need.agents, need.tried, need.best) == (None, {}, 0.0)


@pytest.mark.parametrize("hours", [[(540.0, 1020.0)], [(60.0, 61.0), (700.0, 9000.0)]])
def test_unhindered_is_the_replay_with_an_agent_for_every_ticket(hours: list[tuple[float, float]]) -> None:
    stage = BASE.stage("fifo", 3)
    size = stage.scene.workload.tickets
    many = replace(stage, seats=weekly(hours, agents=size, weeks=1))
    done = replay(stage.scene.workload, many.seats, lambda: KeyQueue(np.zeros(size)))
    free = unhindered(many)
    for name in ("entered", "start", "end", "overtime"):
        np.testing.assert_array_equal(getattr(free, name), getattr(done, name))


def test_a_backlog_drains_about_as_fast_as_water_and_faster_with_more_agents() -> None:
    def stages(agents: int) -> list:
        made = []
        for seed in range(4):
            stage = desk_of(agents).stage("fifo", seed)
            work = stage.scene.workload
            at = np.where(np.arange(work.at.size) < 100, 0.0, work.at - work.at[100] + 1.0)
            made.append(replace(stage, scene=replace(stage.scene, workload=replace(work, at=at))))
        return made

    few, many = time_to_drain(stages(8)), time_to_drain(stages(12))
    assert few.low <= few.middle <= few.high
    assert many.middle < few.middle
    assert few.middle == pytest.approx(few.fluid, rel=0.5)
