"""What happened, or is made up to have happened: the work that reaches the team, whatever the policy.

A workload holds the truth of a replay and every random number that it needs, one a visit, drawn beforehand: two
policies that replay the same workload meet the same customers, the same handling times and the same luck.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[np.float64]
    Rows = NDArray[np.int64]

FIRST: Final = -1
"""In `Workload.follows`: the visit is a new ticket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUps:
    """How customers write again while they wait for the first answer.

    After a wait of ``w`` minutes the hazard is ``per_day / day * (1 - exp(-w / patience))``: nobody writes at once, and
    who has waited long writes ``per_day`` times a business day. Each message adds work to the ticket.

    Attributes
    ----------
    per_day
        Messages a business day of a customer who has waited long; 0 is off.
    patience
        Minutes after which the hazard has reached 63% of that.
    minutes
        Working minutes that each message adds.
    most
        Messages after which a customer gives up writing.
    day
        Minutes of a business day.
    """

    per_day: float = 0.0
    patience: float = 240.0
    minutes: float = 4.0
    most: int = 3
    day: float = 510.0

    def expected(self, wait: Column) -> Column:
        """Messages to be expected after each of these waits, in minutes, if nobody ever gave up."""
        share = wait / self.patience
        return self.per_day * self.patience / self.day * (share + np.expm1(-share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One row a visit: a ticket's first piece of work, or what comes back when it is reopened.

    First visits come first, ordered by `at` and then by identifier, so that the row breaks ties as the ranking does.

    Attributes
    ----------
    at
        Minutes on the time axis at which the visit enters; for one that follows another, minutes after that one ends.
    work
        Handling time in minutes, above 0.
    level
        The true level, 0 for P0 to 3 for P3.
    value
        Business value at stake as the judge of the replay weighs it, above 0.
    luck
        One uniform in (0, 1) a visit, for follow-ups.
    follows
        Row of the visit that must have ended first; `FIRST` for a new ticket.
    pool
        Skill that the visit needs, as a small integer.
    """

    at: Column
    work: Column
    level: NDArray[np.uint8]
    value: Column
    luck: Column
    follows: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    pool: Rows = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def __post_init__(self) -> None:
        """Fill the optional columns and check the rest.

        Raises
        ------
        InputError
            If columns differ in length, new tickets are not ordered by time, or a handling time is not above 0.
        """
        rows = self.at.size
        if not self.follows.size:
            object.__setattr__(self, "follows", np.full(rows, FIRST, dtype=np.int64))
        if not self.pool.size:
            object.__setattr__(self, "pool", np.zeros(rows, dtype=np.int64))
        columns = (self.work, self.level, self.value, self.luck, self.follows, self.pool)
        if any(column.size != rows for column in columns):
            raise InputError("a workload's columns differ in length")
        tickets = self.tickets
        if (self.follows[:tickets] != FIRST).any() or (self.follows[tickets:] >= np.arange(tickets, rows)).any():
            raise InputError("a workload's new tickets come first, and a visit follows an earlier row")
        if not (np.isfinite(self.at).all() and np.isfinite(self.work).all() and (self.work > 0).all()):
            raise InputError("a workload needs finite times, and handling times above 0")
        if (np.diff(self.at[:tickets]) < 0).any():
            raise InputError("a workload's new tickets are ordered by the time they enter")

    @property
    def tickets(self) -> int:
        """Return the number of new tickets; they are the first rows."""
        return int(np.count_nonzero(self.follows == FIRST))

    def ticket_of(self) -> Rows:
        """Row of the ticket that each visit belongs to."""
        ticket = np.arange(self.at.size)
        for row in range(self.tickets, self.at.size):
            ticket[row] = ticket[self.follows[row]]
        return ticket


def with_reopens(workload: Workload, *, share: float, after: float, work: float, seed: int) -> Workload:
    """Let a share of the tickets come back once.

    Parameters
    ----------
    workload
        New tickets only.
    share
        Probability that a solved ticket is reopened.
    after
        Mean minutes between the end of the work and the reopening, exponential.
    work
        Handling time of the second visit as a share of the first.
    seed
        Of the draw, which is the same for every policy.
    """
    draw, rows = np.random.default_rng(seed), workload.at.size
    back = np.flatnonzero(draw.random(rows) < share)

    def twice(column: NDArray, second: NDArray | None = None) -> NDArray:
        return np.concatenate((column, column[back] if second is None else second))

    return Workload(
        at=twice(workload.at, draw.exponential(after, back.size)),
        work=twice(workload.work, workload.work[back] * work),
        level=twice(workload.level),
        value=twice(workload.value),
        luck=twice(workload.luck, draw.random(back.size)),
        follows=twice(workload.follows, back),
        pool=twice(workload.pool),
    )
