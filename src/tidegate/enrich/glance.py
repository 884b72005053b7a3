"""The customer at a glance: what a person should know about who asks before answering."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.enrich.accounts import account_facts, account_ids, match_accounts
from tidegate.enrich.history import history_facts
from tidegate.enrich.incidents import touching
from tidegate.tables.errors import InputError
from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

_LAST: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """An earlier ticket of the same requester or account, and how it ended."""

    ticket_id: str
    subject: str | None
    created_at: datetime
    status: str
    solved_at: datetime | None
    csat: float | None
    escalated: bool
    same_requester: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """An incident of ours that is open and touches the ticket."""

    incident_id: str
    title: str | None
    level: str | None
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What is known about a ticket's customer; None where it is not known.

    Money is in the account's own currency, a year (``contract_value``) or a month (``mrr``); ``health`` is 0 bad to 100
    good, ``usage_trend`` the change over 30 days, satisfaction 0 bad to 1 good. The 90 days end at the moment of
    asking, and the ticket itself is not among what they count.
    """

    ticket_id: str
    requester: str | None
    account_id: str | None
    account_name: str | None
    account_match: str | None
    tier: str | None
    contract_value: float | None
    mrr: float | None
    renewal_at: datetime | None
    days_to_renewal: float | None
    health: float | None
    payment_status: str | None
    failed_payments: int | None
    usage_trend: float | None
    strategic: bool | None
    expansion: bool | None
    lifecycle: str | None
    owner: str | None
    requester_tickets_90d: int
    account_tickets_90d: int
    account_escalations_90d: int
    account_csat_90d: float | None
    incidents: tuple[Incident, ...]
    last_tickets: tuple[Past, ...]


def glance(
    ticket_id: str,
    tickets: pl.DataFrame,
    now: datetime,
    *,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
) -> Glance:
    """Gather what is known about the customer behind one ticket.

    Parameters
    ----------
    ticket_id
        The ticket.
    tickets
        All tickets, closed ones included; as `tables.Tickets`.
    now
        The moment of asking; what happened later is not told.
    accounts, incidents
        As `tables.Accounts` and `tables.Incidents`, where there are any.

    Raises
    ------
    InputError
        If there is no such ticket.
    """
    place = tickets["ticket_id"].index_of(ticket_id)
    if place is None:
        raise InputError("there is no such ticket", column="ticket_id", value=ticket_id)
    keys, known = tickets["account_id"], dict[str, Any]()
    if accounts is not None:
        matches = match_accounts(tickets, accounts)
        keys = account_ids(tickets, accounts, matches)
        alone = replace(matches, row=matches.row[place : place + 1], how=matches.how[place : place + 1])
        known = account_facts(accounts, alone, now).row(0, named=True)
        known["account_name"] = accounts["name"][alone.row][0]
    one, account_id = tickets[place], keys[place]
    history = history_facts(one, tickets, now, account_id=(keys[place : place + 1], keys)).row(0, named=True)
    ticket = one.row(0, named=True)
    touched = (
        _no_incidents()
        if incidents is None
        else touching(incidents, now, product=ticket["product"], account_id=account_id)
    )
    return Glance(
        ticket_id=ticket_id,
        requester=ticket["requester_email"] or ticket["requester_id"],
        account_id=account_id,
        account_name=known.pop("account_name", None) or ticket["account_name"],
        **dict[str, Any]({name: known.get(name) for name in _KNOWN}),
        **history,
        incidents=tuple(Incident(**row) for row in _rows(touched, Incident)),
        last_tickets=tuple(Past(**row) for row in _rows(_earlier(tickets, place, keys, now), Past)),
    )


_KNOWN: Final = (
    *("account_match", "tier", "contract_value", "mrr", "renewal_at", "days_to_renewal", "health", "payment_status"),
    *("failed_payments", "usage_trend", "strategic", "expansion", "lifecycle", "owner"),
)


def _earlier(tickets: pl.DataFrame, place: int, keys: pl.Series, now: datetime) -> pl.DataFrame:
    """List the last other tickets of the requester or the account, the newest first, as known by then."""
    moment = pl.lit(now, TIME)
    who = pl.coalesce("requester_id", "requester_email")
    same = (who == who.get(place)).fill_null(value=False)
    ours = same | (keys == keys[place]).fill_null(value=False) if keys[place] is not None else same
    over = (pl.col("solved_at") <= moment).fill_null(value=True)
    return (
        tickets.with_columns(
            same_requester=same,
            escalated=pl.col("escalated").fill_null(value=False),
            status=pl.when(over).then(pl.col("status").cast(pl.String)).otherwise(pl.lit("open")),
            solved_at=pl.when(over).then("solved_at"),
            csat=pl.when(over).then("csat"),
        )
        .filter(ours, pl.int_range(pl.len()) != place, pl.col("created_at") <= moment)
        .sort("created_at", "ticket_id", descending=[True, False])
        .head(_LAST)
    )


def _no_incidents() -> pl.DataFrame:
    return pl.DataFrame(schema={field.name: pl.String for field in fields(Incident)})


def _rows(table: pl.DataFrame, kind: type[Incident | Past]) -> Iterator[dict[str, Any]]:
    return table.select(field.name for field in fields(kind)).iter_rows(named=True)


__all__ = ["Glance", "Incident", "Past", "glance"]
