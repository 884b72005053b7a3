"""Cost of delay: what an hour of waiting costs per hour of work, over everything that is believed about a ticket.

For a ticket with posterior ``p`` over the levels, value ``v`` and effort ``e``::

    cost   = v / e * sum_k p[k] * weight[k] * press[k]
    press  = exp(-(target[k] - age[k]) / horizon) before the target, `missed` from the target on
    points = 10 * log2(cost)

Sources: van Mieghem 1995 (generalized c-mu), Argon and Ziya 2009 (priority under imperfect classification),
Vepsalainen and Morton 1987 (apparent tardiness cost).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.policy.targets import weights as target_weights

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.policy.targets import TargetTable

    Column = NDArray[np.float64]

POINTS: Final = 10.0
"""Points for a doubling of the cost."""

_BLOCK: Final = 16_384  # rows at a time: the working arrays stay in the second-level cache
_TINY: Final = 1e-280  # below this the sum has lost digits and is taken again in logarithms


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure:
    """The constants of one policy that turn ages into pressure.

    Attributes
    ----------
    minutes
        (rows, 4) targets in minutes, by row of the policy's target table and level.
    weights
        (rows, 4) weight of each level for that target.
    horizon
        How early a coming deadline starts to press, in minutes.
    missed
        How hard a missed target still presses, in (0, 1].
    """

    minutes: Column
    weights: Column
    horizon: float
    missed: float

    @classmethod
    def of(cls, policy: Policy, targets: TargetTable) -> Pressure:
        """Take the constants out of a policy."""
        ranking = policy.ranking
        return cls(
            minutes=targets.minutes,
            weights=target_weights(policy, targets),
            horizon=ranking.horizon.minutes(),
            missed=ranking.missed,
        )


def log_terms(pressure: Pressure, age: Sequence[Column], target_row: NDArray[np.uint16]) -> Column:
    """Natural logarithm of ``weight * press`` of each level.

    Parameters
    ----------
    pressure
        The policy's constants.
    age
        Four columns of n minutes: the age on the running clock if the ticket were of that level.
    target_row
        n rows of the target table.

    Returns
    -------
    ndarray of shape (n, 4)
    """
    minutes, ages = pressure.minutes[target_row], np.column_stack(age)
    with np.errstate(divide="ignore"):
        weight = np.log(pressure.weights[target_row])
    press = np.where(ages < minutes, (ages - minutes) / pressure.horizon, np.log(pressure.missed))
    return weight + press


def mixture(
    pressure: Pressure, probability: Sequence[Column], age: Sequence[Column], target_row: NDArray[np.uint16]
) -> Column:
    """Sum over the levels of ``p * weight * press``, block by block.

    Parameters
    ----------
    pressure
        The policy's constants.
    probability, age
        Four columns of n each, P0 first.
    target_row
        n rows of the target table.

    Returns
    -------
    ndarray of shape (n,)
        Zero where it underflows; `points` takes those rows again in logarithms.
    """
    rows = target_row.size
    total = np.zeros(rows)
    scaled, work = pressure.minutes / pressure.horizon, np.empty((3, _BLOCK))
    for start in range(0, rows, _BLOCK):
        stop = min(start + _BLOCK, rows)
        at, out = target_row[start:stop], total[start:stop]
        left, press, weight = (buffer[: stop - start] for buffer in work)
        for k in range(4):
            np.take(scaled[:, k], at, out=left, mode="clip")
            np.multiply(age[k][start:stop], 1.0 / pressure.horizon, out=press)
            np.subtract(press, left, out=left)  # at or above 0 from the target on
            np.exp(np.minimum(left, 0.0, out=press), out=press)
            np.copyto(press, pressure.missed, where=left >= 0.0)
            press *= np.take(pressure.weights[:, k], at, out=weight, mode="clip")
            press *= probability[k][start:stop]
            out += press
    return total


def points(
    pressure: Pressure,
    *,
    value: Column,
    effort: Column | None,
    probability: Sequence[Column],
    age: Sequence[Column],
    target_row: NDArray[np.uint16],
) -> Column:
    """Points of every ticket: ten times the binary logarithm of its cost of delay.

    Parameters
    ----------
    pressure
        The policy's constants.
    value
        Business value at stake, 1 is ordinary, above 0.
    effort
        Handling time relative to the ordinary ticket, above 0; None for all 1.
    probability, age
        Four columns of n each, P0 first.
    target_row
        n rows of the target table.

    Returns
    -------
    ndarray of shape (n,)
    """
    total = mixture(pressure, probability, age, target_row)
    lost = np.flatnonzero(total < _TINY)
    total *= value
    if effort is not None:
        total /= effort
    with np.errstate(divide="ignore"):
        result = np.log2(total, out=total)
    result *= POINTS
    if lost.size:
        own = 1.0 if effort is None else effort[lost]
        result[lost] = POINTS * np.log2(value[lost] / own) + _in_logarithms(
            pressure, [p[lost] for p in probability], [a[lost] for a in age], target_row[lost]
        )
    return result


def _in_logarithms(
    pressure: Pressure, probability: Sequence[Column], age: Sequence[Column], target_row: NDArray[np.uint16]
) -> Column:
    with np.errstate(divide="ignore"):
        terms = log_terms(pressure, age, target_row) + np.log(np.column_stack(probability))
    return POINTS / np.log(2.0) * np.logaddexp.reduce(terms, axis=1)
