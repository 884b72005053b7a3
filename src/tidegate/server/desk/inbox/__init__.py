"""The inbox: stored first, answered then, understood later.

A delivery is one row, unique by source and delivery id, written in one statement. Only when it stands in the database
is a drain woken (docs/decisions/inbox-drain.md says why not in the same transaction), so a crash at any point leaves
either nothing or a delivery that the next sweep finds.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from django.db import connection, transaction
from django.utils import timezone

from tidegate.server import queueing
from tidegate.server.desk.inbox.accepting import Offered, store
from tidegate.server.desk.models import Delivery
from tidegate.server.people import audit
from tidegate.tables.errors import TidegateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.server.people.models import Person

KEPT: Final = timedelta(days=30)
"""For how long a delivery that became facts can be looked up, and for how long its id is known as a repeat."""
LINGER: Final = 0.5
"""Seconds for which a drain goes on looking when nothing waits any more."""
_REMOVED_AT_A_TIME: Final = 5_000


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery that stands in the database.

    ``same`` is false where the id was known already, for another body or kind.
    """

    id: int
    new: bool
    same: bool = True


class TokenEndedError(TidegateError):
    """The token that a delivery came with does not hold any more: nothing was stored."""


def delivery_accept(
    *,
    source: str,
    delivery_id: str,
    kind: str,
    body: str,
    rows: int = 0,
    request_id: str = "",
    token: int | None = None,
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
    token
        Identifier of the token that has to hold at this moment; None: whoever calls has seen to it.

    Raises
    ------
    TokenEndedError
        If that token has been revoked or has expired.
    """
    offered = Offered(source, delivery_id, kind, body, rows, request_id, token)
    store(offered)
    if not offered.holds:
        raise TokenEndedError("the token was revoked or has expired")
    if offered.id is not None:
        _once_committed(wake_soon)
        return Accepted(offered.id, new=True)
    known = Delivery.objects.get(source=source, delivery_id=delivery_id)
    return Accepted(known.pk, new=False, same=known.body == body and known.kind == kind)


def _once_committed(do: Callable[[], None]) -> None:
    """Do something as `transaction.on_commit` does; that takes a connection also where there is no transaction."""
    if connection.in_atomic_block:
        transaction.on_commit(do)
    else:
        do()


class Woken:
    """When this process last saw to it that a drain is queued.

    A drain looks for `LINGER` seconds at least from when it starts, so within half of that the same one finds another
    delivery.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._at = clock, float("-inf")

    def lately(self) -> bool:
        """Say whether that is a short time ago; where it is not, it counts as done now."""
        now = self._clock()
        if now - self._at < LINGER / 2:
            return True
        self._at = now
        return False

    def forget(self) -> None:
        """Let the next one wake a drain whatever was before."""
        self._at = float("-inf")


WOKEN: Final = Woken()


def wake_soon() -> None:
    """Wake a drain, unless this process has done so a moment ago."""
    if WOKEN.lately():
        return
    try:
        wake()
    except BaseException:
        WOKEN.forget()
        raise


def wake() -> None:
    """Queue a drain unless one is queued already. One that runs does not count: it may have looked before."""
    if not queueing.waits(queueing.DRAIN):
        queueing.ask(queueing.DRAIN)


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
