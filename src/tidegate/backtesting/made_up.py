"""A backtest on the made-up desk, where the truth is known."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.backtesting.scoring import aged_after, believe, cost_points, replay_name, standing
from tidegate.policy.targets import day_minutes
from tidegate.simulate import synthetic
from tidegate.simulate.lanes import BETWEEN, LAST
from tidegate.simulate.measures import Judge
from tidegate.simulate.policies import Scene
from tidegate.simulate.roster import Seat
from tidegate.simulate.trial import Stage
from tidegate.simulate.turns import Turns
from tidegate.tables.words import URGENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.simulate.belief import Belief
    from tidegate.simulate.workload import FollowUps

    Column = NDArray[np.float64]

IMPUTED: Final = (
    "everything: tickets, levels, values, handling times and follow-ups are made up",
    "the posterior is exactly calibrated, which no reader of texts is",
    "clocks and agents run on business minutes; work rests overnight and goes on in the morning",
)

_WEEK: Final = 5 * synthetic.DAY


def put_off(policy: Policy, belief: Belief, entered: Column) -> Turns | None:
    """Let visits wait in lane later until something is due within the outlook; None where nothing ever does.

    Parameters
    ----------
    policy
        Its outlook, and the coverage that decides which visits a person should look at: those are not put off.
    belief
        m visits as they enter; every clock reads the time axis.
    entered
        When they enter.
    """
    visits, urgent, coverage = np.arange(entered.size), belief.probability[:, :2].sum(axis=1), policy.review.coverage
    early = belief.minutes[visits, belief.level] - policy.ranking.outlook.minutes(day_minutes(policy)["P3"])
    doubtful = (urgent < coverage) & (urgent > 1.0 - coverage)
    later = (belief.level >= len(URGENT)) & (early > 0.0) & ~doubtful
    if not later.any():
        return None
    visit = np.repeat(visits, later + 1)
    first = np.diff(visit, prepend=-1) > 0
    put = first & later[visit]
    band = np.where(put, LAST, BETWEEN).astype(np.uint8)
    return Turns(
        visit=visit,
        until=np.where(put, (entered + early)[visit], np.inf),
        belief=replace(belief.of(visit), band=band),
        standing=standing(policy, belief)[visit],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeUp:
    """The made-up desk under a policy.

    Attributes
    ----------
    desk
        How the desk works.
    base
        Policy whose targets are judged by and whose constants the built-in names use.
    files
        Further policies by name.
    follow_ups
        How customers write again.
    lanes
        Whether lane now goes first, and lane later last, as in the queue.
    at_once
        Tickets that each agent works on at a time.
    """

    desk: synthetic.Desk
    base: Policy
    files: Mapping[str, Policy]
    follow_ups: FollowUps = synthetic.FOLLOW_UPS
    lanes: bool = True
    at_once: int = 1

    @property
    def independent(self) -> bool:
        """Each seed makes other tickets."""
        return True

    def stage(self, policy: str, seed: int) -> Stage:
        """See `trial.Setting.stage`."""
        workload, probability = synthetic.make(self.desk, seed)
        rules = self.files.get(policy, self.base)
        belief = believe(rules, probability, workload.value)
        scene = Scene(
            workload=workload,
            belief=belief,
            severity=rules.severity,
            cost=cost_points,
            standing=standing(rules, belief),
            sla_gain=rules.ranking.weights.sla_risk,
            true_times=True,
            now_when=rules.ranking.now_when if self.lanes else None,
            aged_after=aged_after(rules),
            turns=put_off(rules, belief, workload.at) if self.lanes else None,
            whole=policy in self.files,
        )
        judged = believe(self.base, probability, workload.value)
        return Stage(
            policy=replay_name(rules) if policy in self.files else policy,
            scene=scene,
            judge=Judge(minutes=judged.minutes, clocks=judged.clocks, week=(workload.at // _WEEK).astype(np.int64)),
            seats=[Seat(at_once=self.at_once)] * self.desk.agents,
            follow_ups=self.follow_ups,
        )

    def fingerprint(self) -> str:
        """See `trial.Setting.fingerprint`."""
        files = {name: policy.hash for name, policy in self.files.items()}
        return repr((self.desk, self.base.hash, sorted(files.items()), self.follow_ups, self.lanes, self.at_once))

    def at(self, load: float) -> MadeUp:
        """Return the same desk under another load."""
        return replace(self, desk=replace(self.desk, load=load))
