"""How often customers who wait write again, estimated from messages that came before the first answer.

The model is that of `FollowUps`: after a wait of ``w`` minutes a customer writes with hazard
``rate / day * (1 - exp(-w / patience))``. Waits that ended with an answer are censored there, so a long wait without a
message counts for what it is. The rate has a closed form for a given patience, messages over exposure; patience is
found on a grid (maximum likelihood of an inhomogeneous Poisson process; Cox and Lewis 1966, chapter 3).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]

FEWEST: Final = 20
"""Messages below which nothing is estimated."""

PATIENCES: Final = np.geomspace(5.0, 5760.0, 80)
"""Minutes of patience that are tried, from five minutes to four days."""

_DRAWS: Final = 400
_COVER: Final = (5.0, 95.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recontact:
    """What was found.

    Attributes
    ----------
    per_day, low, high
        Messages a day of a customer who has waited long, and its 90% interval over tickets drawn again.
    patience
        Minutes after which the hazard has reached 63% of that.
    messages, tickets
        Messages while waiting, and tickets, that it rests on.
    """

    per_day: float
    low: float
    high: float
    patience: float
    messages: int
    tickets: int


def estimate(wait: Column, at: Column, row: Rows, *, most: int = 3, day: float = 1440.0) -> Recontact | None:
    """Estimate how often customers who wait write again.

    Parameters
    ----------
    wait
        n minutes for which each ticket was seen to wait for its first answer, 0 or more.
    at, row
        For each message while waiting: minutes after the ticket was opened, above 0, and which ticket.
    most
        Messages after which a customer gives up; later ones, and the wait after that one, do not count.
    day
        Minutes of a day.

    Returns
    -------
    Recontact | None
        None where fewer than `FEWEST` messages count.

    Raises
    ------
    InputError
        If a wait is negative, or a message lies outside its ticket's wait.
    """
    if (wait < 0).any() or (at <= 0).any() or (at > wait[row]).any():
        raise InputError("messages while waiting lie between the opening of a ticket and its first answer")
    at, row, wait = _up_to(most, wait, at, row)
    if at.size < FEWEST:
        return None
    exposure = [float(_exposed(wait, patience).sum()) / day for patience in PATIENCES]
    likely = [
        np.log(-np.expm1(-at / patience)).sum() - at.size * np.log(seen)
        for patience, seen in zip(PATIENCES, exposure, strict=True)
    ]
    best = int(np.argmax(likely))
    patience = float(PATIENCES[best])
    low, high = _interval(np.bincount(row, minlength=wait.size), _exposed(wait, patience) / day)
    rate = at.size / exposure[best]
    return Recontact(per_day=rate, low=low, high=high, patience=patience, messages=int(at.size), tickets=int(wait.size))


def _exposed(wait: Column, patience: float) -> Column:
    """Minutes of wait, each weighted by how far the hazard had risen."""
    share = wait / patience
    return patience * (share + np.expm1(-share))


def _up_to(most: int, wait: Column, at: Column, row: Rows) -> tuple[Column, Rows, Column]:
    """Drop messages after the last that a customer sends, and end the wait there."""
    order = np.lexsort((at, row))
    at, row = at[order], row[order]
    first = np.searchsorted(row, row)
    turn = np.arange(row.size) - first
    wait = wait.copy()
    last = turn == most - 1
    wait[row[last]] = at[last]
    return at[turn < most], row[turn < most], wait


def _interval(messages: Rows, exposure: Column) -> tuple[float, float]:
    """Percentiles of the rate over tickets drawn again, by exponential weights (the Bayesian bootstrap)."""
    draw = np.random.default_rng(0)
    rates = []
    for _ in range(_DRAWS):
        weight = draw.standard_exponential(messages.size)
        rates.append(float(weight @ messages) / float(weight @ exposure))
    low, high = np.percentile(rates, _COVER)
    return float(low), float(high)
