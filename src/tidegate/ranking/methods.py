"""The two ways to turn beliefs and value into points, behind one small protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from tidegate.ranking import cost
from tidegate.ranking.beliefs import ages, likeliest

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.policy.targets import TargetTable

    Column = NDArray[np.float64]
    Four = Sequence[Column]


class Method(Protocol):
    """Points, and the parts they are made of, for the n tickets that it was made for."""

    def points(self, value: Column, probability: Four) -> Column:
        """Return n points for n values and four columns of probabilities."""
        ...

    def parts(self, value: Column, probability: Four) -> dict[str, Column]:
        """Return named columns of n points that sum to `points`."""
        ...

    def rival(self, probability: Four) -> NDArray[np.uint8]:
        """Return, of the levels that are not the likeliest, the one that adds most: n level indexes."""
        ...


def _certainly_no(terms: Column, level: NDArray[np.uint8]) -> Column:
    """Take the likeliest level out of the running."""
    terms = terms.copy()
    terms[np.arange(level.size), level] = -np.inf
    return terms


class CostOfDelay:
    """Ten times the binary logarithm of the cost of delay; see `cost`."""

    def __init__(self, facts: pl.DataFrame, policy: Policy, targets: TargetTable) -> None:
        self._pressure = cost.Pressure.of(policy, targets)
        self._age = ages(facts)
        self._row = facts["target_row"].to_numpy()
        self._effort = facts["effort"].to_numpy() if "effort" in facts.columns else None

    def points(self, value: Column, probability: Four) -> Column:
        """See `Method.points`."""
        return cost.points(
            self._pressure,
            value=value,
            effort=self._effort,
            probability=probability,
            age=self._age,
            target_row=self._row,
        )

    def parts(self, value: Column, probability: Four) -> dict[str, Column]:
        """See `Method.parts`: value, impact, deadline, missed, doubt and effort."""
        level, rows = likeliest(probability), np.arange(value.size)
        minutes = self._pressure.minutes[self._row, level]
        age = np.column_stack(self._age)[rows, level]
        late = age >= minutes
        with np.errstate(invalid="ignore"):
            before = np.where(late, 0.0, (age - minutes) / self._pressure.horizon / np.log(2.0))
        parts = {
            "value": np.log2(value),
            "impact": np.log2(self._pressure.weights[self._row, level]),
            "deadline": before,
            "missed": np.where(late, np.log2(self._pressure.missed), 0.0),
        }
        effort = np.zeros(value.size) if self._effort is None else -np.log2(self._effort)
        parts = {name: cost.POINTS * part for name, part in parts.items()}
        certain = sum(parts.values(), start=cost.POINTS * effort)
        return {**parts, "doubt": self.points(value, probability) - certain, "effort": cost.POINTS * effort}

    def rival(self, probability: Four) -> NDArray[np.uint8]:
        """See `Method.rival`: the largest share of the mixture."""
        with np.errstate(divide="ignore"):
            terms = cost.log_terms(self._pressure, self._age, self._row) + np.log(np.column_stack(probability))
        return _certainly_no(terms, likeliest(probability)).argmax(axis=1).astype(np.uint8)


class WeightedSum:
    """The playbook's weighted sum of five factors, each 0 to 100; weights are percent."""

    def __init__(self, facts: pl.DataFrame, policy: Policy, targets: TargetTable) -> None:
        self._weights, self._severity = policy.ranking.weights, np.asarray(policy.severity)
        self._age, self._row, self._minutes = ages(facts), facts["target_row"].to_numpy(), targets.minutes
        self._users = _column(facts, "affected_users", 1.0)
        self._stated = _column(facts, "urgency", np.nan) * 100
        filed = _column(facts, "given_urgency", np.nan)
        self._stated = np.where(np.isnan(self._stated), 130 - 40 * filed, self._stated)
        self._mood = np.fmax(50 - 50 * _column(facts, "sentiment", 0.0), 100 * _column(facts, "frustration", 0.0))

    def factors(self, value: Column, probability: Four) -> dict[str, Column]:
        """Five columns of n numbers, 0 to 100: impact, urgency, value, sla_risk, sentiment.

        Impact is 70% severity of the likeliest level (on a logarithmic scale) and 30% people affected (1 is 0, 1,000 is
        100); urgency is what the text states, else what was filed, else 100, 75, 50, 25 by level; value is 0 for 1 and
        100 for 32; the risk of the deadline is the share of the target used up; sentiment without a reading is 50.
        """
        level, rows = likeliest(probability), np.arange(value.size)
        severity = 100 * np.log1p(self._severity) / np.log1p(self._severity.max())
        users = 100 * np.clip(np.log10(np.fmax(self._users, 1)) / 3, 0, 1)
        with np.errstate(invalid="ignore"):
            used = np.column_stack(self._age)[rows, level] / self._minutes[self._row, level]
        return {
            "impact": 0.7 * severity[level] + 0.3 * users,
            "urgency": np.where(np.isnan(self._stated), 100.0 - 25.0 * level, np.clip(self._stated, 0, 100)),
            "value": 100 * np.clip(np.log2(np.fmax(value, 1)) / 5, 0, 1),
            "sla_risk": 100 * np.clip(np.nan_to_num(used), 0, 1),
            "sentiment": np.clip(self._mood, 0, 100),
        }

    def points(self, value: Column, probability: Four) -> Column:
        """See `Method.points`: 0 to 100 where the weights sum to 100."""
        return np.sum(list(self.parts(value, probability).values()), axis=0)

    def parts(self, value: Column, probability: Four) -> dict[str, Column]:
        """See `Method.parts`: the five factors, each times its weight."""
        return {
            name: getattr(self._weights, name) / 100 * factor
            for name, factor in self.factors(value, probability).items()
        }

    def rival(self, probability: Four) -> NDArray[np.uint8]:
        """See `Method.rival`: the second likeliest; the weighted sum looks at the likeliest alone."""
        return _certainly_no(np.column_stack(probability), likeliest(probability)).argmax(axis=1).astype(np.uint8)


def method_of(facts: pl.DataFrame, policy: Policy, targets: TargetTable) -> Method:
    """Return the policy's method, ready for these facts."""
    chosen = CostOfDelay if policy.ranking.method == "cost-of-delay" else WeightedSum
    return chosen(facts, policy, targets)


def _column(facts: pl.DataFrame, name: str, missing: float) -> Column:
    if name not in facts.columns:
        return np.full(facts.height, missing)
    return facts[name].cast(float).fill_null(missing).to_numpy()
