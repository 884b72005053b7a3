"""The page of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import path

from tidegate.server.activity import views

if TYPE_CHECKING:
    from django.urls import URLPattern

urlpatterns: list[URLPattern] = [
    path("activity", views.activity, name="activity"),
    path("activity.csv", views.export, name="activity_export"),
]
