"""Measures of a period, by segment, with intervals, and the differences between two sets of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.measure.catalogue import CATALOGUE
from tidegate.measure.cohorts import UNKNOWN, cohorts
from tidegate.measure.flow import special
from tidegate.measure.intervals import BLOCKS, bootstrap_mean, differences, quantile_bounds, wilson
from tidegate.measure.measures import RESULTS
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tidegate.measure.ledger import Ledger
    from tidegate.measure.measures import Cohort, Measure, Period

QUANTILES: Final = {"median": 0.5, "p90": 0.9}
ALL: Final = "all"
_FIGURES: Final = ("value", "low", "high", "n")


def measure(
    ledger: Ledger, period: Period, *, by: str | None = None, names: Iterable[str] | None = None, seed: int = 0
) -> pl.DataFrame:
    """Compute measures.

    Parameters
    ----------
    ledger
        From `ledger.build_ledger`.
    period
        Which tickets count; what is known about them is known as of the ledger's moment.
    by
        Column of the ledger's tickets to split by, besides the total.
    names
        Measures of `CATALOGUE`; all by default.
    seed
        Of the bootstrap.

    Returns
    -------
    DataFrame
        As `measures.RESULTS` says, in the order of the catalogue, total first. A measure that nothing is known for has
        one row with null and n 0.

    Raises
    ------
    InputError
        If ``by`` is no column of the tickets or a name is no measure.
    """
    chosen = _chosen(names)
    if by is not None and by not in ledger.tickets.columns:
        raise InputError(
            f"there is no column {by!r} to split by", expected="one of " + ", ".join(sorted(ledger.tickets.columns))
        )
    tables = cohorts(ledger, period, by)
    parts = [_split(tables, chosen, None, period=period, seed=seed)]
    if by is not None:
        parts.append(_split(tables, chosen, by, column="segment", period=period, seed=seed))
    always = dict.fromkeys(name for m in chosen for name in m.also_by if name != by)
    for name in always:
        of_name = [m for m in chosen if name in m.also_by]
        parts.append(_split(tables, of_name, name, column=name, period=period, seed=seed))
    parts.append(special([m for m in chosen if m.kind == "special"], tables, period, seed))
    return _described(pl.concat([part for part in parts if len(part)]), chosen)


def _chosen(names: Iterable[str] | None) -> list[Measure]:
    wanted = list(CATALOGUE) if names is None else list(names)
    for name in wanted:
        if name not in CATALOGUE:
            raise InputError(f"there is no measure {name!r}", expected="one of " + ", ".join(CATALOGUE))
    return [CATALOGUE[name] for name in CATALOGUE if name in set(wanted)]


def _split(
    tables: dict[Cohort, pl.LazyFrame],
    chosen: Sequence[Measure],
    by: str | None,
    *,
    column: str = "",
    period: Period,
    seed: int,
) -> pl.DataFrame:
    """Figures of every measure that is not special, split by one column: one pass over each cohort."""
    parts = [pl.DataFrame(schema=_FIGURE_SCHEMA)]
    for name, table in tables.items():
        of_cohort = [m for m in chosen if m.cohort == name and m.kind != "special"]
        if not of_cohort:
            continue
        key = pl.col(column).cast(pl.String).fill_null(UNKNOWN) if by is not None else pl.lit(ALL)
        keyed = table.with_columns(key=key)
        exact = [m for m in of_cohort if m.kind not in ("mean", "flow")]
        if exact:
            parts.append(_exact(keyed, exact, split=by is not None))
        means = [m for m in of_cohort if m.kind == "mean"]
        if means:
            parts.append(_means(keyed, means, seed))
        parts += [_flow(keyed, m, period, seed) for m in of_cohort if m.kind == "flow"]
    named = pl.concat(parts)
    return named.with_columns(segment=pl.lit(f"{by}=") + pl.col("segment")) if by is not None else named


_FIGURE_SCHEMA: Final = pl.Schema(
    {"name": pl.String, "segment": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "n": pl.Int64}
)


def _exact(table: pl.LazyFrame, measures: Sequence[Measure], *, split: bool) -> pl.DataFrame:
    figures = [figure for m in measures for figure in _figures(m)]
    wide = (
        table.group_by("key").agg(figures).collect()
        if split
        else table.select(figures).collect().with_columns(key=pl.lit(ALL))
    )
    return pl.concat(
        [
            wide.select(
                name=pl.lit(m.name),
                segment="key",
                **{f: pl.col(f"{m.name} {f}").cast(_FIGURE_SCHEMA[f]) for f in _FIGURES},
            )
            for m in measures
        ]
    ).sort("name", "segment")


def _figures(m: Measure) -> list[pl.Expr]:
    values = m.value.drop_nulls()
    count = values.len()
    if m.kind == "stock":
        none = pl.lit(None, pl.Float64)
        figures = (pl.len(), none, none, pl.len())
    elif m.kind == "share":
        figures = (values.mean(), *wilson(values.sum(), count), count)
    else:
        share = QUANTILES[m.kind]
        figures = (values.quantile(share, "linear"), *quantile_bounds(values, share), count)
    return [figure.alias(f"{m.name} {name}") for name, figure in zip(_FIGURES, figures, strict=True)]


def _means(table: pl.LazyFrame, measures: Sequence[Measure], seed: int) -> pl.DataFrame:
    sums = [m.value.sum().cast(pl.Float64).alias(f"{m.name} sum") for m in measures]
    counts = [m.value.count().cast(pl.Float64).alias(f"{m.name} count") for m in measures]
    blocks = (
        table.with_columns(block=pl.int_range(pl.len()) % BLOCKS).group_by("key", "block").agg(sums + counts).collect()
    ).sort("key", "block")
    parts = [pl.DataFrame(schema=_FIGURE_SCHEMA)]
    for (key,), part in blocks.partition_by("key", as_dict=True, maintain_order=True).items():
        totals = part.select(f"{m.name} sum" for m in measures).to_numpy()
        rows = part.select(f"{m.name} count" for m in measures).to_numpy()
        low, high = bootstrap_mean(totals, rows, seed)
        n = rows.sum(axis=0)
        value = np.divide(totals.sum(axis=0), n, out=np.full(len(n), np.nan), where=n > 0)
        parts.append(_frame([m.name for m in measures], str(key), value=value, low=low, high=high, n=n))
    return pl.concat(parts)


def _frame(
    names: Sequence[str], segment: str, *, value: np.ndarray, low: np.ndarray, high: np.ndarray, n: np.ndarray
) -> pl.DataFrame:
    return pl.DataFrame(
        {"name": names, "segment": segment, "value": value, "low": low, "high": high, "n": n.astype(np.int64)},
        schema=_FIGURE_SCHEMA,
        nan_to_null=True,
    )


def _flow(table: pl.LazyFrame, m: Measure, period: Period, seed: int) -> pl.DataFrame:
    """Count a flow; the interval comes from drawing the period's days anew."""
    time = "created_at" if m.cohort == "opened" else "solved_at"
    daily = table.group_by("key", day=pl.col(time).dt.date()).agg(count=pl.len()).collect().sort("key", "day")
    first = period.start.date()
    days = (period.end.date() - first).days + 1
    parts = [pl.DataFrame(schema=_FIGURE_SCHEMA)]
    for (key,), part in daily.partition_by("key", as_dict=True, maintain_order=True).items():
        counts = np.zeros((days, 1))
        place = (part["day"] - first).dt.total_days().to_numpy()
        counts[place, 0] = part["count"].to_numpy()
        low, high = bootstrap_mean(counts, np.ones((days, 1)), seed)
        total = counts.sum(axis=0)
        parts.append(_frame([m.name], str(key), value=total, low=low * days, high=high * days, n=total))
    return pl.concat(parts)


