"""Times and lengths of time as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

_HOUR: Final = 60
_DAY: Final = 1440
_SOON: Final = 60
_JUST: Final = 2


def span(minutes: float) -> str:
    """Say a length of time: ``22 min``, ``1 h 10``, ``3 days``."""
    whole = abs(round(minutes))
    if whole < _HOUR:
        return f"{whole} min"
    if whole < _DAY:
        hours, rest = divmod(whole, _HOUR)
        return f"{hours} h {rest:02d}" if rest else f"{hours} h"
    days = round(whole / _DAY)
    return "1 day" if days == 1 else f"{days} days"


def minutes_until(moment: datetime, now: datetime) -> float:
    """Minutes by the wall clock, negative once it has passed."""
    return (moment - now).total_seconds() / 60


def due(moment: datetime | None, now: datetime) -> str:
    """Say how long until a target is reached, with a minus once it has passed."""
    if moment is None:
        return ""
    minutes = minutes_until(moment, now)
    return ("-" if minutes < 0 else "") + span(minutes)


def urgency(moment: datetime | None, now: datetime) -> str:
    """Say how a due time stands: ``late``, ``soon`` (within the hour) or nothing."""
    if moment is None:
        return ""
    minutes = minutes_until(moment, now)
    return "late" if minutes < 0 else "soon" if minutes < _SOON else ""


def ago(moment: datetime | None, now: datetime) -> str:
    """Say how long ago: ``just now``, ``22 min ago``, ``3 days ago``."""
    if moment is None:
        return ""
    minutes = -minutes_until(moment, now)
    return "just now" if minutes < _JUST else f"{span(minutes)} ago"


def clock(moment: datetime | None, zone: tzinfo, now: datetime | None = None) -> str:
    """Write a moment: ``Tue 03 Mar 09:41``; with its year where that is not the one of ``now``."""
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    return f"{local:%a %d %b %H:%M}" if now is None or local.year == now.year else f"{local:%d %b %Y %H:%M}"
