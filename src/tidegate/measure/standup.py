"""The day on one page: what breaches today, what changed, who is overloaded, what was missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.evaluate import compare, measure
from tidegate.measure.measures import Period
from tidegate.measure.repair import as_time
from tidegate.measure.states import ENDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.measure.ledger import Ledger

RISKIEST: Final = 10
OVERLOADED: Final = 1.5
"""Open tickets against the median colleague's, where no capacity is known, from which a person is overloaded."""

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Hand these tickets from one person to another of the same group."""

    giver: str
    taker: str
    group: str
    tickets: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standup:
    """What a support lead looks at in the morning.

    Attributes
    ----------
    breaching
        Tickets of the queue that are due before ``day_ends`` or are late already, in the queue's order.
    changed
        Tickets that were opened, solved, reopened or escalated since ``since``: ``what``, ``tickets``, ``examples``.
    leading
        Leading measures of the last seven days beside the seven before, as `evaluate.compare` gives them.
    people
        ``assignee``, ``group``, ``open``, ``capacity``, ``over``: open tickets beyond the capacity; busiest first.
    groups
        ``group``, ``open``, ``solved_a_day``, ``days``: open tickets over solved a day of the last week.
    moves
        A proposal that takes from the overloaded what others of their group have room for.
    riskiest
        The first ten of the queue.
    missed
        Tickets that missed a target since ``since`` less one day: ``ticket_id``, ``level``, ``what``.
    """

    now: datetime
    since: datetime
    day_ends: datetime
    breaching: pl.DataFrame
    changed: pl.DataFrame
    leading: pl.DataFrame
    people: pl.DataFrame
    groups: pl.DataFrame
    moves: tuple[Move, ...]
    riskiest: pl.DataFrame
    missed: pl.DataFrame


def night_and_day(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """Give 18:00 of the evening before and the end of today, both in the calendar's zone, as UTC."""
    local = now.astimezone(ZoneInfo(zone))
    evening = datetime.combine(local.date() - timedelta(days=1), time(18), tzinfo=local.tzinfo)
    midnight = datetime.combine(local.date() + timedelta(days=1), time(0), tzinfo=local.tzinfo)
    return evening.astimezone(UTC), midnight.astimezone(UTC)


def standup(
    ledger: Ledger,
    queue: pl.DataFrame,
    *,
    since: datetime,
    day_ends: datetime,
    agents: pl.DataFrame | None = None,
    seed: int = 0,
) -> Standup:
    """Put the day together.

    Parameters
    ----------
    ledger
        As known now, with the policy's targets.
    queue
        The ranked queue, best first, with ``ticket_id``, ``level``, ``lane``, ``points``, ``due_at``, ``minutes_left``
        and ``reasons``; what else it holds is kept.
    since
        Start of the night that is looked back on.
    day_ends
        End of today's work.
    agents
        People by the contract `tables.Agents`; without them capacity is half as much again as the median colleague has.
    seed
        Of the bootstrap.
    """
    now = ledger.as_of
    people = _people(ledger, agents)
    return Standup(
        now=now,
        since=since,
        day_ends=day_ends,
        breaching=queue.filter((pl.col("due_at") <= as_time(day_ends)).fill_null(value=False)),
        changed=_changed(ledger, since),
        leading=_leading(ledger, seed),
        people=people,
        groups=_groups(ledger),
        moves=tuple(_moves(ledger, people, queue)),
        riskiest=queue.head(RISKIEST),
        missed=_missed(ledger, since - timedelta(days=1)),
    )


def _changed(ledger: Ledger, since: datetime) -> pl.DataFrame:
    tickets, changes = ledger.tickets, ledger.changes
    reopened = changes.filter(pl.col("reopened") & (pl.col("at") >= as_time(since)))["row"].unique(maintain_order=True)
    parts = {
        "opened": tickets.filter(pl.col("created_at") >= as_time(since)),
        "solved": tickets.filter((pl.col("solved_at") >= as_time(since)).fill_null(value=False)),
        "reopened": tickets[reopened],
        "escalated": tickets.filter((pl.col("escalated_at") >= as_time(since)).fill_null(value=False)),
    }
    rows = [(what, part.height, part["ticket_id"].head(5).to_list()) for what, part in parts.items()]
    return pl.DataFrame(
        rows, schema={"what": pl.String, "tickets": pl.Int64, "examples": pl.List(pl.String)}, orient="row"
    )


def _leading(ledger: Ledger, seed: int) -> pl.DataFrame:
    """Recontact of the last week is not decided yet, so both weeks end where its window does."""
    names = [name for name, m in CATALOGUE.items() if m.leading and m.kind not in ("stock", "special")]
    end, week = ledger.as_of + timedelta(microseconds=1), timedelta(days=7)
    parts = []
    for late in (False, True):
        of_kind = [name for name in names if ("recontact" in name) == late]
        last = end - timedelta(days=ledger.window_days) if late else end
        this = measure(ledger, Period(start=last - week, end=last), names=of_kind, seed=seed)
        before = measure(ledger, Period(start=last - 2 * week, end=last - week), names=of_kind, seed=seed + 1)
        parts.append(compare(this, before))
    return pl.concat(parts).filter((pl.col("segment") == "all") & (pl.col("n") > 0))


