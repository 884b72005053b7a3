"""A ticket opened up: everything that its page, its preview and its review card show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import Http404

from tidegate.server.desk.board import board
from tidegate.server.desk.models import Message, Override, Ticket
from tidegate.server.desk.presenting import asides, bars, times
from tidegate.server.desk.presenting.lines import line, names_of, zone_of
from tidegate.server.desk.presenting.thread import subject_html, thread
from tidegate.server.people.access import scope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from tidegate.server.desk.board import Snapshot
    from tidegate.server.desk.board.rows import Row
    from tidegate.server.desk.presenting.thread import Said
    from tidegate.server.people.models import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A ticket and how it stands; ``row`` is None once it is finished."""

    ticket: Ticket
    row: Row | None
    snapshot: Snapshot
    messages: Sequence[Message]
    names: dict[str, str]
    zone: ZoneInfo

    def thread(self) -> list[Said]:
        """Return its messages."""
        return thread(self.ticket, self.messages, self.row.evidence if self.row else (), self.names)


def opened_or_404(person: Person, ticket_id: str, *, alone: bool = False) -> Opened:
    """Open a ticket that the person sees; whether there is one that they do not see is not told.

    ``alone`` leaves out what it looks like in the queue, and its messages.
    """
    if "\0" in ticket_id:
        raise Http404
    ticket = scope(Ticket.objects.filter(ticket_id=ticket_id), person).first()
    if ticket is None:
        raise Http404
    snapshot = board.snapshot()
    return Opened(
        ticket=ticket,
        row=None if alone else snapshot.row(ticket_id),
        snapshot=snapshot,
        messages=() if alone else list(Message.objects.filter(ticket_id=ticket_id).order_by("at", "message_id")[:500]),
        names={**names_of(snapshot), **_asker(ticket)},
        zone=zone_of(snapshot),
    )


def _asker(ticket: Ticket) -> dict[str, str]:
    """Name who asks by the address rather than the identifier."""
    known = ticket.requester_id and ticket.requester_email
    return {ticket.requester_id or "": ticket.requester_email or ""} if known else {}


def head_of(opened: Opened) -> dict[str, Any]:
    """Return what stands at the top, wherever a ticket is shown."""
    row, ticket, now = opened.row, opened.ticket, opened.snapshot.now
    shown = bars.figures(row.parts, row.rules) if row is not None and row.points is not None else []
    return {
        "ticket": ticket,
        "row": row,
        "subject": subject_html(ticket, row.evidence if row else ()),
        "line": line(row, now, opened.zone, opened.names) if row else None,
        "figures": bars.listed(row.points, shown) if row is not None and row.points is not None else "",
        "bar": bars.bar(shown),
        "assignee": opened.names.get(ticket.assignee or "", ticket.assignee or ""),
        "opened_ago": times.ago(ticket.created_at, now),
        "opened_at": times.clock(ticket.created_at, opened.zone, now),
        "probabilities": list(zip(("P0", "P1", "P2", "P3"), row.probabilities, strict=False)) if row else [],
        "aside": asides.aside_of(row, now, opened.zone),
        "now": now,
        "zone": opened.zone,
    }


def preview_of(opened: Opened) -> dict[str, Any]:
    """Return what the preview shows: why it is here, and the last messages."""
    said = opened.thread()
    return {**head_of(opened), "thread": said[-2:], "earlier": max(0, len(said) - 2)}


def overrides_of(ticket_id: str) -> list[Override]:
    """Return every override of a ticket, also those taken back, the newest first."""
    found = Override.objects.filter(ticket_id=ticket_id).select_related("by", "undone_by", "policy")
    return list(found.order_by("-at", "-id"))
