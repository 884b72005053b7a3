"""Clocks: a million tickets with pauses, three calendars, ten years of holidays; beside three peers in the same run.

    python bench/bench_clocks.py [TICKETS]

Every ticket's clock is read on four levels: around the clock, London, New York and Tokyo, each place with its holidays.
The peers do the same for a sample of those tickets, and are scaled by ticket: `business-duration` (one call a stretch
and place), a Python loop from day to day, and the best Python loop we could think of, which looks up precomputed spans
by bisection. All must agree to the second before anything is printed.
"""

from __future__ import annotations

import bisect
import sys
import time as timer
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays
import numpy as np
import polars as pl
from business_duration import businessDuration
from measure import cpu, report

from tidegate.enrich.clocks import clocks
from tidegate.policy import load
from tidegate.tables import Events, Tickets
from tidegate.tables.words import ACTOR, EVENT_KIND, STATUS, TIME

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
YEARS = range(2016, 2027)
PLACES = {
    "london": ("Europe/London", time(9), time(17, 30), "GB"),
    "new-york": ("America/New_York", time(8), time(17), "US"),
    "tokyo": ("Asia/Tokyo", time(9), time(18), "JP"),
}
POLICY = load(
    {
        "name": "bench",
        "calendars": {
            name: {"timezone": zone, "hours": {"mon-fri": f"{start:%H:%M}-{end:%H:%M}"}, "holidays": code}
            for name, (zone, start, end, code) in PLACES.items()
        },
        "levels": {
            level: {"respond": "1h", "next": "2h", "resolve": "1bd", "severity": 1, "clock": clock}
            for level, clock in zip(("P0", "P1", "P2", "P3"), ("always", *PLACES), strict=True)
        },
        "given": {"confusion": {f"P{k}": [0.25] * 4 for k in range(4)}},
    }
)
Stretch = tuple[datetime, datetime]


