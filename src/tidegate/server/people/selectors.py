"""What the pages about people read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db.models import Exists, OuterRef, Q

from tidegate.server.people.models import AuditEntry, Person, Token

if TYPE_CHECKING:
    from django.db.models import Manager, QuerySet

RECENT = 20
"""Lines of the trail that a person's page shows."""


def people_found(search: str = "") -> QuerySet[Person]:
    """List people by name, those who left last; ``search`` looks into names and addresses."""
    factor = Authenticator.objects.filter(user=OuterRef("pk"))
    found = Person.objects.annotate(second_factor=Exists(factor)).order_by("-is_active", "name", "pk")
    words = search.replace("\0", "").strip()
    return found.filter(Q(name__icontains=words) | Q(email__icontains=words)) if words else found


def person_trail(person: Person) -> list[AuditEntry]:
    """Return the newest lines about a person, or by them."""
    about = Q(object_kind="person", object_id=str(person.pk)) | Q(actor=person)
    return list(AuditEntry.objects.filter(about).order_by("-id")[:RECENT])


def names_of(ids: list[str]) -> dict[str, str]:
    """Name the people of these ids; what is no id of a person is left out."""
    keys = {int(one) for one in ids if one.isascii() and one.isdigit()}
    return {str(pk): name for pk, name in Person.objects.filter(pk__in=keys).values_list("pk", "name")}


def _agents() -> Manager[Any]:
    """Return the help desk's agents, by the table's name: people stand below the desk."""
    return apps.get_model("desk", "Agent").objects


def groups_known() -> list[str]:
    """List the groups that agents belong to or people are limited to."""
    named = set(_agents().exclude(group=None).values_list("group", flat=True).distinct())
    limited = {group for groups in Person.objects.values_list("groups_seen", flat=True) for group in groups}
    return sorted(named | limited)


def agents_known() -> list[tuple[str, str]]:
    """List the help desk's agents: id and name."""
    return [(agent_id, name or agent_id) for agent_id, name in _agents().values_list("agent_id", "name")]


def tokens_found() -> QuerySet[Token]:
    """List tokens, those that hold first, newest first."""
    return Token.objects.select_related("created_by").order_by("-revoked_at", "-id")
