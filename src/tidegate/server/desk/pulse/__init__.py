"""Services and selectors of the pulse: measured by a job, kept, and shown to each person as far as they see."""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import transaction

from tidegate.server import queueing
from tidegate.server.desk.models import Pulse, PulseSet, Ticket
from tidegate.server.people.access import scope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tidegate.server.people.models import Person

EVERY: Final = timedelta(minutes=5)
STALE: Final = timedelta(minutes=15)
"""A pulse older than this says that it is old."""
PAGE: Final = 50
"""Tickets of a page behind a figure."""
KEPT: Final = 12
"""Measurements that are kept of each scope."""
BUDGET: Final = 240.0
"""Seconds after which no further scope is begun; those that waited longest come first next time."""


def pulse_measure(*, budget: float = BUDGET, clock: Callable[[], float] = time.monotonic) -> list[Pulse]:
    """Measure the desk for every set of groups that somebody sees; the body of the job.

    The tickets are read once. Each set is measured on its own tickets alone, so that no figure tells of others.
    """
    from tidegate.server.desk.board import board
    from tidegate.server.desk.pulse.body import body_of
    from tidegate.server.desk.pulse.corrected import corrected
    from tidegate.server.desk.pulse.history import history_of, scopes

    started = clock()
    snapshot = board.snapshot(fresh=0)
    history = history_of(snapshot)
    made: list[Pulse] = []
    for groups in _longest_waiting_first(scopes()):
        if made and clock() - started > budget:
            break
        begun = clock()
        body = _plain(body_of(history.cut(groups), snapshot.held.policy) | corrected(groups, snapshot.now))
        told = {"as_of": snapshot.now, "policy": snapshot.policy, "groups": list(groups)}
        made.append(_kept(body, told, seconds=clock() - begun))
        _prune(groups)
    return made


@transaction.atomic
def _kept(body: dict[str, Any], told: dict[str, Any], *, seconds: float) -> Pulse:
    sets = body.pop("sets", {})
    pulse = Pulse.objects.create(**told, seconds=seconds, body=body)
    PulseSet.objects.bulk_create(PulseSet(pulse=pulse, key=key, **found) for key, found in sets.items())
    return pulse


def _longest_waiting_first(wanted: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    never = datetime.min.replace(tzinfo=UTC)
    last = {groups: _latest(groups) for groups in wanted}
    return sorted(wanted, key=lambda groups: (never if (kept := last[groups]) is None else kept.as_of, groups))


def _latest(groups: Sequence[str]) -> Pulse | None:
    return Pulse.objects.filter(groups=list(groups)).select_related("policy").order_by("-as_of", "-id").first()


def _prune(groups: Sequence[str]) -> None:
    kept = Pulse.objects.filter(groups=list(groups)).order_by("-as_of", "-id").values("pk")[:KEPT]
    Pulse.objects.filter(groups=list(groups)).exclude(pk__in=list(kept.values_list("pk", flat=True))).delete()


def pulse_of(*, person: Person) -> Pulse | None:
    """Return the newest measurement of what a person sees; None where there is none yet."""
    return _latest(sorted(set(person.groups_seen)))


def pulse_wanted() -> None:
    """Ask for a measurement now; one that waits already is enough."""
    queueing.ask(queueing.MEASURE, timestamp=0)


def pulse_tickets(
    *, pulse: Pulse, key: str, person: Person, offset: int = 0, limit: int = PAGE
) -> tuple[PulseSet, list[Ticket]] | None:
    """Return the set behind a figure and some of its tickets, as far as the person sees them now; None without one."""
    found = PulseSet.objects.filter(pulse=pulse, key=key).first()
    if found is None:
        return None
    ids = found.ids[offset : offset + limit]
    rows = scope(Ticket.objects.filter(ticket_id__in=ids), person).only(
        "ticket_id", "subject", "status", "assignee", "group", "account_name", "created_at"
    )
    by_id = {ticket.ticket_id: ticket for ticket in rows}
    return found, [by_id[name] for name in ids if name in by_id]


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Leave out what JSON has no word for: numbers that are none, and NUL, which the database refuses."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    return None if isinstance(value, float) and not math.isfinite(value) else value
