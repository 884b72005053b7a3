"""Until when a ticket is set aside, as people say it: in an hour, this evening, tomorrow morning, on Monday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tidegate.policy.hours import parse_hours
from tidegate.server.desk.errors import RefusedError

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

EVENING: Final = time(18)
MORNING: Final = time(9)
"""Where the calendar keeps no hours that day."""
REPLY: Final = "reply"
BACK: Final = "now"
LONGEST: Final = timedelta(days=366)
_LAST_CALL: Final = time(17)
"""This evening is offered until then."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One choice: the word that is sent, what people read, and the moment; None is until the customer writes."""

    value: str
    label: str
    at: datetime | None


def presets(now: datetime, policy: Policy) -> list[Preset]:
    """List the choices at a moment, the nearest first."""
    zone = ZoneInfo(policy.calendar.timezone)
    local = now.astimezone(zone)
    named = [("1h", "In an hour", now + timedelta(hours=1))]
    if local.time() < _LAST_CALL:
        named.append(("evening", "This evening", _evening(now, zone)))
    tomorrow, monday = _tomorrow(now, policy, zone), _monday(now, policy, zone)
    named.append(("tomorrow", "Tomorrow morning", tomorrow))
    if monday != tomorrow:
        named.append(("monday", "Monday morning", monday))
    told = [Preset(value, f"{label}, {_said(at, local, zone)}", at) for value, label, at in named]
    return [*told, Preset(REPLY, "When the customer writes", None)]


def moment_of(value: str, now: datetime, policy: Policy) -> datetime | None:
    """Return the moment that a word or a date means; None is until the customer writes.

    Raises
    ------
    RefusedError
        If it is neither a word of `presets` nor a date and time to come, within a year.
    """
    if value == REPLY:
        return None
    zone = ZoneInfo(policy.calendar.timezone)
    words = {
        "1h": lambda: now + timedelta(hours=1),
        "evening": lambda: _evening(now, zone),
        "tomorrow": lambda: _tomorrow(now, policy, zone),
        "monday": lambda: _monday(now, policy, zone),
    }
    return checked(words[value]() if value in words else _read(value, zone), now)


def checked(at: datetime, now: datetime) -> datetime:
    """Return a moment to come, within a year.

    Raises
    ------
    RefusedError
        If it is not.
    """
    if not now < at <= now + LONGEST:
        raise RefusedError("choose a time to come, within a year", status=422)
    return at


def _read(value: str, zone: ZoneInfo) -> datetime:
    try:
        told = datetime.fromisoformat(value)
        return (told if told.tzinfo else told.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RefusedError("choose when it shall come back: a date and a time", status=422) from None


def _evening(now: datetime, zone: ZoneInfo) -> datetime:
    local = now.astimezone(zone)
    day = local.date() if local.time() < EVENING else local.date() + timedelta(days=1)
    return _at(day, EVENING, zone)


def _tomorrow(now: datetime, policy: Policy, zone: ZoneInfo) -> datetime:
    return _opening(now.astimezone(zone).date() + timedelta(days=1), policy, zone)


def _monday(now: datetime, policy: Policy, zone: ZoneInfo) -> datetime:
    today = now.astimezone(zone).date()
    return _opening(today + timedelta(days=7 - today.weekday()), policy, zone)


def _opening(day: date, policy: Policy, zone: ZoneInfo) -> datetime:
    """When the team opens on a day; nine where it does not, or is open from midnight."""
    spans = parse_hours(policy.calendar.hours)[day.weekday()]
    seconds = spans[0][0] if spans else 0
    start = time(seconds // 3600, seconds % 3600 // 60) if seconds else MORNING
    return _at(day, start, zone)


def _at(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def _said(at: datetime, local: datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    return f"{there:%H:%M}" if there.date() == local.date() else f"{there:%a %d %b %H:%M}"
