"""Which decisions changed: only those are written down, and only those are acted upon."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.tables.words import LANE, LEVEL

DECIDED: Final = {
    "ticket_id": pl.String,
    "level": LEVEL,
    "lane": LANE,
    "review": pl.Boolean,
    "rules": pl.List(pl.String),
    "agent_id": pl.String,
    "group": pl.String,
    "automatic": pl.Boolean,
}
"""What a decision is made of: a change of any of these is a new one. Points and the texts of reasons move with every
minute and are not."""

_ROUTE: Final = ("agent_id", "group", "automatic")


def with_routes(queue: pl.DataFrame, routes: pl.DataFrame | None) -> pl.DataFrame:
    """Join the routes to the decided tickets; a ticket that somebody has has none."""
    own = queue.select(pl.col(name).cast(DECIDED[name]) for name in ("ticket_id", "level", "lane", "review", "rules"))
    if routes is None:
        return own.with_columns(pl.lit(None, DECIDED[name]).alias(name) for name in _ROUTE)
    named = routes.select("ticket_id", *_ROUTE)
    return own.join(named, on="ticket_id", how="left", maintain_order="left").select(*DECIDED)


def changed(decided: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """Find the tickets that are decided otherwise than before.

    Parameters
    ----------
    decided
        As `with_routes` gives it.
    before
        The last decision of each ticket, with the columns of `DECIDED`.

    Returns
    -------
    DataFrame
        ``ticket_id`` and ``first``: whether there was no decision before; in the order of ``decided``.
    """
    past = before.select(pl.col(name).cast(dtype) for name, dtype in DECIDED.items()).with_columns(
        known=pl.lit(value=True)
    )
    both = decided.join(past, on="ticket_id", how="left", suffix="_before", maintain_order="left")
    first = pl.col("known").is_null()
    same = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(f"{name}_before")) for name in DECIDED if name not in ("ticket_id", "rules")
    )
    rules = pl.col("rules").list.sort().list.join("\n").eq_missing(pl.col("rules_before").list.sort().list.join("\n"))
    return both.filter(first | ~(same & rules)).select("ticket_id", first=first)
