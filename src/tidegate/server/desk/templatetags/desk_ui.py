"""Tags and filters of the components."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.safestring import SafeString, mark_safe

from tidegate.server.desk.keys import Key, keys_of

if TYPE_CHECKING:
    from django.template.context import RequestContext

register = template.Library()

_ICONS: Final = {
    "search": '<circle cx="7" cy="7" r="4.5"/><path d="m10.5 10.5 3.5 3.5"/>',
    "user": '<circle cx="8" cy="5" r="2.75"/><path d="M2.5 14c.6-3 2.6-4.5 5.5-4.5s4.9 1.500 5.500 4.500"/>',
    "theme": '<circle cx="8" cy="8" r="5.500"/><path d="M8 2.500v11a5.500 5.500 0 0 0 0-11Z" fill="currentColor"/>',
    "close": '<path d="m4 4 8 8M12 4l-8 8"/>',
    "check": '<path d="m3 8.500 3.500 3.500L13 4.500"/>',
    "undo": '<path d="M3 6.500h6.500a3.500 3.500 0 0 1 0 7H6M3 6.500l3-3M3 6.500l3 3"/>',
    "down": '<path d="m4 6 4 4 4-4"/>',
    "right": '<path d="m6 4 4 4-4 4"/>',
    "left": '<path d="m10 4-4 4 4 4"/>',
    "filter": '<path d="M2 4h12M4.500 8h7M6.500 12h3"/>',
    "clock": '<circle cx="8" cy="8" r="5.500"/><path d="M8 5v3.200l2 1.300"/>',
    "alert": '<path d="M8 2.500 14 13H2L8 2.500ZM8 6.500v3M8 11.200v.1"/>',
    "inbox": '<path d="M2.500 9.500 4.500 3h7l2 6.500V13h-11V9.500Zm0 0h3l1 1.500h3l1-1.500h3"/>',
    "keyboard": '<rect x="1.500" y="4" width="13" height="8" rx="1.500"/><path d="M4 6.500h.1M6.700 6.500h.1M9.300 6.500h.1M12 6.500h.1M5 9.500h6"/>',
    "link": '<path d="M6.500 9.500a2.500 2.500 0 0 0 3.500 0l2.500-2.500A2.500 2.500 0 0 0 9 3.500L8 4.500M9.500 6.500a2.500 2.500 0 0 0-3.500 0L3.500 9A2.500 2.500 0 0 0 7 12.500l1-1"/>',
    "lock": '<rect x="3.500" y="7" width="9" height="6.500" rx="1"/><path d="M5.500 7V5a2.500 2.500 0 0 1 5 0v2"/>',
    "note": '<path d="M3 2.500h10v8L10 13.500H3v-11ZM10 13.500v-3h3"/>',
    "mail": '<rect x="2" y="3.500" width="12" height="9" rx="1"/><path d="m2.500 4.500 5.500 4 5.500-4"/>',
    "plus": '<path d="M8 3v10M3 8h10"/>',
    "menu": '<path d="M8 3.500v.1M8 8v.1M8 12.500v.1"/>',
    "out": '<path d="M9 3H3.500v10H9M7 8h7m0 0-2.500-2.500M14 8l-2.500 2.500"/>',
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


_PLACES: Final = (
    ("Queue", "queue", "viewer"),
    ("Review", "review", "viewer"),
    ("Pulse", "pulse", "viewer"),
    ("Policy", "policy", "viewer"),
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
    found = []
    for title, name, role in _PLACES:
        if person.may(role):
            try:
                url = reverse(name)
            except NoReverseMatch:
                continue
            here = request.path == url or (name == "queue" and request.path.startswith("/tickets/"))
            found.append(Place(title, url, here or (url != "/" and request.path.startswith(url + "/")), name))
    return found


@register.simple_tag
def page_keys(page: str) -> list[Key]:
    """List the keys of a page."""
    return keys_of(page or "everywhere")


@register.simple_tag
def page_keys_data(page: str) -> list[dict[str, str]]:
    """Hand the keys of a page to its scripts."""
    return [{"keys": key.keys, "act": key.act, "does": key.does} for key in keys_of(page or "everywhere")]


@register.filter
def initials(name: Any) -> str:  # noqa: ANN401 (templates pass anything)
    """First letters of the first and last word."""
    words = str(name or "?").replace(".", " ").replace("@", " ").split()
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper() if words else "?"
