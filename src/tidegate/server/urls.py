"""Every address of the service."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("tidegate.server.api.urls_api")),  # the busiest first: they are tried in order
    path("accounts/", include("tidegate.server.people.urls_sign_in")),
    path("", include("tidegate.server.people.urls_people")),
    path("", include("tidegate.server.activity.urls")),
    path("", include("tidegate.server.urls_operations")),
    path("", include("tidegate.server.desk.urls_policy")),
    path("", include("tidegate.server.desk.urls_actions")),
    path("", include("tidegate.server.desk.urls_pulse")),
    path("", include("tidegate.server.desk.urls")),
]

handler500 = "tidegate.server.desk.views.failing.failed"
