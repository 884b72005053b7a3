"""Every component on one page, for tests and eyes; no address of the service leads to it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.template import RequestContext, Template
from django.urls import include, path

from tidegate.server.people.access import needs

if TYPE_CHECKING:
    from django.http import HttpRequest

_TEXT = Path(__file__).with_name("gallery.html").read_text(encoding="utf-8")
_PARTS = [("value", 24.1), ("impact", 21.5), ("deadline", 14.2), ("missed", 6.4), ("doubt", 6.1), ("effort", -3.2)]


@needs("viewer")
def gallery(request: HttpRequest) -> HttpResponse:
    """Show them all."""
    context = RequestContext(request, {"parts": _PARTS, "rules": [("security words", 2.1)], "page_name": "queue"})
    return HttpResponse(Template(_TEXT).render(context))


urlpatterns = [path("_components", gallery), path("", include("tidegate.server.urls"))]
