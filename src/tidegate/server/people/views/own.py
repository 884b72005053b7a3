"""A person's own sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import views as account_views
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect, render

from tidegate.server.people import services
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse, HttpResponseBase


@needs("viewer", "GET")
def account(request: HttpRequest) -> HttpResponse:
    """Show what the person is here, and the ways to change their sign-in."""
    person = person_of(request)
    return render(request, "people/account.html", {"person": person, "second_factor": is_mfa_enabled(person)})


@needs("viewer", "POST")
def end_sessions(request: HttpRequest) -> HttpResponse:
    """Sign the person out everywhere, here as well."""
    services.person_end_sessions(by=person_of(request), person=person_of(request))
    logout(request)
    return redirect("account_login")


def password_reset(request: HttpRequest, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 - a view's own
    """Reset a password by mail; where no mail is sent, say who can do it instead."""
    if settings.MAIL_IS_SENT:
        return account_views.password_reset(request, **kwargs)
    return render(request, "people/password_by_admin.html", status=200 if request.method in ("GET", "HEAD") else 404)


@needs("viewer", "GET")
def password_set(request: HttpRequest) -> HttpResponse:
    """Say to whom the provider signs in that there is no password here to change."""
    return render(request, "people/password_by_provider.html")
