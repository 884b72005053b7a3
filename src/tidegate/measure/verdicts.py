"""Yes, no or not decided yet: the verdicts on each ticket that measures count.

Null is "not decided": the time to judge is not over, or the fact is not known. Such rows are not counted, so that a
young ticket counts neither as a success nor as a failure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.measure.repair import as_time
from tidegate.tables.words import URGENT

if TYPE_CHECKING:
    from datetime import datetime

REOPEN_DAYS: Final = 7
NEAR: Final = 0.9
"""A target that was met with less than a tenth of it left is a near miss."""

AGE_BANDS: Final = {"under 1 day": 1, "1 to 3 days": 3, "3 to 7 days": 7, "7 to 30 days": 30}
"""Upper bounds in days around the clock; older is "over 30 days"."""


def with_verdicts(tickets: pl.DataFrame, as_of: datetime, window_days: float) -> pl.DataFrame:
    """Add the verdicts to settled tickets.

    Adds ``urgent``, ``high_risk``, ``recontact``, ``recontact_same``, ``recontact_after_solved``, ``reopened``,
    ``first_contact``, ``first_response_met``, ``first_response_near``, ``resolution_met``, ``any_missed``, ``caught``,
    ``false_high``, ``false_low``, ``age_band``.
    """
    urgent = pl.col("level").is_in(URGENT)
    with_basics = tickets.with_columns(
        urgent=urgent,
        high_risk=urgent | pl.col("escalated").fill_null(value=False) | (pl.col("reopens") > 0).fill_null(value=False),
        first_response_met=pl.when(pl.col("answered").is_not_null()).then(
            _met("promised_minutes", "age_minutes", "respond_target", _answered_by_people())
        ),
        resolution_met=_met(
            "working_minutes",
            pl.col("age_minutes") - pl.col("waiting_customer").fill_null(0.0),
            "resolve_target",
            pl.col("solved_at").is_not_null(),
        ),
        **_recontacts(as_of, window_days),
        reopened=_reopened(as_of),
        caught=_caught(),
        age_band=age_band(as_of),
    )
    overridden = bool(tickets["rated"].count())
    return with_basics.with_columns(
        first_response_near=pl.when("first_response_met")
        .then(pl.col("promised_minutes") > NEAR * pl.col("respond_target"))
        .when(pl.col("first_response_met").is_not_null())
        .then(statement=False),
        any_missed=_any_missed(),
        first_contact=_first_contact(),
        **_false_levels(known=overridden),
    )


def _met(minutes: str, age: str | pl.Expr, target: str, done: pl.Expr) -> pl.Expr:
    """Done within the target; not done counts as missed once the target is over, and is undecided before."""
    age = pl.col(age) if isinstance(age, str) else age
    return pl.when(done).then(pl.col(minutes) <= pl.col(target)).when(age > pl.col(target)).then(statement=False)


def _answered_by_people() -> pl.Expr:
    """Whether a person answered; a ticket whose answer is dated before its opening counts, without minutes."""
    return pl.col("human_at").is_not_null() | pl.col("promised_minutes").is_not_null()


def _any_missed() -> pl.Expr:
    verdicts = (pl.col("first_response_met"), pl.col("resolution_met"))
    missed = pl.any_horizontal((~verdict).fill_null(value=False) for verdict in verdicts)
    decided = pl.any_horizontal(verdict.is_not_null() for verdict in verdicts)
    return pl.when(decided).then(missed)


def _recontacts(as_of: datetime, window_days: float) -> dict[str, pl.Expr]:
    window = pl.duration(minutes=window_days * 1440)

    def within(start: str, following: str, known: pl.Expr) -> pl.Expr:
        judged = known & (pl.col(start) + window <= as_time(as_of))
        return pl.when(judged).then((pl.col(following) - pl.col(start) <= window).fill_null(value=False))

    asker = pl.col("requester_id").is_not_null()
    return {
        "recontact": within("created_at", "next_at", asker),
        "recontact_same": within("created_at", "next_same_at", asker & pl.col("similar").is_not_null()),
        "recontact_after_solved": within(
            "solved_at", "next_after_solved_at", asker & pl.col("solved_at").is_not_null()
        ),
    }


def _reopened(as_of: datetime) -> pl.Expr:
    """Reopened within a week of being solved; without a log, whether the table counts any reopen."""
    week = pl.duration(days=REOPEN_DAYS)
    since = pl.col("first_solved_at")
    logged = pl.col("first_reopened_at").is_not_null()
    return (
        pl.when(since.is_null() | (since + week > as_time(as_of)))
        .then(None)
        .when(logged)
        .then(pl.col("first_reopened_at") - since <= week)
        .otherwise(pl.col("reopens") > 0)
    )


def _first_contact() -> pl.Expr:
    once = (pl.col("answers") <= 1) & (pl.col("back_and_forths") == 0) & (pl.col("reopens").fill_null(0) == 0)
    return pl.when(pl.col("solved_at").is_not_null() & pl.col("answers").is_not_null()).then(once)


def _caught() -> pl.Expr:
    ours, theirs = pl.col("escalated_by_us_at"), pl.col("complained_at")
    early = ours.is_not_null() & (theirs.is_null() | (ours < theirs))
    return pl.when(pl.col("escalated_at").is_not_null()).then(early)


def _false_levels(*, known: bool) -> dict[str, pl.Expr]:
    if not known:
        return {name: pl.lit(None, pl.Boolean) for name in ("false_high", "false_low")}
    rated = pl.coalesce("rated", "level").is_in(URGENT)
    corrected = pl.coalesce("corrected", "level").is_in(URGENT)
    return {
        "false_high": pl.when(rated).then(~corrected),
        "false_low": pl.when(~rated).then(corrected),
    }


def age_band(as_of: datetime) -> pl.Expr:
    """Band of a ticket's age at a moment, around the clock."""
    days = (as_time(as_of) - pl.col("created_at")).dt.total_seconds() / 86_400
    band = pl.when(pl.lit(value=False)).then(pl.lit(""))
    for name, bound in AGE_BANDS.items():
        band = band.when(days < bound).then(pl.lit(name))
    return band.otherwise(pl.lit("over 30 days"))


__all__ = ["AGE_BANDS", "NEAR", "REOPEN_DAYS", "age_band", "with_verdicts"]
