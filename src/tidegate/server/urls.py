"""Every address of the service."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("", include("tidegate.server.urls_operations")),
    path("", include("tidegate.server.desk.urls")),
]
