"""A ticket as a line of the queue: everything that the template writes, said and drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from django.urls import reverse

from tidegate.server.desk.presenting import asides, bars, times

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.utils.safestring import SafeString

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.board.rows import Reason, Row

REASONS: Final = 4
_DOUBT: Final = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A ticket, ready to be written."""

    row: Row
    url: str
    subject: str
    bar: SafeString
    reasons: tuple[str, ...]
    due: str
    due_when: str
    due_at: datetime | None
    urgency: str
    assignee: str
    opened: str
    aside: str


def names_of(snapshot: Snapshot) -> dict[str, str]:
    """Return agents' names by their identifier."""
    agents = snapshot.held.sides["agents"]
    return {
        agent: name or agent for agent, name in zip(agents["agent_id"].to_list(), agents["name"].to_list(), strict=True)
    }


def zone_of(snapshot: Snapshot) -> ZoneInfo:
    """Return the zone of the team's calendar."""
    return ZoneInfo(snapshot.held.policy.calendar.timezone)


def lines(snapshot: Snapshot, rows: Sequence[Row]) -> list[Line]:
    """Lay rows out as lines."""
    names, zone = names_of(snapshot), zone_of(snapshot)
    return [line(row, snapshot.now, zone, names) for row in rows]


def line(row: Row, now: datetime, zone: ZoneInfo, names: dict[str, str]) -> Line:
    """Lay one row out."""
    return Line(
        row=row,
        url=reverse("ticket", args=[row.ticket_id]),
        subject=" ".join((row.subject or "").split()) or "no subject",
        bar=points(row),
        reasons=headline(row.reasons),
        due=times.due(row.due_at, now),
        due_when=times.clock(row.due_at, zone),
        due_at=row.due_at,
        urgency=times.urgency(row.due_at, now),
        assignee=names.get(row.assignee, row.assignee) if row.assignee else "",
        opened=times.ago(row.created_at, now),
        aside=asides.chip(row, zone),
    )


def points(row: Row) -> SafeString:
    """Draw a row's points; nothing for a ticket that is not ranked."""
    if row.points is None:
        return bars.NOTHING
    return bars.with_tip(row.points, bars.figures(row.parts, row.rules))


def headline(reasons: Sequence[Reason], most: int = REASONS) -> tuple[str, ...]:
    """Say why in one line: what raised it, the words it rests on, what lowered it, what is missing."""
    kept = [reason for reason in reasons if reason.kind != "missing"]
    raised = [r.text for r in kept if (r.points or 0) >= 0 and r.kind != "evidence"]
    quoted = [r.text for r in kept if r.kind == "evidence"][:1]
    lowered = [r.text for r in kept if (r.points or 0) < 0]
    missing = [r.text for r in reasons if r.kind == "missing"]
    return tuple(dict.fromkeys([*raised[: most - len(quoted)], *quoted, *raised[most:], *lowered, *missing]))[:most]
