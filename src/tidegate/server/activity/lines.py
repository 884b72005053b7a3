"""Who did what, newest first: the audit trail, the policy's decisions and the actions, as one list.

Each of the three is read backwards by its own key, so that a page costs the same however far back it is. A page's
cursor says where each of them goes on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from django.db.models import OuterRef, Q, Subquery
from django.db.models.fields.json import KeyTextTransform

from tidegate.server.desk.models import Action, Decision, Ticket
from tidegate.server.desk.seeing import scope_by_ticket
from tidegate.server.people.access import scope
from tidegate.server.people.models import AuditEntry, Person

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from django.db.models import Model, QuerySet

M = TypeVar("M", bound="Model")
PAGE: Final = 50
BATCH: Final = 500
SIGN_IN: Final = (
    "person.sign_in",
    "person.sign_in_failed",
    "person.sign_in_refused",
    "person.sign_out",
    "person.locked_out",
    "person.factor_failed",
)
KINDS: Final = {
    "decisions": "what the policy decided",
    "overrides": "what people overrode or assigned",
    "actions": "what was done in the world",
    "sign-ins": "who signed in, or tried to",
    "people": "people, roles and tokens",
    "policy": "versions of the policy",
}
_TRAIL: Final = {
    "overrides": Q(object_kind__in=["ticket", "override"]),
    "actions": Q(object_kind__in=["action", "channel", "escalation"]),
    "sign-ins": Q(act__in=SIGN_IN),
    "people": Q(object_kind__in=["person", "token"]) & ~Q(act__in=SIGN_IN),
    "policy": Q(object_kind="policy"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was done."""

    at: datetime
    who: str
    act: str
    object_kind: str
    object_id: str
    source: str
    """``trail``, ``decision`` or ``action``."""
    key: int
    before: Any = None
    after: Any = None
    address: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines; empty: all."""

    who: str = ""
    kind: str = ""
    object: str = ""
    since: date | None = None
    until: date | None = None
    wrong: tuple[str, ...] = field(default=(), compare=False)
    """What could not be read, in words."""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Wanted:
        """Read a query; what cannot be read is left out and said."""
        wrong: list[str] = []
        kind = given.get("kind", "")
        if kind and kind not in KINDS:
            wrong.append("there is no such kind")
        return cls(
            who=_text(given.get("who", "")),
            kind=kind if kind in KINDS else "",
            object=_text(given.get("object", "")),
            since=_day(given.get("since", ""), wrong),
            until=_day(given.get("until", ""), wrong),
            wrong=tuple(wrong),
        )

    def query(self) -> dict[str, str]:
        """Return it as a query again."""
        found = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "wrong"}
        return {name: str(value) for name, value in found.items() if value}


@dataclass(frozen=True, slots=True)
class Cursor:
    """The key below which each source goes on; None from its newest."""

    trail: int | None = None
    decision: int | None = None
    action: int | None = None

    @classmethod
    def of(cls, text: str) -> Cursor:
        """Read ``12.34.56``; whatever is not that starts from the newest."""
        found = re.fullmatch(r"(\d{0,18})\.(\d{0,18})\.(\d{0,18})", text, re.ASCII)
        return cls(*(int(part) if part else None for part in found.groups())) if found else cls()

    def __str__(self) -> str:
        """Write it as `of` reads it."""
        return ".".join("" if key is None else str(key) for key in (self.trail, self.decision, self.action))

    def after(self, lines: list[Line]) -> Cursor:
        """Return where to go on after these lines."""
        lowest = {line.source: line.key for line in lines}  # each source comes with falling keys: the last is lowest
        return Cursor(*(lowest.get(one.name, getattr(self, one.name)) for one in fields(self)))


def activity_page(*, person: Person, wanted: Wanted, cursor: Cursor) -> tuple[list[Line], Cursor | None]:
    """Return a page of lines as the person may see them, and where the next page starts, if there is one."""
    found = list(islice(_lines(person, wanted, cursor, PAGE + 1), PAGE + 1))
    lines = found[:PAGE]
    return lines, cursor.after(lines) if len(found) > PAGE else None


def activity_all(*, person: Person, wanted: Wanted) -> Iterator[Line]:
    """Return all lines, read in batches."""
    cursor: Cursor | None = Cursor()
    while cursor is not None:
        lines = list(islice(_lines(person, wanted, cursor, BATCH), BATCH))
        yield from lines
        cursor = cursor.after(lines) if len(lines) == BATCH else None


def _lines(person: Person, wanted: Wanted, cursor: Cursor, count: int) -> Iterator[Line]:
    """Merge the newest ``count`` of each source, newest first."""
    sources = (
        _trail(person, wanted, cursor.trail, count),
        _decisions(person, wanted, cursor.decision, count),
        _actions(person, wanted, cursor.action, count),
    )
    return merge(*sources, key=lambda line: line.at, reverse=True)


def _trail(person: Person, wanted: Wanted, below: int | None, count: int) -> Iterator[Line]:
    if wanted.kind == "decisions":
        return
    rows = _between(AuditEntry.objects.all(), "at", wanted, below)
    if wanted.kind:
        rows = rows.filter(_TRAIL[wanted.kind])
    if wanted.who:
        rows = rows.filter(actor_name__icontains=wanted.who)
    if wanted.object:
        rows = rows.filter(object_id=wanted.object)
    if person.groups_seen:
        seen = scope(Ticket.objects.all(), person).values("ticket_id")
        of_ticket = Q(object_kind="ticket", object_id__in=seen) | Q(object_kind="action", named__in=seen)
        rows = rows.annotate(named=KeyTextTransform("ticket_id", "after"))
        rows = rows.filter(~Q(object_kind__in=("ticket", "action")) | of_ticket)
    for row in rows.order_by("-id")[:count]:
        yield Line(
            at=row.at,
            who=row.actor_name,
            act=row.act,
            object_kind=row.object_kind,
            object_id=row.object_id,
            source="trail",
            key=row.pk,
            before=row.before,
            after=row.after,
            address=row.address or "",
            request_id=row.request_id,
        )


def _decisions(person: Person, wanted: Wanted, below: int | None, count: int) -> Iterator[Line]:
    if wanted.kind not in ("", "decisions") or (wanted.who and wanted.who.lower() not in "policy"):
        return
    rows = _between(Decision.objects.all(), "at", wanted, below)
    if wanted.object:
        rows = rows.filter(ticket_id=wanted.object)
    older = Decision.objects.filter(ticket_id=OuterRef("ticket_id"), id__lt=OuterRef("id")).order_by("-id")
    was = {f"was_{name}": Subquery(older.values(name)[:1]) for name in ("level", "lane")}
    rows = scope_by_ticket(rows, person).select_related("policy").annotate(**was).order_by("-id")
    for row in rows[:count]:
        yield Line(
            at=row.at,
            who=f"policy {row.policy.number}",
            act="ticket.decide",
            object_kind="ticket",
            object_id=row.ticket_id,
            source="decision",
            key=row.pk,
            before=_was(row),
            after={"level": row.level, "lane": row.lane, "points": round(row.points, 1)},
        )


def _was(row: Decision) -> dict[str, str] | None:
    """Return what was decided before, as it was annotated."""
    known = vars(row)
    return {"level": known["was_level"], "lane": known["was_lane"]} if known["was_level"] else None


def _actions(person: Person, wanted: Wanted, below: int | None, count: int) -> Iterator[Line]:
    if wanted.kind not in ("", "actions"):
        return
    rows = _between(Action.objects.all(), "created_at", wanted, below).select_related("by")
    if wanted.who:
        by = Q(by__name__icontains=wanted.who)
        rows = rows.filter(by | Q(by=None) if wanted.who.lower() in "policy" else by)
    if wanted.object:
        rows = rows.filter(ticket_id=wanted.object)
    for row in scope_by_ticket(rows, person).order_by("-id")[:count]:
        yield Line(
            at=row.created_at,
            who=str(row.by or "policy"),
            act=f"action.{row.kind}",
            object_kind="ticket",
            object_id=row.ticket_id,
            source="action",
            key=row.pk,
            after={"state": row.state, "attempts": row.attempts},
        )


def _between(rows: QuerySet[M], at: str, wanted: Wanted, below: int | None) -> QuerySet[M]:
    if below is not None:
        rows = rows.filter(id__lt=below)
    if wanted.since:
        rows = rows.filter(**{f"{at}__gte": _midnight(wanted.since)})
    if wanted.until:
        rows = rows.filter(**{f"{at}__lt": _midnight(wanted.until) + timedelta(days=1)})
    return rows


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _text(text: str) -> str:
    return text.replace("\0", "").strip()[:200]


def _day(text: str, wrong: list[str]) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        wrong.append(f"{text[:20]!r} is not a day such as 2026-03-02")
        return None
    return day if date(1970, 1, 1) <= day < date(9999, 1, 1) else None
