"""Search the few numbers of a policy on one part of a history, and judge what was found on a later part."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.backtesting.past import Past, View, lighter
from tidegate.policy.durations import Duration
from tidegate.simulate.backtest import Backtest, Estimate, backtest
from tidegate.simulate.trial import run
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.policy.model import Policy

MEASURE: Final = "value_breach"
"""What is made small: the value-weighted share of first answers out of target."""

EARLY: Final = 0.6
"""Share of the history, its earlier part, that numbers are searched on."""

YOURS: Final = "yours"
PROPOSED: Final = "proposed"
_FEW: Final = 100
_ATTEMPTS: Final = 100  # to draw numbers that keep the guarantee of more urgent, never fewer points


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of a policy that are searched.

    Attributes
    ----------
    horizon
        Minutes.
    missed, target_power, now_when
        As the policy's ranking has them.
    severity
        Of P0 to P3; P3 is never moved.
    """

    horizon: float
    missed: float
    target_power: float
    now_when: float
    severity: tuple[float, ...]

    @classmethod
    def of(cls, policy: Policy) -> Numbers:
        """Take the numbers out of a policy."""
        ranking = policy.ranking
        return cls(
            horizon=ranking.horizon.minutes(),
            missed=ranking.missed,
            target_power=ranking.target_power,
            now_when=ranking.now_when,
            severity=policy.severity,
        )

    def put_into(self, policy: Policy) -> Policy:
        """Return the policy with these numbers."""
        levels = {
            level: policy.levels[level].model_copy(update={"severity": severity})
            for level, severity in zip(LEVELS, self.severity, strict=True)
        }
        ranking = policy.ranking.model_copy(
            update={
                "horizon": Duration(self.horizon, "m"),
                "missed": self.missed,
                "target_power": self.target_power,
                "now_when": self.now_when,
            }
        )
        return policy.model_copy(update={"levels": levels, "ranking": ranking})

    def see(self, view: View) -> View:
        """Look at the same history with these numbers."""
        belief = view.belief
        weights = np.asarray(self.severity) * (belief.minutes / 60.0) ** self.target_power
        seen = replace(belief, weights=weights, horizon=self.horizon, missed=self.missed)
        return replace(view, belief=seen, severity=self.severity, now_when=self.now_when)

    def holds(self, view: View) -> bool:
        """Whether probability moved to a more urgent level never costs points: `missed` spans every step of weight."""
        weights = self.see(view).belief.weights
        return bool((weights[:, 1:] <= self.missed * weights[:, :-1] + 1e-12).all())


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a search came to.

    Attributes
    ----------
    yours, proposed
        The policy's numbers, and the best of those tried on the earlier part.
    tried
        How many were tried.
    judged
        Both on the later part; its differences are proposed less yours.
    """

    yours: Numbers
    proposed: Numbers
    tried: int
    judged: Backtest

    @property
    def gain(self) -> Estimate:
        """Late value on the later part, proposed less yours: below 0 is a gain."""
        return next(row for row in self.judged.differences if (row.measure, row.level) == (MEASURE, "all"))

    @property
    def keep(self) -> bool:
        """Whether to keep your numbers: the later part cannot tell, or says that they are better."""
        return self.proposed == self.yours or self.gain.high is None or self.gain.high >= 0

    def changes(self) -> list[tuple[str, str, str]]:
        """Name, value before and value after of every number that would change, as the policy file spells them."""
        changed = []
        for name in (part.name for part in fields(Numbers) if part.name != "severity"):
            before, after = getattr(self.yours, name), getattr(self.proposed, name)
            unit = "m" if name == "horizon" else ""
            if before != after:
                changed.append((f"ranking.{name}", f"{before:g}{unit}", f"{after:g}{unit}"))
        for level, before, after in zip(LEVELS, self.yours.severity, self.proposed.severity, strict=True):
            if before != after:
                changed.append((f"levels.{level}.severity", f"{before:g}", f"{after:g}"))
        return changed


def tune(
    history: Past,
    policy: Policy,
    *,
    candidates: int = 30,
    seeds: int = 2,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> Proposal:
    """Search on the earlier part, judge on the later one.

    Parameters
    ----------
    history
        Whose base is the policy.
    policy
        Whose numbers are searched around; by cost of delay.
    candidates
        How many sets of numbers are tried besides the policy's own.
    seeds
        Replays of each.
    seed
        Of the search.
    progress
        Told ``(done, total)`` after each set of numbers.

    Raises
    ------
    InputError
        If a part has too few tickets, or the policy ranks by another method.
    """
    if policy.ranking.method != "cost-of-delay":
        raise InputError("only policies by cost of delay have these numbers", value=policy.ranking.method)
    cut = int(EARLY * history.at.size)
    if min(cut, history.at.size - cut) < _FEW:
        raise InputError("too short a history to tune on", value=history.at.size, expected="250 tickets or more")
    early, later = (lighter(history, rows) for rows in np.split(np.arange(history.at.size), [cut]))
    yours, draw = Numbers.of(policy), np.random.default_rng(seed)
    best, least = yours, _late(early, yours, seeds)
    for place in range(candidates):
        near = (_near(best if place % 2 else yours, draw, far=place % 3 == 0) for _ in range(_ATTEMPTS))
        one = next((numbers for numbers in near if numbers.holds(early.base)), yours)
        if (late := _late(early, one, seeds)) < least:
            best, least = one, late
        if progress:
            progress(place + 1, candidates)
    views = {YOURS: yours.see(later.base), PROPOSED: best.see(later.base)}
    judged = backtest(replace(later, views=views), [YOURS, PROPOSED], range(100, 100 + max(seeds, 3)))
    return Proposal(yours=yours, proposed=best, tried=candidates, judged=judged)


def _late(part: Past, numbers: Numbers, seeds: int) -> float:
    setting = replace(part, views={PROPOSED: numbers.see(part.base)})
    found = [run(setting, PROPOSED, seed) for seed in range(seeds)]
    return float(np.mean([one.values(np.ones((1, one.above.shape[0])))[MEASURE, "all"][0] for one in found]))


def _near(numbers: Numbers, draw: np.random.Generator, *, far: bool) -> Numbers:
    """Move every number a little, or far, rounded to what a person would write."""
    p0, p1, p2, p3 = numbers.severity
    step = draw.normal(0.0, 3.0 if far else 1.0, 7)
    return Numbers(
        horizon=float(np.clip(_two_digits(numbers.horizon * np.exp(0.4 * step[0])), 5, 960)),
        missed=float(np.clip(_two_digits(numbers.missed * np.exp(0.3 * step[1])), 0.05, 1.0)),
        target_power=float(np.clip(round(numbers.target_power + 0.15 * step[2], 2), -2.0, 0.0)),
        now_when=float(np.clip(round(numbers.now_when + 0.08 * step[3], 2), 0.05, 1.0)),
        severity=(
            _two_digits(p0 * np.exp(0.3 * step[4])),
            _two_digits(p1 * np.exp(0.3 * step[5])),
            _two_digits(p2 * np.exp(0.3 * step[6])),
            p3,
        ),
    )


def _two_digits(value: float) -> float:
    return float(f"{value:.2g}")
