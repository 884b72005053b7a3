"""The activity app."""

from __future__ import annotations

from django.apps import AppConfig


class ActivityConfig(AppConfig):
    """What was done, on a page."""

    name = "tidegate.server.activity"
    label = "activity"
