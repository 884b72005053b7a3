"""A person's own settings: theme, density, sound."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render

from tidegate.server.desk import preferences
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Preferences
from tidegate.server.desk.views.shared import refused, said
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase


@needs("viewer", "GET", "POST")
def settings(request: HttpRequest) -> HttpResponseBase:
    """Show the settings, or keep what the form says; a page that is open follows at once."""
    if request.method != "POST":
        words = {"page_name": "settings", "themes": Preferences.Theme.choices, "densities": Preferences.Density.choices}
        return render(request, "desk/settings.html", words)
    try:
        kept = preferences.looks_set(request=request, person=person_of(request), given=request.POST.dict())
    except RefusedError as error:
        return refused(error)
    if request.headers.get("HX-Request") == "true":
        return said("Kept.", event="looks", **asdict(kept))
    messages.success(request, "Kept.")
    return redirect("settings")
