"""What was promised, and kept."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.measures import Measure, share

MEASURES: Final[tuple[Measure, ...]] = (
    share(
        name="sla_first_response",
        title="First response in target",
        family="Targets",
        definition=(
            "Share of tickets whose first response by a person came within the target of their level; no answer "
            "counts as missed once the target is over, and is not counted before."
        ),
        value="first_response_met",
        better="up",
        also_by=("level",),
    ),
    share(
        name="sla_next_response",
        title="Next response in target",
        family="Targets",
        definition=(
            "Share of waits for a next answer that ended within the target; open waits count once the target is over."
        ),
        value="met",
        better="up",
        cohort="waits",
        also_by=("level",),
    ),
    share(
        name="sla_resolution",
        title="Resolution in target",
        family="Targets",
        definition=(
            "Share of tickets solved within the target, time waiting on the customer taken out; open ones count once "
            "it is over."
        ),
        value="resolution_met",
        better="up",
        also_by=("level",),
    ),
    share(
        name="breach_rate",
        title="Breach rate",
        family="Targets",
        definition=(
            "Share of tickets that missed the target of first response or resolution, of those where one is decided."
        ),
        value="any_missed",
        better="down",
        also_by=("level",),
    ),
    share(
        name="near_miss",
        title="Near misses",
        family="Targets",
        definition="Share of decided first responses that met the target with less than a tenth of it left.",
        value="first_response_near",
        better="down",
        leading=True,
        also_by=("level",),
    ),
    share(
        name="urgent_in_target",
        title="Urgent in target",
        family="Targets",
        definition="Share of P0 and P1 tickets whose first response came within its target.",
        value=pl.when("urgent").then("first_response_met"),
        better="up",
    ),
)

__all__ = ["MEASURES"]
