"""Business time, exact to the microsecond, for whole columns at once.

A moment is business time when the wall clock of the calendar's zone shows a date that is not a holiday and a time of
day inside one of that weekday's spans (start included, end not). That one sentence settles the two nights of the year:
an hour that the clocks skip does not exist, an hour that they show twice counts twice.

Business time since the table began is a broken line over absolute time that either stands still or climbs with slope
one. `Calendar` holds its corners; elapsed and due are reading it forwards and backwards, in integers.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np

from tidegate.policy import model
from tidegate.policy.hours import parse_hours
from tidegate.policy.targets import level_calendar
from tidegate.tables.errors import PolicyError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tidegate.policy.model import Policy
    from tidegate.tables.words import Level

SECOND: Final = 1_000_000
DAY: Final = 86_400
_EPOCH: Final = date(1970, 1, 1)
_FIRST_YEAR: Final = 1900
_LAST_YEAR: Final = 2200
_STEP: Final = 1_800 * SECOND
"""Half an hour: most shifts begin and end on one, so that a bucket rarely holds a corner inside."""


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """The broken line between two years; times in UTC microseconds."""

    since: int
    until: int
    corners: np.ndarray  # where the slope changes, ascending; the first is `since`
    base: np.ndarray  # business time at t is base + slope * t
    slope: np.ndarray  # 0 or 1
    bucket: np.ndarray  # corner that holds at the start of each half hour
    inside: int  # most corners strictly inside one half hour
    closing: np.ndarray  # `since`, then the end of each span
    total: np.ndarray  # business time at each of them

    def at(self, time: np.ndarray) -> np.ndarray:
        """Read the business time from `since` to each time."""
        time = np.clip(time, self.since, self.until)
        corner = self.bucket[(time - self.since) // _STEP]
        for _ in range(self.inside):
            corner = corner + (time >= self.corners[corner + 1])
        return self.base[corner] + self.slope[corner] * time

    def when(self, total: np.ndarray) -> np.ndarray:
        """Find the earliest time by which so much business time has passed; it must lie within the line."""
        span = np.searchsorted(self.total, total, side="left")
        return self.closing[span] - (self.total[span] - total)


@dataclass(slots=True, eq=False)
class Calendar:
    """Business hours of one place, ready to be asked.

    Parameters
    ----------
    hours
        Seven tuples of (start, end) in seconds of the local day, Monday first; None is around the clock.
    zone
        IANA time zone of the hours.
    holidays
        Code of the holidays library, such as ``GB`` or ``DE-BY``.
    closed
        Further closed dates.

    Notes
    -----
    The line is built for the years that are asked for and grows by itself. Times before 1900 or after 2200 count as
    the nearest of the two.
    """

    hours: tuple[tuple[tuple[int, int], ...], ...] | None = None
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    holidays: str | None = None
    closed: frozenset[date] = frozenset()
    _line: _Line | None = None

    def elapsed(self, start: np.ndarray | int, end: np.ndarray | int) -> np.ndarray:
        """Measure the business time from start to end.

        Parameters
        ----------
        start, end
            Int64 UTC microseconds, arrays of one length or single values.

        Returns
        -------
        ndarray
            Int64 business microseconds; negative where the end precedes the start.
        """
        start, end = np.asarray(start, np.int64), np.asarray(end, np.int64)
        if self.hours is None:
            return end - start
        if not start.size or not end.size:
            return np.zeros(np.broadcast_shapes(start.shape, end.shape), np.int64)
        line = self._covering(min(start.min(), end.min()), max(start.max(), end.max()))
        return line.at(end) - line.at(start)

    def due(self, start: np.ndarray | int, amount: np.ndarray | int) -> np.ndarray:
        """Find the earliest time by which an amount of business time has passed since start.

        Parameters
        ----------
        start
            Int64 UTC microseconds.
        amount
            Int64 business microseconds; 0 or less gives the start itself.

        Returns
        -------
        ndarray
            Int64 UTC microseconds. An amount that is not over by 2200 gives the end of that year.
        """
        start, amount = np.broadcast_arrays(np.asarray(start, np.int64), np.asarray(amount, np.int64))
        if self.hours is None or not start.size:
            return start + np.maximum(amount, 0)
        line = self._covering(start.min(), start.max())
        while (aim := line.at(start) + amount).max() > line.total[-1] and line.until < _year(_LAST_YEAR + 1):
            line = self._covering(line.since, 2 * line.until - line.since)
        reached = np.where(aim <= line.total[-1], line.when(np.clip(aim, 0, line.total[-1])), line.until)
        return np.where(amount > 0, reached, start)

    def _covering(self, since: int, until: int) -> _Line:
        line = self._line
        if line is None or since < line.since or until >= line.until:
            if line is not None:
                since, until = min(since, line.since), max(until, line.until - 1)
            first, last = (min(max(_year_of(int(t)), _FIRST_YEAR), _LAST_YEAR) for t in (since, until))
            if line is None or _year(first) < line.since or _year(last + 1) > line.until:
                self._line = line = self._draw(first, last + 1)
        return line

    def _draw(self, first: int, beyond: int) -> _Line:
        """Draw the line from the start of year `first` to the start of year `beyond`."""
        since, until = _year(first), _year(beyond)
        opening, closing = self._spans(since // SECOND, until // SECOND)
        total = np.cumsum(closing - opening)
        corners = np.concatenate(([since], np.column_stack((opening, closing)).ravel()))
        slope = np.zeros(len(corners), np.int64)
        slope[1::2] = 1
        base = np.concatenate(([0], np.column_stack((total - closing, total)).ravel()))
        starts = np.arange(since, until + 1, _STEP)
        bucket = np.searchsorted(corners, starts, side="right") - 1
        inside = np.searchsorted(corners, starts[1:], side="left") - 1 - bucket[:-1]
        return _Line(
            since=since,
            until=until,
            corners=np.append(corners, np.iinfo(np.int64).max),
            base=base,
            slope=slope,
            bucket=bucket.astype(np.int32),
            inside=int(inside.max()),
            closing=np.append(since, closing),
            total=np.append(0, total),
        )

    def _spans(self, since: int, until: int) -> tuple[np.ndarray, np.ndarray]:
        """List opening and closing times in UTC microseconds between two UTC seconds."""
        opening, closing = self._local_spans(since // DAY - 2, until // DAY + 2)
        pieces = []
        for begin, end, offset in _offsets(self.zone, since, until):
            low, high = begin + offset, end + offset
            piece = slice(np.searchsorted(closing, low, side="right"), np.searchsorted(opening, high, side="left"))
            pieces.append((opening[piece].clip(low, high) - offset, closing[piece].clip(low, high) - offset))
        opened, closed = zip(*pieces, strict=True)
        return np.concatenate(opened) * SECOND, np.concatenate(closed) * SECOND

    def _local_spans(self, first_day: int, last_day: int) -> tuple[np.ndarray, np.ndarray]:
        """List spans by the wall clock, in seconds since 1970 as that clock shows them."""
        days = np.arange(first_day, last_day + 1)
        days = days[~np.isin(days, self._closed_days(first_day, last_day))]
        weekday = (days + _EPOCH.weekday()) % 7
        spans = np.array(
            [(day, start, end) for day, of_day in enumerate(self.hours or ()) for start, end in of_day],
            np.int64,
        )
        order, shift = np.nonzero(weekday[:, None] == spans[None, :, 0])
        midnight = days[order] * DAY
        return midnight + spans[shift, 1], midnight + spans[shift, 2]

    def _closed_days(self, first_day: int, last_day: int) -> list[int]:
        closed = set(self.closed)
        if self.holidays is not None:
            years = range(_date(first_day).year, _date(last_day).year + 1)
            closed.update(public_holidays(self.holidays, years))
        return [(day - _EPOCH).days for day in closed]


ALWAYS: Final = Calendar()
"""Around the clock."""


def compile_calendar(spec: model.Calendar, where: str = "calendar") -> Calendar:
    """Turn a calendar of the policy into one that can be asked.

    The same calendar is compiled once: what was drawn for one question serves the next.

    Raises
    ------
    PolicyError
        If it has no hours, or its zone, holiday code or a closed date is not valid.
    """
    return _compiled(spec.model_dump_json(), where)


@lru_cache(maxsize=64)
def _compiled(text: str, where: str) -> Calendar:
    spec = model.Calendar.model_validate_json(text)
    try:
        hours = parse_hours(spec.hours)
    except ValueError as error:
        raise PolicyError([f"{where}.hours: {error}"]) from error
    if not any(hours):
        raise PolicyError([f"{where}.hours: no day has any hours; give at least one, such as mon-fri: '09:00-17:00'"])
    if spec.holidays is not None:
        _check_holidays(spec.holidays, where)
    return Calendar(
        hours=hours,
        zone=_zone(spec.timezone, where),
        holidays=spec.holidays,
        closed=frozenset(_closed_date(text, where) for text in spec.closed),
    )


def calendars(policy: Policy) -> dict[Level, Calendar]:
    """Calendar of each level's clock; levels that share one share the object, so that its line is drawn once."""
    made: dict[str, Calendar] = {}
    for level, rule in policy.levels.items():
        if rule.clock not in made:
            spec = level_calendar(policy, level)
            where = "calendar" if rule.clock == "business" else f"calendars.{rule.clock}"
            made[rule.clock] = ALWAYS if spec is None else compile_calendar(spec, where)
    return {level: made[rule.clock] for level, rule in policy.levels.items()}


