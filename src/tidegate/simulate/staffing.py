"""How many agents a policy needs for a promise, and how long a backlog takes to drain: by simulation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.engine import Outcome, replay
from tidegate.simulate.measures import tally
from tidegate.simulate.policies import maker
from tidegate.simulate.trial import Setting, run
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.simulate.measures import Tally
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
    best
        The measure if no ticket ever waits for an agent at work: no staffing of these shifts makes it better.
    """

    policy: str
    agents: int | None
    tried: dict[int, float]
    best: float


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
    Where the promise is not kept even if no ticket ever waits for an agent, such as when tickets come while nobody
    works, no search is needed. Then it grows or shrinks by quarters from `start` until the promise lies
    between two numbers, and halves the distance. It takes for granted that more agents never make the measure worse,
    which holds in the mean and is nearly so for a few seeds.
    """
    tried: dict[int, float] = {}

    def good(value: float) -> bool:
        return value >= target if measure in HIGHER else value <= target

    def keeps(agents: int) -> bool:
        setting = setting_of(agents)
        tried[agents] = _mean(measure, [run(setting, policy, seed) for seed in seeds])
        return good(tried[agents])

    stages = [setting_of(start).stage(policy, seed) for seed in seeds]
    best = _mean(measure, [tally(s.scene.workload, unhindered(s), s.judge, s.follow_ups) for s in stages])
    enough, most = start, max(start, min(most, max(map(_crowd, stages))))
    while not good(best) or not keeps(enough):
        if enough >= most or not good(best):
            return Need(policy=policy, agents=None, tried=dict(sorted(tried.items())), best=best)
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
    return Need(policy=policy, agents=enough, tried=dict(sorted(tried.items())), best=best)


def _mean(measure: str, found: Sequence[Tally]) -> float:
    values = [one.values(np.ones((1, one.above.shape[0]))) for one in found]
    if (measure, "all") not in values[0]:
        raise InputError("unknown measure", value=measure, expected=", ".join(sorted({m for m, _ in values[0]})))
    return float(np.nanmean([value[measure, "all"][0] for value in values]))


def unhindered(stage: Stage) -> Outcome:
    """Take every ticket up as soon as anybody works: what any number of agents with the first seat's shifts do best.

    Messages of customers who wait, and what follows a visit, are left out.
    """
    work, shifts = stage.scene.workload, np.array(stage.seats[0].shifts)
    at = work.at[: work.tickets]
    shift = np.searchsorted(shifts[:, 1], at, side="right")
    served = shift < len(shifts)
    opens, closes = shifts[np.minimum(shift, len(shifts) - 1)].T
    start = np.where(served, np.maximum(at, opens), np.nan)
    end = start + work.work[: work.tickets]
    return Outcome(
        entered=at,
        start=start,
        end=end,
        seats=np.where(served, 0, -1),
        follow_ups=np.zeros(at.size, dtype=np.int64),
        overtime=np.maximum(0.0, end - np.maximum(start, closes)),
        order=np.argsort(start, kind="stable")[: np.count_nonzero(served)],
    )


def _crowd(stage: Stage) -> int:
    """Most tickets in hand at once if none ever waited for an agent, with all messages that each could bring."""
    done, rule = unhindered(stage), stage.follow_ups
    served = ~np.isnan(done.start)
    longest = rule.most * rule.minutes if rule.per_day else 0.0
    moments = np.concatenate((done.start[served], done.end[served] + longest))
    change = np.repeat((1, -1), np.count_nonzero(served))
    return int(np.cumsum(change[np.lexsort((change, moments))]).max(initial=1))


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
