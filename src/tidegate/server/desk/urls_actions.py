"""Addresses of the outbox's page."""

from __future__ import annotations

from django.urls import path, register_converter

from tidegate.server.desk.views import actions, escalations


class Number:
    """A number that the database can hold."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:
        """Read it."""
        return int(value)

    def to_url(self, value: int) -> str:
        """Write it."""
        return str(value)


register_converter(Number, "number")

urlpatterns = [
    path("actions", actions.listing, name="actions"),
    path("actions/<number:number>/retry", actions.retry, name="action-retry"),
    path("actions/<number:number>/cancel", actions.cancel, name="action-cancel"),
    path("escalations", escalations.listing, name="escalations"),
    path("escalations/<number:number>/close", escalations.close, name="escalation-close"),
]
