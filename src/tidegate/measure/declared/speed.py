"""How long people wait."""

from __future__ import annotations

from typing import Final

from tidegate.measure.measures import Measure, share, times

MEASURES: Final[tuple[Measure, ...]] = (
    share(
        name="answered",
        title="Answered at all",
        family="Speed",
        definition="Share of tickets opened in the period that somebody other than the requester has answered.",
        value="answered",
        better="up",
        also_by=("level",),
    ),
    *times(
        name="ttfmr",
        title="First meaningful response (TTFMR)",
        column="meaningful_minutes",
        definition=(
            "from opening to the first public reply by a person that says more than that it was sent; unanswered "
            "tickets are not in it."
        ),
        leading=True,
    ),
    *times(
        name="first_response",
        title="First response",
        column="first_response_minutes",
        definition=(
            "from opening to the first public reply by anybody other than the requester, bots included; unanswered "
            "tickets are not in it."
        ),
    ),
    *times(
        name="human_response",
        title="First human response",
        column="human_minutes",
        definition="from opening to the first public reply by a person, not a bot.",
    ),
    *times(
        name="next_response",
        title="Next response",
        column="minutes",
        definition=(
            "from a requester's message after an answer to the next answer, over all such waits that began in the "
            "period and are over."
        ),
        cohort="waits",
    ),
    *times(
        name="resolution",
        title="Resolution",
        column="resolution_minutes",
        definition=(
            "from opening to the last solve that still stands, over tickets solved in the period, waiting included."
        ),
        cohort="solved",
    ),
)

__all__ = ["MEASURES"]
