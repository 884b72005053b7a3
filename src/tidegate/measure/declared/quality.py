"""Whether the matter was settled, and the priority right."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.measure.measures import Measure, share

MEASURES: Final[tuple[Measure, ...]] = (
    share(
        name="recontact_rate",
        title="Recontact",
        family="Quality",
        definition=(
            "Share of tickets after whose opening the same requester opened another within the window, over tickets "
            "whose window is over."
        ),
        value="recontact",
        better="down",
        leading=True,
    ),
    share(
        name="recontact_same_rate",
        title="Recontact about the same thing",
        family="Quality",
        definition="The same, counting only tickets about the same thing; tickets without a known thing are not in it.",
        value="recontact_same",
        better="down",
        leading=True,
    ),
    share(
        name="recontact_after_solved_rate",
        title="Recontact after solving",
        family="Quality",
        definition=(
            "Share of tickets solved in the period after which the same requester opened a new one within the window."
        ),
        value="recontact_after_solved",
        better="down",
        cohort="solved",
        leading=True,
    ),
    share(
        name="reopen_rate",
        title="Reopened within a week",
        family="Quality",
        definition=(
            "Share of tickets solved in the period that were reopened within seven days of their first solve; over "
            "15% deserves a look."
        ),
        value="reopened",
        better="down",
        cohort="solved",
        warn_above=0.15,
    ),
    share(
        name="reopen_rate_urgent",
        title="Reopened within a week, P0 and P1",
        family="Quality",
        definition="The same for P0 and P1 only: haste shows here first.",
        value=pl.when("urgent").then("reopened"),
        better="down",
        cohort="solved",
        warn_above=0.15,
    ),
    share(
        name="first_contact_resolution",
        title="First contact resolution",
        family="Quality",
        definition=(
            "Share of tickets solved in the period with at most one answer, no return of the requester and no reopen."
        ),
        value="first_contact",
        better="up",
        cohort="solved",
    ),
    share(
        name="escalation_rate",
        title="Escalated",
        family="Quality",
        definition="Share of tickets opened in the period that were escalated.",
        value="escalated",
        better="down",
    ),
    share(
        name="caught_early",
        title="Escalated before the complaint",
        family="Quality",
        definition=(
            "Of the escalated tickets, the share that the team escalated before the requester complained: asked for "
            "it, wrote again an hour or more without an answer, or gave a score below one half."
        ),
        value="caught",
        better="up",
        leading=True,
    ),
    share(
        name="false_high",
        title="False high priority",
        family="Quality",
        definition="Of the tickets first rated P0 or P1, the share that a person moved to P2 or P3.",
        value="false_high",
        better="down",
    ),
    share(
        name="false_low",
        title="False low priority",
        family="Quality",
        definition="Of the tickets first rated P2 or P3, the share that a person moved to P0 or P1.",
        value="false_low",
        better="down",
    ),
)

__all__ = ["MEASURES"]
