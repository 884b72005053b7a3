"""Bare arrivals for replays: when, how grave, how long, what they are worth. No texts and no histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.demo.company import NOW
from tidegate.demo.draw import affected_users, true_levels
from tidegate.demo.incidents import OUTAGE, SCENARIOS
from tidegate.demo.people import TIERS, customers
from tidegate.demo.plan import AGENTS, stream
from tidegate.demo.rhythm import DAY, HOUR, Rhythm, rhythm
from tidegate.demo.scale import (
    INTENT_NAMES,
    INTENTS,
    LANGUAGES,
    choose,
    handling_minutes,
    mean_handling_minutes,
    shares,
)
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVEL, LEVELS, TIME

if TYPE_CHECKING:
    from datetime import datetime

SPIKE_DAYS: Final = 3.0
"""How long a spike lasts, in days of ordinary arrivals."""
_ACCOUNTS: Final = 600


def arrivals(
    days: int,
    load: float,
    agents: int = AGENTS,
    seed: int = 0,
    *,
    now: datetime = NOW,
    minutes_a_day: float = 450.0,
    spike: float | None = None,
) -> pl.DataFrame:
    """Draw the tickets that keep a team busy to `load`.

    Parameters
    ----------
    days
        Length of the window that ends at `now`.
    load
        Expected handling time of the tickets over the team's working time.
    agents
        Size of the team.
    seed
        The same arguments give the same tickets; seeds are independent.
    now
        End of the window, with a time zone.
    minutes_a_day
        What an agent works on each of five days of seven.
    spike
        Load over the whole window once an outage adds its tickets, such as 1.10; null for no spike. It starts in the
        middle of the window.

    Returns
    -------
    Ascending in time: ``at`` (UTC), ``true_level``, ``handling_minutes`` (working minutes), ``value`` (1 is ordinary:
    by tier and the square root of contract value over 10,000), ``intent``, ``tier``, ``contract_value``,
    ``affected_users``, ``spike`` (the outage brought it).

    Raises
    ------
    InputError
        If a parameter is out of range.
    """
    for name, amount in (("days", days), ("load", load), ("agents", agents), ("minutes_a_day", minutes_a_day)):
        if amount <= 0:
            raise InputError(f"{name} must be above 0", value=amount)
    rng, time = stream(seed, 7), rhythm(now, days)
    works = agents * minutes_a_day * 5 / 7 * days
    count = int(rng.poisson(works * load / mean_handling_minutes()))
    extra = 0 if spike is None else int(rng.poisson(max(0.0, spike - load) * works / spike_minutes()))
    at, burst = _times(rng, time, count, extra)
    scenario = np.where(burst, SCENARIOS.index(OUTAGE), -1)
    intent = np.where(burst, INTENT_NAMES.index("outage"), choose(rng.random(len(at)), shares()))
    level = true_levels(rng, intent, scenario)
    accounts = customers(stream(seed, 8), _ACCOUNTS, time.now, LANGUAGES)
    account = np.searchsorted(accounts.reach, rng.random(len(at)), side="right")
    contract = accounts.frame["contract_value"].to_numpy()[account]
    return pl.DataFrame(
        {
            "at": pl.Series(at).cast(TIME),
            "true_level": pl.Series(LEVELS, dtype=LEVEL).gather(level),
            "handling_minutes": handling_minutes(rng, intent, level),
            "value": _value(accounts.tier[account], contract),
            "intent": pl.Series(INTENT_NAMES).gather(intent),
            "tier": pl.Series(TIERS).gather(accounts.tier[account]),
            "contract_value": contract,
            "affected_users": pl.Series(affected_users(rng, level)).cast(pl.Int32),
            "spike": burst,
        }
    )


def spike_minutes() -> float:
    """Return the expected handling time of a ticket that an outage brings, in minutes."""
    outage = INTENTS[INTENT_NAMES.index("outage")]
    return mean_handling_minutes(np.array([outage.minutes]), np.array([OUTAGE.levels]), np.ones(1))


def _times(rng: np.random.Generator, time: Rhythm, count: int, extra: int) -> tuple[np.ndarray, np.ndarray]:
    middle = float(time.share(np.array([(time.start + time.now) // 2]))[0])
    scale = SPIKE_DAYS / 3 * DAY / (time.now - time.start)
    later = middle + rng.exponential(scale, extra) % max(1 - middle, 24 * HOUR / (time.now - time.start))
    share = np.concatenate((rng.random(count), np.minimum(later, 1.0)))
    at, burst = time.moment(share), np.repeat([False, True], [count, extra])
    order = np.lexsort((burst, at))
    return at[order], burst[order]


def _value(tier: np.ndarray, contract: np.ndarray) -> np.ndarray:
    weight = np.array((1.2, 0.7, 1.0, 2.0, 3.0))[tier]
    return np.round(weight * np.clip((contract / 10_000) ** 0.5, 1.0, 10.0), 4)
