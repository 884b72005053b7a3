"""Calendars on the time axis of a replay: minutes since a Monday at midnight, UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.enrich.calendar import SECOND, Calendar, calendars
from tidegate.simulate.clocks import TIME, Clock
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

    Column = NDArray[np.float64]

MINUTE: Final = 60 * SECOND
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Axis:
    """The time axis: minute 0 is the Monday, 00:00 UTC, before the first ticket.

    Parameters
    ----------
    first, last
        Span that calendars are drawn for.
    """

    def __init__(self, first: datetime, last: datetime) -> None:
        monday = first.date() - timedelta(days=first.weekday())
        start = datetime(monday.year, monday.month, monday.day, tzinfo=UTC)
        self._start = (start - _EPOCH) // timedelta(microseconds=1)
        self.length = int(np.ceil((last - start) / timedelta(minutes=1)))

    def minutes(self, times: pl.Series) -> Column:
        """Place UTC times on the axis; null becomes nan."""
        micros = times.dt.timestamp("us").cast(float).to_numpy()
        return (micros - self._start) / MINUTE

    def from_then(self, micros: NDArray[np.int64]) -> Column:
        """First minutes of the axis that belong to these UTC microseconds, to which moments of a replay are rounded."""
        wanted = micros - self._start
        minutes = (wanted - 0.5) / MINUTE
        for _ in range(4):
            minutes = np.where(np.rint(minutes * MINUTE) < wanted, np.nextafter(minutes, np.inf), minutes)
        for _ in range(4):
            before = np.nextafter(minutes, -np.inf)
            minutes = np.where(np.rint(before * MINUTE) >= wanted, before, minutes)
        return minutes

    def moment(self, minutes: float) -> datetime:
        """Moment of the replay as a time, to the nearest microsecond."""
        return _EPOCH + timedelta(microseconds=self._start + int(np.rint(minutes * MINUTE)))

    def clock(self, calendar: Calendar) -> Clock:
        """Draw a calendar as a clock; hours begin and end on whole minutes, so a minute's grid loses nothing."""
        if calendar.hours is None:
            return TIME
        grid = self._start + np.arange(self.length + 1, dtype=np.int64) * MINUTE
        reading = calendar.elapsed(np.full(grid.size, self._start), grid) / MINUTE
        bends = np.flatnonzero(np.diff(reading, 2) != 0) + 1
        knots = np.concatenate(([0], bends, [self.length]))
        return Clock(tuple(knots.astype(float).tolist()), tuple(reading[knots].tolist()))

    def clocks(self, policy: Policy) -> tuple[Clock, Clock, Clock, Clock]:
        """Clocks of P0 to P3; levels that share a calendar share the clock."""
        drawn: dict[int, Clock] = {}
        known = calendars(policy)
        for calendar in known.values():
            if id(calendar) not in drawn:
                drawn[id(calendar)] = self.clock(calendar)
        first, second, third, fourth = (drawn[id(known[level])] for level in LEVELS)
        return first, second, third, fourth


def open_spans(clock: Clock) -> tuple[tuple[float, float], ...]:
    """Spans of the axis in which a clock runs."""
    if not clock.times:
        return ((-np.inf, np.inf),)
    times, readings = np.array(clock.times), np.array(clock.readings)
    runs = np.flatnonzero(np.diff(readings) > 0)
    return tuple(zip(times[runs].tolist(), times[runs + 1].tolist(), strict=True))
