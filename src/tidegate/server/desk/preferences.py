"""How a person wants the pages to look and sound: kept with the person, and in the session for each page."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Preferences
from tidegate.server.people.models import Person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import HttpRequest

_KEPT: Final = "looks"


@dataclass(frozen=True, slots=True)
class Looks:
    """Theme (``system``, ``light``, ``dark``), density (``comfortable``, ``compact``), and whether a new P0 sounds."""

    theme: str = Preferences.Theme.SYSTEM
    density: str = Preferences.Density.COMFORTABLE
    sound: bool = False


def looks_of(request: HttpRequest) -> Looks:
    """Return how pages look for who asks; a stranger's browser may remember a theme."""
    if not isinstance(getattr(request, "user", None), Person):
        theme = request.COOKIES.get("theme", "")
        return Looks(theme=theme if theme in Preferences.Theme.values else Preferences.Theme.SYSTEM)
    kept = request.session.get(_KEPT)
    if kept is None:
        found = Preferences.objects.filter(person=request.user).values("theme", "density", "sound").first()
        kept = request.session[_KEPT] = found or {}
    return Looks(**{name: value for name, value in kept.items() if name in Looks.__slots__})


def looks_set(*, request: HttpRequest, person: Person, given: Mapping[str, str]) -> Looks:
    """Keep what a form says; what it leaves out stays.

    Raises
    ------
    RefusedError
        If it says something that there is not.
    """
    now = asdict(looks_of(request))
    for name, valid in (("theme", Preferences.Theme.values), ("density", Preferences.Density.values)):
        if name in given and given[name] not in valid:
            raise RefusedError(f"there is no such {name}", mend="Valid: " + ", ".join(valid), status=422)
        now[name] = given.get(name, now[name])
    if "sound" in given:
        now["sound"] = given["sound"] == "on"
    Preferences.objects.update_or_create(person=person, defaults=now)
    request.session[_KEPT] = now
    return Looks(**now)


def in_templates(request: HttpRequest) -> dict[str, Looks]:
    """Hand every template the looks."""
    return {"looks": looks_of(request)}
