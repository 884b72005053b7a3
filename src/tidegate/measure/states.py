"""What a ticket's events say: status intervals, reopens, hand-overs, escalations, overrides, satisfaction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.elapsed import minutes_between, until
from tidegate.measure.findings import Finding, find
from tidegate.measure.repair import SAME_TICKET, as_time
from tidegate.tables.words import STATUS, STATUSES

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.elapsed import Clocks

ENDED: Final = ("solved", "closed")
_STATE_OF: Final = {
    "created": "new",
    "reopened": "open",
    "merged": "closed",
    "waiting_customer": "waiting",
    "waiting_internal": "hold",
}
UNHAPPY: Final = 0.5
"""Satisfaction below this is a complaint."""

_STATE_KINDS: Final = ("status", *_STATE_OF)


def status_changes(events: pl.DataFrame, ids: pl.Series) -> tuple[pl.DataFrame, list[Finding]]:
    """Read the sequence of statuses out of a repaired event log.

    Parameters
    ----------
    events
        As `repair.repair_log` leaves it.
    ids
        Identifier of each ticket, for examples.

    Returns
    -------
    tuple
        One row a change, sorted by ticket and time: ``row``, ``at``, ``status``, ``reopened`` (the change takes the
        ticket out of solved or closed, or an event says so though no solve was logged), ``actor``. And the findings.
        Events that repeat the status that holds already are not changes.
    """
    said = events.filter(pl.col("kind").is_in(_STATE_KINDS)).select(
        "row",
        "at",
        "actor",
        says_reopened=pl.col("kind") == "reopened",
        status=pl.when(pl.col("kind") == "status")
        .then(pl.col("new").cast(STATUS, strict=False))
        .otherwise(pl.col("kind").cast(pl.String).replace_strict(_STATE_OF, default=None, return_dtype=STATUS)),
    )
    odd = said["status"].is_null()
    found = find("status_unknown", "events", ids.gather(said["row"].set(~odd, None)), odd) if odd.any() else []
    said = said.filter(~odd) if odd.any() else said
    before = pl.when(SAME_TICKET).then(pl.col("status").shift(1))
    since = pl.when(SAME_TICKET).then(pl.col("at").shift(1))
    live = ~pl.col("status").is_in(ENDED)
    left = before.is_in(ENDED) & live
    unsolved = (
        pl.col("says_reopened")
        & ~before.is_in(ENDED).fill_null(value=False)
        & (since != pl.col("at")).fill_null(value=True)
    )
    said = said.with_columns(
        reopened=left.fill_null(value=False) | unsolved, unsolved=unsolved, same=before.eq_missing(pl.col("status"))
    )
    if said["unsolved"].any():
        wrong = said["unsolved"]
        found += find("reopened_without_solve", "events", ids.gather(said["row"].set(~wrong, None)), wrong)
    return said.filter(~pl.col("same") | pl.col("reopened")).select("row", "at", "status", "reopened", "actor"), found


def status_intervals(tickets: pl.DataFrame, changes: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """How long each ticket stood in each status.

    Parameters
    ----------
    tickets
        Repaired tickets.
    changes
        From `status_changes`.
    as_of
        The moment of asking, at which the last interval of every ticket is cut.

    Returns
    -------
    DataFrame
        ``row``, ``status``, ``start``, ``end``; sorted by ticket and start, without gaps from the opening on. A ticket
        without a log has one interval in the status of its own row. The time before the first logged change is ``new``.
    """
    opened = tickets.select(row=pl.int_range(pl.len(), dtype=pl.UInt32), at="created_at", own="status")
    logged = opened.join(changes.select("row").unique(), on="row", how="semi")
    first = changes.filter(SAME_TICKET.not_().fill_null(value=True)).select("row", first="at")
    leading = logged.join(first, on="row").filter(pl.col("at") < pl.col("first"))
    silent = opened.join(changes.select("row").unique(), on="row", how="anti")
    whole = pl.concat(
        [
            leading.select("row", "at", status=pl.lit(STATUSES[0]).cast(STATUS)),
            silent.select("row", "at", status=pl.col("own").cast(STATUS)),
            changes.select("row", "at", "status"),
        ]
    ).sort("row", "at", maintain_order=True)
    end = pl.when(pl.col("row") == pl.col("row").shift(-1)).then(pl.col("at").shift(-1)).otherwise(as_time(as_of))
    return whole.select("row", "status", start="at", end=end)


def per_ticket(changes: pl.DataFrame, as_of: datetime, levels: pl.Series, clocks: Clocks) -> pl.DataFrame:
    """Sum up the statuses of each ticket that has a log.

    Parameters
    ----------
    changes
        From `status_changes`.
    as_of
        The moment of asking.
    levels
        Level of every ticket, by position.
    clocks
        Business time.

    Returns
    -------
    DataFrame
        ``row``, ``log_status`` (holds now), ``log_solved_at`` (start of the run of solved and closed that holds now),
        ``log_first_solved_at``, ``log_solver``, ``log_reopens``, ``log_first_reopened_at``, ``waiting_customer``,
        ``waiting_internal`` (minutes of business time).
    """
    ended = pl.col("status").is_in(ENDED)
    begins = ended & ~pl.when(SAME_TICKET).then(ended.shift(1)).fill_null(value=False)
    parked = changes.with_columns(
        begins=begins, next=pl.when(pl.col("row") == pl.col("row").shift(-1)).then(pl.col("at").shift(-1))
    )
    sums = (
        parked.group_by("row", maintain_order=True)
        .agg(
            log_status=pl.col("status").last(),
            last_begin=pl.col("at").filter("begins").last(),
            log_first_solved_at=pl.col("at").filter("begins").first(),
            log_solver=pl.col("actor").filter("begins").last(),
            log_reopens=pl.col("reopened").sum().cast(pl.Int32),
            log_first_reopened_at=pl.col("at").filter("reopened").first(),
        )
        .with_columns(
            log_solved_at=pl.when(pl.col("log_status").is_in(ENDED)).then(pl.col("last_begin")),
            log_solver=pl.when(pl.col("log_status").is_in(ENDED)).then(pl.col("log_solver")),
        )
        .drop("last_begin")
    )
    for name, status in (("waiting_customer", "waiting"), ("waiting_internal", "hold")):
        sums = sums.join(
            _minutes_in(parked, status, as_of=as_of, levels=levels, clocks=clocks).rename({"minutes": name}),
            on="row",
            how="left",
        )
    return sums.with_columns(pl.col("waiting_customer", "waiting_internal").fill_null(0.0))


def _minutes_in(
    changes: pl.DataFrame, status: str, *, as_of: datetime, levels: pl.Series, clocks: Clocks
) -> pl.DataFrame:
    held = changes.filter(pl.col("status") == status)
    end = held["next"].fill_null(as_of) if held["next"].null_count() < len(held) else until(as_of, len(held))
    minutes = minutes_between(held["at"], end, levels.gather(held["row"]), clocks)
    return held.select("row").with_columns(minutes.alias("minutes")).group_by("row").agg(pl.col("minutes").sum())


def hand_overs(events: pl.DataFrame) -> pl.DataFrame:
    """Count how often each ticket went to another person or group: ``row``, ``log_transfers``.

    A first assignment hands nothing over. A change of group and of person at the same moment is one hand-over.
    """
    moved = pl.col("old").is_not_null() & pl.col("old").ne_missing(pl.col("new"))
    moves = events.filter((pl.col("kind") == "transferred") | ((pl.col("kind") == "assigned") & moved))
    once = SAME_TICKET & (pl.col("at") == pl.col("at").shift(1))
    moves = moves.filter(~once.fill_null(value=False))
    return moves.group_by("row", maintain_order=True).agg(log_transfers=pl.len().cast(pl.Int32))


def escalations(events: pl.DataFrame) -> pl.DataFrame:
    """First escalation by us and by the requester: ``row``, ``escalated_by_us_at``, ``escalated_by_requester_at``."""
    raised = events.filter(pl.col("kind") == "escalated")
    asked = pl.col("actor_kind") == "requester"
    return raised.group_by("row", maintain_order=True).agg(
        escalated_by_us_at=pl.col("at").filter(~asked).first(),
        escalated_by_requester_at=pl.col("at").filter(asked).first(),
    )


def scores(events: pl.DataFrame) -> pl.DataFrame:
    """Last satisfaction of each ticket: ``row``, ``log_csat`` 0 to 1, ``unhappy_at`` the first score below one half."""
    given = events.filter(pl.col("kind") == "csat").with_columns(score=pl.col("new").cast(pl.Float64, strict=False))
    valid = given.filter(pl.col("score").is_between(0, 1))
    return valid.group_by("row", maintain_order=True).agg(
        log_csat=pl.col("score").last(), unhappy_at=pl.col("at").filter(pl.col("score") < UNHAPPY).first()
    )


def overrides(events: pl.DataFrame) -> pl.DataFrame:
    """First level before and last level after a person's override: ``row``, ``rated``, ``corrected``."""
    made = events.filter(pl.col("kind") == "override")
    return made.group_by("row", maintain_order=True).agg(rated=pl.col("old").first(), corrected=pl.col("new").last())


__all__ = [
    "ENDED",
    "escalations",
    "hand_overs",
    "overrides",
    "per_ticket",
    "scores",
    "status_changes",
    "status_intervals",
]
