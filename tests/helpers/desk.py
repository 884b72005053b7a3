"""Facts in the service's database."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from tidegate.demo.company import generate
from tidegate.tables.contracts import Messages, Tickets

if TYPE_CHECKING:
    from tidegate.demo.company import Company

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


def ticket(ticket_id: str = "t1", **fields: object) -> pl.DataFrame:
    """One open ticket as a frame."""
    schema = {name: column.dtype for name, column in Tickets.columns().items()}
    return pl.DataFrame([{"ticket_id": ticket_id, "created_at": AT, "status": "open"} | fields], schema=schema)


def message(message_id: str, ticket_id: str, **fields: object) -> pl.DataFrame:
    """One public answer of an agent as a frame."""
    schema = {name: column.dtype for name, column in Messages.columns().items()}
    row = {"message_id": message_id, "ticket_id": ticket_id, "at": AT, "author_kind": "agent", "public": True}
    return pl.DataFrame([row | fields], schema=schema)


def write_company(tickets: int = 300, seed: int = 3) -> Company:
    """Write the demo company, as it stood on 2 March 2026, into the database."""
    from tidegate.server.desk import tables

    company = generate(tickets, seed)
    for name in tables.CONTRACTS:
        tables.upsert(name, getattr(company, name))
    return company


def policy_in_force(*, dry_run: bool, more: str = "") -> None:
    """Put a version of the starter policy in force; ``more`` are further lines of its ``actions``."""
    from django.utils import timezone

    from tidegate.policy.loading import built_in
    from tidegate.server.desk.models import PolicyVersion

    text = built_in("starter").replace("  dry_run: true\n", f"  dry_run: {str(dry_run).lower()}\n{more}")
    PolicyVersion.objects.update(active=False)
    number = PolicyVersion.objects.count() + 1
    PolicyVersion.objects.create(number=number, text=text, hash="x", active=True, activated_at=timezone.now())
