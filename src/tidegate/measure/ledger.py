"""The ledger: all that measures need to know about each ticket, derived from messages and events, never stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure import conversation, states
from tidegate.measure.elapsed import around_the_clock, minutes_between
from tidegate.measure.findings import Finding, findings_frame
from tidegate.measure.recontact import next_tickets
from tidegate.measure.repair import EVENTS, MESSAGES, repair_log, repair_tickets
from tidegate.measure.settle import settle, with_targets
from tidegate.measure.verdicts import with_verdicts
from tidegate.tables.errors import InputError
from tidegate.tables.words import STATUS, TIME

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.elapsed import Clocks

NEEDED: Final = pl.Schema(
    {
        "ticket_id": pl.String(),
        "created_at": TIME,
        "status": STATUS,
        "solved_at": TIME,
        "closed_at": TIME,
        "first_response_at": TIME,
        "requester_id": pl.String(),
        "similar": pl.String(),
        "assignee": pl.String(),
        "group": pl.String(),
        "given_level": pl.String(),
        "reopens": pl.Int32(),
        "transfers": pl.Int32(),
        "escalated": pl.Boolean(),
        "csat": pl.Float64(),
        "handling_minutes": pl.Float64(),
    }
)
"""Columns of `Tickets` that the ledger reads; those that a table lacks count as not known."""

_UNUSED: Final = ("subject", "body")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What a history says, as known at one moment.

    Parameters
    ----------
    tickets
        One row a ticket: the columns of the table without its texts, and the derived ones listed in `build_ledger`.
    waits
        One row a wait for the next answer: ``row`` (position in ``tickets``), ``start``, ``minutes`` to the answer
        (null while it waits), ``age`` minutes to the answer or the moment of asking.
    changes
        One row a change of status, see `states.status_changes`.
    findings
        What was wrong, see `tables.findings.FINDINGS`.
    as_of
        The moment of asking.
    window_days
        A new ticket of the same requester within this many days is a recontact.
    clocks
        Business time.
    """

    tickets: pl.DataFrame
    waits: pl.DataFrame
    changes: pl.DataFrame
    findings: pl.DataFrame
    as_of: datetime
    window_days: float
    clocks: Clocks

    def intervals(self) -> pl.DataFrame:
        """Status intervals of every ticket, see `states.status_intervals`."""
        return states.status_intervals(self.tickets, self.changes, self.as_of)


def latest_time(*tables: pl.DataFrame | None) -> datetime:
    """Last moment that a history speaks of: the moment of asking when nobody names one.

    Raises
    ------
    InputError
        If there is no time at all.
    """
    names = ("created_at", "updated_at", "solved_at", "closed_at", "at")
    times = [table[name].max() for table in tables if table is not None for name in names if name in table.columns]
    known = [time for time in times if time is not None]
    if not known:
        raise InputError("the tickets hold no time at all, so nothing can be measured", mend="give a file with tickets")
    return max(known)  # ty: ignore[invalid-explicit-return]  polars types max() as any value; these are times


