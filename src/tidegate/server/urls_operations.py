"""Addresses for those who run the service."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from tidegate.server import health

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
