"""No order whatever can do better than this: a lower bound of the value-weighted wait for the first answer.

A time has a price: what a minute of one agent is worth then. Every ticket, told the prices, starts where its own wait
and the minutes that it uses cost least together, whatever the others do. What all tickets cost then, less what the
agents' minutes are worth, is at most what the best order costs, for any prices at or above 0: the Lagrangian dual of
the problem indexed by time (Dyer and Wolsey 1990; van den Akker, Hurkens and Savelsbergh 2000). Good prices
make the bound high, bad ones only low, never wrong, so the search for them may stop anywhere.

Prices are constant within a slot of time, but a ticket may start at any moment: its cost is made of straight lines that
bend only where it starts or ends at the edge of a slot, so those moments are looked at and no time is rounded.
"""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.simulate.measures import UNITS
from tidegate.simulate.roster import Seat
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.trial import Setting, Stage
    from tidegate.simulate.workload import Workload

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]

STEPS: Final = 40
"""Times that the prices are mended."""

MEASURE: Final = "value_delay"
BOUNDS: Final = (
    "the value-weighted wait for the first answer, over the same tickets and seeds, of any order that answers them all,"
    " also one that knows the future; follow-ups, reopens and skills are left out, which only lowers it"
)
_SLOTS_A_TICKET: Final = 4  # slots within an ordinary handling time
_MOST_SLOTS: Final = 20_000
_CELLS: Final = 1 << 20  # of one block of tickets by slots: bounds the memory


@dataclass(frozen=True, slots=True, kw_only=True)
class Bound:
    """What no policy can be below.

    Attributes
    ----------
    measure, value, unit
        The measure, over all levels, that is at least `value`.
    bounds
        In words, what is bounded and what is left out.
    """

    measure: str
    value: float
    unit: str
    bounds: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Jobs:
    """New tickets of a workload, and how many may be worked on at once."""

    at: Column
    work: Column
    value: Column
    agents: int


def value_delay_bound(
    setting: Setting, seeds: Sequence[int], *, progress: Callable[[int, int], None] | None = None
) -> Bound:
    """Bound the measure ``value_delay`` of every policy in a backtest.

    Parameters
    ----------
    setting
        Where the backtest takes place.
    seeds
        Those that the measure is over.
    progress
        Told ``(done, total)`` after every seed.

    Returns
    -------
    Bound
        In minutes, weighted by value over all seeds, as the measure is.

    Raises
    ------
    InputError
        If agents have shifts or waits are counted on a calendar; see `check`.
    """
    total, value = 0.0, 0.0
    for place, seed in enumerate(seeds, start=1):
        stage = setting.stage("fifo", seed)
        check(stage)
        workload = stage.scene.workload
        total += lower_bounds(workload, len(stage.seats))[-1]
        value += float(workload.value[: workload.tickets].sum())
        if progress:
            progress(place, len(seeds))
    return Bound(measure=MEASURE, value=total / value if value else 0.0, unit=UNITS[MEASURE], bounds=BOUNDS)


def check(stage: Stage) -> None:
    """Refuse what cannot be bounded honestly.

    Raises
    ------
    InputError
        If agents have shifts, where a ticket in hand at their end is finished in overtime, or a level's wait is counted
        on a calendar, so that a minute of it does not always cost the same: the problem that is bounded has neither.
    """
    if any(seat.shifts != Seat().shifts for seat in stage.seats) or any(clock.times for clock in stage.judge.clocks):
        raise InputError(
            "there is no lower bound for a team with shifts, or for waits that are counted on a calendar",
            column="--bound",
            expected="a made-up desk, whose agents and clocks run on business minutes",
            mend="leave --bound out, or use --synthetic",
        )


