"""The charts of the pulse page: drawn on the server, each with the same figures as a table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.evaluate import measure
from tidegate.measure.measures import Period
from tidegate.report.ahead import BANDS, backlog_counts, backlog_picture, coming_picture
from tidegate.report.figures import interval, written
from tidegate.report.pictures import TREND, flow_counts, flow_picture, level_picture, ribbon, weekly_figures
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from tidegate.report.comparison import Side

WIDE: Final = 470
"""Width of a plot that shares its row with another."""
FLOW_DAYS: Final = 14
"""Days whose tickets are listed behind the counts."""
PROMISES: Final = ("sla_first_response", "sla_next_response", "sla_resolution")
FLOWS: Final = ("opened", "solved")
Chart = dict[str, Any]
Cell = str | dict[str, str]


def charts(side: Side, coming: pl.DataFrame, *, zone: str) -> list[Chart]:
    """Draw them all; one without anything to draw is left out."""
    drawn = [_coming(coming, zone), _flow(side), _backlog(side), _kept(side), *_weekly(side)]
    return [chart for chart in drawn if chart["svg"]]


def _cell(count: int, key: str) -> Cell:
    """Write a count, with the set behind it where there is one."""
    return {"text": f"{count:,}", "set": key} if count and key else f"{count:,}"


def _share(row: dict[str, Any]) -> Cell:
    text = written(row["value"], row["unit"])
    level = row["segment"].removeprefix("level=")
    return {"text": text, "set": f"{row['name']}:{level}"} if row["value"] < 1 else text


def _coming(coming: pl.DataFrame, zone: str) -> Chart:
    local = coming.with_columns(hour=pl.col("hour").dt.convert_time_zone(zone).dt.strftime("%H:%M"))
    rows = [
        [
            row["hour"],
            _cell(row["due"], f"hour:{place}"),
            f"{row['likely']:.1f}",
            f"{row['low']:.1f} to {row['high']:.1f}",
        ]
        for place, row in enumerate(local.iter_rows(named=True))
    ]
    unknown = int(coming["unknown"].sum())
    return {
        "key": "coming",
        "title": "Breach risk of the next hours",
        "lead": "Targets by the hour in which they fall due, and how many are likely missed, going by the last weeks.",
        "svg": coming_picture(coming, zone=zone, wide=WIDE),
        "columns": ["hour from", "fall due", "likely missed", "95% interval"],
        "rows": rows,
        "note": (
            "Of the tickets of the last weeks that still waited when so much time was left, the share that missed. "
            "The interval is that of the average: single hours vary more. Open tickets only: new ones are not forecast."
            + (f" For {unknown:,} nothing in the past was like them; they count as not missed." if unknown else "")
        ),
    }


def _flow(side: Side) -> Chart:
    counts = flow_counts(side)
    listed = (side.period.end - timedelta(days=FLOW_DAYS)).date()
    wide = counts.pivot("what", index="day", values="tickets").sort("day").fill_null(0)
    rows = [
        [
            f"{row['day']:%d %b %Y}",
            *(_cell(row.get(what, 0), f"{what}:{row['day']}" if row["day"] > listed else "") for what in FLOWS),
        ]
        for row in wide.iter_rows(named=True)
    ]
    return {
        "key": "flow",
        "title": "Inflow against resolved",
        "lead": "Where the lines part, the backlog grows or shrinks.",
        "svg": flow_picture(side, wide=WIDE),
        "columns": ["day", "opened", "solved"],
        "rows": rows[::-1],
        "note": f"Counted by day in UTC, over {side.period.days / 7:.0f} weeks; the last day is not over.",
    }


def _backlog(side: Side) -> Chart:
    counts = backlog_counts(side.ledger)
    levels = [level for level in (*LEVELS, "unknown") if level in set(counts["level"])]
    held = {(row["age_band"], row["level"]): row["tickets"] for row in counts.iter_rows(named=True)}
    rows = [
        [band, *(_cell(held.get((band, level), 0), f"backlog:{level}:{place}") for level in levels)]
        for place, band in enumerate(BANDS)
    ]
    return {
        "key": "backlog",
        "title": "Backlog by level and age",
        "lead": "Open tickets, waiting ones included, by how long ago they were opened.",
        "svg": backlog_picture(counts, wide=WIDE),
        "columns": ["age", *levels],
        "rows": rows,
        "note": "Age around the clock. Counted, not estimated, so without an interval.",
    }


def _kept(side: Side) -> Chart:
    """Shares in target by level over the last four weeks."""
    period = Period(start=max(side.period.start, side.period.end - timedelta(weeks=4)), end=side.period.end)
    found = measure(side.ledger, period, names=PROMISES)
    rows = [row for row in found.iter_rows(named=True) if row["segment"].startswith("level=P") and row["n"]]
    return {
        "key": "kept",
        "title": "Promises by level",
        "lead": "Share in target over the last four weeks, with its interval.",
        "svg": level_picture(rows, wide=WIDE),
        "columns": ["promise", "level", "share", "95% interval", "n"],
        "rows": [
            [
                CATALOGUE[row["name"]].title.removesuffix(" in target"),
                row["segment"].removeprefix("level="),
                _share(row),
                interval(row["low"], row["high"], row["unit"]),
                f"{row['n']:,}",
            ]
            for row in rows
        ],
        "note": "A share leads to those that missed; what is open counts once its target is over. Intervals: Wilson.",
    }


def _weekly(side: Side) -> list[Chart]:
    weekly = weekly_figures(side)
    if weekly.is_empty():
        return []
    return [_trend(weekly.filter(pl.col("name") == name), name) for name in TREND if name in set(weekly["name"])]


def _trend(weekly: pl.DataFrame, name: str) -> Chart:
    about = CATALOGUE[name]
    rows = [
        [
            f"{row['week']:%d %b %Y}",
            written(row["value"], row["unit"]),
            interval(row["low"], row["high"], row["unit"]),
            f"{row['n']:,}",
        ]
        for row in weekly.iter_rows(named=True)
    ]
    return {
        "key": f"weekly-{name}",
        "title": f"{about.title}, week by week",
        "lead": about.definition,
        "svg": ribbon(weekly, name, wide=WIDE),
        "columns": ["week from", "value", "95% interval", "n"],
        "rows": rows[::-1],
        "note": f"The band is the 95% interval: {about.interval}.",
    }
