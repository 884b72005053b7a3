"""Visits that change while they wait go out as scoring everybody at every hand-out would have it, to the last bit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.worlds import World, worlds
from tidegate.backtesting.scoring import cost_points
from tidegate.simulate import press as press_module
from tidegate.simulate import ranked as ranked_module
from tidegate.simulate.belief import Belief
from tidegate.simulate.engine import replay
from tidegate.simulate.policies import RESOLUTION, Scene, maker
from tidegate.simulate.roster import always
from tidegate.simulate.turns import Turns
from tidegate.simulate.workload import FollowUps
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.simulate.queues import Queue

WRITES = FollowUps(per_day=2.0, patience=30.0, minutes=5.0)


@dataclass
class Obvious:
    """At every hand-out: what each waiting visit is by now, the first band that has any, the highest score in it."""

    scene: Scene
    method: str

    def __post_init__(self) -> None:
        self.since: dict[int, float] = {}

    def push(self, row: int, now: float) -> None:
        self.since[row] = now

    def drop(self, row: int) -> None:
        del self.since[row]

    def stretch(self, row: int, now: float) -> int:
        turns = self.scene.turns
        assert turns is not None
        mine = np.flatnonzero(turns.visit == row)
        return int(mine[np.searchsorted(turns.until[mine], now, side="right")])

    def take(self, now: float) -> int:
        turns, when = self.scene.turns, self.scene.now_when
        assert turns is not None
        rows = sorted(self.since)
        stretches = np.array([self.stretch(row, now) for row in rows])
        bands = np.ones(len(rows)) if turns.belief.band is None else turns.belief.band[stretches].astype(float)
        if when is not None:
            bands[turns.belief.probability[stretches, 0] >= when] = 0
        points = self.points(stretches, np.array([self.since[row] for row in rows]), now)
        best = rows[int(np.lexsort((rows, -points, bands))[0])]
        del self.since[best]
        return best

    def points(self, stretches: np.ndarray, since: np.ndarray, now: float) -> np.ndarray:
        turns = self.scene.turns
        assert turns is not None
        age = turns.belief.age(since, now)
        if self.method == "cost-of-delay":
            return cost_points(turns.belief, stretches, age)
        level = turns.belief.level[stretches]
        own, minutes = age[np.arange(level.size), level], turns.belief.minutes[stretches, level]
        used = np.clip(own / minutes, 0.0, 1.0)
        return np.rint((turns.standing[stretches] + self.scene.sla_gain * used) * RESOLUTION)


def changing(world: World, seed: int, most: int, *, whole: bool) -> Scene:
    """Let visits change up to so many times, to anything that another visit is, whole minutes after they entered."""
    random, visits = np.random.default_rng(seed), world.belief.value.size
    often = random.integers(0, most + 1, visits)
    visit = np.repeat(np.arange(visits), often + 1)
    last = np.append(np.diff(visit) > 0, True)
    waits = random.choice([1.0, 5.0, 30.0, 240.0, 2000.0], visit.size) * random.integers(1, 4, visit.size)
    until = np.where(last, np.inf, 0.0)
    for row in range(visits):
        mine = np.flatnonzero(visit == row)[:-1]
        until[mine] = world.workload.at[row] + np.cumsum(waits[mine])
    like = np.where(random.random(visit.size) < 0.5, visit, random.integers(0, visits, visit.size))
    belief = world.belief.of(like)
    belief = replace(belief, minutes=world.belief.minutes[visit], weights=world.belief.weights[visit])
    bands = random.choice(np.array([0, 1, 2], dtype=np.uint8), visit.size, p=[0.1, 0.7, 0.2])
    turns = Turns(visit=visit, until=until, belief=replace(belief, band=bands), standing=np.round(20 * belief.value, 3))
    return replace(world.scene, turns=turns, whole=True, now_when=0.25 if whole else None)


@settings(max_examples=200, deadline=None)
@given(
    world=worlds(),
    seed=st.integers(0, 2**32 - 1),
    most=st.integers(1, 4),
    lanes=st.booleans(),
    method=st.sampled_from([("cost-of-delay", False), ("cost-of-delay", True), ("weighted-sum", False)]),
)
def test_changes_while_waiting_are_the_scan(
    world: World, seed: int, most: int, lanes: bool, method: tuple[str, bool]
) -> None:
    if world.workload.tickets < world.workload.at.size:
        return
    scene, (name, tiny) = changing(world, seed, most, whole=lanes), method
    with pytest.MonkeyPatch.context() as patch:
        for module in (press_module, ranked_module) if tiny else ():
            for constant, value in (("_SMALL", 1), ("_FRONT", 3), ("_SHARE", 1000)):
                patch.setattr(module, constant, value)
        quick = replay(world.workload, always(world.agents), maker(name, scene), follow_ups=WRITES)
    slow = replay(world.workload, always(world.agents), lambda: Obvious(scene, name), follow_ups=WRITES)
    for part in ("order", "start", "end"):
        np.testing.assert_array_equal(getattr(quick, part), getattr(slow, part))


@settings(max_examples=40, deadline=None)
@given(world=worlds(), seed=st.integers(0, 2**32 - 1), every=st.integers(1, 5))
def test_with_an_aged_lane_everybody_goes_out_once(world: World, seed: int, every: int) -> None:
    if world.workload.tickets < world.workload.at.size:
        return
    scene = changing(world, seed, 3, whole=True)
    outcome = replay(world.workload, always(world.agents), maker(f"cost-of-delay+aged:{every}", scene))
    assert sorted(outcome.order.tolist()) == list(range(world.workload.at.size))


class Watched:
    """A queue that notes who waits, and since when, at every hand-out."""

    def __init__(self, inner: Queue) -> None:
        self.inner, self.since = inner, {}
        self.moments: list[tuple[float, int, dict[int, float]]] = []

    def push(self, row: int, now: float) -> None:
        self.since[row] = now
        self.inner.push(row, now)

    def drop(self, row: int) -> None:
        del self.since[row]
        self.inner.drop(row)

    def take(self, now: float) -> int:
        row = self.inner.take(now)
        self.moments.append((now, row, dict(self.since)))
        del self.since[row]
        return row


@settings(max_examples=80, deadline=None)
@given(
    world=worlds(rows=(20, 60)),
    seed=st.integers(0, 2**32 - 1),
    every=st.sampled_from([0, 1, 2, 5]),
    after=st.sampled_from([0.0, 30.0, 240.0]),
)
def test_lanes_keep_their_guarantees_while_tickets_change_lane(
    world: World, seed: int, every: int, after: float
) -> None:
    """Lane now before all others; and with r older ones past the limit, out within k (r + 1) hand-outs outside it."""
    if world.workload.tickets < world.workload.at.size:
        return
    scene = replace(changing(world, seed, 3, whole=True), aged_after=after)
    turns, lanes = scene.turns, Obvious(scene, "cost-of-delay")
    assert turns is not None
    assert turns.belief.band is not None
    watched = Watched(maker(f"cost-of-delay+aged:{every}" if every else "cost-of-delay", scene)())
    replay(world.workload, always(world.agents), lambda: watched)
    first = (turns.belief.band == 0) | (turns.belief.probability[:, 0] >= 0.25)
    clock, left = world.belief.clocks[3], {}
    for now, row, since in watched.moments:
        urgent = [one for one in since if first[lanes.stretch(one, now)]]
        assert row in urgent or not urgent
        if row in urgent or not every:
            left.pop(row, None)
            continue
        aged = [one for one in since if clock.at(now) - clock.at(since[one]) >= after]
        for one in aged:
            older = sum((since[other], other) < (since[one], one) for other in aged)
            left.setdefault(one, every * (older + 1))
        left = {one: remaining - 1 for one, remaining in left.items()}
        assert left.pop(row, 0) >= 0
        assert all(remaining > 0 for remaining in left.values())


@settings(max_examples=40, deadline=None)
@given(world=worlds(rows=(3, 40)), seed=st.integers(0, 2**32 - 1))
def test_stretches_of_some_visits_are_those_of_the_whole(world: World, seed: int) -> None:
    if world.workload.tickets < world.workload.at.size:
        return
    turns = changing(world, seed, 3, whole=False).turns
    assert turns is not None
    kept = np.arange(0, world.workload.at.size, 2)
    some = turns.of(kept)
    assert some.visit[some.first].tolist() == list(range(kept.size))
    for place, row in enumerate(kept.tolist()):
        np.testing.assert_array_equal(some.until[some.visit == place], turns.until[turns.visit == row])
        np.testing.assert_array_equal(some.belief.value[some.visit == place], turns.belief.value[turns.visit == row])


def test_stretches_out_of_order_are_refused() -> None:
    four = np.full((3, 4), 10.0)
    belief = Belief(
        probability=four / 40, value=np.ones(3), effort=np.ones(3), minutes=four, weights=four, horizon=60.0, missed=0.5
    )
    ok = {"visit": np.array([0, 0, 1]), "until": np.array([5.0, np.inf, np.inf]), "standing": np.zeros(3)}
    assert Turns(**ok, belief=belief).first.tolist() == [0, 2]
    for wrong in (
        {"visit": np.array([0, 1, 0])},
        {"until": np.array([5.0, np.inf, 7.0])},
        {"visit": np.array([0, 0, 0]), "until": np.array([5.0, 4.0, np.inf])},
    ):
        with pytest.raises(InputError, match="stretches"):
            Turns(**{**ok, **wrong}, belief=belief)
