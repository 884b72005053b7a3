"""Settles each fact about a ticket: where the log and the ticket's own row both speak, the log is believed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.elapsed import minutes_between, until
from tidegate.measure.states import ENDED
from tidegate.tables.words import STATUS

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.elapsed import Clocks

_TARGETS: Final = ("respond", "next", "resolve")
_LOG_ONLY: Final = (
    "log_status",
    "log_solved_at",
    "log_first_solved_at",
    "log_solver",
    "log_reopens",
    "log_first_reopened_at",
    "log_transfers",
    "log_csat",
)


def with_targets(tickets: pl.DataFrame, targets: pl.DataFrame | None) -> pl.DataFrame:
    """Add ``respond_target``, ``next_target`` and ``resolve_target`` in minutes, by ticket or level; null without."""
    if targets is None:
        return tickets.with_columns(pl.lit(None, pl.Float64).alias(f"{name}_target") for name in _TARGETS)
    key = "ticket_id" if "ticket_id" in targets.columns else "level"
    named = targets.select(pl.col(key).cast(pl.String), *(pl.col(name).alias(f"{name}_target") for name in _TARGETS))
    return tickets.join(named, on=key, how="left", maintain_order="left")


def settle(wide: pl.DataFrame, as_of: datetime, clocks: Clocks) -> pl.DataFrame:
    """Settle each fact: the log speaks first, then the ticket's own column."""
    log = pl.col("has_log").fill_null(value=False) & pl.col("log_status").is_not_null()
    own_solved = pl.coalesce("solved_at", "closed_at")
    talks = pl.col("has_messages").fill_null(value=False)
    settled = wide.with_columns(
        status=pl.coalesce("log_status", pl.col("status").cast(STATUS)),
        solved_at=pl.when(log & pl.col("log_first_solved_at").is_not_null())
        .then("log_solved_at")
        .otherwise(own_solved),
        reopens=pl.when(log).then("log_reopens").otherwise("reopens"),
        first_reopened_at=pl.col("log_first_reopened_at"),
        transfers=pl.when(pl.col("has_log")).then(pl.col("log_transfers").fill_null(0)).otherwise("transfers"),
        csat=pl.coalesce("log_csat", "csat"),
        answered_at=pl.when(talks).then("answered_at").otherwise("first_response_at"),
        solver=pl.coalesce("log_solver", "assignee"),
        last_human_at=pl.max_horizontal("last_human_message_at", "last_human_event_at"),
        escalated_at=pl.min_horizontal("escalated_by_us_at", "escalated_by_requester_at"),
        complained_at=pl.min_horizontal("escalated_by_requester_at", "unhappy_at", "chased_at"),
    )
    early = pl.col("answered_early").fill_null(value=False) | (pl.col("answered_at") < pl.col("created_at")).fill_null(
        value=False
    )
    talked = bool(wide["has_messages"].any() or wide["first_response_at"].count())
    logged = bool(wide["has_log"].any())
    settled = settled.with_columns(
        answered=pl.when(pl.lit(talked)).then(pl.col("answered_at").is_not_null()),
        early=early,
        escalated=pl.when(pl.lit(logged))
        .then(pl.col("escalated_at").is_not_null() | pl.col("escalated").fill_null(value=False))
        .otherwise("escalated"),
        first_solved_at=pl.coalesce("log_first_solved_at", "solved_at"),
        waiting_on=_waiting_on(),
    )
    return _with_minutes(settled, as_of, clocks).drop(
        "has_log", "has_messages", "answered_early", *_LOG_ONLY, strict=False
    )


def _waiting_on() -> pl.Expr:
    """Who has to move: nobody once it ended, else as the status says, else whoever did not speak last."""
    return (
        pl.when(pl.col("status").is_in(ENDED))
        .then(pl.lit("nobody"))
        .when(pl.col("status") == "waiting")
        .then(pl.lit("requester"))
        .when(pl.col("status") == "hold")
        .then(pl.lit("internal"))
        .when(pl.col("ours_last"))
        .then(pl.lit("requester"))
        .otherwise(pl.lit("team"))
    )


def _with_minutes(tickets: pl.DataFrame, as_of: datetime, clocks: Clocks) -> pl.DataFrame:
    opened, level = tickets["created_at"], tickets["level"]

    def since_opening(column: str) -> pl.Series:
        if tickets[column].null_count() == len(tickets):
            return pl.Series([None], dtype=pl.Float64).new_from_index(0, len(tickets))
        return minutes_between(opened, tickets[column], level, clocks)

    usable = pl.col("early").not_()
    timed = tickets.with_columns(
        first_response_minutes=since_opening("answered_at"),
        human_minutes=since_opening("human_at"),
        meaningful_minutes=since_opening("meaningful_at"),
        resolution_minutes=since_opening("solved_at"),
        age_minutes=minutes_between(opened, until(as_of, len(tickets)), level, clocks),
    )
    timed = timed.with_columns(
        pl.when(usable).then(pl.col("first_response_minutes", "human_minutes", "meaningful_minutes"))
    )
    return timed.with_columns(
        promised_minutes=pl.when("has_messages").then("human_minutes").otherwise("first_response_minutes"),
        working_minutes=(pl.col("resolution_minutes") - pl.col("waiting_customer").fill_null(0.0)).clip(
            lower_bound=0.0
        ),
    )


__all__ = ["settle", "with_targets"]