def history(count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Open tickets, nine in ten opened in the last 60 days and the rest over ten years, with 1.2 pauses on average."""
    random = np.random.default_rng(7)
    days = np.where(random.random(count) < 0.9, random.uniform(0.1, 60, count), random.uniform(60, 3650, count))
    end = int(NOW.timestamp())
    created = end - (days * 86_400).astype(np.int64)
    row = np.repeat(np.arange(count), 2 * random.poisson(1.2, count))
    at = created[row] + (random.random(len(row)) * (end - created[row])).astype(np.int64)
    order = np.lexsort((at, row))
    row, at = row[order], at[order]
    waits = (np.arange(len(row)) - np.searchsorted(row, row)) % 2 == 0
    names = pl.Series("ticket_id", [f"T{n:07}" for n in range(count)])
    tickets = pl.DataFrame({"ticket_id": names, "created_at": pl.Series(created * 10**6).cast(TIME)})
    events = pl.DataFrame({"ticket_id": names.gather(row), "at": pl.Series(at * 10**6).cast(TIME)}).with_row_index("n")
    return (
        _whole(tickets.with_columns(status=pl.lit("open", STATUS)), Tickets),
        _whole(
            events.with_columns(
                event_id=pl.format("E{}", "n"),
                kind=pl.Series(np.where(waits, "waiting_customer", "status")).cast(EVENT_KIND),
                actor_kind=pl.lit("agent", ACTOR),
                new=pl.when(pl.Series(~waits)).then(pl.lit("open")),
            ),
            Events,
        ),
    )


def _whole(table: pl.DataFrame, schema: type) -> pl.DataFrame:
    return table.select(
        (pl.col(name) if name in table.columns else pl.lit(None)).cast(column.dtype).alias(name)
        for name, column in schema.columns().items()
    )


def stretches(tickets: pl.DataFrame, events: pl.DataFrame) -> list[list[Stretch]]:
    """The running stretches of each ticket, for the peers; they are given this work."""
    told = {key: part["at"].to_list() for (key,), part in events.partition_by("ticket_id", as_dict=True).items()}
    found = []
    for name, created in tickets.select("ticket_id", "created_at").iter_rows():
        corners = [created, *told.get(name, []), NOW]
        found.append(list(zip(corners[::2], corners[1::2], strict=True)))
    return found


def by_business_duration(work: list[list[Stretch]]) -> list[list[float]]:
    """Minutes by business-duration: local times without a zone, since it knows none."""
    places = [(ZoneInfo(zone), start, end, closed(code)) for zone, start, end, code in PLACES.values()]
    return [
        [
            sum(
                businessDuration(
                    first.astimezone(zone).replace(tzinfo=None),
                    last.astimezone(zone).replace(tzinfo=None),
                    start,
                    end,
                    holidaylist=days,
                )
                for first, last in ticket
            )
            for zone, start, end, days in places
        ]
        for ticket in work
    ]


def by_days(work: list[list[Stretch]]) -> list[list[float]]:
    """Minutes by a loop over the days of each stretch."""
    places = [(ZoneInfo(zone), start, end, frozenset(closed(code))) for zone, start, end, code in PLACES.values()]
    return [[sum(_days(stretch, *place) for stretch in ticket) for place in places] for ticket in work]


def _days(stretch: Stretch, zone: ZoneInfo, start: time, end: time, shut: frozenset[date]) -> float:
    first, last = stretch
    day, final, total = first.astimezone(zone).date(), last.astimezone(zone).date(), 0.0
    while day <= final:
        if day.weekday() < 5 and day not in shut:
            opens = datetime.combine(day, start, zone).astimezone(UTC)
            closes = datetime.combine(day, end, zone).astimezone(UTC)
            total += max((min(last, closes) - max(first, opens)).total_seconds(), 0) / 60
        day += timedelta(days=1)
    return total


def by_bisection(work: list[list[Stretch]]) -> list[list[float]]:
    """Minutes by looking up both ends of each stretch in every opening of eleven years, laid out beforehand."""
    tables = [_openings(*place) for place in PLACES.values()]
    return [[sum(_between(*stretch, *table) for stretch in ticket) for table in tables] for ticket in work]


def _between(first: datetime, last: datetime, opens: list[float], closes: list[float], sums: list[float]) -> float:
    total = []
    for moment in (last.timestamp(), first.timestamp()):
        place = bisect.bisect_right(opens, moment) - 1
        total.append(sums[place] + min(moment, closes[place]) - opens[place])
    return (total[0] - total[1]) / 60


def _openings(zone: str, start: time, end: time, code: str) -> tuple[list[float], list[float], list[float]]:
    shut, day, opens, closes, sums = closed(code), date(YEARS[0], 1, 1), [], [], [0.0]
    while day.year <= YEARS[-1]:
        if day.weekday() < 5 and day not in shut:
            opens.append(datetime.combine(day, start, ZoneInfo(zone)).timestamp())
            closes.append(datetime.combine(day, end, ZoneInfo(zone)).timestamp())
            sums.append(sums[-1] + closes[-1] - opens[-1])
        day += timedelta(days=1)
    return opens, closes, sums


def closed(code: str) -> list[date]:
    return list(holidays.country_holidays(code, years=YEARS))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    tickets, events = history(count)
    print(f"{count:,} open tickets, {len(events):,} events, calendars: around the clock, {', '.join(PLACES)}")
    start = timer.process_time()
    found = clocks(tickets, POLICY, NOW, events=events).select("age_p1", "age_p2", "age_p3").to_numpy()
    first = timer.process_time() - start
    grouped = cpu(lambda: clocks(tickets, POLICY, NOW, events=events))
    by_time = events.sort("at", maintain_order=True)
    mixed = cpu(lambda: clocks(tickets, POLICY, NOW, events=by_time))
    print(f"clocks, first call, holidays imported and calendars drawn  {first:9.4f} s")
    print(f"clocks, log grouped by ticket                              {grouped:9.4f} s   wanted <= 1.5")
    print(f"clocks, log in order of time                               {mixed:9.4f} s")
    for name, peer, size, bound in (
        ("business-duration", by_business_duration, 300, "<= 1/200"),
        ("Python loop over days", by_days, 1_000, "<= 1/50"),
        ("Python loop with bisection", by_bisection, 20_000, ""),
    ):
        places = np.random.default_rng(3).choice(count, min(size, count), replace=False)
        sample = tickets[places]
        work = stretches(sample, events.join(sample.select("ticket_id"), on="ticket_id", how="semi"))
        wrong = np.abs(np.array(peer(work)) - found[places]).max()
        if wrong > 1 / 60:
            sys.exit(f"{name} differs by {wrong} minutes")
        taken = cpu(lambda peer=peer, work=work: peer(work), runs=3) / len(work) * count
        report(f"clocks of {count:,} tickets", grouped, f"{name} (scaled)", taken, bound)


if __name__ == "__main__":
    main()
