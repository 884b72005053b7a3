"""The clever queues hand out what scoring every waiting visit at every hand-out would hand out, to the last bit."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.worlds import World, worlds
from tidegate.simulate import press as press_module
from tidegate.simulate import ranked as ranked_module
from tidegate.simulate.engine import replay
from tidegate.simulate.policies import maker
from tidegate.simulate.press import Press, PressQueue
from tidegate.simulate.queues import KeyQueue, ScanQueue
from tidegate.simulate.roster import Seat, always
from tidegate.simulate.slope import SlopeQueue
from tidegate.simulate.workload import FollowUps

WRITES = FollowUps(per_day=2.0, patience=30.0, minutes=5.0)


def same(world: World, name: str) -> None:
    quick = replay(world.workload, always(world.agents), maker(name, world.scene), follow_ups=WRITES)
    slow = replay(world.workload, always(world.agents), world.scan, follow_ups=WRITES)
    np.testing.assert_array_equal(quick.order, slow.order)
    np.testing.assert_array_equal(quick.start, slow.start)
    np.testing.assert_array_equal(quick.end, slow.end)


@settings(max_examples=150, deadline=None)
@given(worlds())
def test_cost_of_delay_is_the_scan(world: World) -> None:
    same(world, "cost-of-delay")


@settings(max_examples=60, deadline=None)
@given(world=worlds(rows=(40, 120)), small=st.integers(0, 3), front=st.integers(1, 6))
def test_a_tiny_front_is_the_scan(world: World, small: int, front: int) -> None:
    """A front of a few visits runs out all the time: every way back to the rest is taken."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (press_module, ranked_module):
            patch.setattr(module, "_SMALL", small)
            patch.setattr(module, "_FRONT", front)
            patch.setattr(module, "_SHARE", 1000)
        same(world, "cost-of-delay")


@settings(max_examples=60, deadline=None)
@given(world=worlds(), every=st.integers(1, 5))
def test_what_was_dropped_is_never_taken(world: World, every: int) -> None:
    """The aged lane takes visits by another hand; each visit goes out once, whoever hands it out."""
    outcome = replay(world.workload, always(world.agents), maker(f"cost-of-delay+aged:{every}", world.scene))
    assert sorted(outcome.order.tolist()) == list(range(world.workload.at.size))


def test_a_big_backlog_is_the_scan() -> None:
    random = np.random.default_rng(5)
    world = _crowd(random, 1500)
    same(world, "cost-of-delay")


def _crowd(random: np.random.Generator, size: int) -> World:
    from dataclasses import replace

    from tidegate.simulate.belief import Belief
    from tidegate.simulate.workload import Workload

    minutes = np.broadcast_to((10.0, 30.0, 240.0, 510.0), (size, 4))
    belief = Belief(
        probability=random.dirichlet([0.2] * 4, size),
        value=random.lognormal(0, 1.2, size),
        effort=random.lognormal(0, 0.5, size),
        minutes=minutes,
        weights=np.array([20, 6, 2, 1]) * (minutes / 60) ** -0.75,
        horizon=60.0,
        missed=0.5,
    )
    workload = Workload(
        at=np.sort(random.uniform(0, 2000, size)),
        work=random.exponential(20.0, size),
        level=random.integers(0, 4, size).astype(np.uint8),
        value=belief.value,
        luck=1.0 - random.random(size),
    )
    return World(workload=workload, belief=replace(belief), agents=12)


@settings(max_examples=120, deadline=None)
@given(world=worlds(), gain=st.sampled_from([1.0, 10.0, 50.0]))
def test_weighted_sum_is_the_scan(world: World, gain: float) -> None:
    belief = world.belief
    level, rows = belief.level, np.arange(belief.value.size)
    standing, minutes = np.round(20 * belief.value), belief.minutes[rows, level]

    def score(chosen: np.ndarray, since: np.ndarray, now: float) -> np.ndarray:
        age = belief.age(since, now)[np.arange(chosen.size), level[chosen]]
        return standing[chosen] + gain * np.clip(age / minutes[chosen], 0, 1)

    def slope() -> SlopeQueue:
        return SlopeQueue(standing, minutes, gain, score, clocks=level, dials=belief.clocks)

    quick = replay(world.workload, always(world.agents), slope, follow_ups=WRITES)
    slow = replay(world.workload, always(world.agents), lambda: ScanQueue(score), follow_ups=WRITES)
    np.testing.assert_array_equal(quick.order, slow.order)
    np.testing.assert_array_equal(quick.start, slow.start)


SHIFTS = [((540.0, 700.0), (720.0, 1050.0), (1980.0, 2490.0)), ((600.0, 640.0), (3000.0, 9000.0)), ((-inf, inf),)]


@settings(max_examples=120, deadline=None)
@given(
    world=worlds(),
    keys=st.sampled_from(["fifo", "static", "value"]),
    shifts=st.lists(st.sampled_from(SHIFTS), min_size=1, max_size=4),
)
def test_an_order_known_beforehand_is_the_same_order(world: World, keys: str, shifts: list) -> None:
    column = {"fifo": np.zeros(world.belief.value.size), "static": world.belief.level, "value": -world.belief.value}[
        keys
    ]
    seats = [Seat(spans) for spans in shifts]
    work = world.workload
    known = work.at if work.tickets == work.at.size else None
    slow = replay(work, seats, lambda: KeyQueue(column), follow_ups=WRITES)
    quick = replay(work, seats, lambda: KeyQueue(column, known), follow_ups=WRITES)
    for name in ("entered", "start", "end", "seat", "follow_ups", "overtime", "order"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(slow, name))


@settings(max_examples=80, deadline=None)
@given(world=worlds(), shifts=st.lists(st.sampled_from(SHIFTS), min_size=1, max_size=4))
def test_cost_of_delay_under_shifts_is_the_scan(world: World, shifts: list) -> None:
    seats = [Seat(spans) for spans in shifts]
    quick = replay(world.workload, seats, maker("cost-of-delay", world.scene), follow_ups=WRITES)
    slow = replay(world.workload, seats, world.scan, follow_ups=WRITES)
    for name in ("entered", "start", "end", "seat", "follow_ups", "overtime", "order"):
        np.testing.assert_array_equal(getattr(quick, name), getattr(slow, name))


def test_levels_on_three_clocks_are_refused_with_a_way_out() -> None:
    from dataclasses import replace

    from helpers.worlds import OFFICE
    from tidegate.simulate.clocks import TIME, Clock
    from tidegate.tables.errors import InputError

    world = _crowd(np.random.default_rng(1), 5)
    belief = replace(world.belief, clocks=(TIME, OFFICE, Clock((0.0, 1.0), (0.0, 1.0)), TIME))
    with pytest.raises(InputError, match="ScanQueue"):
        Press(belief, world.workload.at)


def test_a_queue_serves_one_replay_and_its_press_many() -> None:
    world = _crowd(np.random.default_rng(2), 200)
    press = Press(world.belief, world.workload.at)

    def score(rows: np.ndarray, since: np.ndarray, now: float) -> np.ndarray:
        return world.scene.cost(world.belief, rows, world.belief.age(since, now))

    first, second = (replay(world.workload, always(3), lambda: PressQueue(press, score)).order for _ in range(2))
    np.testing.assert_array_equal(first, second)
