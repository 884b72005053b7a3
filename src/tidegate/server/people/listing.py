"""Everybody, as a table for the terminal."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from rich.table import Table
from rich.text import Text

from tidegate.server.people.models import Person


def table() -> Table:
    """List people by address; names are data, never markup."""
    found = Table(box=None)
    found.add_column("address", no_wrap=True)
    for title in ("name", "role", "groups", "active", "2nd factor", "last sign-in"):
        found.add_column(title, overflow="fold", no_wrap=title in ("role", "last sign-in"))
    factors = set(Authenticator.objects.values_list("user_id", flat=True))
    for person in Person.objects.order_by("email"):
        row = (
            person.email,
            person.name,
            person.role,
            ", ".join(person.groups_seen) or "all",
            "yes" if person.is_active else "no",
            "yes" if person.pk in factors else "no",
            f"{person.last_login:%Y-%m-%d %H:%M}" if person.last_login else "never",
        )
        found.add_row(*(Text(cell) for cell in row))
    return found