def build_ledger(
    tickets: pl.DataFrame,
    *,
    as_of: datetime,
    messages: pl.DataFrame | None = None,
    events: pl.DataFrame | None = None,
    window_days: float = 7,
    clocks: Clocks = around_the_clock,
    targets: pl.DataFrame | None = None,
) -> Ledger:
    """Derive a ledger.

    Parameters
    ----------
    tickets, messages, events
        Tables by their contracts; extra columns of ``tickets`` are kept, for segments. ``level`` (otherwise
        ``given_level``) is the level, ``similar`` groups tickets about the same thing, ``nature`` is their nature.
    as_of
        The moment of asking: what happened later is left out and counted.
    window_days
        Days within which a new ticket of the same requester is a recontact.
    clocks
        Business time, one clock or one by level; around the clock by default.
    targets
        Target minutes ``respond``, ``next``, ``resolve`` by ``level`` or by ``ticket_id``.

    Returns
    -------
    Ledger
        Its tickets carry ``level``, ``status``, ``answered``, ``first_response_minutes`` (by anybody other than the
        requester), ``human_minutes`` (by a person, not a bot), ``meaningful_minutes``, ``promised_minutes`` (what the
        first response target is held against: by a person where messages are known), ``resolution_minutes``,
        ``working_minutes`` (the same without waiting on the customer), ``waiting_customer``, ``waiting_internal``,
        ``age_minutes``, ``reopens``, ``first_reopened_at``, ``transfers``, ``back_and_forths``, ``waiting_on``,
        ``last_human_at``, ``next_at``, ``next_same_at``, ``next_after_solved_at``, ``escalated``, ``escalated_at``,
        ``complained_at``, ``csat``, ``rated``, ``corrected``, ``solver``. Minutes are business time; null is not known.

    Raises
    ------
    InputError
        If there is no ticket to measure.
    """
    complete = _complete(tickets)
    kept, found = repair_tickets(complete, as_of)
    if kept.is_empty():
        raise InputError(
            "no ticket opened before the moment of asking", mend="give a later --to, or a file with tickets"
        )
    kept = _with_level(kept)
    changes, from_events, found_events = _read_events(events, kept, as_of, clocks)
    waits, from_messages, found_messages = _read_messages(messages, kept, as_of, clocks)
    wide = pl.concat([kept, from_events, from_messages], how="horizontal")
    settled = settle(with_targets(wide, targets), as_of, clocks)
    settled = pl.concat([settled, next_tickets(settled)], how="horizontal")
    return Ledger(
        tickets=with_verdicts(settled, as_of, window_days),
        waits=waits,
        changes=changes,
        findings=findings_frame([*found, *found_events, *found_messages]),
        as_of=as_of,
        window_days=window_days,
        clocks=clocks,
    )


def _complete(tickets: pl.DataFrame) -> pl.DataFrame:
    missing = {name: dtype for name, dtype in NEEDED.items() if name not in tickets.columns and name != "status"}
    for name in ("ticket_id", "created_at"):
        if name in missing:
            raise InputError(f"the tickets have no column {name}", mend="name it in the column mapping")
    status = [] if "status" in tickets.columns else [pl.lit("open").cast(STATUS).alias("status")]
    added = [pl.lit(None, dtype).alias(name) for name, dtype in missing.items()]
    return tickets.drop(_UNUSED, strict=False).with_columns(*status, *added)


def _with_level(tickets: pl.DataFrame) -> pl.DataFrame:
    own = "level" if "level" in tickets.columns else "given_level"
    return tickets.with_columns(level=pl.col(own).cast(pl.String).fill_null("unknown"))


def _widen(rows: int, parts: list[pl.DataFrame], schema: dict[str, pl.DataType]) -> pl.DataFrame:
    """Place sparse per-ticket sums beside the tickets, in their order."""
    wide = pl.select(row=pl.int_range(rows, dtype=pl.UInt32))
    for part in parts:
        wide = wide.join(part, on="row", how="left", maintain_order="left")
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in wide.columns]
    return wide.with_columns(absent).select(list(schema))


_FROM_EVENTS: Final[dict[str, pl.DataType]] = {
    "log_status": STATUS,
    "log_solved_at": TIME,
    "log_first_solved_at": TIME,
    "log_solver": pl.String(),
    "log_reopens": pl.Int32(),
    "log_first_reopened_at": TIME,
    "waiting_customer": pl.Float64(),
    "waiting_internal": pl.Float64(),
    "log_transfers": pl.Int32(),
    "escalated_by_us_at": TIME,
    "escalated_by_requester_at": TIME,
    "log_csat": pl.Float64(),
    "unhappy_at": TIME,
    "rated": pl.String(),
    "corrected": pl.String(),
    "last_human_event_at": TIME,
    "has_log": pl.Boolean(),
}
_FROM_MESSAGES: Final[dict[str, pl.DataType]] = {
    "answered_early": pl.Boolean(),
    "answered_at": TIME,
    "human_at": TIME,
    "meaningful_at": TIME,
    "answers": pl.Int32(),
    "back_and_forths": pl.Int32(),
    "ours_last": pl.Boolean(),
    "chased_at": TIME,
    "last_human_message_at": TIME,
    "has_messages": pl.Boolean(),
}
_NO_CHANGES: Final = {"row": pl.UInt32, "at": TIME, "status": STATUS, "reopened": pl.Boolean, "actor": pl.String}
_NO_WAITS: Final = {"row": pl.UInt32, "start": TIME, "minutes": pl.Float64, "age": pl.Float64}


