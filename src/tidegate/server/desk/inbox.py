"""The inbox: stored first, answered then, understood later.

A delivery is one row, unique by source and delivery id, written in one statement. Only when it stands in the database
is a drain woken (docs/decisions/inbox-drain.md says why not in the same transaction), so a crash at any point leaves
either nothing or a delivery that the next sweep finds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.utils import timezone
from procrastinate.exceptions import AlreadyEnqueued

from tidegate.server.desk.models import Delivery
from tidegate.server.people import audit

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

KEPT: Final = timedelta(days=30)
"""For how long a delivery that became facts can be looked up, and for how long its id is known as a repeat."""
_REMOVED_AT_A_TIME: Final = 5_000
_STORE: Final = """
    INSERT INTO desk_delivery
        (source, delivery_id, kind, body, received_at, state, attempts, rows, rejected, error, request_id)
    VALUES (%s, %s, %s, %s, now(), 'waiting', 0, %s, '[]', '', %s)
    ON CONFLICT (source, delivery_id) DO NOTHING
    RETURNING id
"""
_QUEUED: Final = "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE queueing_lock = %s AND status = 'todo')"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that stands in the database.

    ``same`` is false where the id was known already, for another body or kind.
    """

    id: int
    new: bool
    same: bool = True


def delivery_accept(
    *, source: str, delivery_id: str, kind: str, body: str, rows: int = 0, request_id: str = ""
) -> Accepted:
    """Store a delivery, once.

    Parameters
    ----------
    source, delivery_id
        Who sent it, and under which id: the same id of the same source again changes nothing.
    kind
        The table that it fills: tickets, messages, events, accounts, incidents, agents.
    body
        JSON: an object, or an array of objects.
    rows
        How many objects.
    """
    with connection.cursor() as cursor:
        cursor.execute(_STORE, [source, delivery_id, kind, body, rows, request_id])
        stored = cursor.fetchone()
    if stored is not None:
        transaction.on_commit(wake)
        return Accepted(int(stored[0]), new=True)
    known = Delivery.objects.get(source=source, delivery_id=delivery_id)
    return Accepted(known.pk, new=False, same=known.body == body and known.kind == kind)


def wake() -> None:
    """Queue a drain unless one is queued already. One that runs does not count: it may have looked before."""
    from tidegate.server.jobs.inbox import LOCK, inbox_drain

    with connection.cursor() as cursor:
        cursor.execute(_QUEUED, [LOCK])
        queued = cursor.fetchone()
    if queued and queued[0]:
        return
    try:
        with transaction.atomic():
            inbox_drain.defer()
    except AlreadyEnqueued:
        return


def waiting() -> bool:
    """Say whether any delivery waits."""
    return Delivery.objects.filter(state=Delivery.State.WAITING).exists()


@transaction.atomic
def delivery_retry(*, by: Person, delivery: int, request_id: str = "") -> bool:
    """Let a delivery that failed be tried again; says whether it had failed."""
    failed = Delivery.objects.filter(pk=delivery, state=Delivery.State.FAILED)
    if not failed.update(state=Delivery.State.WAITING, error="", attempts=0, done_at=None):
        return False
    audit.record(actor=by, act="delivery.retry", object_kind="delivery", object_id=str(delivery), request_id=request_id)
    transaction.on_commit(wake)
    return True


def deliveries_remove(older_than: timedelta = KEPT) -> int:
    """Remove deliveries that became facts before that time; those that failed stay."""
    old = Delivery.objects.filter(state=Delivery.State.DONE, done_at__lt=timezone.now() - older_than)
    removed = 0
    while ids := list(old.values_list("pk", flat=True)[:_REMOVED_AT_A_TIME]):
        removed += Delivery.objects.filter(pk__in=ids).delete()[0]
    return removed
