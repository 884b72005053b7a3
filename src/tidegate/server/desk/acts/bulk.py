"""What people do to tickets from the pages, many at once, and how it is taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from django.core import signing
from django.db import transaction

from tidegate.server.desk.acts import claims, escalations, overrides, snooze_times, snoozes
from tidegate.server.desk.board import board
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Override, Ticket

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.server.people.models import Person

ACTS: Final = ("assign", "resolve", "snooze", *Override.Kind.values)
_SALT: Final = "desk.undo"
UNDO_FOR: Final = 3600
"""Seconds for which an act can be taken back from its toast; overrides can be later, from the ticket."""


@dataclass(frozen=True, slots=True)
class Done:
    """What was done: to how many tickets, and the token that takes it back."""

    count: int
    undo: str


def act(
    *,
    person: Person,
    kind: str,
    value: str,
    reason: str,
    tickets: Iterable[str],
    also: Iterable[tuple[str, str]] = (),
    request_id: str = "",
) -> Done:
    """Do one thing to each ticket, and what comes ``also`` (kinds and values), all or none.

    Raises
    ------
    RefusedError
        If there is no such act, or one of the tickets refuses it.
    """
    wanted = [(kind, value), *also]
    if any(what not in ACTS for what, _ in wanted):
        raise RefusedError(f"{kind!r} is nothing that can be done", mend="Valid: " + ", ".join(ACTS), status=422)
    with transaction.atomic():
        steps = [
            _one(what, word, reason, {"person": person, "ticket_id": ticket, "request_id": request_id})
            for ticket in tickets
            for what, word in wanted
        ]
    done = [step for step in steps if step is not None]
    return Done(count=len(done), undo=_token(person, done))


def case_close(*, person: Person, escalation_id: int, why: str, request_id: str = "") -> Done:
    """Close an escalation; errors as for `escalations.escalation_close`."""
    closed = escalations.escalation_close(person=person, escalation_id=escalation_id, why=why, request_id=request_id)
    return Done(count=1, undo=_token(person, [{"k": "case", "id": closed.pk}]))


def undo(*, person: Person, token: str, request_id: str = "") -> int:
    """Take an act back; returns how many tickets it touched.

    Raises
    ------
    RefusedError
        If the token is not the person's, too old, or what was done holds no more.
    """
    try:
        said = signing.loads(token, salt=_SALT, max_age=UNDO_FOR)
    except signing.BadSignature:
        raise RefusedError("it is too late to take that back from here", mend="Open the ticket.", status=409) from None
    if said["p"] != person.pk:
        raise RefusedError("somebody else did that", status=403)
    with transaction.atomic():
        for step in reversed(said["s"]):
            _back(person, step, request_id)
    return len(said["s"])


def _token(person: Person, steps: list[dict[str, Any]]) -> str:
    return signing.dumps({"p": person.pk, "s": steps}, salt=_SALT, compress=True)


def _one(kind: str, value: str, reason: str, origin: dict[str, Any]) -> dict[str, Any] | None:
    if kind in Override.Kind.values:
        return {"k": "override", "id": overrides.override_set(**origin, kind=kind, value=value, reason=reason).pk}
    if kind == "snooze":
        return _aside(value, reason, origin)
    status, assignee = Ticket.objects.values_list("status", "assignee").get(ticket_id=origin["ticket_id"])
    if kind == "assign":
        if (assignee or "") == value:
            return None
        claims.ticket_assign(**origin, assignee=value or None)
        return {"k": "assign", "t": origin["ticket_id"], "was": assignee}
    if status == "solved":
        return None
    claims.ticket_resolve(**origin)
    return {"k": "resolve", "t": origin["ticket_id"]}


def _aside(value: str, reason: str, origin: dict[str, Any]) -> dict[str, Any] | None:
    """Set a ticket aside, or call it back; nothing to do where it is not aside."""
    if value == snooze_times.BACK:
        if snoozes.snooze_of(origin["ticket_id"]) is None:
            return None
        return {"k": "wake", "id": snoozes.snooze_end(**origin).pk}
    until = snooze_times.moment_of(value, datetime.now(UTC), board.snapshot().held.policy)
    return {"k": "snooze", "id": snoozes.snooze_set(**origin, until=until, reason=reason).pk}


def _back(person: Person, step: dict[str, Any], request_id: str) -> None:
    if step["k"] == "override":
        overrides.override_undo(person=person, override_id=step["id"], request_id=request_id)
    elif step["k"] == "assign":
        claims.ticket_assign(person=person, ticket_id=step["t"], assignee=step["was"], request_id=request_id)
    elif step["k"] == "snooze":
        snoozes.snooze_undo(person=person, snooze_id=step["id"], request_id=request_id)
    elif step["k"] == "case":
        escalations.escalation_reopen(person=person, escalation_id=step["id"], request_id=request_id)
    elif step["k"] == "wake":
        snoozes.snooze_again(person=person, snooze_id=step["id"], request_id=request_id)
    else:
        claims.ticket_reopen(person=person, ticket_id=step["t"], request_id=request_id)
