"""How django-allauth signs people in here: by password or by the company's provider; nobody makes an account."""

from __future__ import annotations

import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.core.exceptions import ValidationError
from django.utils import timezone

from tidegate.server.middleware import origin
from tidegate.server.people import audit, devices, secrets
from tidegate.server.people.models import AuditEntry, Person

if TYPE_CHECKING:
    from allauth.socialaccount.models import SocialLogin
    from django.contrib.auth.base_user import AbstractBaseUser
    from django.http import HttpRequest, HttpResponse

LOCKED_FOR: Final = timedelta(minutes=5)


class AccountAdapter(DefaultAccountAdapter):
    """Signs in whom an admin has made, and writes down what was tried."""

    error_messages = {  # noqa: RUF012 - as allauth declares it
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "That address and password do not go together.",
        "too_many_login_attempts": "Too many attempts. Wait five minutes and try again.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves."""
        del request
        return False

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Go on to the queue after a change of password."""
        return self.get_login_redirect_url(request)

    def get_client_ip(self, request: HttpRequest) -> str:
        """Count attempts by the address that our own proxies saw; those of unknown address are counted together."""
        del request
        return origin().address or "unknown"

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401 - allauth's
        """Write down a failed attempt."""
        del request
        _note("person.sign_in_failed", credentials)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:  # noqa: ANN401 - allauth's
        """Refuse after too many failures, and write that down once while it lasts."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:
            _note("person.locked_out", credentials, once_in=LOCKED_FOR)
            raise

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        """Turn away who has left, and write it down."""
        audit.record(
            actor=user if isinstance(user, Person) else None,
            act="person.sign_in_refused",
            object_kind="person",
            object_id=str(user.pk),
        )
        return super().respond_user_inactive(request, user)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:  # noqa: ANN401 - allauth's
        """Count by address, and by browser where it is known: allauth's own key has the host name in it.

        The client chooses that name, and so could count anew as often as it likes.
        """
        email = str(credentials.get("email", ""))
        device = devices.known(request, Person.objects.filter(email__iexact=email).first())
        return f"{counted_by(email)} {device}" if device else counted_by(email)


class SocialAdapter(DefaultSocialAccountAdapter):
    """Lets the company's provider sign in people that an admin has made, and makes none itself."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Turn strangers away, and write it down."""
        del request
        audit.record(
            actor=None,
            actor_name="stranger",
            act="person.sign_in_failed",
            object_kind="person",
            object_id="unknown",
            after={"method": sociallogin.account.provider},
        )
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Keeps the seeds of second factors sealed."""

    def encrypt(self, text: str) -> str:
        """Seal a seed."""
        return secrets.seal(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Open a seed."""
        return secrets.open_(encrypted_text)


def counted_by(email: str) -> str:
    """Return the name under which failures at an address are counted, where the browser is not known."""
    return unicodedata.normalize("NFKC", email).casefold()


def _note(act: str, credentials: dict[str, Any], once_in: timedelta | None = None) -> None:
    """Write down an attempt. An address that nobody here has is not written: people type passwords into that field."""
    person = Person.objects.filter(email__iexact=str(credentials.get("email", ""))).first()
    object_id, address = str(person.pk) if person else "unknown", origin().address
    same = AuditEntry.objects.filter(act=act, object_kind="person", object_id=object_id, address=address)
    if once_in and same.filter(at__gte=timezone.now() - once_in).exists():
        return
    audit.record(actor=None, actor_name="stranger", act=act, object_kind="person", object_id=object_id)
