"""The people app."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People who use Tidegate."""

    name = "tidegate.server.people"
    label = "people"

    def ready(self) -> None:
        """Listen to what sign-in says."""
        from tidegate.server.people import sessions, trail

        del sessions, trail  # importing them connects their receivers
