"""How many agents the work wants at each half-hour of the week."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.hours import Spans

    Column = NDArray[np.float64]
    Week = NDArray[np.float64]
    Open = NDArray[np.bool_]

SLOT: Final = 30.0
"""Minutes of a slot; shifts begin on the half-hour."""

SLOTS: Final = 48
"""Slots of a day; a week is (7, 48), Monday and midnight first."""

WITHIN: Final = 120.0
"""Open minutes over which work that comes is spread: a ticket may wait a little, unlike a call."""

OVERNIGHT: Final = 480.0
"""The same for work that came while the desk was closed: a weekend's work is not due at nine on Monday."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """Demand of a typical week, by weekday and half-hour; 0 where the desk is closed.

    Attributes
    ----------
    work
        (7, 48) agents that the work keeps busy.
    wanted
        (7, 48) agents wanted on the rota, room to keep the promise and shrinkage included.
    open
        (7, 48) whether the desk is open for the whole slot.
    """

    work: Week
    wanted: Week
    open: Open


def open_slots(hours: tuple[Spans, ...]) -> Open:
    """Mark the slots of the week that lie wholly within opening hours.

    Parameters
    ----------
    hours
        As `policy.hours.parse_hours` returns them.
    """
    marked = np.zeros((7, SLOTS), dtype=bool)
    size = int(SLOT) * 60
    for day, spans in enumerate(hours):
        for start, end in spans:
            marked[day, -(-start // size) : end // size] = True
    return marked


def demand(
    wall: Column,
    work: Column,
    opened: Open,
    *,
    room: float = 1.0,
    shrinkage: float = 0.0,
    handed_on: float = 0.0,
    within: float = WITHIN,
    overnight: float = OVERNIGHT,
    holidays: Sequence[int] = (),
) -> Curve:
    """Draw the demand of a typical week.

    Parameters
    ----------
    wall
        n moments at which tickets came, by the team's wall clock, in minutes since a Monday at midnight.
    work
        n handling times in minutes.
    opened
        (7, 48) slots in which the desk works; see `open_slots`.
    room
        Agents at the desk that keep a promise, over agents that the work keeps busy: 1 leaves no room. Every slot
        gets the same, so that the week holds as many hours at the desk as level staffing with that many agents.
    shrinkage
        Share of paid time that is not at the desk, besides the breaks of a shift: leave, training, meetings.
    handed_on
        Share of the work, lookups and set processes, that juniors outside the rota or automation take.
    within
        Open minutes over which the work of a slot is spread evenly, that slot first.
    overnight
        The same for work that came while the desk was closed, from the next opening on.
    holidays
        Days, counted from that Monday, on which the desk was closed against its hours: what came on them waits for the
        next day that is none, and they do not count as days seen.

    Returns
    -------
    Curve
        Means over the days seen: a slot's work is divided by how often its weekday lies between the first ticket
        and the last. Work that comes while the desk is closed counts from the next opening; none is lost.

    Raises
    ------
    InputError
        If there are no tickets, no open slot, or a share is not one.
    """
    _check(wall, work, opened, shrinkage, handed_on)
    days = _working_days(wall, holidays)
    wall = _after_holidays(wall, days)
    slot = (wall // SLOT).astype(np.int64) % opened.size
    came = np.bincount(slot, weights=work, minlength=opened.size).reshape(7, SLOTS)
    last = int(wall.max() // 1440)
    seen = np.bincount(days[days <= last] % 7, minlength=7)
    typical = (came / np.maximum(seen, 1)[:, None]).ravel()
    places = np.flatnonzero(opened)
    turn = np.searchsorted(places, np.arange(opened.size)) % places.size
    closed = np.where(opened.ravel(), 0.0, typical)
    waiting = np.zeros(places.size)
    np.add.at(waiting, turn, closed)
    even = _spread(typical[places], within) + _spread(waiting, overnight)
    busy = np.zeros(opened.size)
    busy[places] = even * (1.0 - handed_on) / SLOT
    busy = busy.reshape(7, SLOTS)
    return Curve(work=busy, wanted=busy * room / (1.0 - shrinkage), open=opened)


def _working_days(wall: Column, holidays: Sequence[int]) -> NDArray[np.int64]:
    """List the days from the first ticket on that are no holidays, until after the last ticket."""
    first, last = int(wall.min() // 1440), int(wall.max() // 1440)
    return np.setdiff1d(np.arange(first, last + len(holidays) + 2), np.asarray(holidays, dtype=np.int64))


def _after_holidays(wall: Column, days: NDArray[np.int64]) -> Column:
    """Let what came on a holiday come at the beginning of the next day that is none."""
    day = wall // 1440
    later = days[np.searchsorted(days, day)]
    return np.where(later > day, later * 1440.0, wall)


def _spread(came: Column, minutes: float) -> Column:
    """Spread each open slot's work over so many open minutes; the end of the week runs on into its beginning."""
    slots = min(came.size, max(1, round(minutes / SLOT)))
    return np.mean([np.roll(came, shift) for shift in range(slots)], axis=0)


def _check(wall: Column, work: Column, opened: Open, shrinkage: float, handed_on: float) -> None:
    if not wall.size or wall.size != work.size:
        raise InputError("a demand curve needs tickets, and a handling time for each", value=wall.size)
    if not opened.any():
        raise InputError("the desk is never open for a whole half-hour")
    for name, share in (("shrinkage", shrinkage), ("handed on", handed_on)):
        if not 0.0 <= share < 1.0:
            raise InputError("not a share", column=name, value=share, expected="at least 0 and below 1")