def lower_bounds(workload: Workload, agents: int, *, steps: int = STEPS) -> Column:
    """Bound the sum of value times minutes of wait, over any order of a workload's new tickets.

    Parameters
    ----------
    workload
        Only new tickets count: follow-ups and reopens are more work for the same agents, skills leave fewer choices.
    agents
        How many tickets may be worked on at once, at least 1.
    steps
        Times that the prices are mended.

    Returns
    -------
    ndarray
        (1 + steps) the best bound so far, in value times minutes: before prices are mended, and after each time. The
        first is at least that of one agent who works `agents` times as fast and puts tickets down (Goemans 1997).

    Raises
    ------
    InputError
        If there is no agent, or a ticket's value is not above 0.

    Notes
    -----
    A step takes time in proportion to the slots that tickets could afford to wait, and bounded memory.
    """
    rows = slice(0, workload.tickets)
    if agents < 1 or (workload.value[rows] <= 0).any():
        raise InputError("a lower bound needs at least one agent, and values above 0")
    if not workload.tickets:
        return np.zeros(1 + steps)
    jobs = _Jobs(
        at=workload.at[rows] - workload.at[0], work=workload.work[rows], value=workload.value[rows], agents=agents
    )
    pieces, mean = _fast_agent(jobs)
    simple = max(0.0, float(jobs.value @ (mean - jobs.at - jobs.work / 2)))
    last = float(jobs.at[-1] + jobs.work.sum() / agents + jobs.work.max())
    slot = max(float(jobs.work.mean()) / _SLOTS_A_TICKET, last / _MOST_SLOTS)
    price = _first_prices(jobs, pieces, slot, int(np.ceil(last / slot)))
    return np.maximum(_ascend(jobs, price, slot, steps), simple)


def _ascend(jobs: _Jobs, price: Column, slot: float, steps: int) -> Column:
    """Mend prices along the excess of demand, by Polyak's step towards a goal a little above the best so far."""
    best, found, reach, failed = 0.0, np.empty(1 + steps), 0.03, 0
    kept, direction = price, np.zeros(price.size)
    for step in range(1 + steps):
        cost, start = _respond(jobs, price, slot)
        now = cost - jobs.agents * slot * float(price.sum())
        if now > best * 1.0001:
            best, kept, failed = now, price, 0
        else:
            best, failed = max(best, now), failed + 1
        found[step] = best
        if failed == 3:  # noqa: PLR2004 -- three steps in a row that gained nothing: go back, and aim lower
            price, reach, failed, direction = kept, reach / 2, 0, np.zeros(price.size)
            continue
        excess = _demand(jobs, start, slot, price.size) - jobs.agents
        excess[(price == 0.0) & (excess < 0.0)] = 0.0
        direction = 0.5 * direction + excess
        size = slot * float(direction @ direction)
        if size == 0.0:
            found[step:] = best
            break
        goal = best + reach * max(best, abs(now))
        price = np.maximum(0.0, price + (goal - now) / size * direction)
    return found


