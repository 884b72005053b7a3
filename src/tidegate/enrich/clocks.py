"""Where every ticket's clock stands: its age on each level's calendar, what is left, when it is due."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.enrich.calendar import SECOND, Calendar, calendars
from tidegate.enrich.running import Pauses, Running, microseconds, running
from tidegate.policy.targets import TargetTable, target_table
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVEL, LEVELS, TIME

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.policy.model import Policy

MINUTE: Final = 60 * SECOND


def clocks(
    tickets: pl.DataFrame,
    policy: Policy,
    now: datetime,
    *,
    tier: pl.Series | None = None,
    level: pl.Series | None = None,
    table: TargetTable | None = None,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Read every ticket's clock.

    Parameters
    ----------
    tickets
        As `tables.Tickets`.
    policy, now
        The calendars and targets, and the moment of asking.
    tier
        Tier of each ticket's account, in the order of the tickets; null is the ordinary one.
    level
        Level that `minutes_left`, `due_at` and `breached_since` are for; null, or none given, leaves them null.
    table
        The policy's target table, where it is at hand already.
    events, messages
        As `tables.Events` and `tables.Messages`, in any order. Without them the ticket's own columns say it all, and
        nothing before the moment of asking was a pause.

    Returns
    -------
    DataFrame
        As `tables.Clocks`, rows in the order of the tickets. A ticket for which no clock runs has age 0.
    """
    table = table or target_table(policy)
    run = running(tickets, policy, now, events=events, messages=messages)
    ages = _ages(run, policy, now)
    frame = pl.DataFrame(
        {
            "ticket_id": tickets["ticket_id"],
            "clock": run.clock,
            "target_row": _target_rows(tickets, run.clock, table, tier),
            **{f"age_{name.lower()}": age for name, age in zip(LEVELS, ages, strict=True)},
        }
    )
    unknown = pl.Series("level", [None], dtype=LEVEL).new_from_index(0, len(tickets))
    return frame.hstack(_due(frame, run, policy, now, level=unknown if level is None else level, table=table))


def due(
    tickets: pl.DataFrame,
    clock: pl.DataFrame,
    policy: Policy,
    now: datetime,
    level: pl.Series,
    *,
    table: TargetTable | None = None,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Say what is left and when the target is reached, for one level a ticket.

    Parameters
    ----------
    tickets, clock
        Some tickets, and their rows of what `clocks` gave, in the same order.
    policy, now, table, events, messages
        As for `clocks`.
    level
        Level of each ticket; null gives nulls.

    Returns
    -------
    DataFrame
        `minutes_left` (negative once the target is missed), `due_at`, `breached_since`; null where no clock runs.
    """
    run = running(tickets, policy, now, events=events, messages=messages)
    return _due(clock, run, policy, now, level=level, table=table or target_table(policy))


def _due(
    clock: pl.DataFrame, run: Running, policy: Policy, now: datetime, *, level: pl.Series, table: TargetTable
) -> pl.DataFrame:
    column = level.cast(LEVEL).to_physical()
    rows = (column.is_not_null() & (run.clock != "none")).arg_true().to_numpy()
    column = column.gather(rows).to_numpy().astype(np.intp)
    target = table.minutes[clock["target_row"].gather(rows).to_numpy(), column]
    ages = clock.select("age_p0", "age_p1", "age_p2", "age_p3")[rows].to_numpy()
    left = np.full(len(level), np.nan)
    left[rows] = target - ages[np.arange(len(rows)), column]
    at = np.zeros(len(level), np.int64)
    for calendar, levels in _by_calendar(policy) if len(rows) else ():
        chosen = np.isin(column, levels)
        at[rows[chosen]] = _reached(calendar, run, rows[chosen], target[chosen])
    known = pl.Series("known", np.isin(np.arange(len(level)), rows, assume_unique=True))
    due_at = pl.when("known").then(pl.col("at").cast(TIME))
    return pl.DataFrame({"left": left, "at": at, "known": known}).select(
        minutes_left=pl.when("known").then("left"),
        due_at=due_at,
        breached_since=pl.when(pl.col("at").cast(TIME) <= pl.lit(now, TIME)).then(due_at),
    )


def _reached(calendar: Calendar, run: Running, rows: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Find when the clocks of some tickets reach their targets, in UTC microseconds.

    A pause puts the moment off by its own length if it began before the target was reached. How much had been counted
    when a pause began is known, so all tickets are answered at once.
    """
    start = run.start[rows]
    amount = np.rint(target * MINUTE).astype(np.int64)
    return calendar.due(start, amount + _put_off(calendar, run, rows, amount))


def _put_off(calendar: Calendar, run: Running, rows: np.ndarray, amount: np.ndarray) -> np.ndarray | int:
    """Sum the pauses that began before an amount of time had been counted, in microseconds of the calendar."""
    pauses = run.pauses
    if not len(pauses.row):
        return 0
    wanted = np.full(len(run.start), -1, np.int64)
    wanted[rows] = amount
    lengths = calendar.elapsed(pauses.start, pauses.end)
    earlier = np.cumsum(lengths) - lengths
    first = np.searchsorted(pauses.row, pauses.row)
    counted = calendar.elapsed(run.start[pauses.row], pauses.start) - (earlier - earlier[first])
    before = counted < wanted[pauses.row]
    return np.bincount(pauses.row[before], lengths[before], len(run.start)).astype(np.int64)[rows]


def _ages(run: Running, policy: Policy, now: datetime) -> list[np.ndarray]:
    """Measure the minutes on each level's calendar, P0 to P3."""
    moment = microseconds(now)
    ages: dict[int, np.ndarray] = {}
    for calendar, levels in _by_calendar(policy):
        counted = calendar.elapsed(run.start, moment)
        if len(run.pauses.row):
            counted = counted - _paused(calendar, run.pauses, len(run.start))
        age = counted / MINUTE
        ages.update(dict.fromkeys(levels, age))
    return [ages[column] for column in range(len(LEVELS))]


def _paused(calendar: Calendar, pauses: Pauses, tickets: int) -> np.ndarray:
    """Sum the paused time of each ticket, in microseconds of the calendar."""
    lengths = calendar.elapsed(pauses.start, pauses.end)
    return np.bincount(pauses.row, lengths, tickets).astype(np.int64)


def _by_calendar(policy: Policy) -> list[tuple[Calendar, list[int]]]:
    """Group the levels by the calendar that their clocks run on."""
    groups: dict[int, tuple[Calendar, list[int]]] = {}
    for level, calendar in calendars(policy).items():
        groups.setdefault(id(calendar), (calendar, []))[1].append(LEVELS.index(level))
    return list(groups.values())


def _target_rows(tickets: pl.DataFrame, clock: pl.Series, table: TargetTable, tier: pl.Series | None) -> pl.Series:
    ordinary = FACTS["tier"].missing
    known = pl.Series([ordinary]).new_from_index(0, len(tickets)) if tier is None else tier.fill_null(ordinary)
    return table.rows(clock, known, tickets["group"])


__all__ = ["clocks", "due"]
