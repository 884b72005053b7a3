"""Tags and filters of the components."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from tidegate.server.desk.board import board
from tidegate.server.desk.keys import keys_of
from tidegate.server.desk.presenting import bars, times
from tidegate.server.desk.presenting.doubts import doubts
from tidegate.server.people.models import RANK, Role

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from django.template.context import RequestContext

register = template.Library()

_ICONS: Final = {
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
    "user": '<circle cx="8" cy="5" r="2.75"/><path d="M2.5 14c.6-3 2.6-4.5 5.5-4.5s4.9 1.5 5.5 4.5"/>',
    "theme": '<circle cx="8" cy="8" r="5.5"/><path d="M8 2.5v11a5.5 5.5 0 0 0 0-11Z" fill="currentColor"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "check": '<path d="m3 8.5 3.5 3.5L13 4.5"/>',
    "undo": '<path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5l3-3M3 6.5l3 3"/>',
    "down": '<path d="m4 6 4 4 4-4"/>',
    "right": '<path d="m6 4 4 4-4 4"/>',
    "left": '<path d="m10 4-4 4 4 4"/>',
    "filter": '<path d="M2 4h12M4.5 8h7M6.5 12h3"/>',
    "clock": '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2 1.3"/>',
    "alert": '<path d="M8 2.5 14 13H2L8 2.5ZM8 6.5v3M8 11.2v.1"/>',
    "inbox": '<path d="M2.5 9.5 4.5 3h7l2 6.5V13h-11V9.5Zm0 0h3l1 1.5h3l1-1.5h3"/>',
    "link": (
        '<path d="M6.5 9.5a2.5 2.5 0 0 0 3.5 0L12.5 7A2.5 2.5 0 0 0 9 3.5l-1 1"/>'
        '<path d="M9.5 6.5a2.5 2.5 0 0 0-3.5 0L3.5 9A2.5 2.5 0 0 0 7 12.5l1-1"/>'
    ),
    "lock": '<rect x="3.5" y="7" width="9" height="6.5" rx="1"/><path d="M5.5 7V5a2.5 2.5 0 0 1 5 0v2"/>',
    "note": '<path d="M3 2.5h10v8L10 13.5H3v-11ZM10 13.5v-3h3"/>',
    "mail": '<rect x="2" y="3.5" width="12" height="9" rx="1"/><path d="m2.5 4.5 5.5 4 5.5-4"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "menu": '<path d="M8 3.5v.1M8 8v.1M8 12.5v.1"/>',
    "out": '<path d="M9 3H3.5v10H9M7 8h7m0 0-2.5-2.5M14 8l-2.5 2.5"/>',
}


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon; text beside it or a label on its button says what it means."""
    return mark_safe(f'<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">{_ICONS[name]}</svg>')  # noqa: S308 (our own text)


@dataclass(frozen=True, slots=True)
class Place:
    """An entry of the navigation."""

    title: str
    url: str
    here: bool
    page: str
    count: int


_PLACES: Final = (
    ("Queue", "queue", "viewer"),
    ("Review", "review", "viewer"),
    ("Pulse", "pulse", "viewer"),
    ("Policy", "policy", "viewer"),
    ("Escalations", "escalations", "agent"),
    ("Activity", "activity", "lead"),
    ("People", "people", "admin"),
)


@register.simple_tag(takes_context=True)
def places(context: RequestContext) -> list[Place]:
    """List the pages that the person may open."""
    request = context.get("request")
    person = getattr(request, "user", None)
    if request is None or person is None or not person.is_authenticated:
        return []
    waiting = context.get("review_count")
    if waiting is None and board.last is not None:  # nothing is ranked for a number beside a link
        waiting = doubts(board.last, person)
    return [_place(request.path, waiting or 0, *place) for place in _open_to(person.role)]


def _place(path: str, waiting: int, title: str, name: str, url: str) -> Place:
    here = (
        path == url or (name == "queue" and path.startswith("/tickets/")) or (url != "/" and path.startswith(url + "/"))
    )
    return Place(title, url, here, name, waiting if name == "review" else 0)


@cache
def _open_to(role: str) -> list[tuple[str, str, str]]:
    """Title, name and address of the pages that a role may open."""
    return [(title, name, reverse(name)) for title, name, least in _PLACES if RANK[Role(role)] >= RANK[Role(least)]]


@register.simple_tag
@cache
def furniture(page: str) -> SafeString:
    """Write what stands on every page for whoever is signed in: the page's keys, their dialog, the palette."""
    keys = [
        {"keys": key.keys, "act": key.act, "does": key.does, "where": key.where}
        for key in keys_of(page or "everywhere")
    ]
    return mark_safe(render_to_string("desk/parts/furniture.html", {"keys": keys}))  # noqa: S308 (a template's)


@register.filter
def initials(name: Any) -> str:  # noqa: ANN401 (templates pass anything)
    """First letters of the first and last word."""
    words = str(name or "?").split("@")[0].replace(".", " ").split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else "?"


@register.simple_tag
def points_bar(points: float, parts: list[tuple[str, float]], rules: list[tuple[str, float]]) -> SafeString:
    """Draw a ticket's points by part, with the figures on hover and focus."""
    return bars.with_tip(points, bars.figures(parts, rules))


@register.filter
def moment(at: datetime | None, zone: tzinfo) -> str:
    """Write a moment in the team's zone."""
    return times.clock(at, zone)


@register.simple_tag(takes_context=True)
def when(context: RequestContext, at: datetime | None) -> str:
    """Write a moment in the zone of the page, seen from its present: with the year where it is another one."""
    return times.clock(at, context["zone"], context["now"])


@register.filter
def ago(at: datetime | None, now: datetime) -> str:
    """Say how long ago."""
    return times.ago(at, now)


@register.filter
def percent(share: float | None) -> str:
    """Say a share."""
    return "" if share is None else "<1%" if 0 < share < 0.01 else f"{share:.0%}"  # noqa: PLR2004 (one percent)


@register.filter
def signed(points: float) -> str:
    """Write points with their sign."""
    return f"{points:+.1f}"


@register.filter
def spoken(word: object) -> str:
    """Write an identifier as words."""
    return str(word or "").replace("_", " ")


@register.filter
def grouped(count: int) -> str:
    """Write a whole number with its thousands apart."""
    return f"{count:,}"
