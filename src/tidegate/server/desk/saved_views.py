"""Saved views: filters of the queue under a name, a person's own or shared with all."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from django.db import transaction
from django.db.models import Q

from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import SavedView
from tidegate.server.people.audit import record

if TYPE_CHECKING:
    from django.contrib.sessions.backends.base import SessionBase

    from tidegate.server.people.models import Person

MOST: Final = 50
_LONGEST: Final = 80
_CHANGED: Final = "tidegate.views_changed"


def views_of(person: Person) -> list[SavedView]:
    """List the views that a person may open: their own, then those that others share."""
    found = SavedView.objects.filter(Q(person=person) | Q(shared=True)).select_related("person").order_by("name", "id")
    return sorted(found, key=lambda view: view.person_id != person.pk)


def note_change(session: SessionBase) -> None:
    """Remember that the person changed their views: what was remembered of them before is not shown again."""
    session[_CHANGED] = time.time_ns()


def change_of(session: SessionBase) -> int:
    """Return what `note_change` noted last; 0 if nothing."""
    return session.get(_CHANGED, 0)


def filters_of(view: SavedView) -> Filters:
    """Return what a view chooses; what a newer version no longer knows is left out."""
    return Filters.of({name: str(value) for name, value in view.filters.items()})


def query_of(filters: Filters) -> dict[str, str]:
    """Return filters as a query, empty ones left out."""
    return {name: "1" if value is True else str(value) for name, value in asdict(filters).items() if value}


def view_save(*, person: Person, name: str, filters: Filters, shared: bool = False) -> SavedView:
    """Keep filters under a name; the person's view of that name is replaced.

    Raises
    ------
    RefusedError
        If the name is empty or too long, there is nothing to keep, or the person has too many.
    """
    name = " ".join(name.split())
    if not name or len(name) > _LONGEST:
        raise RefusedError(f"a view needs a name of 1 to {_LONGEST} characters", status=422)
    if filters == Filters():
        raise RefusedError("there is no filter to keep", mend="Choose a lane or a filter first.", status=422)
    with transaction.atomic():
        known = SavedView.objects.filter(person=person)
        if known.exclude(name=name).count() >= MOST:
            raise RefusedError(f"there is room for {MOST} views", mend="Delete one first.", status=422)
        view, _ = known.update_or_create(
            person=person, name=name, defaults={"filters": query_of(filters), "shared": shared}
        )
        if shared:
            record(actor=person, act="view.share", object_kind="view", object_id=str(view.pk), after=view.filters)
    return view


def view_delete(*, person: Person, view_id: int) -> bool:
    """Delete a view of the person's own; False if it is not theirs or not there."""
    deleted, _ = SavedView.objects.filter(person=person, pk=view_id).delete()
    return bool(deleted)