def _respond(jobs: _Jobs, price: Column, slot: float) -> tuple[float, Column]:
    """Return what all tickets cost if each starts where it costs least, and where each starts."""
    total = np.concatenate(([0.0], np.cumsum(price) * slot))
    edges = slot * np.arange(total.size)
    cost = np.interp(jobs.at + jobs.work, edges, total) - np.interp(jobs.at, edges, total)
    start = jobs.at.copy()
    # what waiting costs beyond starting at once is never worth it, so no ticket looks further ahead than that
    width = np.minimum(cost / jobs.value / slot, total.size).astype(np.int64) + 2
    order = np.argsort(-width, kind="stable")
    place = 0
    while place < order.size:
        rows = order[place : place + max(1, _CELLS // int(width[order[place]]))]
        _look(jobs, rows, np.arange(width[rows[0]]), total=total, slot=slot, least=(cost, start))
        place += rows.size
    return float(cost.sum()), start


def _look(jobs: _Jobs, rows: Rows, ahead: Rows, *, total: Column, slot: float, least: tuple[Column, Column]) -> None:
    """Lower the least cost of some tickets, and move their start, to the best edge that each starts or ends at."""
    at, work, value = (column[rows, None] for column in (jobs.at, jobs.work, jobs.value))
    whole = np.floor(work / slot).astype(np.int64)
    part, end = work / slot - whole, total.size - 1
    cost, start = least

    def used(edge: Rows) -> Column:
        return total[np.clip(edge, 0, end)]

    edge = np.ceil(at / slot).astype(np.int64) + ahead
    begins = (1.0 - part) * used(edge + whole) + part * used(edge + whole + 1) - used(edge)
    wait = edge * slot - at
    for waits, minutes in ((wait, begins), _ending(at, work, slot, ahead, used)):
        found = value * waits + minutes
        best = found.argmin(axis=1)
        row = np.arange(rows.size)
        lowest = found[row, best]
        better = lowest < cost[rows]
        cost[rows[better]] = lowest[better]
        start[rows[better]] = (at + waits)[row, best][better]


def _ending(
    at: Column, work: Column, slot: float, ahead: Rows, used: Callable[[Rows], Column]
) -> tuple[Column, Column]:
    """Return how long tickets that end at an edge waited, and what the minutes that they use are worth."""
    whole = np.floor(work / slot).astype(np.int64)
    part = work / slot - whole
    edge = np.ceil((at + work) / slot).astype(np.int64) + ahead
    minutes = used(edge) - (1.0 - part) * used(edge - whole) - part * used(edge - whole - 1)
    return np.maximum(0.0, edge * slot - work - at), minutes


def _demand(jobs: _Jobs, start: Column, slot: float, slots: int) -> Column:
    """Tickets in work in each slot, on average over the slot."""
    edges = slot * np.arange(slots + 1)

    def since(moments: Column) -> Column:
        ordered = np.sort(moments)
        count = np.searchsorted(ordered, edges)
        return edges * count - np.concatenate(([0.0], np.cumsum(ordered)))[count]

    return np.diff(since(start) - since(start + jobs.work)) / slot


def _fast_agent(jobs: _Jobs) -> tuple[NDArray[np.float64], Column]:
    """Let one agent work as fast as all together, always on what is worth most a minute, and put tickets down for it.

    Returns
    -------
    tuple
        (pieces, 3) row, start and end of every piece of work in order of time, and each ticket's mean moment of work.
    """
    at, need = [*jobs.at.tolist(), np.inf], (jobs.work / jobs.agents).tolist()
    first = (-jobs.value / jobs.work).tolist()
    waiting: list[tuple[float, int]] = []
    pieces: list[tuple[int, float, float]] = []
    now, coming = 0.0, 0
    while waiting or coming < len(need):
        if not waiting:
            now = max(now, at[coming])
        while at[coming] <= now:
            heappush(waiting, (first[coming], coming))
            coming += 1
        row = waiting[0][1]
        until = min(now + need[row], at[coming])
        pieces.append((row, now, until))
        if now + need[row] <= at[coming]:
            heappop(waiting)
        need[row] -= until - now
        now = until
    done = np.array(pieces)
    rows, begin, end = done[:, 0].astype(np.int64), done[:, 1], done[:, 2]
    moment = np.bincount(rows, (end - begin) * (begin + end) / 2, jobs.at.size)
    return done, moment / (jobs.work / jobs.agents)


def _first_prices(jobs: _Jobs, pieces: NDArray[np.float64], slot: float, slots: int) -> Column:
    """Price time as the fast agent would: the best prices if work could be cut into pieces and shared.

    The price falls by value a minute of work while a ticket is worked on, is continuous where a ticket ends, and is 0
    while nothing waits; before a ticket that was put down is taken up again, its price is on its own line.
    """
    worth = (jobs.value / jobs.work).tolist()
    line: dict[int, float] = {}
    area, then, price = np.empty(len(pieces)), np.inf, 0.0
    for place, (row, begin, end) in zip(range(len(pieces) - 1, -1, -1), pieces[::-1].tolist(), strict=True):
        ticket = int(row)
        slope = worth[ticket]
        level = line.setdefault(ticket, (price if then == end else 0.0) + slope * end)
        area[place] = (end - begin) * max(0.0, level - slope * (begin + end) / 2)
        then, price = begin, level - slope * begin
    moments = pieces[:, 1:].ravel()
    spent = np.repeat(np.cumsum(area), 2)
    spent[::2] -= area
    return np.maximum(0.0, np.diff(np.interp(slot * np.arange(slots + 1), moments, spent))) / slot
