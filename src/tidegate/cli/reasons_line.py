"""The reasons of a ticket in one line."""

from __future__ import annotations

import polars as pl


def headline(most: int) -> pl.Expr:
    """Say in one line why a ticket stands there: what raised it, what lowered it, what is missing."""
    reason = pl.element().struct
    missing = reason.field("kind") == "missing"
    raised, lowered = (reason.field("points") >= 0) & ~missing, reason.field("points") < 0
    texts = pl.concat_list(
        pl.col("reasons").list.eval(reason.field("text").filter(which)) for which in (raised, lowered, missing)
    )
    return texts.list.head(most).list.join("; ").alias("reasons")
