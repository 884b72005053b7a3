"""What is done to people: made, given roles and groups, sent away, let in again. Each act is one line of the trail.

``by`` is who does it; None is the command line, whose user can read the database anyway.
"""

from __future__ import annotations

import base64
import hmac
import secrets as random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from tidegate.server.people import audit, secrets
from tidegate.server.people.models import Person, Role, Session, Token
from tidegate.server.people.tokens import token_revoke
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection

FIRST_ADMIN: Final = "admin@localhost"
COMMAND_LINE: Final = "command line"
_FIRST: Final = 7_203_911
"""The advisory lock under which the first admin is made: of two processes that start together one makes them."""

_SEALED: Final = ("secret", "seed")
"""Where allauth keeps what its adapter has sealed: of an app, and of recovery codes."""


@dataclass(frozen=True)
class SignIn:
    """An address and the password that opens it; shown once, kept by nobody."""

    email: str
    name: str
    role: str
    password: str = field(repr=False)
    """Empty where the person has chosen another one since."""


@transaction.atomic
def person_create(
    *,
    by: Person | None,
    email: str,
    name: str,
    role: str,
    groups_seen: Collection[str] = (),
    agent_id: str = "",
    password: str | None = None,
) -> SignIn:
    """Make a person; without a password one is made up, and the person has to choose another at the first sign-in.

    Raises
    ------
    InputError
        If the address is none or is taken, the role is unknown, or the password is too weak.
    """
    email = _address(email)
    person = Person(email=email, name=name.strip() or email, role=_role(role), groups_seen=sorted(groups_seen))
    person.agent_id, person.password_is_temporary = agent_id.strip(), password is None
    password = password or made_password()
    _set_password(person, password)
    person.save()
    EmailAddress.objects.create(user=person, email=email, primary=True, verified=True)  # an admin vouches for it
    _record(by, "person.create", person, after=summary(person))
    return SignIn(person.email, person.name, person.role, password)


@transaction.atomic
def person_change(
    *, by: Person | None, person: Person, role: str, groups_seen: Collection[str], agent_id: str = ""
) -> None:
    """Change what a person may do and see, from their next request on.

    Raises
    ------
    InputError
        If the role is unknown, it is one's own, or no admin would be left.
    """
    person = _locked(person)
    before = summary(person)
    if by == person and _role(role) != person.role:
        raise InputError("nobody changes their own role", mend="Ask another admin.")
    if _role(role) != Role.ADMIN:
        _keep_an_admin(person)
    person.role, person.groups_seen, person.agent_id = _role(role), sorted(set(groups_seen)), agent_id.strip()
    if summary(person) == before:
        return
    person.save(update_fields=["role", "groups_seen", "agent_id"])
    _record(by, "person.change", person, before=before, after=summary(person))


@transaction.atomic
def person_deactivate(*, by: Person | None, person: Person) -> None:
    """Shut a person out at once: sessions end, and the tokens that they made are revoked with them.

    Raises
    ------
    InputError
        If it is oneself, or no admin would be left.
    """
    person = _locked(person)
    if not person.is_active:
        return
    if by == person:
        raise InputError("nobody deactivates themselves", mend="Ask another admin.")
    _keep_an_admin(person)
    Person.objects.filter(pk=person.pk).update(is_active=False, session_epoch=F("session_epoch") + 1)
    tokens = Token.objects.filter(created_by=person, revoked_at=None)
    _record(by, "person.deactivate", person, before=summary(person), after={"tokens": [t.prefix for t in tokens]})
    for token in tokens:
        token_revoke(by=by, token=token)


@transaction.atomic
def person_activate(*, by: Person | None, person: Person) -> None:
    """Let a person in again; their tokens stay revoked."""
    if Person.objects.filter(pk=person.pk, is_active=False).update(is_active=True):
        _record(by, "person.activate", person)


@transaction.atomic
def person_set_password(*, by: Person | None, person: Person, password: str | None = None) -> SignIn:
    """Give a person another password and end their sessions; one that is made up is temporary.

    Raises
    ------
    InputError
        If the password is too weak.
    """
    person = _locked(person)
    person.password_is_temporary = password is None
    password = password or made_password()
    _set_password(person, password)
    person.save(update_fields=["password", "password_is_temporary"])
    _record(by, "person.set_password", person)
    return SignIn(person.email, person.name, person.role, password)


@transaction.atomic
def person_end_sessions(*, by: Person | None, person: Person) -> None:
    """End every session of a person, from the next request on."""
    Person.objects.filter(pk=person.pk).update(session_epoch=F("session_epoch") + 1)
    _record(by, "person.end_sessions", person)


