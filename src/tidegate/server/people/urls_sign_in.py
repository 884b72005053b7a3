"""Sign-in, by django-allauth: only its pages that this service uses; there is no page to sign up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account import views as account
from allauth.socialaccount import views as social
from django.urls import include, path, re_path

from tidegate.server.people.views import own

if TYPE_CHECKING:
    from django.urls import URLPattern, URLResolver

urlpatterns: list[URLPattern | URLResolver] = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", own.password_set, name="account_set_password"),
    path("password/reset/", own.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/login/cancelled/", social.login_cancelled, name="socialaccount_login_cancelled"),
    path("3rdparty/login/error/", social.login_error, name="socialaccount_login_error"),
    path("oidc/<slug:provider_id>/login/", own.provider_login, name="openid_connect_login"),
    path("oidc/<slug:provider_id>/login/callback/", own.provider_callback, name="openid_connect_callback"),
    path("you/", own.account, name="account"),
    path("you/end-sessions/", own.end_sessions, name="account_end_sessions"),
]
