"""A made-up support desk whose posterior is exactly calibrated, to compare policies where the truth is known.

The time axis counts business minutes, 510 a day. Some tickets come while the desk is closed and wait at the door in
the morning. The posterior of each ticket is drawn first and its true level from that posterior, so a ticket
that is P0 with 20% is P0 once in five times, by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.workload import FollowUps, Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]

DAY: Final = 510.0
"""Minutes of a business day, 09:00 to 17:30."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """How the made-up desk works.

    Attributes
    ----------
    agents, days
        Size of the team, and for how many business days tickets come.
    load
        Work that comes, without follow-ups, over the work that the agents can do.
    spike
        Load of the third and fourth week; None where they are like the others.
    error
        Share of tickets whose likeliest level is not the true one; below 0.5.
    mix
        Shares of P0 to P3 among the likeliest levels.
    overnight
        Share of tickets that come while the desk is closed.
    weekdays
        Relative volume of Monday to Friday.
    days_differ
        Standard deviation of the logarithm of each day's volume, besides the weekday.
    handling, handling_spread
        Mean handling time in minutes, and the standard deviation of its logarithm.
    value_spread
        Standard deviation of the logarithm of a ticket's value; the median is 1.
    """

    agents: int = 25
    days: int = 40
    load: float = 0.95
    spike: float | None = None
    error: float = 0.10
    mix: tuple[float, float, float, float] = (0.02, 0.10, 0.60, 0.28)
    overnight: float = 0.1
    weekdays: tuple[float, float, float, float, float] = (1.2, 1.1, 1.0, 0.9, 0.8)
    days_differ: float = 0.2
    handling: float = 20.0
    handling_spread: float = 0.8
    value_spread: float = 1.2


FOLLOW_UPS: Final = FollowUps(per_day=1.0, patience=120.0, minutes=5.0, most=2, day=DAY)
"""Who has waited long writes once a day, at most twice; a quarter of an ordinary ticket's work each time."""

SPIKE: Final = slice(10, 20)
"""Business days of the spike."""


def make(desk: Desk, seed: int) -> tuple[Workload, Column]:
    """Make a workload and what a calibrated reader would know of it.

    Parameters
    ----------
    desk
        How the desk works.
    seed
        The same seed gives the same bytes.

    Returns
    -------
    tuple
        The truth, and the (tickets, 4) posterior, row by row alike.
    """
    draw = np.random.default_rng(seed)
    at = _arrivals(desk, draw)
    rows = at.size
    probability, level = calibrated(desk.mix, desk.error, rows, draw)
    value = draw.lognormal(0.0, desk.value_spread, rows)
    spread = desk.handling_spread
    workload = Workload(
        at=at,
        work=draw.lognormal(np.log(desk.handling) - spread**2 / 2, spread, rows),
        level=level,
        value=value,
        luck=1.0 - draw.random(rows),
    )
    return workload, probability


def calibrated(
    mix: tuple[float, ...], error: float, rows: int, draw: np.random.Generator
) -> tuple[Column, NDArray[np.uint8]]:
    """Posteriors whose likeliest level errs at this rate, and true levels drawn from them.

    A ticket's doubt is half a beta variable with mean `error`, so the likeliest level stays the likeliest; the doubt is
    spread over the other levels, nearer and commoner ones first.
    """
    label = draw.choice(4, rows, p=mix)
    doubt = 0.5 * draw.beta(4.0 * error, 2.0 - 4.0 * error, rows) if error > 0.0 else np.zeros(rows)
    closeness = np.array([0.0, 1.0, 0.35, 0.15])[np.abs(np.arange(4)[:, None] - np.arange(4))] * np.array(mix)
    spread = closeness / closeness.sum(axis=1, keepdims=True)
    probability = np.eye(4)[label] * (1.0 - doubt)[:, None] + spread[label] * doubt[:, None]
    picked = (draw.random(rows)[:, None] >= np.cumsum(probability, axis=1)).sum(axis=1)
    return probability, np.minimum(picked, 3).astype(np.uint8)


def _arrivals(desk: Desk, draw: np.random.Generator) -> Column:
    volume = np.resize(np.array(desk.weekdays), desk.days) * draw.lognormal(0.0, desk.days_differ, desk.days)
    volume /= volume.mean()
    load = np.full(desk.days, desk.load)
    if desk.spike is not None:
        load[SPIKE] = desk.spike
    count = draw.poisson(volume * load * desk.agents * DAY / desk.handling)
    day = np.repeat(np.arange(desk.days), count)
    minute = np.where(draw.random(day.size) < desk.overnight, 0.0, draw.random(day.size) * DAY)
    return np.sort(day * DAY + minute)
