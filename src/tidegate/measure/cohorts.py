"""Which rows a measure looks at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.elapsed import minutes_between, until
from tidegate.measure.repair import as_time
from tidegate.measure.states import ENDED
from tidegate.measure.verdicts import age_band

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.ledger import Ledger
    from tidegate.measure.measures import Cohort, Period

RECENT: Final = 500
MOST_SEGMENTS: Final = 50
OTHERS: Final = "all others"
UNKNOWN: Final = "unknown"


def cohorts(ledger: Ledger, period: Period, by: str | None = None) -> dict[Cohort, pl.LazyFrame]:
    """Every cohort of a period as a lazy table, with ``segment`` where ``by`` names a column.

    Values of ``by`` beyond the `MOST_SEGMENTS` most frequent are put together as `OTHERS`.
    """
    tickets = ledger.tickets
    if by is not None:
        tickets = tickets.with_columns(segment=_segments(tickets[by]))
    solved = tickets.lazy().filter(period.holds("solved_at"))
    return {
        "opened": tickets.lazy().filter(period.holds("created_at")),
        "solved": solved,
        "open": _open(ledger, tickets, period.end),
        "recent": _recent(tickets, period),
        "waits": _waits(ledger, tickets, period),
        "weeks": _weeks(solved, segmented=by is not None),
    }


def open_at(ledger: Ledger, moment: datetime) -> pl.Series:
    """Whether each ticket was open at a moment: opened before it, and neither solved nor closed then.

    Tickets with a log are judged by the status that held at the moment, the others by the times of their row. One that
    is solved or closed without any time counts as not open.
    """
    opened = ledger.tickets["created_at"] < moment
    if moment >= ledger.as_of:
        return opened & ~ledger.tickets["status"].is_in(list(ENDED))
    held = (
        ledger.changes.filter(pl.col("at") < moment).group_by("row", maintain_order=True).agg(pl.col("status").last())
    )
    logged = ledger.changes.select("row").unique().with_columns(logged=True)
    return (
        ledger.tickets.select("created_at", "solved_at", "status", row=pl.int_range(pl.len(), dtype=pl.UInt32))
        .join(held, on="row", how="left", maintain_order="left", suffix="_then")
        .join(logged, on="row", how="left", maintain_order="left")
        .select(
            open=(pl.col("created_at") < as_time(moment))
            & pl.when("logged")
            .then(~pl.col("status_then").is_in(ENDED).fill_null(value=False))
            .otherwise((pl.col("solved_at") >= as_time(moment)).fill_null(~pl.col("status").is_in(ENDED)))
        )["open"]
    )


def _open(ledger: Ledger, tickets: pl.DataFrame, moment: datetime) -> pl.LazyFrame:
    """Tickets open at a moment, as old as they were then."""
    held = tickets.filter(open_at(ledger, moment))
    if moment >= ledger.as_of:
        return held.lazy()
    age = minutes_between(held["created_at"], until(moment, held.height), held["level"], ledger.clocks)
    return held.with_columns(age.alias("age_minutes"), age_band=age_band(moment)).lazy()


def _segments(values: pl.Series) -> pl.Series:
    texts = values.cast(pl.String).fill_null(UNKNOWN).alias("segment")
    counts = texts.value_counts(sort=True)
    if len(counts) <= MOST_SEGMENTS:
        return texts
    kept = counts["segment"].head(MOST_SEGMENTS).implode()
    return texts.set(~texts.is_in(kept), OTHERS)


def _recent(tickets: pl.DataFrame, period: Period) -> pl.LazyFrame:
    if "nature" not in tickets.columns:
        return tickets.lazy().with_columns(nature=pl.lit(None, pl.String)).head(0)
    known = tickets.lazy().filter(pl.col("nature").is_not_null() & (pl.col("created_at") < as_time(period.end)))
    return known.sort("created_at", "ticket_id", descending=True).head(RECENT)


def _waits(ledger: Ledger, tickets: pl.DataFrame, period: Period) -> pl.LazyFrame:
    waits = ledger.waits.filter(period.holds("start"))
    carried = tickets.select([name for name in ("level", "next_target", "segment") if name in tickets.columns])
    wide = pl.concat([waits, carried[waits["row"]]], how="horizontal")
    met = (
        pl.when(pl.col("minutes").is_not_null())
        .then(pl.col("minutes") <= pl.col("next_target"))
        .when(pl.col("age") > pl.col("next_target"))
        .then(statement=False)
    )
    return wide.lazy().with_columns(met=met)


def _weeks(solved: pl.LazyFrame, *, segmented: bool) -> pl.LazyFrame:
    keys = ["segment", "solver", "week"] if segmented else ["solver", "week"]
    known = solved.filter(pl.col("solver").is_not_null())
    weekly = known.with_columns(week=pl.col("solved_at").dt.truncate("1w"))
    return weekly.group_by(keys, maintain_order=True).agg(solved=pl.len())


__all__ = ["MOST_SEGMENTS", "OTHERS", "RECENT", "UNKNOWN", "cohorts", "open_at"]
