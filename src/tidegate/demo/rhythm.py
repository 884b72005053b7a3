"""When tickets arrive and when people work: growth, seasons, weekdays, hours and holidays, in bins of 15 minutes.

Two cumulative curves carry everything. `arrived` maps a moment to the share of the window's tickets that came before
it, `staffed` to the minutes of full staffing that passed. Drawing arrivals and adding working time are both one
interpolation over whole columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
BIN: Final = 15 * MINUTE
AFTER: Final = 90
"""Days past `now` that the staffing curve goes on, so that work which ends later has a place to end."""

_HOURS: Final = (
    *(0.12, 0.10, 0.08, 0.08, 0.10, 0.18, 0.45, 0.95, 1.50, 1.75, 1.70, 1.45),
    *(1.25, 1.45, 1.65, 1.60, 1.40, 1.10, 0.80, 0.60, 0.45, 0.35, 0.25, 0.18),
)
_WEEKDAYS: Final = (1.12, 1.08, 1.05, 1.0, 0.9, 0.28, 0.22)
_MONTHS: Final = (1.0, 1.02, 1.03, 1.0, 0.98, 0.97, 0.9, 0.82, 1.02, 1.05, 1.12, 1.0)
_GROWTH: Final = 0.15
_HOLIDAY: Final = 0.4
_STAFF: Final = (*(0.04,) * 7, 0.4, *(1.0,) * 9, 0.5, 0.5, *(0.04,) * 5)
_STAFF_WEEKEND: Final = 0.06
_STAFF_HOLIDAY: Final = 0.3


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The two curves of one window.

    Parameters
    ----------
    start, now
        The window, in microseconds since 1970, UTC.
    edges
        Edges of the bins, from `start` to `AFTER` days past `now`.
    arrived
        Expected share of the window's ordinary tickets before each edge; 1 from `now` on.
    staffed
        Minutes of full staffing before each edge.
    growth
        Relative volume at each edge, 1 at the start; the team grows with it.
    """

    start: int
    now: int
    edges: NDArray[np.int64]
    arrived: NDArray[np.float64]
    staffed: NDArray[np.float64]
    growth: NDArray[np.float64]

    def moment(self, share: NDArray[np.float64]) -> NDArray[np.int64]:
        """Moments before which these shares of the tickets arrive, to the second."""
        bins = int(np.searchsorted(self.edges, self.now))
        at = np.interp(share, self.arrived[: bins + 1], self.edges[: bins + 1].astype(np.float64))
        return np.minimum(_whole_seconds(at), self.now - SECOND)

    def share(self, at: NDArray[np.int64]) -> NDArray[np.float64]:
        """Share of the tickets that arrive before these moments."""
        return np.interp(at, self.edges, self.arrived)

    def work(self, at: NDArray[np.int64], minutes: NDArray[np.float64]) -> NDArray[np.int64]:
        """Moments at which so many minutes of full staffing have passed since `at`; never before `at`."""
        done = np.interp(at, self.edges, self.staffed) + minutes
        return np.maximum(_whole_seconds(np.interp(done, self.staffed, self.edges)), at)


def rhythm(now: datetime, days: int) -> Rhythm:
    """Lay out the curves of the `days` days before `now`.

    Parameters
    ----------
    now
        End of the window, with a time zone.
    days
        Length of the window, at least 1.
    """
    end = _micros(now)
    start = end - days * DAY
    edges = start + np.arange((days + AFTER) * DAY // BIN + 1, dtype=np.int64) * BIN
    left = edges[:-1]
    hour, weekday = (left % DAY) // HOUR, (left // DAY + 3) % 7
    holiday = _holidays(left)
    growth = 1 + _GROWTH * (edges - start) / (365 * DAY)
    month = (left.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)) % 12
    volume = np.array(_HOURS)[hour] * np.array(_WEEKDAYS)[weekday] * np.array(_MONTHS)[month] * growth[:-1]
    volume = np.where(holiday, volume * _HOLIDAY, volume) * (left < end)
    staff = np.where(weekday >= 5, _STAFF_WEEKEND, np.array(_STAFF)[hour])  # noqa: PLR2004 -- Saturday and Sunday
    staff = np.where(holiday, np.minimum(staff, _STAFF_HOLIDAY), staff)
    arrived, staffed = _cumulate(volume), _cumulate(staff * (BIN / MINUTE))
    return Rhythm(start, end, edges, arrived / arrived[-1], staffed, growth)


def _micros(at: datetime) -> int:
    return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _whole_seconds(at: NDArray[np.float64]) -> NDArray[np.int64]:
    return at.astype(np.int64) // SECOND * SECOND


def _cumulate(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.concatenate(([0.0], np.cumsum(steps)))


def _holidays(at: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Tell which moments fall on a public holiday of Great Britain or between Christmas and New Year."""
    from holidays import country_holidays

    dates = at // DAY
    first, last = date(1970, 1, 1) + timedelta(int(dates[0])), date(1970, 1, 1) + timedelta(int(dates[-1]))
    closed = country_holidays("GB", years=range(first.year, last.year + 1))
    days = [first + timedelta(day) for day in range((last - first).days + 1)]
    flags = [day in closed or (day.month, day.day) in {(12, 24), (12, 29), (12, 30), (12, 31)} for day in days]
    return np.array(flags)[dates - dates[0]]
