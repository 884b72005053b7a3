"""Agents who work on several tickets at once: by hand, against a slow twin, against Ciw, and with one at a time."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from math import inf

import ciw
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.worlds import World, worlds
from tidegate.simulate.engine import Ledger, Outcome, replay
from tidegate.simulate.policies import maker
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import Seat
from tidegate.simulate.sharing import Sharing
from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError

WRITES = FollowUps(per_day=2.0, patience=30.0, minutes=5.0)
SHIFTS = [((540.0, 700.0), (720.0, 1050.0), (1980.0, 2490.0)), ((600.0, 640.0), (3000.0, 9000.0)), ((-inf, inf),)]


def work(at: list[float], minutes: list[float], pool: list[int] | None = None) -> Workload:
    size = len(at)
    return Workload(
        at=np.array(at, dtype=float),
        work=np.array(minutes, dtype=float),
        level=np.zeros(size, np.uint8),
        value=np.ones(size),
        luck=np.full(size, 0.5),
        pool=np.array(pool or [0] * size),
    )


def fifo(load: Workload) -> KeyQueue:
    return KeyQueue(np.zeros(load.at.size))


def test_two_at_once_each_get_on_at_half_speed() -> None:
    load = work([0, 0, 0], [10, 30, 5])
    outcome = replay(load, [Seat(at_once=2)], lambda: fifo(load))
    assert outcome.start.tolist() == [0, 0, 20]  # ten minutes of each take twenty
    assert outcome.end.tolist() == [20, 45, 30]  # five of each until 30, then what is left of the second alone


def test_who_has_less_in_hand_is_asked_first() -> None:
    load = work([0, 1, 2, 3], [100, 100, 100, 100])
    outcome = replay(load, [Seat(at_once=2), Seat(at_once=2)], lambda: fifo(load))
    assert outcome.seat.tolist() == [0, 1, 0, 1]


def test_work_after_the_shift_is_overtime_of_the_ticket_that_took_it() -> None:
    load = work([0, 0, 100], [40, 60, 5])
    outcome = replay(load, [Seat(((0.0, 50.0), (100.0, 160.0)), at_once=2)], lambda: fifo(load))
    assert outcome.end.tolist() == [80, 100, 105]
    assert outcome.overtime.tolist() == [15, 35, 0]  # at 50 each has got 25 minutes


def test_room_for_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="at least one ticket"):
        Seat(at_once=0)


@settings(max_examples=120, deadline=None)
@given(world=worlds(), shifts=st.lists(st.sampled_from(SHIFTS), min_size=1, max_size=4))
def test_one_at_a_time_is_the_ordinary_replay(world: World, shifts: list) -> None:
    seats, make = [Seat(spans) for spans in shifts], maker("cost-of-delay", world.scene)
    wanted, ledger = replay(world.workload, seats, make, follow_ups=WRITES), Ledger(world.workload, WRITES)
    Sharing([0] * world.workload.at.size, frozenset({0}), seats, make).run(ledger)
    found = ledger.outcome(world.workload, seats)
    np.testing.assert_array_equal(found.order, wanted.order)
    np.testing.assert_array_equal(found.seat, wanted.seat)
    for name in ("entered", "start", "end", "overtime"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=0, atol=1e-6)


@dataclass
class Slow:
    """The same desk, minute by minute of what happens: everybody's remaining work is written down anew every time."""

    load: Workload
    seats: list[Seat]
    keys: np.ndarray
    hand: list[dict[int, float]] = field(default_factory=list)

    def run(self) -> Outcome:
        size = self.load.at.size
        start, end, place = np.full(size, np.nan), np.full(size, np.nan), np.full(size, -1)
        self.hand, since, waiting, order, now, coming = (
            [{} for _ in self.seats],
            [-inf] * len(self.seats),
            [],
            [],
            0.0,
            0,
        )
        while True:
            ends = [now + min(own.values()) * len(own) if own else inf for own in self.hand]
            following = min([self.load.at[coming] if coming < size else inf, *ends])
            if following == inf:
                break
            for own in self.hand:
                for row in own:
                    own[row] -= (following - now) / len(own)
            now = following
            for seat, own in enumerate(self.hand):
                for row in [row for row, left in own.items() if left <= 1e-9]:
                    end[row], since[seat] = now, now
                    del own[row]
            while coming < size and self.load.at[coming] <= now:
                waiting.append(coming)
                coming += 1
            while waiting:
                asked = sorted(
                    (len(own), since[seat], seat)
                    for seat, own in enumerate(self.hand)
                    if len(own) < self.seats[seat].at_once and any(self.may(seat, row) for row in waiting)
                )
                if not asked:
                    break
                seat = asked[0][2]
                row = min((row for row in waiting if self.may(seat, row)), key=lambda row: (self.keys[row], row))
                waiting.remove(row)
                order.append(row)
                start[row], place[row], self.hand[seat][row] = now, seat, self.load.work[row]
        none = np.zeros(size)
        return Outcome(
            entered=self.load.at, start=start, end=end, seats=place, follow_ups=none.astype(int), overtime=none,
            order=np.array(order),
        )  # fmt: skip

    def may(self, seat: int, row: int) -> bool:
        skills = self.seats[seat].skills
        return skills is None or int(self.load.pool[row]) in skills


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    rooms=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    skilled=st.booleans(),
    whole=st.booleans(),
)
def test_the_meter_is_the_slow_twin(seed: int, rooms: list[int], skilled: bool, whole: bool) -> None:
    random, size = np.random.default_rng(seed), 50
    minutes, at = random.exponential(20.0, size) + 0.1, np.sort(random.uniform(0, 1000 / len(rooms), size))
    if whole:
        minutes, at = np.ceil(minutes / 6) * 6, np.floor(at / 10) * 10
    load = replace(work(at.tolist(), minutes.tolist()), pool=random.integers(0, 3, size))
    sets = [None, *(frozenset(random.choice(3, random.integers(1, 4), replace=False).tolist()) for _ in rooms[1:])]
    seats = [Seat(skills=own if skilled else None, at_once=room) for own, room in zip(sets, rooms, strict=True)]
    keys = random.integers(0, 3, size).astype(float)
    found, wanted = replay(load, seats, lambda: KeyQueue(keys)), Slow(load, seats, keys).run()
    if not whole:  # at whole minutes two ends can fall together, and rounding then says which comes first
        np.testing.assert_array_equal(found.order, wanted.order)
        np.testing.assert_array_equal(found.seat, wanted.seat)
        np.testing.assert_allclose(found.start, wanted.start, rtol=0, atol=1e-6)
        np.testing.assert_allclose(found.end, wanted.end, rtol=0, atol=1e-6)
    assert sorted(found.order.tolist()) == list(range(size))


