"""Checks of the policy's calendars: zones, hours, holidays, closed dates, and the names that levels use."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from tidegate.policy.findings import Finding, suggest
from tidegate.policy.hours import parse_hours

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.policy.findings import Path
    from tidegate.policy.model import Calendar, Policy

_BUILT_IN: Final = ("business", "always")
_ANY_YEAR: Final = 2025


def check_calendars(policy: Policy) -> Iterator[Finding]:
    """Find calendars that cannot be used, and clocks that name none."""
    yield from _check_calendar(policy.calendar, ("calendar",))
    for name, calendar in policy.calendars.items():
        yield from _check_calendar(calendar, ("calendars", name))
        if name in _BUILT_IN:
            message = "is the name of a built-in clock"
            yield Finding(path=("calendars", name), message=message, mend="choose another name")
    used = {rule.clock for rule in policy.levels.values()}
    valid = (*_BUILT_IN, *policy.calendars)
    for level, rule in policy.levels.items():
        if rule.clock not in valid:
            path = ("levels", level, "clock")
            yield Finding(path=path, value=rule.clock, message="unknown calendar", mend=suggest(rule.clock, valid))
    for name in policy.calendars:
        if name not in used:
            message = "no level's clock runs on it"
            yield Finding(severity="warning", path=("calendars", name), message=message)


def _check_calendar(calendar: Calendar, path: Path) -> Iterator[Finding]:
    if not _is_zone(calendar.timezone):
        near = suggest(calendar.timezone, available_timezones()).partition(" valid:")[0]
        mend = near if near.startswith("did") else "write a name such as Europe/London or UTC"
        yield Finding(path=(*path, "timezone"), value=calendar.timezone, message="unknown time zone", mend=mend)
    yield from _check_hours(calendar, path)
    if calendar.holidays is not None:
        yield from _check_holidays(calendar.holidays, (*path, "holidays"))
    for index, text in enumerate(calendar.closed):
        try:
            date.fromisoformat(text)
        except ValueError:
            message = "is not a date that exists, as YYYY-MM-DD"
            yield Finding(path=(*path, "closed", index), value=text, message=message)


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):
        return False
    return True


def _check_hours(calendar: Calendar, path: Path) -> Iterator[Finding]:
    try:
        week = parse_hours(calendar.hours)
    except ValueError as error:
        yield Finding(path=(*path, "hours"), message=str(error))
        return
    if not any(week):
        mend = "give at least one day hours, such as mon-fri: '09:00-17:00'"
        yield Finding(path=(*path, "hours"), message="no day has any hours: no clock would ever run", mend=mend)


def _check_holidays(code: str, path: Path) -> Iterator[Finding]:
    import holidays  # 0.2 s to import, and only calendars with holidays need it

    country, _, part = code.partition("-")
    try:
        holidays.country_holidays(country, subdiv=part or None, years=_ANY_YEAR)
    except NotImplementedError:
        countries = holidays.list_supported_countries()
        if country not in countries:
            two_letters = [name for name in countries if len(name) == len("GB")]
            mend = suggest(country, two_letters).partition(" valid:")[0]
            mend = mend if mend.startswith("did") else "write a code of the holidays library, such as GB, US or DE-BY"
        else:
            mend = f"parts of {country}: {', '.join(countries[country]) or 'none'}"
        yield Finding(path=path, value=code, message="unknown holidays code", mend=mend)
