"""Ciw, which nobody here wrote, is given the same samples and must let every customer wait as long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ciw
import ciw.dists
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.backtesting.scoring import cost_points
from tidegate.simulate.belief import Belief
from tidegate.simulate.engine import replay
from tidegate.simulate.policies import Scene, maker
from tidegate.simulate.queues import KeyQueue
from tidegate.simulate.roster import Seat, always
from tidegate.simulate.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable

    Policy = Callable[[Workload], Callable[[], KeyQueue]]

SEEDS = st.integers(0, 2**32 - 1)


def workload(seed: int, *, customers: int, agents: int, service: str, load: float = 0.95) -> Workload:
    draw = np.random.default_rng(seed)
    work = draw.exponential(20, customers) if service == "exponential" else draw.lognormal(2.5, 1.0, customers)
    gaps = draw.exponential(work.mean() / agents / load, customers)
    return Workload(
        at=np.cumsum(gaps),
        work=work,
        level=draw.integers(0, 4, customers).astype(np.uint8),
        value=np.ones(customers),
        luck=draw.uniform(0.01, 0.99, customers),
    )


def ciw_waits(load: Workload, servers: int | ciw.Schedule, *, classes: bool, until: float = 1e9) -> np.ndarray:
    """Waits by arrival, from Ciw: each class replays its own recorded gaps and services."""
    names = [f"P{k}" for k in range(4)] if classes else ["P0"]
    groups = [np.flatnonzero(load.level == k) for k in range(4)] if classes else [np.arange(load.at.size)]
    beyond = [1e12]  # Sequential distributions start anew; the next arrival is after the end of the run
    network = ciw.create_network(
        arrival_distributions={
            n: [ciw.dists.Sequential([*np.diff(load.at[g], prepend=0.0), *beyond])]
            for n, g in zip(names, groups, strict=True)
        },
        service_distributions={
            n: [ciw.dists.Sequential([*load.work[g], 1.0])] for n, g in zip(names, groups, strict=True)
        },
        number_of_servers=[servers],
        priority_classes={n: k for k, n in enumerate(names)},
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(until)
    records = sorted(simulation.get_all_records(), key=lambda r: r.arrival_date)
    return np.array([[r.arrival_date, r.waiting_time] for r in records])


def fifo(load: Workload) -> Callable[[], KeyQueue]:
    return lambda: KeyQueue(np.zeros(load.at.size))


def static(load: Workload) -> Callable[[], KeyQueue]:
    return lambda: KeyQueue(load.level)


@pytest.mark.parametrize("service", ["exponential", "lognormal"])
@pytest.mark.parametrize("agents", [1, 3, 25])
@pytest.mark.parametrize("policy", [fifo, static])
def test_every_customer_waits_as_long_as_in_ciw(service: str, agents: int, policy: Policy) -> None:
    load = workload(agents * 7 + len(service), customers=1500, agents=agents, service=service)
    ours = replay(load, always(agents), policy(load))
    theirs = ciw_waits(load, agents, classes=policy is static)
    np.testing.assert_allclose(theirs[:, 0], load.at, rtol=1e-9)
    np.testing.assert_allclose(ours.wait, theirs[:, 1], atol=1e-6)
    assert ours.wait.max() > 1


class Recorded(ciw.dists.Distribution):
    """Each customer brings their own handling time, whenever the service begins."""

    def __init__(self, work: np.ndarray) -> None:
        self._work = work.tolist()

    def sample(self, t: float | None = None, ind: Any = None) -> float:  # noqa: ARG002 (Ciw's own signature)
        return self._work[ind.id_number - 1] if ind.id_number <= len(self._work) else 1.0


def test_cost_of_delay_agrees_with_ciw_scoring_everybody() -> None:
    load = workload(5, customers=1200, agents=4, service="lognormal", load=1.02)
    draw = np.random.default_rng(6)
    minutes = np.broadcast_to((10.0, 30.0, 240.0, 510.0), (1200, 4))
    belief = Belief(
        probability=draw.dirichlet([0.3] * 4, 1200), value=draw.lognormal(0, 1, 1200), effort=np.ones(1200),
        minutes=minutes, weights=np.array([20, 6, 2, 1]) * (minutes / 60) ** -0.75, horizon=60.0, missed=0.5,
    )  # fmt: skip
    factor = belief.probability * belief.weights * belief.value[:, None]

    def costly_first(waiting: list, now: float) -> Any:
        rows = np.array([one.id_number - 1 for one in waiting])
        age = (now - load.at[rows])[:, None]
        press = np.where(age < minutes[rows], np.exp((age - minutes[rows]) / 60.0), 0.5)
        return waiting[int(np.argmax((factor[rows] * press).sum(axis=1)))]

    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(load.at, prepend=0.0), 1e12])],
        service_distributions=[Recorded(load.work)],
        number_of_servers=[4],
        service_disciplines=[costly_first],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(1e9)
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    scene = Scene(workload=load, belief=belief, severity=(20, 6, 2, 1), cost=cost_points)
    ours = replay(load, always(4), maker("cost-of-delay", scene))
    np.testing.assert_allclose(ours.wait, [record.waiting_time for record in records], atol=1e-6)
    assert ours.wait.max() > 100


@settings(max_examples=15, deadline=None)
@given(seed=SEEDS, agents=st.integers(1, 4), load_at=st.floats(0.3, 1.5))
def test_any_load_agrees_with_ciw(seed: int, agents: int, load_at: float) -> None:
    load = workload(seed, customers=120, agents=agents, service="lognormal", load=load_at)
    ours = replay(load, always(agents), static(load))
    np.testing.assert_allclose(ours.wait, ciw_waits(load, agents, classes=True)[:, 1], atol=1e-6)


@pytest.mark.parametrize("policy", [fifo, static])
@pytest.mark.parametrize("service", ["exponential", "lognormal"])
def test_shifts_agree_with_ciw(policy: Policy, service: str) -> None:
    """Ciw sends new servers at every change of shift and lets the old ones finish: here each shift has its own."""
    load = workload(11, customers=1500, agents=3, service=service)
    end = float(load.at[-1]) * 3
    counts, length = [3, 1, 5, 2], 400.0
    changes = np.arange(0, end, length)
    seats = [
        Seat(((start, start + length),))
        for place, start in enumerate(changes.tolist())
        for _ in range(counts[place % len(counts)])
    ]
    schedule = ciw.Schedule(numbers_of_servers=counts, shift_end_dates=[length * (i + 1) for i in range(len(counts))])
    ours = replay(load, seats, policy(load))
    theirs = ciw_waits(load, schedule, classes=policy is static, until=end)
    assert theirs.shape[0] == load.at.size
    np.testing.assert_allclose(ours.wait, theirs[:, 1], atol=1e-6)
    assert ours.overtime.max() > 0
