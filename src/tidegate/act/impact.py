"""What is at stake in tickets that share a cause, in figures: what engineering needs before it can start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

LISTED: Final = 20
"""Linked tickets that a text names; the others are counted."""
_THOUSAND, _MILLION = 1e3, 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """The figures of one escalation.

    Attributes
    ----------
    tickets
        Linked tickets, the oldest first.
    accounts
        How many customers they come from.
    contract_value
        What these pay a year, as far as it is known; ``unvalued`` of them have no contract value on file.
    users
        People affected, at least: of one account the greatest number that any of its tickets names.
    since
        When the first ticket came.
    next_deadline
        The next target that can still be kept; None where there is none.
    missed
        Targets that are missed already.
    lacking
        What is not known that engineering will ask for: product, account, quote.
    """

    tickets: tuple[str, ...]
    accounts: int
    contract_value: float
    unvalued: int
    users: int
    since: datetime
    next_deadline: datetime | None
    missed: int
    incident: str | None
    workaround: bool
    lacking: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is lacking."""
        return not self.lacking

    def text(self) -> str:
        """Say it in a paragraph."""
        deadline = f"Next deadline {_moment(self.next_deadline)}." if self.next_deadline else "No target can be kept."
        said = [self._whose(), deadline]
        if self.missed:
            said.append(f"{_count(self.missed, 'target')} missed already.")
        if self.incident:
            said.append(f"Incident {self.incident}.")
        if self.workaround:
            said.append("A workaround is mentioned.")
        if self.lacking:
            said.append(f"Not known: {', '.join(self.lacking)}.")
        return " ".join(said)

    def _whose(self) -> str:
        tickets, accounts = _count(len(self.tickets), "ticket"), _count(self.accounts, "account")
        users = _count(self.users, "person", "people")
        return f"{tickets} of {accounts} ({self._money()}), at least {users} affected, since {_moment(self.since)}."

    def _money(self) -> str:
        known = f"contracts of {_amount(self.contract_value)} a year" if self.contract_value else "no contract on file"
        return known + (f", {self.unvalued} not on file" if self.contract_value and self.unvalued else "")

    def linked(self) -> str:
        """Name the tickets, the first `LISTED` of them."""
        more = len(self.tickets) - LISTED
        return ", ".join(self.tickets[:LISTED]) + (f" and {more} more" if more > 0 else "")

    def payload(self) -> dict[str, object]:
        """Return the figures as JSON values."""
        return {
            "tickets": list(self.tickets),
            "accounts": self.accounts,
            "contract_value": self.contract_value,
            "accounts_without_value": self.unvalued,
            "users": self.users,
            "since": self.since.isoformat(),
            "next_deadline": self.next_deadline.isoformat() if self.next_deadline else None,
            "missed": self.missed,
            "incident": self.incident,
            "workaround": self.workaround,
            "ready": self.ready,
            "lacking": list(self.lacking),
        }


def clusters(seen: pl.DataFrame) -> pl.Series:
    """Name what each ticket has in common with others: an open incident, else a group of similar ones, else itself."""
    return seen.select(
        cluster=pl.when(pl.col("incident_id").is_not_null())
        .then(pl.format("incident {}", "incident_id"))
        .when(pl.col("similar_group").is_not_null())
        .then(pl.format("similar {}", "similar_group"))
        .otherwise(pl.format("ticket {}", "ticket_id"))
    )["cluster"]


def impact(linked: pl.DataFrame, now: datetime) -> Impact:
    """Reckon the figures of linked tickets.

    Parameters
    ----------
    linked
        One row a ticket, as `seen.SEEN`; at least one.
    now
        The moment of asking.
    """
    linked = linked.sort("created_at", "ticket_id", nulls_last=True)
    people = pl.col("affected_users").fill_null(1).clip(1)
    owners = (
        linked.with_columns(
            whose=pl.coalesce(pl.format("account {}", "account_id"), pl.format("ticket {}", "ticket_id"))
        )
        .group_by("whose")
        .agg(
            people.max().alias("users"),
            value=pl.col("contract_value").max(),
            known=pl.col("account_id").is_not_null().any(),
        )
    )
    accounts = owners.filter("known")
    due = linked["due_at"]
    ahead = due.filter(due > now)
    first = linked.row(0, named=True)
    return Impact(
        tickets=tuple(linked["ticket_id"]),
        accounts=accounts.height,
        contract_value=float(accounts["value"].sum()),
        unvalued=accounts["value"].null_count(),
        users=int(owners["users"].sum()),
        since=first["created_at"] or now,
        next_deadline=_earliest(ahead),
        missed=int((due <= now).sum()),
        incident=_incident(linked),
        workaround=bool(linked["workaround"].fill_null(value=False).any()),
        lacking=tuple(_lacking(linked)),
    )


def _earliest(times: pl.Series) -> datetime | None:
    return None if times.is_empty() else times.sort()[0]


def _incident(linked: pl.DataFrame) -> str | None:
    named = linked.filter(pl.col("incident_id").is_not_null()).select("incident_id", "incident_title").rows()
    if not named:
        return None
    identifier, title = named[0]
    return f"{identifier}: {title}" if title else str(identifier)


def _lacking(linked: pl.DataFrame) -> Sequence[str]:
    has = {
        "product": linked["product"].is_not_null().any(),
        "account": linked["account_id"].is_not_null().any(),
        "a telling quote": (linked["evidence"].list.len() > 0).any(),
    }
    return [name for name, known in has.items() if not known]


def _moment(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M} UTC"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _amount(value: float) -> str:
    if value >= _MILLION:
        return f"{value / _MILLION:.1f}M"
    return f"{value / _THOUSAND:.0f}k" if value >= 10 * _THOUSAND else f"{value:.0f}"
