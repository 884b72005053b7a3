"""Which of our own incidents touch a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.tables.words import LEVEL, TIME

if TYPE_CHECKING:
    from datetime import datetime

_KEYS: Final = (("product",), ("account_id",), ("product", "account_id"))


def incident_facts(
    tickets: pl.DataFrame, incidents: pl.DataFrame, now: datetime, *, account_id: pl.Series | None = None
) -> pl.DataFrame:
    """Count the incidents that are open and touch each ticket, and name the gravest.

    An incident touches a ticket if it names the ticket's product or no product, and the ticket's account or no account;
    one that names neither touches every ticket. Products are compared without case. An incident is open from its start
    until, and not including, its end.

    Parameters
    ----------
    tickets, incidents
        As `tables.Tickets` and `tables.Incidents`.
    now
        The moment of asking.
    account_id
        Account of each ticket where it was matched by other means than the ticket's own `account_id`.

    Returns
    -------
    DataFrame
        ``open_incidents`` Int32, and ``incident_id`` and ``incident_title`` of the gravest; ties go to the newest, then
        to the first by identifier. A level that is not known is less grave than P3.
    """
    ranked = _open(incidents, now)
    everywhere = ranked.filter(pl.col("product").is_null() & pl.col("account_id").is_null())
    found = tickets.select(
        product=_folded("product"),
        account_id="account_id" if account_id is None else account_id,
        count_all=pl.lit(everywhere.height, pl.UInt32),
        rank_all=pl.lit(everywhere["rank"].min(), pl.UInt32),
    ).lazy()
    for keys in _KEYS:
        tally = _tally(ranked, keys)
        if tally.height:
            found = found.join(tally.lazy(), on=keys, how="left", maintain_order="left")
    facts = found.select(
        open_incidents=pl.sum_horizontal(pl.col("^count_.*$")).cast(pl.Int32),
        rank=pl.min_horizontal(pl.col("^rank_.*$")),
    ).collect()
    gravest = ranked.select(incident_id="incident_id", incident_title="title")[facts["rank"]]
    return facts.select("open_incidents").hstack(gravest)


def touching(incidents: pl.DataFrame, now: datetime, *, product: str | None, account_id: str | None) -> pl.DataFrame:
    """List the open incidents that touch one ticket, as `tables.Incidents`, the gravest first."""
    folded = pl.lit(product, pl.String).str.strip_chars().str.to_lowercase()
    fits = [
        pl.col(column).is_null() | (pl.col(column) == value).fill_null(value=False)
        for column, value in (("product", folded), ("account_id", pl.lit(account_id, pl.String)))
    ]
    ranked = _open(incidents, now).filter(fits)
    return incidents.join(ranked.select("incident_id", "rank"), on="incident_id").sort("rank").drop("rank")


def _open(incidents: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """List the incidents that are open, the gravest first, with that order as ``rank``."""
    moment = pl.lit(now, TIME)
    return (
        incidents.filter((pl.col("started_at") <= moment) & (pl.col("resolved_at") > moment).fill_null(value=True))
        .with_columns(_folded("product"))
        .sort(
            pl.col("level").cast(LEVEL),
            "started_at",
            "incident_id",
            descending=[False, True, False],
            nulls_last=[True, False, False],
        )
        .with_row_index("rank")
    )


def _tally(ranked: pl.DataFrame, keys: tuple[str, ...]) -> pl.DataFrame:
    """Count the incidents that name exactly these keys, and give the rank of the gravest, by key."""
    name = "_".join(keys)
    named = [pl.col(key).is_not_null() == (key in keys) for key in ("product", "account_id")]
    return (
        ranked.filter(named)
        .group_by(keys)
        .agg(pl.len().alias(f"count_{name}"), pl.col("rank").min().alias(f"rank_{name}"))
    )


def _folded(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


__all__ = ["incident_facts", "touching"]
