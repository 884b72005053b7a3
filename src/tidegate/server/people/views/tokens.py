"""The page of programs' tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from tidegate.server.people import forms, selectors
from tidegate.server.people import tokens as services
from tidegate.server.people.access import needs, person_of
from tidegate.server.people.confirming import confirmed
from tidegate.server.people.models import Token
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@needs("admin", "GET")
def tokens(request: HttpRequest) -> HttpResponse:
    """List all tokens, those that ended as well."""
    context = {"rows": selectors.tokens_found(), "tab": "tokens", "page_name": "tokens", "now": timezone.now()}
    return render(request, "people/tokens.html", context)


@needs("admin", "GET", "POST")
@confirmed
def token_new(request: HttpRequest) -> HttpResponse:
    """Make a token, and show its secret this once."""
    form = forms.TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        asked = form.cleaned_data
        try:
            issued = services.token_create(
                by=person_of(request),
                name=asked["name"],
                source=asked["source"],
                scopes=asked["scopes"],
                signs=asked["signs"],
                expires_at=form.expires_at(),
            )
        except InputError as error:
            form.add_error(None, str(error))
        else:
            return render(request, "people/token_made.html", {"issued": issued})
    return render(request, "people/token_new.html", {"form": form})


@needs("admin", "POST")
@confirmed
def token_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a token."""
    token = get_object_or_404(Token, pk=pk)
    services.token_revoke(by=person_of(request), token=token)
    messages.success(request, f"{token.name} no longer works.")
    return redirect("tokens")
