"""The few numbers of a policy that a history can say something about."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from tidegate.policy.durations import Duration
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from tidegate.backtesting.seen import View
    from tidegate.policy.model import Policy
    from tidegate.simulate.belief import Belief
    from tidegate.simulate.turns import Turns


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
        turns = None if view.turns is None else self._turn(view.turns)
        by_messages = tuple(map(self._turn, view.by_messages))
        told = {"belief": self._believe(view.belief), "severity": self.severity, "now_when": self.now_when}
        return replace(view, turns=turns, by_messages=by_messages, **told)

    def _turn(self, turns: Turns) -> Turns:
        return replace(turns, belief=self._believe(turns.belief))

    def _believe(self, belief: Belief) -> Belief:
        weights = np.asarray(self.severity) * (belief.minutes / 60.0) ** self.target_power
        return replace(belief, weights=weights, horizon=self.horizon, missed=self.missed)

    def holds(self, view: View) -> bool:
        """Whether probability moved to a more urgent level never costs points: `missed` spans every step of weight."""
        weights = self.see(view).belief.weights
        return bool((weights[:, 1:] <= self.missed * weights[:, :-1] + 1e-12).all())

    def changes(self, other: Numbers) -> list[tuple[str, str, str]]:
        """Name, value here and value there of every number that differs, as the policy file spells them."""
        changed = []
        for name in (part.name for part in fields(Numbers) if part.name != "severity"):
            before, after = getattr(self, name), getattr(other, name)
            unit = "m" if name == "horizon" else ""
            if before != after:
                changed.append((f"ranking.{name}", f"{before:g}{unit}", f"{after:g}{unit}"))
        for level, before, after in zip(LEVELS, self.severity, other.severity, strict=True):
            if before != after:
                changed.append((f"levels.{level}.severity", f"{before:g}", f"{after:g}"))
        return changed


def near(numbers: Numbers, draw: np.random.Generator, *, far: bool) -> Numbers:
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
