"""The people app."""

from __future__ import annotations

from django.apps import AppConfig


class PeopleConfig(AppConfig):
    """People who use Tidegate."""

    name = "tidegate.server.people"
    label = "people"
