"""Small random worlds for the replay's properties: whole minutes and few distinct values, so that ties abound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import strategies as st

from tidegate.backtesting.scoring import cost_points
from tidegate.simulate.belief import Belief
from tidegate.simulate.clocks import TIME, Clock
from tidegate.simulate.policies import Scene
from tidegate.simulate.queues import ScanQueue
from tidegate.simulate.workload import Workload, with_reopens

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]

DAYS = 12
OFFICE = Clock(
    tuple(float(edge) for day in range(DAYS) for edge in (day * 1440 + 540, day * 1440 + 1050)),
    tuple(float(total) for day in range(DAYS) for total in (day * 510, day * 510 + 510)),
)


@dataclass(frozen=True, kw_only=True)
class World:
    workload: Workload
    belief: Belief
    agents: int

    @property
    def scene(self) -> Scene:
        return Scene(workload=self.workload, belief=self.belief, severity=(20, 6, 2, 1), cost=cost_points)

    def scan(self) -> ScanQueue:
        return ScanQueue(lambda rows, since, now: cost_points(self.belief, rows, self.belief.age(since, now)))


@st.composite
def worlds(draw: st.DrawFn, *, rows: tuple[int, int] = (1, 60)) -> World:
    size = draw(st.integers(*rows))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    whole = draw(st.booleans())
    clocks = draw(st.sampled_from([(TIME,) * 4, (TIME, OFFICE, OFFICE, OFFICE), (OFFICE,) * 4]))
    busy = draw(st.sampled_from([0.3, 1.0, 3.0]))
    agents = draw(st.integers(1, 4))
    work = random.exponential(20.0, size) + 0.5
    at = np.sort(random.uniform(0, size * 20.0 / agents / busy, size)) + 540.0
    probability = random.dirichlet([0.3] * 4, size)
    value = random.lognormal(0.0, 1.0, size)
    if whole:  # whole minutes, two values, certain levels: equal costs and hand-outs at the instant of a passing
        at, work = np.floor(at / 5) * 5, np.ceil(work / 5) * 5
        probability, value = np.eye(4)[random.integers(0, 4, size)], random.choice([1.0, 2.0], size)
    workload = Workload(
        at=at,
        work=work,
        level=random.integers(0, 4, size).astype(np.uint8),
        value=value,
        luck=1.0 - random.random(size),
    )
    if draw(st.booleans()):
        workload = with_reopens(workload, share=0.3, after=60.0, work=0.5, seed=1)
        probability, value = workload_rows(workload, probability), workload.value
    minutes = np.broadcast_to(
        draw(st.sampled_from([(10.0, 30.0, 240.0, 510.0), (5.0, 15.0, 30.0, 60.0)])), probability.shape
    )
    belief = Belief(
        probability=probability,
        value=value,
        effort=np.ones(value.size),
        minutes=minutes,
        weights=np.array([20, 6, 2, 1]) * (minutes / 60) ** -0.75,
        horizon=draw(st.sampled_from([15.0, 60.0, 240.0])),
        missed=draw(st.sampled_from([0.25, 0.5, 1.0])),
        clocks=(clocks[0], clocks[1], clocks[2], clocks[3]),
    )
    return World(workload=workload, belief=belief, agents=agents)


def workload_rows(workload: Workload, column: Column) -> Column:
    """Give every visit what its ticket has."""
    return column[workload.ticket_of()]
