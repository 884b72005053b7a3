"""A person's own sign-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import requests
import structlog
from allauth.account import views as account_views
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect import views as openid
from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import redirect, render

from tidegate.server.people import services
from tidegate.server.people.access import needs, person_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse, HttpResponseBase

log = structlog.get_logger()


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


def provider_login(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Send the person to the company's provider."""
    return _by_provider(openid.login, request, provider_id)


def provider_callback(request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Sign in whom the provider sends back."""
    return _by_provider(openid.callback, request, provider_id)


def _by_provider(view: Callable[..., HttpResponseBase], request: HttpRequest, provider_id: str) -> HttpResponseBase:
    """Say that the provider cannot be reached, or answers nonsense, instead of failing; the log has why."""
    try:
        return view(request, provider_id=provider_id)
    except (requests.RequestException, jwt.PyJWTError, OAuth2Error, ValueError, KeyError) as error:
        log.warning("sign_in.provider_failed", error=type(error).__name__)
        return render(request, "socialaccount/authentication_error.html", status=503)