def _open(ledger: Ledger) -> pl.DataFrame:
    return ledger.tickets.filter(~pl.col("status").is_in(ENDED))


def _people(ledger: Ledger, agents: pl.DataFrame | None) -> pl.DataFrame:
    """Count open tickets by person; colleagues without any are there too, where the agents are known."""
    held = (
        _open(ledger)
        .filter(pl.col("assignee").is_not_null())
        .group_by("assignee")
        .agg(pl.col("group").drop_nulls().mode().sort().first(), open=pl.len().cast(pl.Int64))
    )
    if agents is not None:
        known = agents.filter(pl.col("available").fill_null(value=True)).select(
            assignee=_spelling(agents, held["assignee"]), home="group", capacity=pl.col("capacity").cast(pl.Float64)
        )
        held = held.join(known, on="assignee", how="full", coalesce=True).with_columns(
            group=pl.coalesce("home", "group"), open=pl.col("open").fill_null(0)
        )
    else:
        held = held.with_columns(capacity=pl.lit(None, pl.Float64))
    usual = (pl.col("open").filter(pl.col("open") > 0).median() * OVERLOADED).ceil()
    filled = held.with_columns(capacity=pl.col("capacity").fill_null(usual))
    over = (pl.col("open") - pl.col("capacity")).clip(lower_bound=0)
    return filled.select("assignee", "group", "open", "capacity", over=over).sort(
        "over", "open", "assignee", descending=[True, True, False]
    )


def _spelling(agents: pl.DataFrame, assignees: pl.Series) -> pl.Expr:
    """Choose the column of the agents that the tickets spell their assignees by: the key or the shown name."""
    by_name = agents["name"].is_in(assignees.implode()).sum() > agents["agent_id"].is_in(assignees.implode()).sum()
    return pl.coalesce("name", "agent_id") if by_name else pl.col("agent_id")


def _groups(ledger: Ledger) -> pl.DataFrame:
    week = ledger.as_of - timedelta(days=7)
    waiting = _open(ledger).filter(pl.col("group").is_not_null()).group_by("group").agg(open=pl.len().cast(pl.Int64))
    recent = ledger.tickets.filter((pl.col("solved_at") >= as_time(week)).fill_null(value=False))
    pace = recent.group_by("group").agg(solved_a_day=pl.len() / 7)
    both = waiting.join(pace, on="group", how="left").with_columns(pl.col("solved_a_day").fill_null(0.0))
    days = pl.when(pl.col("solved_a_day") > 0).then(pl.col("open") / pl.col("solved_a_day"))
    return both.with_columns(days=days).sort("days", "group", descending=[True, False], nulls_last=False)


def _moves(ledger: Ledger, people: pl.DataFrame, queue: pl.DataFrame) -> list[Move]:
    """Take the least urgent tickets of the overloaded first: their holder has the least invested in them."""
    place = queue.select("ticket_id", place=pl.int_range(pl.len()))
    held = _open(ledger).join(place, on="ticket_id", how="inner").sort("place", descending=True)
    moves = []
    for group in people.filter(pl.col("over") > 0)["group"].unique(maintain_order=True):
        team = people.filter(pl.col("group").eq_missing(pl.lit(group, pl.String)))
        room = {row["assignee"]: int(row["capacity"] - row["open"]) for row in team.iter_rows(named=True)}
        for giver in [name for name, left in room.items() if left < 0]:
            moves += _from(giver, group or "", held.filter(pl.col("assignee") == giver)["ticket_id"].to_list(), room)
    return moves


def _from(giver: str, group: str, tickets: Sequence[str], room: dict[str, int]) -> list[Move]:
    moves, excess, given = [], -room[giver], 0
    for taker in sorted(room, key=lambda name: (-room[name], name)):
        count = min(room[taker], excess - given, len(tickets) - given)
        if count > 0:
            moves.append(Move(giver=giver, taker=taker, group=group, tickets=tuple(tickets[given : given + count])))
            room[taker] -= count
            given += count
    room[giver] += given
    return moves


def _missed(ledger: Ledger, since: datetime) -> pl.DataFrame:
    """List tickets answered or solved too late since then, or opened since then and late without an answer."""
    tickets = ledger.tickets
    late_answer = ~pl.col("first_response_met") & pl.coalesce("human_at", "answered_at", "created_at").ge(
        as_time(since)
    )
    late_end = ~pl.col("resolution_met") & pl.col("solved_at").ge(as_time(since))
    parts = [
        tickets.filter(wrong.fill_null(value=False)).select("ticket_id", "level", what=pl.lit(what))
        for wrong, what in ((late_answer, "first response"), (late_end, "resolution"))
    ]
    return pl.concat(parts).sort("level", "ticket_id", "what")


__all__ = ["OVERLOADED", "RISKIEST", "Move", "Standup", "night_and_day", "standup"]
