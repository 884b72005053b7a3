"""Services of the policy: its versions, what is wrong with one, and which one is in force.

Every version that is kept can be ranked with: what cannot be understood, or does not hold together, is refused. One is
in force; all processes look at which one whenever they bring their board up to date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from django.core.exceptions import PermissionDenied
from django.db import connection, transaction
from django.db.models import Max

from tidegate.policy.actions import Actions
from tidegate.policy.checks import check
from tidegate.policy.loading import built_in, examine, load
from tidegate.server.desk.models import PolicyVersion
from tidegate.server.people import audit
from tidegate.server.people.models import Role
from tidegate.tables.errors import InputError, PolicyError

if TYPE_CHECKING:
    import polars as pl

    from tidegate.policy.findings import Finding
    from tidegate.policy.model import Policy
    from tidegate.server.people.models import Person

LEAST_WORDS: Final = 3
"""A sentence of why has at least so many words."""
_LOCK: Final = 7_108_001
"""Advisory lock of whoever adds a version or puts one in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Policy text, and what is wrong or doubtful in it, in the order of its lines."""

    text: str
    policy: Policy | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> int:
        """How many findings stand in the way."""
        return sum(finding.severity == "error" for finding in self.findings)

    @property
    def usable(self) -> bool:
        """Whether tickets can be ranked with it."""
        return self.policy is not None and not self.errors


def policy_check(*, text: str, facts: pl.DataFrame | None = None) -> Checked:
    """Say what is wrong or doubtful in policy text; with facts, also which rules hold for none of those tickets."""
    tidy = text.replace("\r\n", "\n")
    policy, lines, findings = examine(tidy)
    if policy is not None:
        try:
            findings = check(policy, facts, lines=lines)
        except PolicyError as error:
            from tidegate.policy.findings import Finding as Found

            policy, findings = None, [Found(line=1, message=message) for message in error.findings]
    return Checked(text=tidy, policy=policy, findings=tuple(findings))


@lru_cache(maxsize=32)
def policy_read(text: str) -> Policy:
    """Read the text of a version."""
    return load(text)


def actions_in_force() -> Actions:
    """Return what the policy in force says of actions; a dry run where there is none yet."""
    active = PolicyVersion.objects.filter(active=True).values_list("text", flat=True).first()
    return policy_read(active).actions if active else Actions()


def policy_active() -> PolicyVersion:
    """Return the version in force; see `policy_ensure` for an empty database."""
    return PolicyVersion.objects.filter(active=True).first() or policy_ensure()


def policy_ensure() -> PolicyVersion:
    """Return the version in force; on an empty database the starter policy becomes version 1 and is put in force."""
    with transaction.atomic():
        _alone()
        if (active := PolicyVersion.objects.filter(active=True).first()) is not None:
            return active
        text = built_in("starter")
        version, _ = PolicyVersion.objects.get_or_create(
            number=1, defaults={"text": text, "hash": load(text).hash, "why": "the starter policy"}
        )
        _put_in_force(version, None)
        audit.record(
            actor=None,
            actor_name="tidegate",
            act="policy.activate",
            object_kind="policy",
            object_id=str(version.number),
            after=_told(version),
        )
        return version


def policy_create(*, person: Person, text: str, request_id: str = "") -> PolicyVersion:
    """Keep policy text as the next version; it is not in force yet.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    PolicyError
        If tickets could not be ranked with it.
    InputError
        If the newest version says the same, to the letter.
    """
    allow_change(person)
    checked = policy_check(text=text)
    if checked.policy is None or not checked.usable:
        raise PolicyError([finding.text() for finding in checked.findings if finding.severity == "error"])
    with transaction.atomic():
        _alone()
        last = PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0
        if PolicyVersion.objects.filter(number=last, text=checked.text).exists():
            raise InputError(f"nothing was changed: version {last} says the same, to the letter")
        version = PolicyVersion.objects.create(
            number=last + 1, text=checked.text, hash=checked.policy.hash, created_by=person
        )
        audit.record(
            actor=person,
            act="policy.create",
            object_kind="policy",
            object_id=str(version.number),
            after=_told(version),
            request_id=request_id,
        )
    return version


def policy_activate(*, person: Person, number: int, why: str, request_id: str = "") -> PolicyVersion:
    """Put a version in force.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    InputError
        If there is no such version, it is in force already, or no reason is given.
    """
    return _activate(person, number, why, act="policy.activate", request_id=request_id)


def policy_rollback(*, person: Person, why: str, request_id: str = "") -> PolicyVersion:
    """Put the version in force again that was in force before this one.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    InputError
        If there was none before, or no reason is given.
    """
    allow_change(person)
    before = policy_before()
    if before is None:
        raise InputError("no version was in force before this one, so there is nothing to go back to")
    return _activate(person, before.number, why, act="policy.rollback", request_id=request_id)


def policy_before() -> PolicyVersion | None:
    """Return the version that was in force before the one that is; None where there was none."""
    return PolicyVersion.objects.filter(active=False, activated_at__isnull=False).order_by("-activated_at").first()


def _activate(person: Person, number: int, why: str, *, act: str, request_id: str) -> PolicyVersion:
    allow_change(person)
    sentence = " ".join(why.split())
    if len(sentence.split()) < LEAST_WORDS:
        raise InputError("say why, in a sentence", column="why", expected=f"at least {LEAST_WORDS} words")
    with transaction.atomic():
        _alone()
        version = PolicyVersion.objects.filter(number=number).first()
        if version is None:
            raise InputError("there is no such version", column="number", value=number)
        if version.active:
            raise InputError(f"version {number} is in force already")
        before = PolicyVersion.objects.filter(active=True).first()
        version.why = sentence
        _put_in_force(version, before)
        audit.record(
            actor=person,
            act=act,
            object_kind="policy",
            object_id=str(number),
            before=None if before is None else _told(before),
            after=_told(version) | {"why": sentence},
            request_id=request_id,
        )
    return version


def _put_in_force(version: PolicyVersion, before: PolicyVersion | None) -> None:
    if before is not None:
        before.active = False
        before.save(update_fields=["active"])
    now = datetime.now(UTC)
    if before is not None and before.activated_at is not None and before.activated_at >= now:  # the clock was set back
        now = before.activated_at + timedelta(microseconds=1)
    version.active, version.activated_at = True, now
    version.save(update_fields=["active", "activated_at", "why"])


def _alone() -> None:
    """Wait until nobody else adds a version or puts one in force; held to the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def allow_change(person: Person) -> None:
    """Refuse whoever may not change the policy.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    """
    if not person.may(Role.LEAD):
        raise PermissionDenied("only leads and admins change the policy")


def _told(version: PolicyVersion) -> dict[str, object]:
    return {"number": version.number, "hash": version.hash}
