"""What a measure is: a small declared object over the ledger. `catalogue` declares them all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

if TYPE_CHECKING:
    from datetime import datetime

Kind = Literal["share", "median", "p90", "mean", "flow", "stock", "special"]
Cohort = Literal["opened", "solved", "open", "recent", "waits", "weeks"]
Unit = Literal["share", "minutes", "tickets", "times", "tickets a day", "days", "score", "tickets a week"]

Better = Literal["up", "down", ""]

INTERVALS: Final[dict[Kind, str]] = {
    "share": "Wilson",
    "median": "order statistics",
    "p90": "order statistics",
    "mean": "bootstrap",
    "flow": "bootstrap over days",
    "stock": "none: it is counted, not estimated",
    "special": "bootstrap over days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure about a period.

    Parameters
    ----------
    name, title
        Identifier and words for people.
    family
        Heading under which it is shown.
    definition
        One sentence that a support lead can check.
    unit
        Of its value; shares are 0 to 1.
    leading
        Whether it moves before customers feel it; otherwise it lags.
    better
        Direction that is good; empty where neither is.
    kind
        How it is computed: share of rows, quantile, mean, flow (a count of the period), stock (a count at its end),
        special.
    cohort
        Rows that it looks at: tickets ``opened`` or ``solved`` in the period, ``open`` at its end, the ``recent`` 500,
        the ``waits`` for a next answer that began in it, or agents' ``weeks``.
    value
        Boolean for shares, number otherwise; null leaves the row out.
    also_by
        Columns by whose values it is always split too.
    beside
        Measures without which it misleads; shown next to it.
    warn_above, warn_below
        Value past which people should look.
    """

    name: str
    title: str
    family: str
    definition: str
    unit: Unit
    leading: bool
    better: Better
    kind: Kind
    cohort: Cohort
    value: pl.Expr
    also_by: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    warn_above: float | None = None
    warn_below: float | None = None

    @property
    def interval(self) -> str:
        """How its interval is made."""
        return INTERVALS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From ``start`` (included) to ``end`` (not included), UTC."""

    start: datetime
    end: datetime

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.end - self.start).total_seconds() / 86_400

    def holds(self, column: str) -> pl.Expr:
        """Whether a time lies in the period; null is not."""
        return pl.col(column).is_between(self.start, self.end, closed="left").fill_null(value=False)


def share(
    *,
    name: str,
    title: str,
    family: str,
    definition: str,
    value: str | pl.Expr,
    better: Better,
    cohort: Cohort = "opened",
    leading: bool = False,
    also_by: tuple[str, ...] = (),
    warn_above: float | None = None,
) -> Measure:
    """Declare a share of rows; ``value`` is a boolean column or expression."""
    return Measure(
        name=name,
        title=title,
        family=family,
        definition=definition,
        unit="share",
        leading=leading,
        better=better,
        kind="share",
        cohort=cohort,
        value=pl.col(value) if isinstance(value, str) else value,
        also_by=also_by,
        warn_above=warn_above,
    )


def mean(
    *,
    name: str,
    title: str,
    family: str,
    definition: str,
    value: str | pl.Expr,
    better: Better,
    unit: Unit,
    cohort: Cohort = "opened",
    leading: bool = False,
    beside: tuple[str, ...] = (),
    warn_above: float | None = None,
    warn_below: float | None = None,
) -> Measure:
    """Declare a mean; ``value`` is a column or expression of numbers."""
    return Measure(
        name=name,
        title=title,
        family=family,
        definition=definition,
        unit=unit,
        leading=leading,
        better=better,
        kind="mean",
        cohort=cohort,
        value=pl.col(value) if isinstance(value, str) else value,
        beside=beside,
        warn_above=warn_above,
        warn_below=warn_below,
    )


def times(
    *, name: str, title: str, column: str, definition: str, cohort: Cohort = "opened", leading: bool = False
) -> tuple[Measure, Measure]:
    """Declare median and 90th percentile of a column of minutes; ``definition`` goes on after "business time"."""
    median, p90 = (
        Measure(
            name=f"{name}_{kind}",
            title=f"{title}, {kind}",
            family="Speed",
            definition=f"{word.capitalize()} business time {definition}",
            unit="minutes",
            leading=leading,
            better="down",
            kind=kind,
            cohort=cohort,
            value=pl.col(column),
            beside=("answered",) if cohort == "opened" else (),
        )
        for kind, word in (("median", "median"), ("p90", "90th percentile"))
    )
    return median, p90


RESULTS: Final = pl.Schema(
    {
        "name": pl.String(),
        "segment": pl.String(),
        "value": pl.Float64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
        "n": pl.Int64(),
        "unit": pl.String(),
        "definition": pl.String(),
    }
)
"""One row a measure and segment: ``all`` or ``column=value``; ``n`` rows counted, ``value`` null where n is 0."""

__all__ = ["INTERVALS", "RESULTS", "Better", "Cohort", "Kind", "Measure", "Period", "Unit", "mean", "share", "times"]
