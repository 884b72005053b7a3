"""What broke during the year: two grave incidents that make the spikes, small ones now and then, two open ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.demo.rhythm import DAY, HOUR, MINUTE
from tidegate.tables.words import LEVEL, TIME

if TYPE_CHECKING:
    from tidegate.demo.rhythm import Rhythm


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A kind of incident; its name is also the key of its sentences in the text files."""

    name: str
    title: str
    product: str
    intents: tuple[str, ...]
    """what its tickets are about; the first is three times as frequent as the others"""
    levels: tuple[float, float, float, float]
    """chances of true P0 to P3 of its tickets"""
    level: str
    days: float
    """tickets that it brings, in days of ordinary volume"""
    hours: float
    """mean time from its start to a ticket about it, in hours of ordinary arrivals"""
    lasts: float
    """hours until it is resolved"""


OUTAGE: Final = Scenario(
    name="outage_release",
    title="Workspace unavailable after release 8.4",
    product="workspace",
    intents=("outage", "bug", "complaint"),
    levels=(0.34, 0.48, 0.16, 0.02),
    level="P0",
    days=2.0,
    hours=5.0,
    lasts=7.5,
)
DOUBLE_BILLING: Final = Scenario(
    name="double_billing",
    title="Monthly billing run charged cards twice",
    product="billing",
    intents=("billing", "cancellation_or_refund", "complaint"),
    levels=(0.01, 0.42, 0.50, 0.07),
    level="P1",
    days=2.5,
    hours=26.0,
    lasts=74.0,
)
SMALL: Final = (
    Scenario(
        name="sign_in",
        title="Single sign-on fails with an expired certificate",
        product="sign-in",
        intents=("access", "outage"),
        levels=(0.10, 0.55, 0.30, 0.05),
        level="P1",
        days=0.25,
        hours=4.0,
        lasts=6.0,
    ),
    Scenario(
        name="exports_late",
        title="Scheduled exports are hours late",
        product="exports",
        intents=("bug", "how_to"),
        levels=(0.02, 0.18, 0.62, 0.18),
        level="P2",
        days=0.2,
        hours=18.0,
        lasts=40.0,
    ),
    Scenario(
        name="webhooks",
        title="Webhooks are delivered twice",
        product="integrations",
        intents=("bug", "outage"),
        levels=(0.05, 0.35, 0.50, 0.10),
        level="P2",
        days=0.12,
        hours=9.0,
        lasts=16.0,
    ),
    Scenario(
        name="carrier",
        title="Carrier strike holds parcels back",
        product="shipping",
        intents=("shipping", "order_change", "complaint"),
        levels=(0.0, 0.10, 0.55, 0.35),
        level="P3",
        days=0.4,
        hours=40.0,
        lasts=90.0,
    ),
)
SCENARIOS: Final = (OUTAGE, DOUBLE_BILLING, *SMALL)
EVERY: Final = 13
"""Days between small incidents, on average."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """The incidents of one window, in order of their start.

    `scenario` indexes `SCENARIOS`; `started` and `resolved` are microseconds, `resolved` later than `now` while open.
    """

    scenario: np.ndarray
    started: np.ndarray
    resolved: np.ndarray
    frame: pl.DataFrame


def trouble(rng: np.random.Generator, time: Rhythm) -> Trouble:
    """Place the incidents in the window and write their table (contract `Incidents`)."""
    span = time.now - time.start
    many = int(rng.poisson(span / (EVERY * DAY)))
    small = time.start + (rng.random(many) * (span - min(span, 3 * DAY))).astype(np.int64)
    started = np.array(
        [_outage_at(time), _billing_at(time), *small, time.now - 4 * DAY // 5 * 3, time.now - 80 * MINUTE],
        dtype=np.int64,
    )
    scenario = np.array([0, 1, *(2 + rng.integers(0, len(SMALL), many)), 3, 2])
    lasts = np.array([SCENARIOS[kind].lasts for kind in scenario]) * np.exp(0.25 * rng.standard_normal(len(scenario)))
    lasts[:2] = [OUTAGE.lasts, DOUBLE_BILLING.lasts]
    lasts[-2:] = [9_000, 9_000]  # still open at `now`
    order = np.argsort(started, kind="stable")
    started, scenario = started[order] // MINUTE * MINUTE, scenario[order]
    resolved = started + (lasts[order] * 60).astype(np.int64) * MINUTE
    return Trouble(scenario, started, resolved, _frame(scenario, started, resolved, time.now))


def _outage_at(time: Rhythm) -> int:
    """Ten past two on the first Tuesday after six tenths of the window."""
    day = (time.start + (time.now - time.start) * 6 // 10) // DAY + 1
    day += (1 - (day + 3)) % 7
    return min(day * DAY + 14 * HOUR + 10 * MINUTE, time.now - DAY // 2)


def _billing_at(time: Rhythm) -> int:
    """Two in the morning of the last first of a month that is three weeks past; in a short window at four fifths."""
    month = np.datetime64(time.now - 21 * DAY, "us").astype("datetime64[M]").astype("datetime64[us]").astype(np.int64)
    at = int(month) + 2 * HOUR
    return at if at > time.start + DAY else time.start + (time.now - time.start) * 8 // 10


def _frame(scenario: np.ndarray, started: np.ndarray, resolved: np.ndarray, now: int) -> pl.DataFrame:
    kinds = [SCENARIOS[kind] for kind in scenario]
    return pl.DataFrame(
        {
            "incident_id": [f"INC-{number:04d}" for number in range(1, len(kinds) + 1)],
            "title": [kind.title for kind in kinds],
            "started_at": pl.Series(started).cast(TIME),
            "resolved_at": pl.Series(np.where(resolved <= now, resolved, 0)).replace(0, None).cast(TIME),
            "level": pl.Series([kind.level for kind in kinds], dtype=LEVEL),
            "product": [kind.product for kind in kinds],
            "account_id": pl.Series([None] * len(kinds), dtype=pl.String),
        }
    )
