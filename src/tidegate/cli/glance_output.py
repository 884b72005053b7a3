"""The customer at a glance, in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.enrich.glance import Glance, Past


def lines(seen: Glance) -> Iterator[str]:
    """Say what is known about who asks; what is not known is left out."""
    yield " · ".join(filter(None, (seen.requester, seen.account_name, seen.tier, seen.lifecycle))) or "unknown"
    if seen.account_match not in (None, "id"):
        yield f"account found by {seen.account_match}"
    money = [
        _said("contract of {:,.0f} a year", seen.contract_value),
        _said("renews in {:.0f} days", seen.days_to_renewal),
        _said("health {:.0f} of 100", seen.health),
        _said("payment {}", seen.payment_status),
        _said("usage {:+.0%} in 30 days", seen.usage_trend),
        "on the strategic list" if seen.strategic else None,
        _said("owner {}", seen.owner),
    ]
    if any(money):
        yield " · ".join(filter(None, money))
    yield (
        f"in 90 days: {seen.requester_tickets_90d} more tickets of the requester, "
        f"{seen.account_tickets_90d} of the account, {seen.account_escalations_90d} escalated"
    )
    for incident in seen.incidents:
        yield f"incident {incident.incident_id} open: {incident.title or 'no title'}"
    for past in seen.last_tickets:
        yield _past(past)


def _past(past: Past) -> str:
    ended = past.status + (f", satisfaction {past.csat:.0%}" if past.csat is not None else "")
    return f"{past.created_at:%d %b %Y}  {past.ticket_id}  {ended}  {' '.join((past.subject or '').split())[:60]}"


def _said(text: str, value: object) -> str | None:
    return None if value is None else text.format(value)
