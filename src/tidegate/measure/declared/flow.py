"""What comes in, what goes out, what lies there."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.measures import Measure

MEASURES: Final[tuple[Measure, ...]] = (
    Measure(
        name="inflow",
        title="Inflow",
        family="Flow",
        definition="Tickets opened in the period.",
        unit="tickets",
        leading=True,
        better="",
        kind="flow",
        cohort="opened",
        value=pl.lit(1.0),
    ),
    Measure(
        name="closed",
        title="Solved",
        family="Flow",
        definition="Tickets whose last solve, still standing, falls in the period.",
        unit="tickets",
        leading=False,
        better="up",
        kind="flow",
        cohort="solved",
        value=pl.lit(1.0),
    ),
    Measure(
        name="net_flow",
        title="Net inflow",
        family="Flow",
        definition="Inflow less solved: what the backlog grew by.",
        unit="tickets",
        leading=True,
        better="down",
        kind="special",
        cohort="opened",
        value=pl.lit(1.0),
        warn_above=0,
    ),
    Measure(
        name="backlog",
        title="Backlog",
        family="Flow",
        definition="Tickets that were open at the end of the period, by level and by age.",
        unit="tickets",
        leading=True,
        better="down",
        kind="stock",
        cohort="open",
        value=pl.lit(value=True),
        also_by=("level", "age_band"),
    ),
    Measure(
        name="backlog_age",
        title="Age of the backlog, median",
        family="Flow",
        definition="Median business time since opening of the tickets open at the end of the period.",
        unit="minutes",
        leading=True,
        better="down",
        kind="median",
        cohort="open",
        value=pl.col("age_minutes"),
    ),
    Measure(
        name="capacity",
        title="Closing capacity",
        family="Flow",
        definition="Sum over agents of the tickets each solves on a day on which they solve any.",
        unit="tickets a day",
        leading=True,
        better="up",
        kind="special",
        cohort="solved",
        value=pl.lit(1.0),
    ),
    Measure(
        name="inflow_to_capacity",
        title="Inflow against capacity",
        family="Flow",
        definition=(
            "Inflow per day on which anybody solved anything, divided by closing capacity; over 1 the backlog grows."
        ),
        unit="share",
        leading=True,
        better="down",
        kind="special",
        cohort="solved",
        value=pl.lit(1.0),
        warn_above=1,
    ),
    Measure(
        name="days_to_drain",
        title="Days to drain",
        family="Flow",
        definition=(
            "Backlog divided by what capacity exceeds inflow by, in working days; none if it does not exceed it."
        ),
        unit="days",
        leading=True,
        better="down",
        kind="special",
        cohort="solved",
        value=pl.lit(1.0),
    ),
)

__all__ = ["MEASURES"]
