"""The audit trail: one line an act, written in the act's own transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tidegate.server.middleware import origin
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from tidegate.server.people.models import Person


def record(
    *,
    actor: Person | None,
    act: str,
    object_kind: str,
    object_id: str,
    actor_name: str = "",
    before: object = None,
    after: object = None,
    request_id: str = "",
    address: str | None = None,
) -> AuditEntry:
    """Write down an act; call it inside the transaction that does it.

    Parameters
    ----------
    actor
        Who did it; None for a program or the policy, which ``actor_name`` then names.
    act
        What was done, as ``noun.verb``: ``ticket.override``, ``policy.activate``, ``person.sign_in``.
    object_kind, object_id
        To what.
    before, after
        What changed, as JSON; no secrets and no ticket text.
    request_id, address
        Where from; taken from the request that is being answered where they are not given.
    """
    here = origin()
    return AuditEntry.objects.create(
        actor=actor,
        actor_name=actor_name or str(actor or "policy"),
        act=act,
        object_kind=object_kind,
        object_id=object_id,
        before=before,
        after=after,
        request_id=request_id or here.request_id,
        address=address or here.address,
    )
