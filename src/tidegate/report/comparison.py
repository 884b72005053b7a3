"""One measured period, alone or beside another: what the table, the JSON and the page are written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tidegate.measure.evaluate import compare, measure

if TYPE_CHECKING:
    import polars as pl

    from tidegate.measure.ledger import Ledger
    from tidegate.measure.measures import Period
    from tidegate.policy.model import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A ledger, the period of it that is looked at, and the policy that it was judged under."""

    ledger: Ledger
    period: Period
    policy: Policy

    @property
    def label(self) -> str:
        """Name it: period and policy."""
        return f"{self.period.start:%d %b %Y} to {self.period.end:%d %b %Y}, policy {self.policy.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measures of one side, and where there is an ``other`` the differences from it.

    Attributes
    ----------
    results
        As `measures.RESULTS`; with another side as `evaluate.compare` gives them.
    """

    side: Side
    other: Side | None
    by: str | None
    results: pl.DataFrame


def measured(side: Side, *, other: Side | None = None, by: str | None = None, seed: int = 0) -> Measured:
    """Measure one side, or two and their differences."""
    results = measure(side.ledger, side.period, by=by, seed=seed)
    if other is not None:
        results = compare(results, measure(other.ledger, other.period, by=by, seed=seed + 1))
    return Measured(side=side, other=other, by=by, results=results)


__all__ = ["Measured", "Side", "measured"]
