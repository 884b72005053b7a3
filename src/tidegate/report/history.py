"""A team's history under its policy: the ledger with the policy's calendars and targets in it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.enrich.calendar import calendars, compile_calendar
from tidegate.measure.elapsed import around_the_clock, from_microseconds
from tidegate.measure.ledger import build_ledger, latest_time
from tidegate.measure.measures import Period
from tidegate.policy.targets import target_table
from tidegate.tables.words import CLOCK, LEVEL, LEVELS

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.elapsed import Elapsed
    from tidegate.measure.ledger import Ledger
    from tidegate.policy.model import Policy

WINDOW_DAYS: Final = 7.0
_CLOCKS: Final = {"respond": "first_response", "next": "next_response", "resolve": "resolution"}


def history(
    tickets: pl.DataFrame,
    policy: Policy,
    *,
    messages: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    as_of: datetime | None = None,
    window_days: float = WINDOW_DAYS,
    always: bool = False,
) -> Ledger:
    """Derive the ledger of a team.

    Parameters
    ----------
    tickets, messages, events
        Valid by their contracts; extra columns of ``tickets`` (``level``, ``tier``, ``similar``, ``nature``) are used.
    policy
        Its calendars say what business time is, its targets what was promised. Tickets without a level run on the
        policy's main calendar and have no target.
    as_of
        The moment of asking; the last moment that the tables speak of by default.
    window_days
        A new ticket of the same requester within so many days is a recontact.
    always
        Count every hour of every day, whatever the calendars say.
    """
    moment = latest_time(tickets, messages, events) if as_of is None else as_of
    return build_ledger(
        tickets,
        as_of=moment,
        messages=messages,
        events=events,
        window_days=window_days,
        clocks=around_the_clock if always else clocks(policy),
        targets=targets(tickets, policy),
    )


def clocks(policy: Policy) -> dict[str, Elapsed]:
    """Compile business time by level; tickets without a level (``unknown``) run on the main calendar."""
    by_level = {str(level): from_microseconds(calendar.elapsed) for level, calendar in calendars(policy).items()}
    main = compile_calendar(policy.calendar)
    return {"unknown": from_microseconds(main.elapsed)} | by_level


def targets(tickets: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Target minutes of each ticket by its level, tier and group: ``ticket_id``, ``respond``, ``next``, ``resolve``."""
    table = target_table(policy)
    own = "level" if "level" in tickets.columns else "given_level"
    level = tickets[own].cast(LEVEL, strict=False).to_physical().fill_null(len(LEVELS)).to_numpy()
    tier, group = (tickets[name] if name in tickets.columns else None for name in ("tier", "group"))
    minutes = np.column_stack((table.minutes, np.full(len(table.minutes), np.nan)))
    figures = {
        name: minutes[table.rows(_repeat(clock, len(tickets)), tier, group).to_numpy(), level]
        for name, clock in _CLOCKS.items()
    }
    frame = tickets.select("ticket_id").with_columns(pl.Series(n, f, nan_to_null=True) for n, f in figures.items())
    return frame.unique("ticket_id", keep="first", maintain_order=True)


def _repeat(clock: str, length: int) -> pl.Series:
    return pl.Series("clock", [clock], dtype=CLOCK).new_from_index(0, length)


def period_of(ledger: Ledger, start: datetime | None, end: datetime | None) -> Period:
    """Period to look at: from the first ticket to just after the moment of asking, unless the ends are given."""
    first = ledger.tickets["created_at"].min()
    return Period(
        start=first if start is None else start,  # ty: ignore[invalid-argument-type]  a column of times
        end=ledger.as_of + timedelta(microseconds=1) if end is None else end,
    )


__all__ = ["WINDOW_DAYS", "clocks", "history", "period_of", "targets"]
