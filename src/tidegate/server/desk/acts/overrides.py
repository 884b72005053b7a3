"""Services that keep what people said over the policy, and take it back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from django.db import transaction

from tidegate.server.desk.board import board
from tidegate.server.desk.board.reader import intents
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.ledger import event_append
from tidegate.server.desk.models import Override, Ticket
from tidegate.server.desk.outbox.updates import Update, updates_record
from tidegate.server.people import audit
from tidegate.server.people.access import scope
from tidegate.server.people.models import Person, Role
from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Collection

    from tidegate.server.desk.board import Snapshot

LANES_CHOSEN: Final = tuple(lane for lane in LANES if lane not in ("aged", "waiting"))
"""Lanes that a person can put a ticket in."""


def override_set(
    *, person: Person, ticket_id: str, kind: str, value: str, reason: str = "", request_id: str = ""
) -> Override:
    """Say what a ticket is, over whatever the policy says; it holds until it is taken back or said anew.

    Parameters
    ----------
    kind
        ``level``, ``lane``, ``intent`` or ``route`` (the group that should have it).
    value
        One of `LEVELS`, of `LANES_CHOSEN`, of `intents`, or the name of a group.
    reason
        Why; people and training see it.

    Raises
    ------
    RefusedError
        If the person may not, the ticket is not one that they see, or kind or value is no valid word.
    """
    _may(person)
    value = _valid(kind, value.strip())
    now, snapshot = datetime.now(UTC), board.snapshot()
    with transaction.atomic():
        ticket = scope(Ticket.objects.select_for_update(), person).filter(ticket_id=ticket_id).first()
        if ticket is None:
            raise RefusedError("no such ticket", status=404)
        stood = _stood(snapshot, ticket, kind)
        before = Override.objects.filter(ticket_id=ticket_id, kind=kind, undone_at=None).first()
        if before is not None:
            _end(before, person, now)
        override = Override.objects.create(
            ticket_id=ticket_id,
            kind=kind,
            value=value,
            was=before.was if before is not None and stood == before.value else stood,
            reason=reason.strip()[:2000],
            by=person,
            at=now,
            policy=snapshot.policy,
            model=snapshot.held.model,
        )
        if kind == Override.Kind.ROUTE:
            _route(ticket, value, person, now)
        _written(person, override, "ticket.override", before={kind: stood}, after={kind: value}, request_id=request_id)
        _append(override, person, now, old=stood, new=value)
    return override


def override_undo(*, person: Person, override_id: int, request_id: str = "") -> Override:
    """Take back what was said; the policy's word holds again. A route goes back to the group it came from.

    Raises
    ------
    RefusedError
        If the person may not, there is no such override on a ticket that they see, or it holds no more.
    """
    _may(person)
    now = datetime.now(UTC)
    with transaction.atomic():
        override = Override.objects.select_for_update().filter(pk=override_id).first()
        if override is None:
            raise RefusedError("no such override", status=404)
        ticket = scope(Ticket.objects.select_for_update(), person).filter(pk=override.ticket_id).first()
        if ticket is None:
            raise RefusedError("no such override", status=404)
        if override.undone_at is not None:
            raise RefusedError("it was taken back already", status=409)
        _end(override, person, now)
        if override.kind == Override.Kind.ROUTE and ticket.group == override.value:
            _route(ticket, override.was or None, person, now)
        kind = override.kind
        _written(
            person, override, "ticket.override_undo",
            before={kind: override.value}, after={kind: override.was}, request_id=request_id,
        )  # fmt: skip
        _append(override, person, now, old=override.value, new=None)
    return override


def _end(override: Override, person: Person, now: datetime) -> None:
    override.undone_at, override.undone_by = now, person
    override.save(update_fields=["undone_at", "undone_by"])


def _append(override: Override, person: Person, now: datetime, *, old: str, new: str | None) -> None:
    """Append the event, and have the help desk told of a level: of one that is taken back the policy's."""
    kind = override.kind
    event = event_append(
        ticket_id=override.ticket_id, at=now, kind="override", by=person,
        old=f"{kind}: {old}", new=f"{kind}: {new or 'taken back'}",
    )  # fmt: skip
    value = new or override.was
    if kind == Override.Kind.LEVEL and value:
        level = Update(
            key=event.event_id, ticket_id=override.ticket_id, change="level", value=value, was=old, at=now, by=person,
            reason=override.reason if new else "",
        )  # fmt: skip
        updates_record([level])


def _may(person: Person) -> None:
    if not person.may(Role.AGENT):
        raise RefusedError(f"a {person.role} may not override", mend="An admin can give you another role.")


def _valid(kind: str, value: str) -> str:
    words: dict[str, Collection[str]] = {"level": LEVELS, "lane": LANES_CHOSEN}
    if kind == Override.Kind.INTENT:
        words["intent"] = intents()
    if kind not in Override.Kind.values:
        raise RefusedError(
            f"{kind!r} cannot be overridden", mend="Valid: " + ", ".join(Override.Kind.values), status=422
        )
    if kind in words and value not in words[kind]:
        raise RefusedError(f"{value!r} is no {kind}", mend="Valid: " + ", ".join(words[kind]), status=422)
    if not value or len(value) > 200:  # noqa: PLR2004 - as the column is wide
        raise RefusedError(f"a {kind} has 1 to 200 characters", status=422)
    return value


def _stood(snapshot: Snapshot, ticket: Ticket, kind: str) -> str:
    if kind == Override.Kind.ROUTE:
        return ticket.group or ""
    row = snapshot.row(ticket.ticket_id)
    found = None if row is None else {"level": row.level, "lane": row.lane, "intent": row.intent}[kind]
    return found or ""


def _route(ticket: Ticket, group: str | None, person: Person, now: datetime) -> None:
    old = ticket.group
    ticket.group, ticket.updated_at = group, max(now, ticket.updated_at or now)
    ticket.save(update_fields=["group", "updated_at"])
    event_append(ticket_id=ticket.ticket_id, at=now, kind="transferred", by=person, old=old, new=group)


def _written(person: Person, override: Override, act: str, *, before: object, after: object, request_id: str) -> None:
    audit.record(
        actor=person, act=act, object_kind="ticket", object_id=override.ticket_id,
        before=before, after=after, request_id=request_id,
    )  # fmt: skip


__all__ = ["LANES_CHOSEN", "override_set", "override_undo"]
