"""What it costs the customer and the team."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.measures import Measure, mean, share

LEAST_A_WEEK: Final = 150
MOST_A_WEEK: Final = 250
"""What teams sustain, in tickets solved by one agent in a week."""

MEASURES: Final[tuple[Measure, ...]] = (
    mean(
        name="back_and_forths",
        title="Back and forth",
        family="Effort",
        definition="Mean times that the requester had to write again after an answer.",
        value="back_and_forths",
        better="down",
        unit="times",
        leading=True,
    ),
    mean(
        name="transfers",
        title="Transfers",
        family="Effort",
        definition="Mean times that a ticket was handed to another person or group after its first assignment.",
        value="transfers",
        better="down",
        unit="times",
        leading=True,
    ),
    mean(
        name="waiting_internal",
        title="Waiting on internal",
        family="Effort",
        definition="Mean business time that a ticket was on hold, waiting for somebody inside.",
        value="waiting_internal",
        better="down",
        unit="minutes",
        leading=True,
    ),
    mean(
        name="csat",
        title="CSAT",
        family="Effort",
        definition="Mean of the last satisfaction score of each rated ticket, 0 bad to 1 good.",
        value="csat",
        better="up",
        unit="score",
    ),
    mean(
        name="csat_high_risk",
        title="CSAT, high-risk tickets",
        family="Effort",
        definition="The same for tickets that were P0 or P1, escalated or reopened.",
        value=pl.when("high_risk").then("csat"),
        better="up",
        unit="score",
    ),
    mean(
        name="handling_time",
        title="Handling time",
        family="Effort",
        definition=(
            "Mean working minutes spent on a ticket solved in the period; never read alone, since haste comes back as "
            "recontact."
        ),
        value="handling_minutes",
        better="",
        unit="minutes",
        cohort="solved",
        beside=("recontact_rate", "reopen_rate", "csat"),
    ),
    mean(
        name="agent_load",
        title="Load per agent",
        family="Effort",
        definition=(
            "Mean tickets that an agent solves in a week in which they solve any; 150 to 250 is what teams sustain."
        ),
        value="solved",
        better="",
        unit="tickets a week",
        cohort="weeks",
        leading=True,
        warn_above=MOST_A_WEEK,
        warn_below=LEAST_A_WEEK,
    ),
    share(
        name="overloaded_weeks",
        title="Agent weeks over 250",
        family="Effort",
        definition="Share of agents' weeks in which they solved more than 250 tickets.",
        value=pl.col("solved") > MOST_A_WEEK,
        better="down",
        cohort="weeks",
        leading=True,
    ),
)

__all__ = ["MEASURES"]
