"""Inflow against what the team closes: net inflow, capacity, days to drain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.measure.intervals import REPEATS, TAIL, bounds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.measure.measures import Cohort, Measure, Period


def special(
    measures: Sequence[Measure],
    tables: dict[Cohort, pl.LazyFrame],
    period: Period,
    seed: int,
) -> pl.DataFrame:
    """Figures of the measures that weigh several cohorts; for the total only."""
    if not measures:
        return pl.DataFrame()
    daily = _daily(tables, period)
    weights = np.random.default_rng(seed).poisson(1.0, (REPEATS, len(daily))).astype(np.float64)
    weights = np.vstack((np.ones(len(daily)), weights))
    opened, solved = daily["opened"].to_numpy(), daily["solved"].to_numpy()
    scale = len(daily) / np.maximum(weights.sum(axis=1), 1)
    capacity = _capacity(tables["solved"], daily["day"], weights)
    working = weights @ (solved > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        inflow = np.where(working > 0, (weights @ opened) / working, np.nan)
        spare = capacity - inflow
        backlog = tables["open"].select(pl.len()).collect().item()
        drawn = {
            "net_flow": (weights @ (opened - solved)) * scale,
            "capacity": capacity,
            "inflow_to_capacity": inflow / capacity,
            "days_to_drain": np.where(spare > 0, backlog / spare, np.nan),
        }
    counts = {"net_flow": opened.sum() + solved.sum(), "days_to_drain": backlog if solved.any() else 0}
    return pl.concat([_row(m.name, drawn[m.name], counts.get(m.name, solved.sum())) for m in measures])


def _row(name: str, drawn: np.ndarray, n: float) -> pl.DataFrame:
    """Make a figure of its draws, the first of which is the data themselves.

    One that does not exist in more than 1 of 40 draws has no upper bound.
    """
    low, high = bounds(drawn[1:, None])
    value = drawn[0] if np.isfinite(drawn[0]) else None
    open_ended = np.isnan(drawn[1:]).mean() > TAIL
    return pl.DataFrame(
        {
            "name": [name],
            "segment": ["all"],
            "value": [value],
            "low": [None if np.isnan(low[0]) else float(low[0])],
            "high": [None if open_ended or np.isnan(high[0]) else float(high[0])],
            "n": [int(n)],
        },
        schema_overrides={"value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64},
    )


def _daily(tables: dict[Cohort, pl.LazyFrame], period: Period) -> pl.DataFrame:
    days = pl.date_range(period.start.date(), period.end.date(), eager=True).alias("day")
    frame = days.to_frame()
    for name, time in (("opened", "created_at"), ("solved", "solved_at")):
        counts = tables[name].group_by(day=pl.col(time).dt.date()).agg(pl.len().alias(name)).collect()
        frame = frame.join(counts, on="day", how="left", maintain_order="left")
    return frame.with_columns(pl.col("opened", "solved").fill_null(0).cast(pl.Float64))


def _capacity(solved: pl.LazyFrame, days: pl.Series, weights: np.ndarray) -> np.ndarray:
    """Sum over agents of solved tickets a day, over the days on which each solved any, for every draw of days."""
    work = (
        solved.filter(pl.col("solver").is_not_null())
        .group_by("solver", day=pl.col("solved_at").dt.date())
        .agg(count=pl.len())
        .with_columns(agent=pl.col("solver").rank("dense").cast(pl.Int64) - 1)
        .sort("agent", "day")
        .collect()
    )
    if work.is_empty():
        return np.full(len(weights), np.nan)
    agents = int(work["agent"].max()) + 1  # ty: ignore[invalid-argument-type]
    place = (work["day"] - days[0]).dt.total_days().to_numpy()
    made, active = np.zeros((len(days), agents)), np.zeros((len(days), agents))
    made[place, work["agent"]], active[place, work["agent"]] = work["count"], 1.0
    drawn = weights @ active
    return np.divide(weights @ made, drawn, out=np.zeros_like(drawn), where=drawn > 0).sum(axis=1)


__all__ = ["special"]
