"""The policies that a backtest compares, by name, as makers of queues.

``fifo``                 first in, first out
``edf``                  earliest deadline first, by the likeliest level
``static``               the likeliest level, then first in, first out
``value``                the most valuable first
``weighted-sum``         the playbook's weighted sum
``wspt``                 weighted shortest processing time: value times severity of the likeliest level, over effort
``cost-of-delay-label``  cost of delay as if the likeliest level were certain
``cost-of-delay``        cost of delay over the posterior
``history``              the order in which the team took them up
``oracle``               cost of delay with the true level, and the true handling time where it is real

``+aged:50`` behind a name gives every 50th hand-out to the oldest ticket past one business day.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.lanes import BETWEEN, FIRST, LaneQueue
from tidegate.simulate.press import Press, PressQueue
from tidegate.simulate.queues import DueQueue, KeyQueue, Queue, ScanQueue
from tidegate.simulate.ranked import RankedQueue
from tidegate.simulate.slope import SlopeQueue
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tidegate.simulate.belief import Belief
    from tidegate.simulate.turns import Turns
    from tidegate.simulate.workload import Workload

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]
    Ranking = Callable[[Belief, Rows, Column], Column]
    Made = tuple[Callable[[], Queue], NDArray[np.uint8] | None, Turns | None]

RESOLUTION: Final = 2.0**30
"""Points are compared to this part of a point, as the queue does."""

NAMES: Final = (
    "fifo",
    "edf",
    "static",
    "value",
    "weighted-sum",
    "wspt",
    "cost-of-delay-label",
    "cost-of-delay",
    "history",
    "oracle",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that a policy may look at, and what only the oracle and the judge may.

    Attributes
    ----------
    workload
        The truth.
    belief
        What was knowable when each visit entered.
    severity
        Severities of P0 to P3 in the policy.
    cost
        The ranking: ``cost(belief, rows, age)`` scores n rows whose ages are (n, 4) minutes, the highest first.
    standing
        m points of the weighted sum as a visit enters; None where nobody worked them out.
    sla_gain
        Points of the weighted sum that the deadline gives when it is reached.
    taken_up
        When the team took each visit up in history, nan where it did not; None without a history.
    true_times
        Whether handling times are real, so that the oracle may know them.
    now_when
        Probability of P0 that opens lane now; None leaves the lanes out.
    aged_after
        Minutes of age that count as aged.
    turns
        How the policy's view of each visit changes while it waits; None where it does not. Only the ranking methods
        of policy files look at it; the other names judge a visit as it enters.
    whole
        Whether lanes and changes go for the weighted sum too, as in the queue; the built-in name is the sum alone.
    """

    workload: Workload
    belief: Belief
    severity: tuple[float, ...]
    cost: Ranking
    standing: Column | None = None
    sla_gain: float = 10.0
    taken_up: Column | None = None
    true_times: bool = False
    now_when: float | None = None
    aged_after: float = 510.0
    turns: Turns | None = None
    whole: bool = False


def maker(name: str, scene: Scene) -> Callable[[], Queue]:
    """Return what makes an empty queue of this policy.

    Parameters
    ----------
    name
        One of `NAMES`, with ``+aged:k`` behind it for an aged lane.
    scene
        What there is to know.

    Raises
    ------
    InputError
        If the name is unknown, or asks for a history that is not there.
    """
    base, _, aged = name.partition("+aged")
    every = _every(name, aged) if "+aged" in name else 0
    make, bands, turns = _base(base, scene)
    if not every and bands is None and turns is None:
        return make
    rows = scene.workload.at.size if turns is None else turns.visit.size
    places = (np.full(rows, BETWEEN) if bands is None else bands).tolist()
    clock = scene.belief.clocks[3]
    return lambda: LaneQueue(places, make, every=every, after=scene.aged_after, clock=clock, turns=turns)


def _every(name: str, aged: str) -> int:
    if not aged:
        return 50
    number = aged.removeprefix(":")
    if not number.isdigit() or int(number) < 1:
        raise InputError("an aged lane needs a whole number", value=name, expected="such as cost-of-delay+aged:50")
    return int(number)


