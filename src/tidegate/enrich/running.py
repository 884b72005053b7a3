"""Which clock runs for each ticket, since when, and what is not counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from tidegate.enrich.conversation import answers
from tidegate.enrich.ledger import STATES, Merges, States, level_changed, place
from tidegate.tables.words import CLOCK, CLOCKS, STATUS, STATUSES, TIME

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

_TELLING: Final = (
    "created",
    "status",
    "reopened",
    "merged",
    "waiting_customer",
    "waiting_internal",
    "priority",
    "override",
)
"""Kinds of events that can move a clock."""
_ENDED: Final = ("solved", "closed")


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

    row: NDArray[np.uint32]
    start: NDArray[np.int64]
    end: NDArray[np.int64]

    @classmethod
    def none(cls) -> Self:
        """No clock ever stood still."""
        return cls(np.zeros(0, np.uint32), np.zeros(0, np.int64), np.zeros(0, np.int64))


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
        What is left out since then; only of tickets whose clock runs.
    """

    clock: pl.Series
    start: NDArray[np.int64]
    pauses: Pauses


def running(
    tickets: pl.DataFrame,
    policy: Policy,
    now: datetime,
    *,
    events: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
) -> Running:
    """Say which clock runs for each ticket.

    First response until there was one, next response while the requester waits for a reply, else resolution; none once
    solved or closed, while waiting on the customer, and on hold unless the policy lets it run. A time after ``now`` has
    not happened yet. With events, what lies between is left out in the same way, and merges and changes of level move
    the start as the policy says.
    """
    replies = None
    if messages is not None:
        tickets, replies = answers(tickets, messages, now)
    if events is None:
        return _by_columns(tickets, policy, now)
    told = events.select("ticket_id", "at", "kind", "old", "new").filter(pl.col("kind").is_in(_TELLING))
    return _by_events(tickets, policy, now, place(told, tickets), replies)


def _by_events(
    tickets: pl.DataFrame, policy: Policy, now: datetime, placed: pl.DataFrame, replies: pl.DataFrame | None
) -> Running:
    moment = microseconds(now)
    created = tickets["created_at"].to_physical().to_numpy()
    states = States.of(placed, created, moment, replies)
    tickets = _as_of(tickets, states)
    clock = _clock(tickets, policy, now)
    first, whole = created, created
    if policy.clocks.merge == "earliest":
        merges = Merges.of(placed, tickets, moment)
        answered = tickets["first_response_at"].to_physical().fill_null(np.iinfo(np.int64).max).to_numpy()
        first = merges.lend(created, answered[merges.merged] > merges.at)
        whole = merges.lend(created, np.ones(len(merges.at), bool))
    start = _start(tickets, clock, first, whole, moment)
    if policy.clocks.level_change == "restart":
        start = level_changed(placed, start, moment)
    return Running(clock, start, _pauses(states, tickets, clock, start, policy=policy, now=moment))


def _by_columns(tickets: pl.DataFrame, policy: Policy, now: datetime) -> Running:
    clock = _clock(tickets, policy, now)
    created = tickets["created_at"].to_physical().to_numpy()
    return Running(clock, _start(tickets, clock, created, created, microseconds(now)), Pauses.none())


def _as_of(tickets: pl.DataFrame, states: States) -> pl.DataFrame:
    """Put the log's status in place of the ticket's own where the log knows better.

    That is where the log goes on after the moment of asking, so that the ticket's row is from later, and where it says
    that the ticket was merged into another, which many exports leave open.
    """
    last = np.zeros(len(tickets), np.uint8)
    last[states.row[states.last]] = states.state[states.last]
    better = pl.Series(states.later | (last == STATES.index("merged")))
    if not better.any():
        return tickets
    by_log = pl.Series([*STATUSES, "closed"], dtype=STATUS).gather(last)
    return tickets.with_columns(
        status=by_log.zip_with(better, tickets["status"]),
        **{name: pl.when(~better).then(name) for name in ("solved_at", "closed_at")},
    )


def _clock(tickets: pl.DataFrame, policy: Policy, now: datetime) -> pl.Series:
    moment = pl.lit(now, TIME)
    over = pl.col("status").is_in(_ENDED) & (pl.min_horizontal("solved_at", "closed_at").fill_null(moment) <= moment)
    answered = (pl.col("first_response_at") <= moment).fill_null(value=False)
    asking = pl.col("last_requester_at").is_between("first_response_at", moment, closed="right")
    clock = (
        pl.when(over | pl.col("status").is_in(_stopped(policy)))
        .then(pl.lit("none", CLOCK))
        .when(~answered)
        .then(pl.lit("first_response", CLOCK))
        .when(asking.fill_null(value=False))
        .then(pl.lit("next_response", CLOCK))
        .otherwise(pl.lit("resolution", CLOCK))
    )
    return tickets.lazy().select(clock=clock).collect()["clock"]


def _stopped(policy: Policy) -> tuple[str, ...]:
    return ("waiting", "hold") if policy.clocks.hold == "pauses" else ("waiting",)


def _start(
    tickets: pl.DataFrame, clock: pl.Series, first: NDArray[np.int64], whole: NDArray[np.int64], now: int
) -> NDArray[np.int64]:
    """Choose the start that belongs to each ticket's clock; never after `now`."""
    asked = tickets["last_requester_at"].to_physical().fill_null(now).to_numpy()
    code = clock.to_physical().to_numpy()
    start = np.select([code == CLOCKS.index(name) for name in CLOCKS[:3]], [first, asked, whole], now)
    return np.minimum(start, now)


def _pauses(
    states: States, tickets: pl.DataFrame, clock: pl.Series, start: NDArray[np.int64], *, policy: Policy, now: int
) -> Pauses:
    """List the stretches that are not counted.

    A ticket that is open by its own status although its log ends in a pause was resumed without a word: at its last
    change of any kind if that is known, else at once.
    """
    stops = np.array([state in ("merged", *_ENDED, *_stopped(policy)) for state in STATES])
    stop = stops[states.state] & (clock != "none").to_numpy()[states.row]
    end = states.ends(now)
    silent = np.flatnonzero(stop & states.last)
    changed = tickets["updated_at"].to_physical().fill_null(0).to_numpy()[states.row[silent]]
    end[silent] = np.where(changed <= now, np.maximum(changed, states.at[silent]), states.at[silent])
    begin = np.maximum(states.at, start[states.row])
    stop &= begin < end
    return Pauses(states.row[stop], begin[stop], end[stop])


def microseconds(time: datetime) -> int:
    """Write a moment as UTC microseconds."""
    return int(pl.Series([time]).cast(TIME).to_physical()[0])


__all__ = ["Pauses", "Running", "microseconds", "running"]
