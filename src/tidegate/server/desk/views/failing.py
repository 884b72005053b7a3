"""What people see when a page fails: written without the database, the session and the person."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from django.db import OperationalError
from django.http import HttpResponse
from django.template.loader import render_to_string

if TYPE_CHECKING:
    from django.http import HttpRequest


def failed(request: HttpRequest) -> HttpResponse:
    """Say that something went wrong, or that the database is away and it is worth trying again."""
    del request
    if isinstance(sys.exc_info()[1], OperationalError):
        return HttpResponse(render_to_string("503.html"), status=503, headers={"Retry-After": "5"})
    return HttpResponse(render_to_string("500.html"), status=500)
