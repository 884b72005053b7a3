"""The tickets behind each figure of the pulse."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.cohorts import cohorts
from tidegate.measure.measures import Period
from tidegate.measure.states import ENDED
from tidegate.report.ahead import BANDS
from tidegate.server.desk.pulse.charts import FLOW_DAYS, PROMISES

if TYPE_CHECKING:
    from tidegate.measure.ledger import Ledger
    from tidegate.measure.measures import Measure
    from tidegate.measure.standup import Standup
    from tidegate.report.comparison import Side

SET: Final = 10_000
"""Tickets that are kept behind a figure."""
SOON: Final = 4
"""Hours that the sentence about what is coming speaks of."""


def sets_of(day: Standup, side: Side, ahead: pl.DataFrame) -> dict[str, Any]:
    """List the tickets behind each figure: by key, its title, how many there are, and the first `SET` of them."""
    ledger = side.ledger
    left = pl.col("minutes_left")
    found = {
        "ahead": _set("Reach a target before the day ends", day.breaching.filter(left > 0).sort("due_at")["ticket_id"]),
        "late": _set("Late already", day.breaching.filter(left <= 0)["ticket_id"]),
        "soon": _set(
            f"Fall due in the next {SOON} hours, most likely missed first",
            ahead.head(SOON)["tickets"].explode(empty_as_null=False, keep_nulls=False),
        ),
    }
    found |= {what: _set(f"{what.capitalize()} since the evening before", ids) for what, ids in _changed(day, ledger)}
    for name in day.leading["name"]:
        found[f"measure:{name}"] = _behind(ledger, CATALOGUE[name])
    return found | _hours(ahead) | _backlog(ledger) | _flow(side) | _kept(side)


def _hours(ahead: pl.DataFrame) -> dict[str, Any]:
    return {
        f"hour:{place}": _set(f"Fall due within an hour from {row['hour']:%H:%M} UTC", pl.Series(row["tickets"]))
        for place, row in enumerate(ahead.iter_rows(named=True))
        if row["due"]
    }


def _backlog(ledger: Ledger) -> dict[str, Any]:
    held = ledger.tickets.filter(~pl.col("status").is_in(ENDED)).sort("created_at", "ticket_id")
    parts = held.group_by("level", "age_band", maintain_order=True).agg(pl.col("ticket_id"))
    return {
        f"backlog:{level}:{BANDS.index(band)}": _set(f"Open, {level}, {band}", pl.Series(ids))
        for level, band, ids in parts.iter_rows()
    }


def _flow(side: Side) -> dict[str, Any]:
    """List what was opened and solved on each of the last days; older days are counts alone."""
    since = side.period.end - timedelta(days=FLOW_DAYS)
    found = {}
    for what, time in (("opened", "created_at"), ("solved", "solved_at")):
        recent = side.ledger.tickets.filter((pl.col(time) >= since).fill_null(value=False)).sort(time, "ticket_id")
        for (day,), part in recent.group_by(pl.col(time).dt.date(), maintain_order=True):
            found[f"{what}:{day}"] = _set(f"{what.capitalize()} on {day:%d %b %Y}, UTC", part["ticket_id"])
    return found


def _kept(side: Side) -> dict[str, Any]:
    """List who missed each promise over the last four weeks, by level."""
    period = Period(start=max(side.period.start, side.period.end - timedelta(weeks=4)), end=side.period.end)
    found = {}
    for name in PROMISES:
        measure = CATALOGUE[name]
        table = _named(side.ledger, measure, period)
        missed = table.select("ticket_id", "level", met=measure.value).filter(~pl.col("met")).collect()
        for (level,), part in missed.group_by("level", maintain_order=True):
            ids = part["ticket_id"].unique(maintain_order=True)
            found[f"{name}:{level}"] = _set(f"{measure.title}, {level}: those that missed", ids)
    return found


def _named(ledger: Ledger, measure: Measure, period: Period) -> pl.LazyFrame:
    """Return a measure's cohort with the tickets' identifiers."""
    table = cohorts(ledger, period)[measure.cohort]
    if measure.cohort != "waits":
        return table
    names = ledger.tickets.lazy().select("ticket_id", row=pl.int_range(pl.len(), dtype=pl.UInt32))
    return table.join(names, on="row", how="left", maintain_order="left")


def _set(title: str, ids: pl.Series) -> dict[str, Any]:
    return {"title": title, "total": len(ids), "ids": ids.head(SET).to_list()}


def _changed(day: Standup, ledger: Ledger) -> list[tuple[str, pl.Series]]:
    tickets, changes = ledger.tickets, ledger.changes
    since = pl.lit(day.since).cast(tickets.schema["created_at"])
    reopened = changes.filter(pl.col("reopened") & (pl.col("at") >= since))["row"].unique(maintain_order=True)
    named = {"opened": "created_at", "solved": "solved_at", "escalated": "escalated_at"}
    lists = [
        (what, tickets.filter((pl.col(time) >= since).fill_null(value=False))["ticket_id"])
        for what, time in named.items()
    ]
    return [*lists, ("reopened", tickets[reopened]["ticket_id"])]


def _behind(ledger: Ledger, measure: Measure) -> dict[str, Any]:
    """Find the tickets of the last seven days that speak against a measure: those that miss, or its far end."""
    end = ledger.as_of + timedelta(microseconds=1)
    if "recontact" in measure.name:
        end -= timedelta(days=ledger.window_days)
    if measure.cohort == "weeks":
        return _set(measure.title, pl.Series([], dtype=pl.String))
    table = _named(ledger, measure, Period(start=end - timedelta(days=7), end=end))
    found = table.select("ticket_id", value=measure.value).filter(pl.col("value").is_not_null()).collect()
    if measure.kind == "share":
        against = found.filter(pl.col("value") == (measure.better != "up"))
        return _set(f"{measure.title}: {_against(measure)}", against["ticket_id"].unique(maintain_order=True))
    far = found.sort("value", "ticket_id", descending=[measure.better != "up", False])
    return _set(f"{measure.title}: the far end first", far["ticket_id"].unique(maintain_order=True))


def _against(measure: Measure) -> str:
    return "those that do not count as kept" if measure.better == "up" else "those that count"
