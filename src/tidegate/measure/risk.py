"""How likely a target is missed, by how much of it is left: what happened to tickets that stood where these stand now.

No model: of the tickets of the past weeks that were still waiting when so much time was left, the share that missed.
Intervals are Wilson's. It is as good as the past is like today, and says how many tickets it rests on.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.cohorts import cohorts
from tidegate.measure.intervals import wilson
from tidegate.measure.repair import as_time

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.ledger import Ledger
    from tidegate.measure.measures import Period

BANDS: Final = (15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 1440.0)
"""Upper bounds of the time left, in minutes on the ticket's clock."""

HOURS: Final = 12
"""How far ahead `coming` looks."""


def risk(ledger: Ledger, period: Period) -> pl.DataFrame:
    """Share missed of those that still waited when so much was left.

    Parameters
    ----------
    ledger, period
        Tickets opened in the period count, and waits that began in it, once it is decided whether they missed.

    Returns
    -------
    DataFrame
        One row a clock and band: ``clock`` (first_response, next_response, resolution), ``left`` (upper bound,
        minutes), ``n``, ``share``, ``low``, ``high``; the three null where n is 0. A ticket counts in each band that it
        was still waiting in.
    """
    tables = cohorts(ledger, period)
    opened, waits = tables["opened"].collect(), tables["waits"].collect()
    open_age = pl.col("age_minutes") - pl.col("waiting_customer").fill_null(0.0)
    used = {
        "first_response": opened.select(
            used=pl.coalesce("promised_minutes", "age_minutes"), target="respond_target", met="first_response_met"
        ),
        "next_response": waits.select(used=pl.coalesce("minutes", "age"), target="next_target", met="met"),
        "resolution": opened.select(
            used=pl.when(pl.col("solved_at").is_not_null()).then("working_minutes").otherwise(open_age),
            target="resolve_target",
            met="resolution_met",
        ),
    }
    return pl.concat([_by_band(clock, frame.drop_nulls()) for clock, frame in used.items()])


def _by_band(clock: str, decided: pl.DataFrame) -> pl.DataFrame:
    """Count, for each band, who was still waiting when it began; who had less from the start counts from the start."""
    low, high = wilson(pl.col("missed"), pl.col("n"))
    rows = []
    for below, left in zip((0.0, *BANDS), BANDS, strict=False):
        start = (pl.col("target") - left).clip(lower_bound=0.0)
        waiting = decided.filter((pl.col("target") > below) & (pl.col("used") > start))
        rows.append((clock, left, waiting.height, int((~waiting["met"]).sum())))
    counted = pl.DataFrame(
        rows, schema={"clock": pl.String, "left": pl.Float64, "n": pl.Int64, "missed": pl.Int64}, orient="row"
    )
    share = pl.when(pl.col("n") > 0).then(pl.col("missed") / pl.col("n"))
    return counted.select("clock", "left", "n", share=share, low=low, high=high)


def coming(queue: pl.DataFrame, risks: pl.DataFrame, *, now: datetime, hours: int = HOURS) -> pl.DataFrame:
    """Count the targets that fall due in each of the next hours, and how many of them are likely missed.

    Parameters
    ----------
    queue
        ``ticket_id``, ``level``, ``clock``, ``minutes_left`` (on the clock) and ``due_at`` of open tickets.
    risks
        As `risk` gives them.
    now
        The moment of asking.
    hours
        How many hours are looked at.

    Returns
    -------
    DataFrame
        One row for every hour from ``now``, those without a target too: ``hour`` (its start), ``due``, ``likely``,
        ``low``, ``high`` (sums of the shares, and of their bounds), ``unknown`` (tickets that nothing in the past was
        like), ``tickets`` (their identifiers, most likely missed first).
    """
    end = now + timedelta(hours=hours)
    ahead = queue.filter((pl.col("due_at") > as_time(now)) & (pl.col("due_at") <= as_time(end)))
    banded = ahead.select(
        "ticket_id",
        clock=pl.col("clock").cast(pl.String),
        left=pl.col("minutes_left").cast(pl.Float64).clip(0.0, BANDS[-1]),
        place=((pl.col("due_at") - as_time(now)).dt.total_microseconds() - 1) // 3_600_000_000,
    ).sort("left", "ticket_id")
    judged = banded.join_asof(
        risks.sort("left"), on="left", by="clock", strategy="forward", check_sortedness=False
    ).sort("share", "left", "ticket_id", descending=[True, False, False], nulls_last=True)
    counted = judged.group_by("place", maintain_order=True).agg(
        due=pl.len().cast(pl.Int64),
        likely=pl.col("share").sum(),
        low=pl.col("low").sum(),
        high=pl.col("high").sum(),
        unknown=pl.col("share").null_count().cast(pl.Int64),
        tickets=pl.col("ticket_id"),
    )
    every = pl.DataFrame({"place": pl.int_range(hours, eager=True)}).with_columns(
        hour=as_time(now) + pl.duration(hours=pl.col("place"))
    )
    numbers = ("due", "likely", "low", "high", "unknown")
    return (
        every.join(counted, on="place", how="left", maintain_order="left")
        .with_columns(pl.col(*numbers).fill_null(0), pl.col("tickets").fill_null(pl.lit([], pl.List(pl.String))))
        .drop("place")
    )


__all__ = ["BANDS", "HOURS", "coming", "risk"]
