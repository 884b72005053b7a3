"""The mechanisms of the replay, each in a world small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.worlds import World, worlds
from tidegate.simulate.engine import Ledger, replay
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import Seat, always, weekly
from tidegate.simulate.workload import FollowUps, Workload, with_reopens
from tidegate.tables.errors import InputError


def work(
    at: list[float], minutes: list[float], *, level: list[int] | None = None, pool: list[int] | None = None
) -> Workload:
    return Workload(
        at=np.array(at, dtype=float),
        work=np.array(minutes, dtype=float),
        level=np.array(level or [3] * len(at), dtype=np.uint8),
        value=np.ones(len(at)),
        luck=np.full(len(at), 0.5),
        pool=np.array(pool or [0] * len(at)),
    )


def fifo(load: Workload) -> KeyQueue:
    return KeyQueue(np.zeros(load.at.size))


def test_an_urgent_ticket_waits_for_the_first_agent_and_takes_nobody_off_a_ticket() -> None:
    load = work([0, 1, 2], [10, 10, 10], level=[3, 3, 0])
    outcome = replay(load, always(1), lambda: KeyQueue(load.level))
    assert outcome.start.tolist() == [0, 20, 10]


def test_what_enters_at_the_instant_an_agent_is_free_is_compared() -> None:
    load = work([0, 1, 10], [10, 10, 10], level=[3, 3, 0])
    assert replay(load, always(1), lambda: KeyQueue(load.level)).start.tolist() == [0, 20, 10]


def test_equal_tickets_go_by_time_then_by_row() -> None:
    load = work([0, 0, 0], [5, 5, 5])
    assert replay(load, always(1), lambda: fifo(load)).order.tolist() == [0, 1, 2]


def test_who_has_been_free_longest_goes_first() -> None:
    load = work([0, 0, 30], [20, 10, 5])
    assert replay(load, always(2), lambda: fifo(load)).seat.tolist() == [0, 1, 1]


def test_a_ticket_in_hand_at_the_end_of_a_shift_is_finished_in_overtime() -> None:
    seats = [Seat(((0.0, 60.0), (100.0, 160.0)))]
    load = work([50, 55, 60], [30, 5, 5])
    outcome = replay(load, seats, lambda: fifo(load))
    assert outcome.start.tolist() == [50, 100, 105]
    assert outcome.overtime.tolist() == [20, 0, 0]


def test_nobody_takes_a_ticket_at_the_end_of_the_shift() -> None:
    load = work([60], [5])
    assert replay(load, [Seat(((0.0, 60.0), (100.0, 160.0)))], lambda: fifo(load)).start.tolist() == [100]


def test_what_is_left_after_the_last_shift_is_never_taken() -> None:
    load = work([0, 1], [30, 5])
    outcome = replay(load, [Seat(((0.0, 20.0),))], lambda: fifo(load))
    assert outcome.seat.tolist() == [0, -1]
    assert np.isnan(outcome.start[1])


def test_agents_take_only_what_they_have_the_skill_for() -> None:
    load = work([0, 0, 0], [10, 10, 10], pool=[0, 0, 1])
    seats = [Seat(skills=frozenset({0})), Seat(skills=frozenset({1}))]
    outcome = replay(load, seats, lambda: fifo(load))
    assert outcome.start.tolist() == [0, 10, 0]
    assert outcome.seat.tolist() == [0, 0, 1]


def test_a_skill_that_nobody_has_is_an_error() -> None:
    load = work([0], [5], pool=[7])
    with pytest.raises(InputError, match="skill"):
        replay(load, [Seat(skills=frozenset({1}))], lambda: fifo(load))


def test_a_reopened_ticket_comes_back_after_its_end() -> None:
    load = with_reopens(work([0], [10]), share=1.0, after=5.0, work=0.5, seed=3)
    outcome = replay(load, always(1), lambda: fifo(load))
    assert outcome.entered[1] == pytest.approx(10 + load.at[1])
    assert outcome.end[1] - outcome.start[1] == pytest.approx(5)


def test_waiting_customers_write_again_and_add_work() -> None:
    load = work([0, 0], [1000, 10])
    rules = FollowUps(per_day=50.0, patience=10.0, minutes=4.0, most=3)
    outcome = replay(load, always(1), lambda: fifo(load), follow_ups=rules)
    assert outcome.follow_ups.tolist() == [0, 3]
    assert outcome.end[1] - outcome.start[1] == pytest.approx(10 + 3 * 4)


@given(st.lists(st.floats(0, 5000), min_size=2, max_size=20))
def test_longer_waits_are_never_fewer_messages(waits: list[float]) -> None:
    rules = FollowUps(per_day=3.0, most=10)
    load = work([0.0] * len(waits), [1.0] * len(waits))
    ledger = Ledger(load, rules)
    messages = [round((ledger.hand_out(0, wait, 0) - wait - 1.0) / rules.minutes) for wait in sorted(waits)]
    assert messages == sorted(messages)


def test_messages_are_poisson_with_the_stated_mean() -> None:
    rules = FollowUps(per_day=2.0, patience=60.0, minutes=1.0, most=50)
    size, wait = 20_000, 400.0
    draw = np.random.default_rng(0)
    load = Workload(
        at=np.zeros(size), work=np.ones(size), level=np.zeros(size, np.uint8), value=np.ones(size),
        luck=1.0 - draw.random(size),
    )  # fmt: skip
    outcome = replay(load, [Seat(((wait, 1e9),))] * size, lambda: fifo(load), follow_ups=rules)
    mean = float(rules.expected(np.array([wait]))[0])
    assert outcome.follow_ups.mean() == pytest.approx(mean, rel=0.03)
    assert outcome.follow_ups.var() == pytest.approx(mean, rel=0.05)


@settings(max_examples=60)
@given(world=worlds(), kinds=st.integers(1, 3))
def test_nobody_is_idle_while_a_ticket_waits_and_nobody_does_two_at_once(world: World, kinds: int) -> None:
    load = world.workload
    pooled = Workload(
        at=load.at, work=load.work, level=load.level, value=load.value, luck=load.luck, follows=load.follows,
        pool=load.ticket_of() % kinds,
    )  # fmt: skip
    skills = [frozenset({one, (one + 1) % kinds}) for one in range(kinds)]
    seats = [Seat(skills=skill) for skill in skills * world.agents]
    outcome = replay(pooled, seats, lambda: KeyQueue(pooled.level))
    assert sorted(outcome.order.tolist()) == list(range(load.at.size))
    for place, seat in enumerate(seats):
        mine = outcome.seat == place
        assert all(one in (seat.skills or ()) for one in pooled.pool[mine].tolist())
        starts, ends = np.sort(outcome.start[mine]), np.sort(outcome.end[mine])
        assert (starts[1:] >= ends[:-1] - 1e-9).all()
        fitting = np.isin(pooled.pool, list(seat.skills or ()))
        for begin, end in zip([-np.inf, *ends], [*starts, np.inf], strict=True):
            waited = fitting & (outcome.start > begin) & (outcome.entered < end) & (outcome.start > outcome.entered)
            inside = np.maximum(outcome.entered, begin) < np.minimum(outcome.start, end)
            assert not (waited & inside).any()


@pytest.mark.parametrize(
    "parts",
    [
        {"at": np.array([1.0, 0.0])},
        {"work": np.array([1.0, 0.0])},
        {"value": np.ones(3)},
        {"follows": np.array([-1, 5])},
    ],
)
def test_a_workload_that_does_not_hold_together_is_refused(parts: dict[str, np.ndarray]) -> None:
    load = work([0, 1], [1, 1])
    columns = {name: getattr(load, name) for name in ("at", "work", "level", "value", "luck", "follows")}
    with pytest.raises(InputError):
        Workload(**{**columns, **parts})


def test_rosters_that_cannot_be_are_refused() -> None:
    load = work([0], [1])
    for wrong in (lambda: always(0), lambda: Seat(((5.0, 5.0),)), lambda: replay(load, [], lambda: fifo(load))):
        with pytest.raises(InputError):
            wrong()


def test_weekly_hours_repeat() -> None:
    seat = weekly([(540.0, 1020.0)], agents=2, weeks=2)[1]
    assert seat.shifts == ((540.0, 1020.0), (10_620.0, 11_100.0))
