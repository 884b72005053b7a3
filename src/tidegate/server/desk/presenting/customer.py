"""The customer at a glance, as facts that a page lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from tidegate.enrich.glance import Glance, glance
from tidegate.server.desk import tables
from tidegate.server.desk.presenting import times

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.models import Ticket
    from tidegate.server.people.models import Person

_MOST = 1000


class Known(NamedTuple):
    """One fact: its name, what it says, and how it stands: good, warn, bad or nothing."""

    name: str
    value: str
    mood: str = ""


def glance_of(snapshot: Snapshot, ticket: Ticket, person: Person) -> Glance:
    """Gather what is known about who asks, from the tickets that the person sees."""
    own = tables.read("tickets", "ticket_id = %s", [ticket.ticket_id])
    others = tables.read("tickets", f"{_WHO} ORDER BY created_at DESC LIMIT {_MOST}", [
        ticket.requester_id, ticket.account_id, ticket.ticket_id,
    ])  # fmt: skip
    if person.groups_seen:
        others = others.filter(pl.col("group").is_in(person.groups_seen))
    sides = snapshot.held.sides
    return glance(
        ticket.ticket_id,
        pl.concat([own, others]),
        snapshot.now,
        accounts=sides["accounts"] if sides["accounts"].height else None,
        incidents=sides["incidents"] if sides["incidents"].height else None,
    )


_WHO = "(requester_id = %s OR account_id = %s) AND ticket_id <> %s"


def facts_of(seen: Glance, zone: ZoneInfo) -> list[Known]:
    """List what is known; what is not is left out."""
    facts = [
        _known("Requester", seen.requester),
        _known("Account", seen.account_name),
        _known("Tier", seen.tier, "warn" if seen.tier == "strategic" or seen.strategic else ""),
        _known("Contract", None if seen.contract_value is None else f"{seen.contract_value:,.0f} a year"),
        _renewal(seen, zone),
        _known("Health", None if seen.health is None else f"{seen.health:.0f} of 100", _mood(seen.health, 40, 70)),
        _known("Payment", seen.payment_status, "" if seen.payment_status in (None, "ok") else "bad"),
        _known("Usage", None if seen.usage_trend is None else f"{seen.usage_trend:+.0%} in 30 days"),
        _known("Lifecycle", seen.lifecycle, "bad" if seen.lifecycle == "churning" else ""),
        _known("Expansion", "under way" if seen.expansion else None, "good"),
        _known("Owner", seen.owner),
        Known("In 90 days", _past(seen)),
    ]
    return [fact for fact in facts if fact is not None]


def _known(name: str, value: str | None, mood: str = "") -> Known | None:
    return Known(name, value, mood) if value else None


def _renewal(seen: Glance, zone: ZoneInfo) -> Known | None:
    if seen.renewal_at is None or seen.days_to_renewal is None:
        return None
    days = seen.days_to_renewal
    when = f"in {times.span(days * 1440)}" if days >= 0 else f"{times.span(days * 1440)} ago"
    near = "warn" if 0 <= days <= 30 else ""  # noqa: PLR2004 (as the starter policy's renewal)
    return Known("Renews", f"{when} ({seen.renewal_at.astimezone(zone):%d %b})", near)


def _mood(value: float | None, bad: float, good: float) -> str:
    return "" if value is None else "bad" if value < bad else "good" if value >= good else ""


def _past(seen: Glance) -> str:
    said = [f"{seen.account_tickets_90d or seen.requester_tickets_90d} tickets"]
    if seen.account_escalations_90d:
        said.append(f"{seen.account_escalations_90d} escalated")
    if seen.account_csat_90d is not None:
        said.append(f"satisfaction {seen.account_csat_90d:.0%}")
    return ", ".join(said)
