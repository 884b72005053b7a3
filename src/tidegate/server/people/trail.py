"""What sign-in leaves in the audit trail: allauth says by signals what happened, each is one line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out
from django.dispatch import receiver

from tidegate.server.people import audit
from tidegate.server.people.models import Person
from tidegate.server.people.sessions import SECOND_FACTOR

if TYPE_CHECKING:
    from allauth.mfa.models import Authenticator
    from django.http import HttpRequest


def _record(person: Person, act: str, after: dict[str, Any] | None = None) -> None:
    audit.record(actor=person, act=act, object_kind="person", object_id=str(person.pk), after=after)


@receiver(account.user_logged_in)
def signed_in(request: HttpRequest, user: Person, **_: object) -> None:
    """Say by what the person signed in."""
    methods = [str(record["method"]) for record in get_authentication_records(request, user)]
    _record(user, "person.sign_in", {"methods": methods})


@receiver(user_logged_out)
def signed_out(user: Person | None, **_: object) -> None:
    """Say who signed out; a session that had ended already has nobody."""
    if isinstance(user, Person):
        _record(user, "person.sign_out")


@receiver(account.password_changed)
@receiver(account.password_reset)
@receiver(account.password_set)
def password_changed(user: Person, **_: object) -> None:
    """Note that the password is the person's own now."""
    Person.objects.filter(pk=user.pk).update(password_is_temporary=False)
    user.password_is_temporary = False
    _record(user, "person.change_password")


@receiver(mfa.authenticator_added)
def factor_added(user: Person, authenticator: Authenticator, **_: object) -> None:
    """Say which second factor was added."""
    _record(user, "person.add_factor", {"type": str(authenticator.type)})


@receiver(mfa.authenticator_removed)
def factor_removed(request: HttpRequest, user: Person, authenticator: Authenticator, **_: object) -> None:
    """Say which second factor was removed; whether one is due is looked up anew."""
    request.session.pop(SECOND_FACTOR, None)
    _record(user, "person.remove_factor", {"type": str(authenticator.type)})


@receiver(mfa.authenticator_reset)
def factor_reset(user: Person, authenticator: Authenticator, **_: object) -> None:
    """Say that recovery codes were made anew."""
    _record(user, "person.reset_factor", {"type": str(authenticator.type)})


@receiver(mfa.authentication_failed)
def factor_failed(user: Person, authenticator: Authenticator, **_: object) -> None:
    """Note a wrong code after a right password."""
    audit.record(
        actor=None,
        actor_name="stranger",
        act="person.factor_failed",
        object_kind="person",
        object_id=str(user.pk),
        after={"type": str(authenticator.type)},
    )
