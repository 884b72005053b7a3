"""Who worked: a number of agents, or a file of them with shifts and groups, as seats on the time axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tidegate.backtesting.axis import Axis, open_spans
from tidegate.enrich.calendar import compile_calendar
from tidegate.policy.model import Calendar
from tidegate.simulate.roster import Seat
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

_EVERYBODY = 0


def team(
    agents: pl.DataFrame | int, tickets: pl.DataFrame, axis: Axis, policy: Policy
) -> tuple[list[Seat], NDArray[np.int64], tuple[str, ...]]:
    """Seat the agents.

    Parameters
    ----------
    agents
        Valid by `tables.Agents`, or how many work through the policy's opening hours.
    tickets
        Their groups say who may take them.
    axis, policy
        The time axis; opening hours and zone.

    Returns
    -------
    tuple
        The seats, the pool of each ticket, and in words what was assumed.

    Raises
    ------
    InputError
        If there is nobody, or a shift cannot be read.
    """
    if isinstance(agents, int):
        if agents < 1:
            raise InputError("a replay needs at least one agent", value=agents, expected="1 or more")
        seat = Seat(open_spans(axis.clock(compile_calendar(policy.calendar))))
        words = (f"agents: {agents}, all working the policy's opening hours, each able to take every ticket",)
        return [seat] * agents, np.zeros(tickets.height, dtype=np.int64), words
    if not agents.height:
        raise InputError("the file of agents has no agent")
    codes = {name: place for place, name in enumerate(agents["group"].drop_nulls().unique().sort(), start=1)}
    shifts = {text: _shift(text, axis, policy) for text in agents["shift"].unique().to_list()}
    seats = [
        Seat(shifts[row["shift"]], None if row["group"] is None else frozenset((_EVERYBODY, codes[row["group"]])))
        for row in agents.select("shift", "group").iter_rows(named=True)
    ]
    pool = np.array([codes.get(name, _EVERYBODY) for name in tickets["group"].to_list()], dtype=np.int64)
    words = (f"agents: {len(seats)} of the file, one ticket at a time, each the tickets of their group",)
    return seats, pool, words


def _shift(text: str | None, axis: Axis, policy: Policy) -> tuple[tuple[float, float], ...]:
    """Read ``mon-fri 09:00-17:30``; no text is the policy's opening hours."""
    if text is None:
        return open_spans(axis.clock(compile_calendar(policy.calendar)))
    days, _, hours = text.strip().partition(" ")
    own = Calendar(
        timezone=policy.calendar.timezone,
        hours={days: hours},
        holidays=policy.calendar.holidays,
        closed=policy.calendar.closed,
    )
    return open_spans(axis.clock(compile_calendar(own, f"agents.shift {text!r}")))
