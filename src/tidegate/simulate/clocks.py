"""Clocks on the time axis of a replay: how many minutes of some calendar have passed at each moment."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Clock:
    """A reading that rises with the time or stands still: straight lines between knots, and one to one beyond them.

    Parameters
    ----------
    times, readings
        Knots, both ascending; without knots the clock reads the time itself.
    """

    times: tuple[float, ...] = ()
    readings: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check the knots.

        Raises
        ------
        InputError
            If times do not rise or readings fall.
        """
        falls = (np.diff(self.times) <= 0).any() or (np.diff(self.readings) < 0).any()
        if len(self.times) != len(self.readings) or falls:
            raise InputError("a clock's knots rise in time and do not fall in reading")

    def at(self, now: float) -> float:
        """Read the clock at one moment."""
        times, readings = self.times, self.readings
        if not times:
            return now
        place = bisect_right(times, now)
        if place == 0:
            return readings[0] + (now - times[0])
        if place == len(times):
            return readings[-1] + (now - times[-1])
        before, after = times[place - 1], times[place]
        return readings[place - 1] + (readings[place] - readings[place - 1]) * ((now - before) / (after - before))

    def read(self, times: Column) -> Column:
        """Read the clock at many moments."""
        if not self.times:
            return times
        first, last = self.times[0], self.times[-1]
        inside = np.interp(times, self.times, self.readings)
        return inside + np.minimum(times - first, 0.0) + np.maximum(times - last, 0.0)

    def when(self, readings: Column) -> Column:
        """First moments at which the clock reads this much; inf stays inf."""
        if not self.times:
            return readings
        times, known = np.array(self.times), np.array(self.readings)
        rises = np.flatnonzero(np.diff(known) > 0) + 1
        last = np.searchsorted(known[rises], readings)  # the rise that reaches the reading
        place = rises[np.minimum(last, rises.size - 1)] if rises.size else np.zeros(readings.shape, dtype=np.int64)
        span = np.maximum(known[place] - known[place - 1], np.finfo(float).tiny)
        inside = times[place - 1] + (times[place] - times[place - 1]) * ((readings - known[place - 1]) / span)
        moments = np.where(readings > known[-1], times[-1] + (readings - known[-1]), inside)
        return np.where(readings <= known[0], times[0] + (readings - known[0]), moments)


TIME = Clock()
"""The clock that reads the time axis itself."""