def _described(figures: pl.DataFrame, chosen: Sequence[Measure]) -> pl.DataFrame:
    """Add unit and definition, one empty row for what is not known, and the order of the catalogue."""
    catalogue = pl.DataFrame(
        [(m.name, m.unit, m.definition) for m in chosen],
        schema={"name": pl.String, "unit": pl.String, "definition": pl.String},
        orient="row",
    ).with_row_index("place")
    known = figures.filter((pl.col("n") > 0) | (pl.col("segment") == ALL))
    return (
        catalogue.join(known, on="name", how="left")
        .with_columns(pl.col("segment").fill_null(ALL), pl.col("n").fill_null(0))
        .sort("place", pl.col("segment") != ALL, "segment")
        .select(RESULTS.names())
    )


def compare(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """Set two results side by side.

    Parameters
    ----------
    first, second
        From `measure`; the difference is first less second.

    Returns
    -------
    DataFrame
        The columns of ``first``, ``other_value``, ``other_low``, ``other_high``, ``other_n``, ``change``,
        ``change_low``, ``change_high`` and ``clear``: whether the interval of the difference leaves out zero. Intervals
        take the two sets as independent, which two periods nearly are; two policies on the same tickets are not, and
        their interval is then wider than it need be.
    """
    other = second.select("name", "segment", **{f"other_{f}": pl.col(f) for f in _FIGURES})
    change, low, high = differences(
        value=pl.col("value"),
        low=pl.col("low"),
        high=pl.col("high"),
        other=pl.col("other_value"),
        other_low=pl.col("other_low"),
        other_high=pl.col("other_high"),
    )
    both = first.join(other, on=["name", "segment"], how="left", maintain_order="left")
    return both.with_columns(change=change, change_low=low, change_high=high).with_columns(
        clear=(pl.col("change_low") > 0) | (pl.col("change_high") < 0)
    )


__all__ = ["ALL", "QUANTILES", "compare", "measure"]
