"""What a replay came to, in numbers that a lead would ask for, summed by week so that weeks can be drawn again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.words import LEVELS, URGENT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.clocks import Clock
    from tidegate.simulate.engine import Outcome
    from tidegate.simulate.workload import FollowUps, Workload

    Column = NDArray[np.float64]

ALL: Final = "all"
"""Stands in the place of a level where a measure is over all of them."""

UNITS: Final = {
    "value_breach": "share of value",
    "breach": "share of tickets",
    "urgent_in_target": "share of tickets",
    "value_delay": "minutes",
    "value_delay_squared": "minutes squared",
    "wait_p50": "minutes",
    "wait_p95": "minutes",
    "oldest": "minutes",
    "follow_ups": "messages a ticket",
    "follow_up_work": "share of work",
    "overtime": "share of work",
    "unserved": "share of tickets",
}
"""Measures and their units, in the order in which they are shown."""

_EDGES: Final = np.concatenate(([0.0], np.geomspace(0.05, 2e6, 3500)))  # half a percent apart
_QUANTILES: Final = {"wait_p50": 0.5, "wait_p95": 0.95}


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """What first answers are held against, whatever the policy under trial believes.

    Attributes
    ----------
    minutes
        (tickets, 4) targets of the first response.
    clocks
        What each level's target is counted on.
    week
        Week in which each ticket entered, from 0.
    """

    minutes: Column
    clocks: tuple[Clock, Clock, Clock, Clock]
    week: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Sums of one replay by week, enough to take every measure over any choice of weeks.

    Attributes
    ----------
    cells
        Names ``(measure, level)`` of the ratios.
    above, below
        (weeks, cells) what stands above and below the line of each ratio.
    waits
        (weeks, 5, bins) histogram of waits: all levels, then P0 to P3.
    oldest
        (weeks, 5) longest wait; 0 where nothing came.
    """

    cells: tuple[tuple[str, str], ...]
    above: Column
    below: Column
    waits: Column
    oldest: Column

    def values(self, times: Column) -> dict[tuple[str, str], Column]:
        """Take every measure over weeks chosen so many times.

        Parameters
        ----------
        times
            (draws, weeks) how often each week is chosen.

        Returns
        -------
        dict
            By measure and level, one number a draw; nan where nothing was chosen that counts. Quantiles are good to
            half a percent.
        """
        with np.errstate(invalid="ignore", divide="ignore"):
            ratios = (times @ self.above) / (times @ self.below)
        found = {cell: ratios[:, i] for i, cell in enumerate(self.cells)}
        for i, level in enumerate((ALL, *LEVELS)):
            cumulated = np.cumsum(times @ self.waits[:, i], axis=1)
            total = cumulated[:, -1]
            for name, share in _QUANTILES.items():
                place = (cumulated < share * total[:, None]).sum(axis=1)
                found[name, level] = np.where(total > 0, _EDGES[np.minimum(place, _EDGES.size - 1)], np.nan)
            oldest = np.where(times > 0, self.oldest[:, i], 0.0).max(axis=1)
            found["oldest", level] = np.where(total > 0, oldest, np.nan)
        return found

    @classmethod
    def join(cls, tallies: Sequence[Tally]) -> Tally:
        """Put the weeks of several replays one after another."""
        return cls(
            cells=tallies[0].cells,
            above=np.concatenate([tally.above for tally in tallies]),
            below=np.concatenate([tally.below for tally in tallies]),
            waits=np.concatenate([tally.waits for tally in tallies]),
            oldest=np.concatenate([tally.oldest for tally in tallies]),
        )


def tally(workload: Workload, outcome: Outcome, judge: Judge, follow_ups: FollowUps) -> Tally:
    """Sum up one replay; only first visits count, and who was never answered counts as late.

    Parameters
    ----------
    workload, outcome
        What came in and what became of it.
    judge
        The targets.
    follow_ups
        The rule that the replay ran under, for the work that messages added.
    """
    tickets = slice(0, workload.tickets)
    level, value, week = workload.level[tickets].astype(np.int64), workload.value[tickets], judge.week
    served = ~np.isnan(outcome.start[tickets])
    last = np.nanmax(outcome.end, initial=workload.at[tickets].max(initial=0.0))
    wait = _wait(workload, np.where(served, outcome.start[tickets], last), judge)
    late = (wait > judge.minutes[np.arange(level.size), level]) | ~served
    messages = outcome.follow_ups[tickets].astype(np.float64)
    extra = messages * follow_ups.minutes
    one, work = np.ones(level.size), workload.work[tickets] + extra
    ratios = {
        "value_breach": (value * late, value),
        "breach": (late, one),
        "value_delay": (value * wait, value),
        "value_delay_squared": (value * wait**2, value),
        "follow_ups": (messages, one),
        "follow_up_work": (extra, work),
        "overtime": (np.nan_to_num(outcome.overtime[tickets]), work),
        "unserved": (~served, one),
    }
    weeks = int(week.max(initial=0)) + 1
    groups = [np.ones(level.size, dtype=bool), *(level == k for k in range(4))]
    names = [(name, group) for name in ratios for group in (ALL, *LEVELS)] + [("urgent_in_target", ALL)]
    columns = [(a * g, b * g) for a, b in ratios.values() for g in groups]
    urgent = level < len(URGENT)
    columns.append((urgent & ~late, urgent))
    sums = np.array([[np.bincount(week, side, weeks) for side in pair] for pair in columns])
    bins = np.searchsorted(_EDGES, wait)
    waits = np.stack(
        [np.histogram2d(week[g], bins[g], (np.arange(weeks + 1), np.arange(_EDGES.size + 2)))[0] for g in groups],
        axis=1,
    )
    oldest = np.zeros((weeks, len(groups)))
    for i, group in enumerate(groups):
        np.maximum.at(oldest[:, i], week[group], wait[group])
    return Tally(cells=tuple(names), above=sums[:, 0].T, below=sums[:, 1].T, waits=waits, oldest=oldest)


def _wait(workload: Workload, start: Column, judge: Judge) -> Column:
    """Minutes until the first answer, each on the clock of the ticket's true level."""
    level, entered = workload.level[: start.size], workload.at[: start.size]
    wait = np.empty(start.size)
    for k, clock in enumerate(judge.clocks):
        mine = level == k
        wait[mine] = clock.read(start[mine]) - clock.read(entered[mine])
    return wait
