"""Shapes of a history that look wrong: categories that moved, and hours of the day that belong to another zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.measure.repair import as_time
from tidegate.policy.hours import parse_hours

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.policy.model import Calendar

LEAST: Final = 200
"""Tickets below which a shape is chance."""

_DRIFT_DAYS: Final = 90
_LEAST_SHIFT: Final = 3
_HOURS: Final = 168


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Share of tickets that would have to change category, and the three that moved most: name, before, after."""

    distance: float
    moved: tuple[tuple[str, float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Share of tickets within business hours as it is, and at the best shift in whole hours."""

    now: float
    best: float
    hours: int

    @property
    def gain(self) -> float:
        """What the shift would bring into business hours."""
        return self.best - self.now


def taxonomy_drift(tickets: pl.DataFrame, as_of: datetime) -> Drift | None:
    """Compare the categories of the last 90 days with those of the 90 days before.

    Returns
    -------
    Drift or None
        The total variation distance, 0 to 1; None where either side has fewer than `LEAST` tickets with a category.
    """
    if "category" not in tickets.columns:
        return None
    middle, start = as_of - timedelta(days=_DRIFT_DAYS), as_of - timedelta(days=2 * _DRIFT_DAYS)
    recent = tickets.filter(pl.col("category").is_not_null() & (pl.col("created_at") >= as_time(start)))
    late = pl.col("created_at") >= as_time(middle)
    counts = recent.group_by("category").agg(before=(~late).sum(), after=late.sum())
    if not counts.height or min(counts["before"].sum(), counts["after"].sum()) < LEAST:
        return None
    shares = counts.with_columns(pl.col("before", "after") / pl.col("before", "after").sum())
    shares = shares.with_columns(change=(pl.col("after") - pl.col("before")).abs()).sort(
        "change", "category", descending=[True, False]
    )
    moved = tuple(shares.select("category", "before", "after").head(3).iter_rows())
    return Drift(distance=float(shares["change"].sum()) / 2, moved=moved)


def hour_shift(times: pl.Series, calendar: Calendar) -> Shift | None:
    """Find the shift in hours that brings most tickets into business hours.

    Returns
    -------
    Shift or None
        None where there are fewer than `LEAST` times, or the best shift is under three hours: habits differ that much.
    """
    if len(times) < LEAST:
        return None
    local = times.dt.convert_time_zone(calendar.timezone)
    hour = ((local.dt.weekday().cast(pl.Int64) - 1) * 24 + local.dt.hour().cast(pl.Int64)).to_numpy()
    profile = np.bincount(hour, minlength=_HOURS) / len(times)
    business = _business(calendar)
    shifts = range(-12, 13)
    shares = [float(np.roll(profile, shift) @ business) for shift in shifts]
    best = int(np.argmax(shares))
    found = Shift(now=shares[12], best=shares[best], hours=shifts[best])
    return found if abs(found.hours) >= _LEAST_SHIFT else None


def _business(calendar: Calendar) -> np.ndarray:
    """Part of each hour of the week, Monday first, that is business time."""
    part = np.zeros(_HOURS)
    for day, spans in enumerate(parse_hours(calendar.hours)):
        for start, end in spans:
            for hour in range(24):
                overlap = min(end, (hour + 1) * 3600) - max(start, hour * 3600)
                part[day * 24 + hour] += max(overlap, 0) / 3600
    return part


__all__ = ["LEAST", "Drift", "Shift", "hour_shift", "taxonomy_drift"]