def public_holidays(code: str, years: Iterable[int]) -> set[date]:
    """Dates of a country or a part of it, as the holidays library knows them."""
    import holidays  # about 0.2 s, and only calendars with holidays need it

    country, _, part = code.partition("-")
    return set(holidays.country_holidays(country, subdiv=part or None, years=years))


def _check_holidays(code: str, where: str) -> None:
    try:
        public_holidays(code, (2024,))
    except (NotImplementedError, KeyError, ValueError) as error:
        raise PolicyError(
            [f"{where}.holidays: {code!r} is not a code of the holidays library, such as GB, US or DE-BY ({error})"]
        ) from error


def _zone(name: str, where: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise PolicyError(
            [f"{where}.timezone: {name!r} is not a time zone of the IANA list, such as Europe/London or UTC"]
        ) from error


def _closed_date(text: str, where: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise PolicyError([f"{where}.closed: {text!r} is not a date written YYYY-MM-DD"]) from error


def _offsets(zone: ZoneInfo, since: int, until: int) -> list[tuple[int, int, int]]:
    """Stretches of constant distance from UTC between two UTC seconds: (begin, end, seconds ahead of UTC).

    The zone is asked once a day, and each change is then searched to the second.
    """

    def ahead(second: int) -> int:
        shown = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
        offset = shown.astimezone(zone).utcoffset()
        return 0 if offset is None else round(offset.total_seconds())

    stretches, begin, offset = [], since, ahead(since)
    for day in range(since, until, DAY):
        end = min(day + DAY, until)
        if (then := ahead(end)) != offset:
            turn = bisect_left(range(day, end + 1), 1, key=lambda second, now=offset: ahead(second) != now) + day
            stretches.append((begin, turn, offset))
            begin, offset = turn, then
    return [*stretches, (begin, until, offset)]


def _date(day: int) -> date:
    return _EPOCH + timedelta(days=day)


def _year(year: int) -> int:
    return (date(year, 1, 1) - _EPOCH).days * DAY * SECOND


def _year_of(time: int) -> int:
    day = time // (DAY * SECOND)
    return _date(min(max(day, -200_000), 200_000)).year


__all__ = ["ALWAYS", "DAY", "SECOND", "Calendar", "calendars", "compile_calendar", "public_holidays"]
