"""The obvious way to read a clock: walk through time minute by minute, a ticket at a time. Slow, easy to believe."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Week:
    """Opening hours as data; `hours` spells them as a policy does."""

    zone: str
    spans: dict[int, list[tuple[int, int]]]  # weekday to (start, end) in minutes of the day
    closed: frozenset[date] = frozenset()

    @property
    def hours(self) -> dict[str, str]:
        def clock(minute: int) -> str:
            return f"{minute // 60:02}:{minute % 60:02}"

        return {DAYS[day]: ", ".join(f"{clock(a)}-{clock(b)}" for a, b in spans) for day, spans in self.spans.items()}

    def spec(self) -> dict[str, object]:
        return {"timezone": self.zone, "hours": self.hours, "closed": sorted(day.isoformat() for day in self.closed)}

    def open_at(self, moment: datetime) -> bool:
        shown = moment.astimezone(ZoneInfo(self.zone))
        minute = shown.hour * 60 + shown.minute
        return shown.date() not in self.closed and any(a <= minute < b for a, b in self.spans.get(shown.weekday(), []))

    def minutes(self, start: datetime, end: datetime) -> int:
        """Open minutes from start to end, both on whole minutes."""
        return sum(self.open_at(start + n * MINUTE) for n in range((end - start) // MINUTE))

    def due(self, start: datetime, minutes: int) -> datetime:
        moment = start
        while minutes > 0:
            minutes -= self.open_at(moment)
            moment += MINUTE
        return moment


ALWAYS = Week("UTC", {day: [(0, 1440)] for day in range(7)})


@dataclass(frozen=True)
class Story:
    """One ticket's life: its columns, and what was logged as (at, kind, old, new)."""

    created: datetime
    status: str = "open"
    responded: datetime | None = None
    asked: datetime | None = None
    updated: datetime | None = None
    log: list[tuple[datetime, str, str | None, str | None]] = field(default_factory=list)


STATE_OF = {
    "created": "new",
    "reopened": "open",
    "merged": "merged",
    "waiting_customer": "waiting",
    "waiting_internal": "hold",
}


def state_at(story: Story, moment: datetime) -> str:
    """State by the log: the last one said at or before the moment."""
    state = "new"
    for at, kind, _, new in sorted(story.log, key=lambda row: row[0]):
        if story.created <= at <= moment:
            state = new or state if kind == "status" else STATE_OF.get(kind, state)
    return state


def which_clock(story: Story, now: datetime, hold: str) -> str:
    stops = {"waiting", "solved", "closed", "merged"} | ({"hold"} if hold == "pauses" else set())
    later = any(at > now for at, kind, _, _ in story.log if kind == "status" or kind in STATE_OF)
    logged = state_at(story, now)
    if (logged if later or logged == "merged" else story.status) in stops:
        return "none"
    if story.responded is None or story.responded > now:
        return "first_response"
    if story.asked is not None and story.responded < story.asked <= now:
        return "next_response"
    return "resolution"


def age(story: Story, now: datetime, week: Week, *, hold: str, level_change: str) -> int:
    """Minutes on the running clock, walked one by one."""
    clock = which_clock(story, now, hold)
    if clock == "none":
        return 0
    counted = [minute for minute in walk(story, now, hold, clock, level_change) if week.open_at(minute)]
    return len(counted)


def reached(story: Story, now: datetime, week: Week, *, hold: str, level_change: str, target: int) -> datetime:
    """When the running clock reaches its target; from now on nothing pauses any more."""
    clock = which_clock(story, now, hold)
    for minute in walk(story, now, hold, clock, level_change):
        target -= week.open_at(minute)
        if not target:
            return minute + MINUTE
    return week.due(now, target)


def walk(story: Story, now: datetime, hold: str, clock: str, level_change: str) -> list[datetime]:
    """Minutes that count, opening hours left aside."""
    stops = {"waiting", "solved", "closed", "merged"} | ({"hold"} if hold == "pauses" else set())
    start = story.asked if clock == "next_response" and story.asked else story.created
    moved = [at for at, kind, old, new in story.log if kind == "priority" and old and old != new and at <= now]
    if level_change == "restart" and moved:
        start = max(start, *moved)
    minutes = [start + n * MINUTE for n in range((now - start) // MINUTE)]
    if not story.log:
        return minutes
    return [minute for minute in minutes if state_at(story, minute) not in stops or resumed(story, minute, now)]


def resumed(story: Story, moment: datetime, now: datetime) -> bool:
    """Whether the ticket was set going again without a word in the log."""
    told = [at for at, kind, _, _ in story.log if (kind == "status" or kind in STATE_OF) and story.created <= at <= now]
    last = max(told)
    since = max(story.updated, last) if story.updated and story.updated <= now else last
    return moment >= since


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)
