"""The production ranking as the replay asks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.policy.targets import day_minutes, target_table
from tidegate.ranking import cost
from tidegate.ranking.methods import WeightedSum
from tidegate.ranking.order import RESOLUTION
from tidegate.simulate.belief import Belief
from tidegate.simulate.clocks import TIME, Clock

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]

SAME: tuple[Clock, Clock, Clock, Clock] = (TIME, TIME, TIME, TIME)
"""Every level counts on the time axis itself."""


def cost_points(belief: Belief, rows: Rows, age: Column) -> Column:
    """Points of n visits whose ages are (n, 4) minutes, rounded as the queue compares them.

    Parameters
    ----------
    belief
        What the policy knows.
    rows
        Which visits.
    age
        Minutes on each level's clock.
    """
    pressure = cost.Pressure(
        minutes=belief.minutes[rows], weights=belief.weights[rows], horizon=belief.horizon, missed=belief.missed
    )
    points = cost.points(
        pressure,
        value=belief.value[rows],
        effort=belief.effort[rows],
        probability=list(belief.probability[rows].T),
        age=list(age.T),
        target_row=np.arange(rows.size, dtype=np.uint16),
    )
    return np.rint(points * RESOLUTION)


def believe(
    policy: Policy,
    probability: Column,
    value: Column,
    *,
    target_row: NDArray[np.uint16] | None = None,
    clocks: tuple[Clock, Clock, Clock, Clock] = SAME,
    band: NDArray[np.uint8] | None = None,
) -> Belief:
    """Look at posteriors and values with a policy's targets, weights, horizon and missed.

    Parameters
    ----------
    policy
        The policy.
    probability, value
        (m, 4) and m, after its rules.
    target_row
        m rows of its target table; None takes the ordinary first response.
    clocks
        What the target of each level is counted on.
    band
        m bands that rules and the outlook put the visits in.
    """
    targets = target_table(policy)
    pressure = cost.Pressure.of(policy, targets)
    rows = np.zeros(value.size, dtype=np.uint16) if target_row is None else target_row
    return Belief(
        probability=probability,
        value=value,
        effort=np.ones(value.size),
        minutes=pressure.minutes[rows],
        weights=pressure.weights[rows],
        horizon=pressure.horizon,
        missed=pressure.missed,
        clocks=clocks,
        band=band,
    )


def standing(policy: Policy, belief: Belief, facts: pl.DataFrame | None = None) -> Column:
    """Points of the weighted sum as each visit enters, when none of its target is used up.

    Parameters
    ----------
    policy
        Whose weights.
    belief
        Probability and value.
    facts
        Columns that the weighted sum reads besides; None where there are none.
    """
    rows = belief.value.size
    targets = target_table(policy)
    fresh = pl.DataFrame({f"age_p{k}": np.zeros(rows) for k in range(4)} | {"target_row": np.zeros(rows, np.uint16)})
    known = fresh if facts is None else facts.drop(fresh.columns, strict=False).hstack(fresh)
    return WeightedSum(known, policy, targets).points(belief.value, list(belief.probability.T))


def aged_after(policy: Policy) -> float:
    """Minutes of age that count as aged, on the clock of P3."""
    return policy.ranking.aged.after.minutes(day_minutes(policy)["P3"])


def replay_name(policy: Policy) -> str:
    """Name, for the replay, what a policy file asks for: its method, and its aged lane."""
    every = policy.ranking.aged.every
    return policy.ranking.method + (f"+aged:{every}" if every else "")