@transaction.atomic
def person_remove_factors(*, by: Person | None, person: Person) -> None:
    """Take away all second factors, for who has lost theirs, and end the sessions."""
    removed = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    Authenticator.objects.filter(user=person).delete()
    _record(by, "person.remove_factors", person, before={"types": sorted(removed)})
    person_end_sessions(by=by, person=person)


@transaction.atomic
def person_unlock(*, by: Person | None, person: Person) -> None:
    """Forget the failed sign-ins at a person's address, so that they need not wait for whoever guesses to stop."""
    from allauth.core.internal import ratelimit
    from django.core.cache import cache
    from django.http import HttpRequest

    from tidegate.server.people.adapters import counted_by

    where, what, key = "allauth.account", "login_failed", counted_by(person.email)
    for rate in ratelimit.get_rates(app=where, action=what):
        if rate.per == "key":  # those of an IP address stay: they are not this person's
            cache.delete(ratelimit.get_cache_key(HttpRequest(), app=where, action=what, rate=rate, key=key))
    _record(by, "person.unlock", person)


@transaction.atomic
def first_admin() -> SignIn | None:
    """Make the first admin where there is nobody yet, and return their sign-in, this once; None ever after."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_FIRST])
    if Person.objects.exists():
        return None
    return person_create(by=None, email=FIRST_ADMIN, name="First admin", role=Role.ADMIN)


@transaction.atomic
def demo_people(agent_id: str = "", agent_name: str = "Ari") -> list[SignIn]:
    """Make a lead and an agent to look around as, for the demo company alone.

    Their passwords follow from the secret key, so that each start prints the same ones and nothing keeps them.
    """
    wanted = (
        ("lead@demo.example", "Dana", Role.LEAD, ""),
        ("agent@demo.example", agent_name, Role.AGENT, agent_id),
    )
    return [_demo_person(*fields) for fields in wanted]


def housekeeping() -> int:
    """Forget sessions and counted attempts that are over; returns how many sessions."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM people_cache WHERE expires < %s", [timezone.now()])
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]


@transaction.atomic
def reseal() -> int:
    """Seal every kept secret with the present key; returns how many."""
    count = 0
    for token in Token.objects.select_for_update().exclude(signing_secret=b""):
        token.signing_secret = secrets.reseal(token.signing_secret)
        token.save(update_fields=["signing_secret"])
        count += 1
    for factor in Authenticator.objects.select_for_update():
        sealed = {name: secrets.reseal(factor.data[name]).decode() for name in _SEALED if name in factor.data}
        if sealed:
            factor.data |= sealed
            factor.save(update_fields=["data"])
        count += len(sealed)
    return count


def made_password() -> str:
    """Make up a password of 100 random bits, easy to read aloud."""
    letters = base64.b32encode(random.token_bytes(13)).decode().lower()[:20]
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


def summary(person: Person) -> dict[str, Any]:
    """Say of a person what may be written down."""
    return {
        "name": person.name,
        "role": person.role,
        "groups_seen": sorted(person.groups_seen),
        "agent_id": person.agent_id,
    }


def _demo_person(email: str, name: str, role: str, agent_id: str) -> SignIn:
    digest = hmac.digest(settings.SECRET_KEY.encode(), f"demo {email}".encode(), "sha256")
    password = "demo-" + base64.b32encode(digest).decode().lower()[:12]
    person = Person.objects.filter(email=email).first()
    if person is None:
        return person_create(by=None, email=email, name=name, role=role, agent_id=agent_id, password=password)
    return SignIn(person.email, person.name, person.role, password if person.check_password(password) else "")


def _locked(person: Person) -> Person:
    return Person.objects.select_for_update().get(pk=person.pk)


def _keep_an_admin(person: Person) -> None:
    """Refuse to lose the last admin; admins are locked, so that two cannot send each other away at once."""
    admins = list(Person.objects.select_for_update().filter(role=Role.ADMIN, is_active=True).order_by("pk"))
    if admins == [person]:
        raise InputError("this is the last admin", value=person.email, mend="Make another admin first.")


def _address(email: str) -> str:
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise InputError("not a mail address", value=email, expected="name@example.com") from None
    if Person.objects.filter(email__iexact=email).exists():
        raise InputError("somebody has this address already", value=email)
    return email


def _role(role: str) -> Role:
    try:
        return Role(role)
    except ValueError:
        raise InputError("not a role", value=role, expected=", ".join(Role)) from None


def _set_password(person: Person, password: str) -> None:
    try:
        validate_password(password, person)
    except ValidationError as error:
        raise InputError("this password will not do", expected=" ".join(error.messages)) from None
    person.set_password(password)


def _record(by: Person | None, act: str, person: Person, *, before: object = None, after: object = None) -> None:
    audit.record(
        actor=by,
        actor_name="" if by else COMMAND_LINE,
        act=act,
        object_kind="person",
        object_id=str(person.pk),
        before=before,
        after=after,
    )
