"""Addresses of the pulse."""

from __future__ import annotations

from django.urls import path

from tidegate.server.desk.views import pulse

urlpatterns = [
    path("pulse", pulse.page, name="pulse"),
    path("pulse/measure", pulse.measure, name="pulse-measure"),
    path("pulse/tickets/<str:key>", pulse.tickets, name="pulse-tickets"),
]
