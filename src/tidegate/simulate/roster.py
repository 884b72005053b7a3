"""Who is there to work, and when: seats, their shifts, their skills and how many tickets each works on at once."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise
from math import inf

from tidegate.tables.errors import InputError


@dataclass(frozen=True, slots=True)
class Seat:
    """One agent at work.

    Parameters
    ----------
    shifts
        Spans ``(start, end)`` in minutes of the time axis, ascending and apart; a hand-out needs ``start <= t < end``.
    skills
        Pools that the seat takes tickets from; None for all.
    at_once
        Tickets that the agent works on at a time, sharing the time evenly among them; see `sharing`.
    """

    shifts: tuple[tuple[float, float], ...] = ((-inf, inf),)
    skills: frozenset[int] | None = None
    at_once: int = 1

    def __post_init__(self) -> None:
        """Check the spans.

        Raises
        ------
        InputError
            If a span is empty, or they overlap or are out of order, or there is no room for a ticket.
        """
        edges = [edge for span in self.shifts for edge in span]
        if any(b < a for a, b in pairwise(edges)) or any(a >= b for a, b in self.shifts):
            raise InputError("an agent's shifts are spans of time, in order, that do not overlap")
        if self.at_once < 1:
            raise InputError("an agent works on at least one ticket", value=self.at_once, expected="1 or more")

    def next_shift(self, moment: float) -> tuple[float, float] | None:
        """Return the shift that is running at `moment` or comes next; None after the last."""
        place = bisect_right(self.shifts, moment, key=lambda span: span[1])
        return self.shifts[place] if place < len(self.shifts) else None


def always(agents: int) -> list[Seat]:
    """So many agents without shifts: on an axis of business minutes, work rests overnight and goes on next morning."""
    if agents < 1:
        raise InputError("a replay needs at least one agent", value=agents, expected="1 or more")
    return [Seat()] * agents


def weekly(
    hours: list[tuple[float, float]],
    *,
    agents: int,
    weeks: int,
    start: float = 0.0,
    skills: frozenset[int] | None = None,
) -> list[Seat]:
    """So many agents with the same hours every week.

    Parameters
    ----------
    hours
        Spans in minutes since the week's start.
    agents
        How many.
    weeks
        For how many weeks.
    start
        Where the first week starts on the time axis.
    skills
        Pools that they take tickets from; None for all.
    """
    spans = tuple(
        (start + 10_080.0 * week + opens, start + 10_080.0 * week + closes)
        for week in range(weeks)
        for opens, closes in hours
    )
    return [Seat(spans, skills)] * agents