class Recorded(ciw.dists.Distribution):
    def __init__(self, minutes: np.ndarray) -> None:
        self._minutes = minutes.tolist()

    def sample(self, t: float | None = None, ind: object = None) -> float:  # noqa: ARG002 -- Ciw's own signature
        number = ind.id_number  # type: ignore[union-attr]
        return self._minutes[number - 1] if number <= len(self._minutes) else 1.0


@pytest.mark.parametrize("room", [1, 3, 6])
def test_one_agent_with_several_at_once_is_ciws_limited_processor_sharing(room: int) -> None:
    random, size = np.random.default_rng(7), 400
    load = work(np.cumsum(random.exponential(11.0, size)).tolist(), random.exponential(10.0, size).tolist())
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(load.at, prepend=0.0), 1e12])],
        service_distributions=[Recorded(load.work)],
        number_of_servers=[room],
        ps_thresholds=[1],
    )
    simulation = ciw.Simulation(network, node_class=ciw.PSNode)
    simulation.simulate_until_max_time(float(load.at[-1]) * 2)
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    outcome = replay(load, [Seat(at_once=room)], lambda: fifo(load))
    np.testing.assert_allclose(outcome.end, [record.exit_date for record in records], rtol=0, atol=1e-6)
    np.testing.assert_allclose(outcome.wait, [record.waiting_time for record in records], rtol=0, atol=1e-6)


@settings(max_examples=40, deadline=None)
@given(world=worlds(), room=st.integers(2, 4))
def test_sharing_makes_no_work_and_answers_no_later(world: World, room: int) -> None:
    """An agent is busy at the same moments whatever is done at once, and has room sooner."""
    load = world.workload
    if load.tickets < load.at.size:  # what comes back comes back later
        return
    alone, shared = (replay(load, [Seat(at_once=n)], lambda: fifo(load)) for n in (1, room))
    assert np.nanmax(shared.end) == pytest.approx(np.nanmax(alone.end))
    assert (shared.start <= alone.start + 1e-6).all()
