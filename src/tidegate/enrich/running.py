"""Which clock runs for each ticket, since when, and what is not counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from tidegate.tables.words import CLOCK, TIME

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.policy.model import Policy


@dataclass(frozen=True, slots=True, eq=False)
class Pauses:
    """Stretches in which a ticket's clock stands still.

    Parameters
    ----------
    row
        Position of the ticket, ascending.
    start, end
        UTC microseconds; within a ticket the stretches follow each other and do not overlap.
    """

    row: np.ndarray
    start: np.ndarray
    end: np.ndarray

    @classmethod
    def none(cls) -> Self:
        """No clock ever stood still."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))

    def since(self, start: np.ndarray) -> Self:
        """Keep what lies after each ticket's start."""
        begin = np.maximum(self.start, start[self.row])
        keep = begin < self.end
        return type(self)(self.row[keep], begin[keep], self.end[keep])


@dataclass(frozen=True, slots=True, eq=False)
class Running:
    """The clock of each ticket.

    Parameters
    ----------
    clock
        Enum of clocks, no nulls.
    start
        UTC microseconds from which it counts; ``now`` where no clock runs.
    pauses
        What is left out since then.
    """

    clock: pl.Series
    start: np.ndarray
    pauses: Pauses


def running(tickets: pl.DataFrame, policy: Policy, now: datetime) -> Running:
    """Say which clock runs for each ticket by its columns alone.

    First response until there was one, next response while the requester waits for a reply, else resolution; none once
    solved or closed, while waiting on the customer, and on hold unless the policy lets it run. A time after ``now`` has
    not happened yet.
    """
    stopped = ["waiting", "hold"] if policy.clocks.hold == "pauses" else ["waiting"]
    moment = pl.lit(now, TIME)
    ended = pl.col("status").is_in(["solved", "closed"]) & (
        pl.min_horizontal("solved_at", "closed_at").fill_null(moment) <= moment
    )
    answered = (pl.col("first_response_at") <= moment).fill_null(value=False)
    asking = pl.col("last_requester_at").is_between("first_response_at", moment, closed="right").fill_null(value=False)
    clock = (
        pl.when(ended | pl.col("status").is_in(stopped))
        .then(pl.lit("none", CLOCK))
        .when(~answered)
        .then(pl.lit("first_response", CLOCK))
        .when(asking)
        .then(pl.lit("next_response", CLOCK))
        .otherwise(pl.lit("resolution", CLOCK))
    )
    frame = tickets.lazy().select(clock=clock, created_at="created_at", last_requester_at="last_requester_at")
    start = (
        pl.when(pl.col("clock") == "next_response")
        .then("last_requester_at")
        .when(pl.col("clock") == "none")
        .then(moment)
        .otherwise("created_at")
    )
    found = frame.select("clock", start=pl.min_horizontal(start, moment).to_physical()).collect()
    return Running(found["clock"], found["start"].to_numpy(), Pauses.none())


__all__ = ["Pauses", "Running", "running"]
