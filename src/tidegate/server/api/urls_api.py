"""The addresses of the API."""

from __future__ import annotations

from django.urls import path

from tidegate.server.api.app import api, openapi

urlpatterns = [
    path("api/v1/openapi.json", openapi, name="openapi"),
    path("api/v1/", api.urls),
]