def _base(name: str, scene: Scene) -> Made:
    belief, work = scene.belief, scene.workload
    level = belief.level
    if name in {"cost-of-delay", "cost-of-delay-label", "oracle"}:
        return _cost_of_delay(name, scene)
    if name == "weighted-sum":
        return _weighted_sum(scene)
    if name == "edf":
        rows = np.arange(level.size)
        return lambda: DueQueue(belief.minutes[rows, level], level, belief.clocks), None, None
    if name == "history" and scene.taken_up is None:
        raise InputError("the policy 'history' needs a history that says when tickets were first answered")
    keys = {
        "fifo": lambda: np.zeros(level.size),
        "static": lambda: level,
        "value": lambda: -belief.value,
        "wspt": lambda: -belief.value * np.array(scene.severity)[level] / belief.effort,
        "history": lambda: np.nan_to_num(np.asarray(scene.taken_up), nan=np.inf),
    }
    if name not in keys:
        raise InputError("unknown policy", value=name, expected=", ".join(NAMES), mend="or name a policy file")
    column = keys[name]()
    assert column.size == work.at.size  # noqa: S101
    entered = work.at if work.tickets == work.at.size else None
    return lambda: KeyQueue(column, entered), None, None


def _weighted_sum(scene: Scene) -> Made:
    """Points as a visit enters, and those of the deadline by the minute."""
    turns = scene.turns if scene.whole else None
    belief, standing = (scene.belief, scene.standing) if turns is None else (turns.belief, turns.standing)
    if standing is None:
        raise InputError("the policy 'weighted-sum' needs the points of its other factors")
    points, level = standing, belief.level
    minutes = belief.minutes[np.arange(points.size), level]

    def score(chosen: Rows, since: Column, now: float) -> Column:
        age = belief.age(since, now)[np.arange(chosen.size), level[chosen]]
        return np.rint((points[chosen] + scene.sla_gain * np.clip(age / minutes[chosen], 0.0, 1.0)) * RESOLUTION)

    def make() -> Queue:
        return SlopeQueue(points, minutes, scene.sla_gain, score, clocks=level, dials=belief.clocks)

    return make, _bands(belief, scene) if scene.whole else None, turns


def _oracle(belief: Belief, visit: Rows, scene: Scene) -> Belief:
    truth = replace(belief, probability=np.eye(4)[scene.workload.level[visit]])
    if not scene.true_times:
        return truth
    work = scene.workload.work
    return replace(truth, effort=(work / work.mean())[visit])


def _seen(name: str, belief: Belief, visit: Rows, scene: Scene) -> Belief:
    if name == "cost-of-delay-label":
        return belief.certain()
    return _oracle(belief, visit, scene) if name == "oracle" else belief


def _cost_of_delay(name: str, scene: Scene) -> Made:
    work, turns = scene.workload, scene.turns
    known = np.where(np.arange(work.at.size) < work.tickets, work.at, np.nan)
    visit = np.arange(work.at.size) if turns is None else turns.visit
    if turns is not None and work.tickets < work.at.size:
        raise InputError("visits that follow others cannot change while they wait")
    belief = _seen(name, scene.belief if turns is None else turns.belief, visit, scene)

    def score(rows: Rows, since: Column, now: float) -> Column:
        return scene.cost(belief, rows, belief.age(since, now))

    return _ranked_by(score, belief, known[visit]), _bands(belief, scene), turns


def _ranked_by(score: Callable[[Rows, Column, float], Column], belief: Belief, entered: Column) -> Callable[[], Queue]:
    """Choose the quickest queue that ranks by cost of delay on these clocks."""
    if len(set(map(id, belief.clocks))) > 2:  # noqa: PLR2004 -- what `Press` can tell apart
        return lambda: ScanQueue(score)
    press = Press(belief, entered)
    ranking = press.ranking
    if ranking is None:
        return lambda: PressQueue(press, score)
    return lambda: RankedQueue(press, ranking, score)


def _bands(belief: Belief, scene: Scene) -> NDArray[np.uint8] | None:
    """Lane now by the probability of P0, over what rules and the outlook say; None where all are in between."""
    if scene.now_when is None:
        return belief.band
    told = np.full(belief.value.size, BETWEEN, dtype=np.uint8) if belief.band is None else belief.band
    return np.where(belief.probability[:, 0] >= scene.now_when, np.uint8(FIRST), told)
