"""The desk app."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Facts, board and decisions."""

    name = "tidegate.server.desk"
    label = "desk"