def _read_events(
    events: pl.DataFrame | None, tickets: pl.DataFrame, as_of: datetime, clocks: Clocks
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    if events is None or events.is_empty():
        return pl.DataFrame(schema=_NO_CHANGES), _widen(len(tickets), [], _FROM_EVENTS), []
    log, found = repair_log(events, tickets, as_of, EVENTS)
    changes, odd = states.status_changes(log, tickets["ticket_id"])
    parts = [
        states.per_ticket(changes, as_of, tickets["level"], clocks),
        states.hand_overs(log),
        states.escalations(log),
        states.scores(log),
        states.overrides(log),
        _last_human(log, "last_human_event_at"),
        _present(log, "has_log"),
    ]
    return changes, _widen(len(tickets), parts, _FROM_EVENTS), found + odd


def _read_messages(
    messages: pl.DataFrame | None, tickets: pl.DataFrame, as_of: datetime, clocks: Clocks
) -> tuple[pl.DataFrame, pl.DataFrame, list[Finding]]:
    if messages is None or messages.is_empty():
        return pl.DataFrame(schema=_NO_WAITS), _widen(len(tickets), [], _FROM_MESSAGES), []
    log, found = repair_log(messages, tickets, as_of, MESSAGES)
    public = conversation.public_messages(log, tickets["requester_id"])
    talk = conversation.between_people(public)
    runs = conversation.turns(talk)
    texts = log["body"].null_count() < len(log)
    if not texts:
        found.append(Finding(name="messages_without_text", table="messages", count=len(log), of=len(log)))
    parts = [
        conversation.first_answers(public),
        *([conversation.first_meaningful(public)] if texts else []),
        conversation.back_and_forths(runs),
        conversation.chased(talk),
        _last_human(log, "last_human_message_at"),
        _present(log, "has_messages"),
    ]
    wide = _widen(len(tickets), parts, _FROM_MESSAGES)
    counted = wide.with_columns(pl.col("answers", "back_and_forths").fill_null(0))
    return _waits(runs, tickets, as_of, clocks), counted, found


def _last_human(log: pl.DataFrame, name: str) -> pl.DataFrame:
    people = log.filter(
        ~pl.col("actor_kind" if "actor_kind" in log.columns else "author_kind").is_in(["bot", "system"])
    )
    return people.filter((pl.col("row") != pl.col("row").shift(-1)).fill_null(value=True)).select(
        "row", pl.col("at").alias(name)
    )


def _present(log: pl.DataFrame, name: str) -> pl.DataFrame:
    return log.select(pl.col("row").unique(), pl.lit(value=True).alias(name))


def _waits(runs: pl.DataFrame, tickets: pl.DataFrame, as_of: datetime, clocks: Clocks) -> pl.DataFrame:
    asked = runs.filter(pl.col("after_answer"))
    levels = tickets["level"].gather(asked["row"])
    minutes = minutes_between(asked["start"], asked["next"], levels, clocks)
    age = minutes_between(asked["start"], asked["next"].fill_null(as_of), levels, clocks)
    return asked.select("row", "start").with_columns(minutes.alias("minutes"), age.alias("age"))


__all__ = ["NEEDED", "Ledger", "build_ledger", "latest_time"]
