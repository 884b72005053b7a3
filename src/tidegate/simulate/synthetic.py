"""A made-up support desk whose posterior is exactly calibrated, to compare policies where the truth is known.

The time axis counts business minutes, 510 a day. A third of the tickets come while the desk is closed and wait at the
door in the morning. The posterior of each ticket is drawn first and its true level from that posterior, so a ticket
that is P0 with 20% is P0 once in five times, by construction.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.belief import Belief
from tidegate.simulate.workload import FollowUps, Workload

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]

DAY: Final = 510.0
"""Minutes of a business day, 09:00 to 17:30."""

TARGETS: Final = (10.0, 30.0, 240.0, DAY)
"""First response of P0 to P3 in the starter policy, in business minutes."""

SEVERITY: Final = (20.0, 6.0, 2.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """How the made-up desk works.

    Attributes
    ----------
    agents, days
        Size of the team, and for how many business days tickets come.
    load
        Work that comes, without follow-ups, over the work that the agents can do.
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
    spike
        Business days (first, last) with more than the ordinary load, so that the mean is `load`.
    ordinary
        Load outside the spike.
    """

    agents: int = 25
    days: int = 40
    load: float = 0.95
    error: float = 0.10
    mix: tuple[float, float, float, float] = (0.03, 0.12, 0.40, 0.45)
    overnight: float = 0.35
    weekdays: tuple[float, float, float, float, float] = (1.3, 1.1, 1.0, 0.9, 0.7)
    days_differ: float = 0.2
    handling: float = 20.0
    handling_spread: float = 0.8
    value_spread: float = 1.0
    spike: tuple[int, int] | None = None
    ordinary: float = 0.85


FOLLOW_UPS: Final = FollowUps(per_day=0.5, patience=240.0, minutes=4.0, day=DAY)


def make(desk: Desk, seed: int) -> tuple[Workload, Belief]:
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
        The truth and the belief, row by row alike.
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
    return workload, starter(probability, value)


def starter(
    probability: Column, value: Column, *, horizon: float = 60.0, missed: float = 0.5, power: float = -0.75
) -> Belief:
    """Look at a posterior and values with the starter policy's targets and severities; effort is 1."""
    minutes = np.broadcast_to(np.array(TARGETS), probability.shape)
    return Belief(
        probability=probability,
        value=value,
        effort=np.ones(value.size),
        minutes=minutes,
        weights=np.array(SEVERITY) * (minutes / 60.0) ** power,
        horizon=horizon,
        missed=missed,
    )


def calibrated(
    mix: tuple[float, ...], error: float, rows: int, draw: np.random.Generator
) -> tuple[Column, NDArray[np.uint8]]:
    """Posteriors whose likeliest level errs at this rate, and true levels drawn from them.

    A ticket's doubt is half a beta variable with mean `error`, so the likeliest level stays the likeliest; the doubt is
    spread over the other levels, nearer and commoner ones first.
    """
    label = draw.choice(4, rows, p=mix)
    doubt = 0.5 * draw.beta(4.0 * error, 2.0 - 4.0 * error, rows)
    closeness = np.array([0.0, 1.0, 0.35, 0.15])[np.abs(np.arange(4)[:, None] - np.arange(4))] * np.array(mix)
    spread = closeness / closeness.sum(axis=1, keepdims=True)
    probability = np.eye(4)[label] * (1.0 - doubt)[:, None] + spread[label] * doubt[:, None]
    picked = (draw.random(rows)[:, None] >= np.cumsum(probability, axis=1)).sum(axis=1)
    return probability, np.minimum(picked, 3).astype(np.uint8)


def _arrivals(desk: Desk, draw: np.random.Generator) -> Column:
    volume = np.resize(np.array(desk.weekdays), desk.days) * draw.lognormal(0.0, desk.days_differ, desk.days)
    volume /= volume.mean()
    if desk.spike is not None:
        first, last = desk.spike
        inside = (np.arange(desk.days) >= first) & (np.arange(desk.days) < last)
        above = (desk.load - desk.ordinary) * desk.days / (last - first)
        load = np.where(inside, desk.ordinary + above, desk.ordinary)
    else:
        load = np.full(desk.days, desk.load)
    count = draw.poisson(volume * load * desk.agents * DAY / desk.handling)
    day = np.repeat(np.arange(desk.days), count)
    minute = np.where(draw.random(day.size) < desk.overnight, 0.0, draw.random(day.size) * DAY)
    return np.sort(day * DAY + minute)
