"""The guarantees of the ranking hold in the running replay, hand-out by hand-out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers.boards import BARE, policy_with
from helpers.worlds import World, worlds
from tidegate.backtesting.past import past
from tidegate.backtesting.scoring import cost_points
from tidegate.ingest import read_tickets
from tidegate.policy import load
from tidegate.policy.targets import target_table
from tidegate.ranking.methods import CostOfDelay
from tidegate.ranking.order import RESOLUTION
from tidegate.simulate.engine import Outcome, replay
from tidegate.simulate.policies import maker
from tidegate.simulate.roster import always
from tidegate.simulate.trial import run

if TYPE_CHECKING:
    from tidegate.simulate.queues import Queue

COST = "cost-of-delay"


class Watched:
    """A queue that notes who was waiting, and since when, at every hand-out."""

    def __init__(self, inner: Queue) -> None:
        self._inner = inner
        self._since: dict[int, float] = {}
        self.moments: list[tuple[float, int, dict[int, float]]] = []

    def push(self, row: int, now: float) -> None:
        self._since[row] = now
        self._inner.push(row, now)

    def take(self, now: float) -> int:
        row = self._inner.take(now)
        self.moments.append((now, row, dict(self._since)))
        del self._since[row]
        return row

    def drop(self, row: int) -> None:
        del self._since[row]
        self._inner.drop(row)


def watch(world: World, name: str = COST, **scene: object) -> tuple[Outcome, Watched]:
    watched = Watched(maker(name, replace(world.scene, **scene))())  # type: ignore[arg-type]
    return replay(world.workload, always(world.agents), lambda: watched), watched


def points(world: World, rows: np.ndarray, since: np.ndarray, now: float) -> np.ndarray:
    return cost_points(world.belief, rows, world.belief.age(since, now)) / RESOLUTION


def with_belief(world: World, **parts: object) -> World:
    return replace(world, belief=replace(world.belief, **parts))  # type: ignore[arg-type]


@settings(max_examples=60)
@given(world=worlds(), times=st.floats(1.01, 50), place=st.integers(0, 10_000))
def test_1_a_more_valuable_ticket_is_never_handed_out_later(world: World, times: float, place: int) -> None:
    row = place % world.workload.tickets
    value = world.belief.value.copy()
    value[row] *= times
    before, after = watch(world)[0], watch(with_belief(world, value=value))[0]
    assert after.start[row] <= before.start[row]


@settings(max_examples=60)
@given(worlds())
def test_1_waiting_never_costs_more_than_the_missed_part(world: World) -> None:
    """Between two hand-outs a waiting ticket loses points only by passing targets, and with missed 1 never."""
    belief, (_, watched) = world.belief, watch(world)
    last: dict[int, tuple[float, float]] = {}
    for now, _, since in watched.moments:
        rows = np.array(sorted(since))
        entered = np.array([since[row] for row in rows.tolist()])
        found = points(world, rows, entered, now)
        passed = belief.age(entered, now) >= belief.minutes[rows]
        for row, one, late in zip(rows.tolist(), found.tolist(), passed.sum(axis=1).tolist(), strict=True):
            before, so_far = last.get(row, (-np.inf, late))
            allowed = 10 * np.log2(belief.missed) if late > so_far else 0.0
            assert one >= before + allowed * (late - so_far) - 1e-6
            last[row] = (one, late)


@settings(max_examples=60)
@given(world=worlds(), place=st.integers(0, 10_000), level=st.integers(0, 2), share=st.floats(0, 1))
def test_2_a_ticket_believed_more_urgent_is_never_handed_out_later(
    world: World, place: int, level: int, share: float
) -> None:
    weights = world.belief.weights[0]
    assume(world.belief.missed >= (weights[1:] / weights[:-1]).max())
    assume(len({id(clock) for clock in world.belief.clocks}) == 1)
    row, probability = place % world.workload.tickets, world.belief.probability.copy()
    moved = share * probability[row, level + 1]
    probability[row, level] += moved
    probability[row, level + 1] -= moved
    before, after = watch(world)[0], watch(with_belief(world, probability=probability))[0]
    assert after.start[row] <= before.start[row]


@settings(max_examples=60)
@given(world=worlds(), power=st.integers(-6, 6))
def test_3_scaling_every_value_leaves_the_replay_as_it_is(world: World, power: int) -> None:
    scaled = with_belief(world, value=world.belief.value * 2.0**power)
    np.testing.assert_array_equal(watch(world)[0].order, watch(scaled)[0].order)


@settings(max_examples=40)
@given(worlds())
def test_3_the_same_replay_gives_the_same_bytes(world: World) -> None:
    first, second = watch(world)[0], watch(world)[0]
    for name in ("start", "end", "seat", "order", "overtime"):
        assert getattr(first, name).tobytes() == getattr(second, name).tobytes()


@settings(max_examples=60)
@given(worlds())
def test_3_every_hand_out_is_the_production_ranking(world: World) -> None:
    """The visit handed out has the most points of those that wait, and of equal ones the smallest row."""
    for now, row, since in watch(world)[1].moments:
        rows = np.array(sorted(since))
        found = points(world, rows, np.array([since[one] for one in rows.tolist()]), now)
        assert row == rows[np.argmax(found)]


@settings(max_examples=40)
@given(worlds())
def test_4_the_parts_sum_to_the_points_of_every_hand_out(world: World) -> None:
    assume(world.belief.minutes[0, 0] == 10)  # the targets of the policy below
    policy = load({**BARE, "ranking": {"horizon": f"{world.belief.horizon:g}m", "missed": world.belief.missed}})
    table = target_table(policy)
    belief = replace(world.belief, minutes=np.broadcast_to(table.minutes[0], world.belief.minutes.shape))
    belief = replace(belief, weights=np.asarray(policy.severity) * (belief.minutes / 60) ** -0.75)
    for now, row, since in watch(replace(world, belief=belief))[1].moments:
        age = belief.age(np.array([since[row]]), now)
        facts = pl.DataFrame({f"age_p{k}": age[:, k] for k in range(4)} | {"target_row": np.zeros(1, np.uint16)})
        parts = CostOfDelay(facts, policy, table).parts(belief.value[[row]], list(belief.probability[[row]].T))
        handed = cost_points(belief, np.array([row]), age) / RESOLUTION
        assert abs(sum(part[0] for part in parts.values()) - handed[0]) < 1e-6


@settings(max_examples=60)
@given(world=worlds(), when=st.floats(0.05, 0.9), every=st.sampled_from([0, 2, 5]))
def test_5_nothing_is_handed_out_while_lane_now_waits(world: World, when: float, every: int) -> None:
    name = f"{COST}+aged:{every}" if every else COST
    now_lane = world.belief.probability[:, 0] >= when
    for _, row, since in watch(world, name, now_when=when, aged_after=30.0)[1].moments:
        assert now_lane[row] or not now_lane[list(since)].any()


@settings(max_examples=80)
@given(
    world=worlds(), every=st.integers(1, 6), when=st.sampled_from([None, 0.3]), after=st.sampled_from([0.0, 20.0, 90.0])
)
def test_6_who_is_past_the_age_limit_is_handed_out_in_time(
    world: World, every: int, when: float | None, after: float
) -> None:
    """With r older ones past the limit, within k (r + 1) hand-outs outside lane now."""
    outcome, watched = watch(world, f"{COST}+aged:{every}", now_when=when, aged_after=after)
    now_lane = np.zeros(world.workload.at.size, bool) if when is None else world.belief.probability[:, 0] >= when
    clock, left = world.belief.clocks[3], {}
    for now, row, since in watched.moments:
        if now_lane[row]:
            continue
        aged = [one for one in since if not now_lane[one] and clock.at(now) - clock.at(since[one]) >= after]
        for one in aged:
            older = sum((since[other], other) < (since[one], one) for other in aged)
            left.setdefault(one, every * (older + 1))
        for one in left:
            left[one] -= 1
        assert left.pop(row, 0) >= 0
        assert all(remaining > 0 for remaining in left.values())
    assert outcome.order.size == world.workload.at.size


def test_7_missing_data_replays_by_stated_defaults() -> None:
    """No account, no priority, no answer, no handling time, no group: every policy runs, and says what it assumed."""
    start = datetime(2026, 1, 5, 8, tzinfo=UTC)
    bare = pl.DataFrame(
        {
            "ticket_id": [f"T{i:03}" for i in range(90)],
            "created_at": [start + timedelta(minutes=37 * i) for i in range(90)],
            "subject": [None if i % 3 else "help" for i in range(90)],
        }
    )
    tickets = read_tickets(bare, now=start + timedelta(days=30)).table
    setting, imputed = past(tickets, base=policy_with(), files={"mine": policy_with(value={"strategic": 2})}, agents=2)
    for name in ("fifo", "edf", "static", "value", "weighted-sum", "wspt", COST, "oracle", "history", "mine"):
        tally = run(setting, name, 0)
        values = tally.values(np.ones((1, tally.above.shape[0])))
        assert values["unserved", "all"][0] == 0
        assert 0 <= values["value_breach", "all"][0] <= 1
    assert any("handling time: imputed" in words for words in imputed)
    assert any("true levels: drawn" in words for words in imputed)
