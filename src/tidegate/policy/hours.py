"""Business hours as people write them: ``{"mon-fri": "09:00-12:00, 13:00-17:30"}``."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_SECONDS: Final = 86_400
_SPAN: Final = re.compile(r"([0-9]{1,2}):([0-9]{2})\s*-\s*([0-9]{1,2}):([0-9]{2})")

Spans = tuple[tuple[int, int], ...]


def parse_hours(hours: Mapping[str, str]) -> tuple[Spans, ...]:
    """Read the opening hours of a week.

    Parameters
    ----------
    hours
        Days to spans. Days are ``mon`` to ``sun``, a run such as ``mon-fri`` or ``fri-mon``, or several of these with
        commas between. Spans are ``HH:MM-HH:MM`` with commas between; ``24:00`` ends a day, and a span that ends at or
        before its start runs on into the next day. An empty text or ``closed`` means that no hours are kept.

    Returns
    -------
    tuple
        Seven tuples, Monday first, of ``(start, end)`` in seconds of that day's wall clock, in order of time.

    Raises
    ------
    ValueError
        If a day, a time or a span cannot be read, a day is named twice, or spans overlap. The message names the value.
    """
    written: dict[int, Spans] = {}
    for days, text in hours.items():
        spans = _parse_spans(text)
        for day in _parse_days(days):
            if day in written:
                raise ValueError(f"{DAYS[day]} is given twice, the second time by {days!r}")
            written[day] = spans
    week: list[list[tuple[int, int]]] = [[] for _ in DAYS]
    for day, spans in written.items():
        for start, end in spans:
            week[day].append((start, min(end, _DAY_SECONDS)))
            if end > _DAY_SECONDS:
                week[(day + 1) % 7].append((0, end - _DAY_SECONDS))
    return tuple(_in_order(spans, DAYS[day]) for day, spans in enumerate(week))


def _parse_days(text: str) -> Iterable[int]:
    for part in str(text).lower().split(","):
        first, dash, last = (name.strip() for name in part.partition("-"))
        for name in (first, last) if dash else (first,):
            if name not in DAYS:
                raise ValueError(
                    f"unknown day {name!r} in {text!r}; valid: {', '.join(DAYS)}, or a run such as mon-fri"
                )
        start, end = DAYS.index(first), DAYS.index(last if dash else first)
        yield from (day % 7 for day in range(start, end + 1 if end >= start else end + 8))


def _parse_spans(text: str) -> Spans:
    if text.strip().lower() in ("", "closed"):
        return ()
    return tuple(_parse_span(part.strip()) for part in text.split(","))


def _parse_span(text: str) -> tuple[int, int]:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError(f"cannot read the hours {text!r}; write them as 09:00-17:30, several with commas between")
    start, end = _seconds(match[1], match[2], text), _seconds(match[3], match[4], text)
    if start in (_DAY_SECONDS, end):
        raise ValueError(f"the hours {text!r} have no length; write 00:00-24:00 for a whole day")
    return (start, end) if end > start else (start, end + _DAY_SECONDS)


def _seconds(hour: str, minute: str, text: str) -> int:
    seconds = int(hour) * 3600 + int(minute) * 60
    if int(minute) > 59 or seconds > _DAY_SECONDS:  # noqa: PLR2004 - minutes of an hour
        raise ValueError(f"no such time in {text!r}; times run from 00:00 to 24:00")
    return seconds


def _in_order(spans: Iterable[tuple[int, int]], day: str) -> Spans:
    ordered = sorted(span for span in spans if span[0] < span[1])
    for (start, end), (later, _) in pairwise(ordered):
        if later < end:
            raise ValueError(
                f"the hours of {day} overlap: one span from {_clock(start)} to {_clock(end)}, "
                f"the next from {_clock(later)}"
            )
    return tuple(ordered)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"
