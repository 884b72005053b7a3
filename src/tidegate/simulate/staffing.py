"""How many agents a policy needs for a promise, and how long a backlog takes to drain: by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.engine import replay
from tidegate.simulate.policies import maker
from tidegate.simulate.trial import Setting, run
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.simulate.trial import Stage

HIGHER: Final = frozenset({"urgent_in_target"})
"""Measures of which more is better; of all others less is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What so many agents come to under a policy.

    Attributes
    ----------
    policy, agents
        The policy, and the fewest agents that keep the promise in the mean over seeds; None where none of those tried
        does.
    tried
        The measure by number of agents, ascending.
    """

    policy: str
    agents: int | None
    tried: dict[int, float]


def agents_needed(
    setting_of: Callable[[int], Setting],
    policy: str,
    *,
    measure: str,
    target: float,
    start: int,
    seeds: Sequence[int],
    most: int = 10_000,
) -> Need:
    """Find the fewest agents that keep a promise.

    Parameters
    ----------
    setting_of
        The setting with so many agents and the same tickets.
    policy
        The policy.
    measure, target
        A measure over all levels, and what it must reach: at least for shares in target, at most for all others.
    start
        Where to begin, such as the square-root rule says.
    seeds
        Replays of each number of agents.
    most
        Agents beyond which the search gives up.

    Notes
    -----
    Doubles or halves from `start` until the promise lies between two numbers, then halves the distance. It takes for
    granted that more agents never make the measure worse, which holds in the mean and is nearly so for a few seeds.
    """
    tried: dict[int, float] = {}

    def keeps(agents: int) -> bool:
        setting = setting_of(agents)
        found = [run(setting, policy, seed) for seed in seeds]
        values = [one.values(np.ones((1, one.above.shape[0]))) for one in found]
        if (measure, "all") not in values[0]:
            raise InputError("unknown measure", value=measure, expected=", ".join(sorted({m for m, _ in values[0]})))
        tried[agents] = float(np.nanmean([value[measure, "all"][0] for value in values]))
        return tried[agents] >= target if measure in HIGHER else tried[agents] <= target

    enough = start
    while not keeps(enough):
        if enough >= most:
            return Need(policy=policy, agents=None, tried=dict(sorted(tried.items())))
        enough = min(most, enough + max(1, enough // 4))
    few = enough
    while few > 1 and keeps(max(1, few - max(1, few // 4))):
        few = enough = max(1, few - max(1, few // 4))
    few = max((agents for agents in tried if agents < enough), default=0)
    while enough - few > 1:
        middle = (enough + few) // 2
        if keeps(middle):
            enough = middle
        else:
            few = middle
    return Need(policy=policy, agents=enough, tried=dict(sorted(tried.items())))


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """How long until nothing waits, in minutes of the time axis.

    Attributes
    ----------
    low, middle, high
        Quantiles 10%, 50% and 90% over seeds; inf where it is not reached before the replay ends.
    fluid
        Backlog over spare capacity, as if work were water and shifts spread evenly; inf where there is none to spare.
    """

    low: float
    middle: float
    high: float
    fluid: float


def time_to_drain(stages: Sequence[Stage]) -> Drain:
    """Time from the start until the first moment at which nothing waits.

    Parameters
    ----------
    stages
        One a seed; what enters at the first moment is the backlog, what enters later is the ordinary flow.
    """
    times, fluid = [], []
    for stage in stages:
        work = stage.scene.workload
        done = replay(work, stage.seats, maker(stage.policy, stage.scene), follow_ups=stage.follow_ups)
        begun, span = float(work.at[0]), float(work.at[-1] - work.at[0])
        backlog = work.at == begun
        spare = _at_work(stage, begun, span) - float(work.work[~backlog].sum()) / span if span else len(stage.seats)
        fluid.append(float(work.work[backlog].sum()) / spare if spare > 0 else np.inf)
        times.append(_empty(done.entered, done.start, float(work.at[-1])) - begun)
    low, middle, high = np.quantile(times, (0.1, 0.5, 0.9), method="higher")
    return Drain(low=float(low), middle=float(middle), high=float(high), fluid=float(np.mean(fluid)))


def _at_work(stage: Stage, begun: float, span: float) -> float:
    """Mean number of agents at work over a span."""
    shifts = np.array([shift for seat in stage.seats for shift in seat.shifts])
    overlap = np.minimum(shifts[:, 1], begun + span) - np.maximum(shifts[:, 0], begun)
    return float(np.maximum(overlap, 0.0).sum()) / span


def _empty(entered: np.ndarray, start: np.ndarray, last: float) -> float:
    """Find the first moment up to `last` at which everything that has entered is taken up; inf if there is none."""
    came = ~np.isnan(entered)
    moments = np.concatenate((entered[came], np.where(np.isnan(start[came]), np.inf, start[came])))
    change = np.repeat((1, -1), came.sum())
    order = np.lexsort((-change, moments))
    waiting = np.cumsum(change[order])
    free = np.flatnonzero(waiting == 0)
    moment = float(moments[order][free[0]]) if free.size else np.inf
    return moment if moment <= last else np.inf
