"""How figures are written for people: shares as percent, minutes as hours or days, intervals, directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tidegate.measure.measures import Measure

NONE: Final = "-"
_HOUR: Final = 60.0
_DAY: Final = 1_440.0


def written(value: float | None, unit: str) -> str:
    """Write one figure in its unit; a dash where it is not known."""
    if value is None:
        return NONE
    if unit == "share":
        return f"{100 * value:.1f}%"
    if unit == "minutes":
        return _minutes(value)
    if unit == "tickets":
        return f"{value:,.0f}"
    if unit in ("times", "score"):
        return f"{value:.2f}"
    return f"{value:,.1f}"


def _minutes(value: float) -> str:
    size = abs(value)
    if size < _HOUR:
        return f"{value:.0f} min"
    if size < 2 * _DAY:
        return f"{value / _HOUR:.1f} h"
    return f"{value / _DAY:,.1f} d"


def interval(low: float | None, high: float | None, unit: str) -> str:
    """Write an interval; an end that does not exist is a dash."""
    if low is None and high is None:
        return ""
    first, last = written(low, unit), written(high, unit)
    for ending in ("%", " min", " h", " d"):
        if first.endswith(ending) and last.endswith(ending):
            first = first.removesuffix(ending)
    return f"{first} to {last}"


def change(value: float | None, unit: str) -> str:
    """Write a difference with its sign."""
    if value is None:
        return NONE
    sign = "+" if value >= 0 else "-"
    points = written(abs(value), unit)
    return sign + (points.removesuffix("%") + " pts" if unit == "share" else points)


def between(low: float | None, high: float | None, unit: str) -> str:
    """Write the interval of a difference; an end that does not exist is a dash."""
    if low is None and high is None:
        return ""
    first, last = change(low, unit), change(high, unit)
    for ending in (" pts", " min", " h", " d"):
        if first.endswith(ending) and last.endswith(ending):
            first = first.removesuffix(ending)
    return f"{first} to {last}"


def mood(measure: Measure, difference: float | None, *, clear: bool | None) -> str:
    """Say ``better``, ``worse``, ``moved`` (a clear change of something that has no good side) or ``unclear``."""
    if difference is None or not clear:
        return "unclear"
    if not measure.better:
        return "moved"
    return "better" if (difference > 0) == (measure.better == "up") else "worse"


def warns(measure: Measure, value: float | None) -> bool:
    """Whether a figure lies past the value that people should look at."""
    if value is None:
        return False
    over = measure.warn_above is not None and value > measure.warn_above
    return over or (measure.warn_below is not None and value < measure.warn_below)


__all__ = ["NONE", "between", "change", "interval", "mood", "warns", "written"]
