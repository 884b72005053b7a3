"""The points bar: what a ticket's points are made of, always in the same order and colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ORDER: Final = ("value", "impact", "deadline", "missed", "doubt", "effort", "rules")
OTHERS: Final = {"sla_risk": "deadline", "sentiment": "doubt", "urgency": "effort"}
"""Parts of the weighted sum, and whose colour they borrow."""
SCALE: Final = 100.0
"""Points that fill a bar."""
NOTHING: Final = SafeString("")
_QUIET: Final = 0.05


def figures(parts: Iterable[tuple[str, float]], rules: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """Parts in their order, the rules as one; what moves nothing is left out."""
    whole = [*parts, ("rules", sum(points for _, points in rules))]
    place = {name: number for number, name in enumerate(ORDER)}
    known = sorted(whole, key=lambda part: place.get(OTHERS.get(part[0], part[0]), len(ORDER)))
    return [(name, points) for name, points in known if abs(points) >= _QUIET]


def bar(shown: Sequence[tuple[str, float]], *, scale: float = SCALE) -> SafeString:
    """Draw what adds, side by side; what takes away fades the end of it, so that the rest is as long as the points."""
    at, pieces = 0.0, []
    scale = max(scale, sum(points for _, points in shown if points > 0))
    for name, points in shown:
        if points > 0:
            width = points / scale * 100
            pieces.append(
                f'<rect class="part-{conditional_escape(name)}" x="{at:.1f}" width="{width:.1f}" height="8"/>'
            )
            at += width
    taken = -sum(points for _, points in shown if points < 0) / scale * 100
    if taken > 0 and at > 0:
        start = max(0.0, at - taken)
        pieces.append(f'<rect class="bar-taken" x="{start:.1f}" width="{at - start:.1f}" height="8"/>')
    inside = "".join(pieces)
    return mark_safe(  # noqa: S308 (numbers and escaped names)
        f'<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">{inside}</svg>'
    )


def said(points: float, shown: Sequence[tuple[str, float]]) -> str:
    """Say the same for a screen reader."""
    return f"{points:.1f} points: " + ", ".join(f"{name} {part:+.1f}" for name, part in shown)


def listed(points: float, shown: Sequence[tuple[str, float]]) -> SafeString:
    """List the figures, each beside its colour."""
    lines = "".join(
        f'<li><span class="swatch part-{conditional_escape(name)}"></span><span>{conditional_escape(name)}</span>'
        f'<span class="number">{part:+.1f}</span></li>'
        for name, part in shown
    )
    total = f'<li><span></span><span class="total">points</span><span class="number total">{points:.1f}</span></li>'
    return mark_safe(f'<ul class="figures">{lines}{total}</ul>')  # noqa: S308 (numbers and escaped names)


def with_tip(points: float, shown: Sequence[tuple[str, float]]) -> SafeString:
    """Draw the bar with its figures on hover and focus."""
    label = conditional_escape(said(points, shown))
    return mark_safe(  # noqa: S308 (every piece is made above)
        f'<span class="points" data-tip tabindex="0" role="img" aria-label="{label}">{bar(shown)}'
        f'<span class="points-number" aria-hidden="true">{points:.1f}</span>'
        f"<template>{listed(points, shown)}</template></span>"
    )
