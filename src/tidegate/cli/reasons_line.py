"""The reasons of a ticket in one line."""

from __future__ import annotations

import polars as pl


def headline(most: int) -> pl.Expr:
    """Say in one line why a ticket stands so high: what raised it most first, what lowered it last."""
    reason = pl.element().struct
    raised, lowered = reason.field("points") >= 0, reason.field("points") < 0
    texts = pl.concat_list(
        pl.col("reasons").list.eval(reason.field("text").filter(raised)),
        pl.col("reasons").list.eval(reason.field("text").filter(lowered)),
    )
    return texts.list.head(most).list.join("; ").alias("reasons")
