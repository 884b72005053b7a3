"""How a text feels: sentiment, and frustration, which is kept apart from urgency."""

from __future__ import annotations

from typing import Final

import polars as pl

FLIP: Final = -0.6
"""What a negation makes of a valence: "not happy" is bad, but milder than "unhappy"."""
_SPREAD: Final = 1.6  # sum of valences that counts as very good or very bad
_SHOUTED: Final = 20  # letters from which capitals are shouting rather than a product's name


def sentiment(hits: pl.DataFrame) -> pl.DataFrame:
    """Sum the valences of every text.

    Parameters
    ----------
    hits
        Hits in context with ``weight`` already lowered for doubt and language; names positive, negative and frustration
        count, every distinct phrase twice at most.

    Returns
    -------
    pl.DataFrame
        ``row`` and ``sentiment`` from -1 to 1; rows without a hit are absent.
    """
    sign = pl.when(pl.col("name") == "positive").then(1.0).otherwise(-1.0)
    flipped = pl.when("negated").then(FLIP).otherwise(1.0)
    return (
        hits.filter(pl.col("name").is_in(["positive", "negative", "frustration"]))
        .with_columns(valence=sign * flipped * pl.col("weight"))
        .group_by("row")
        .agg(sentiment=(pl.col("valence").sum() / _SPREAD).tanh())
    )


def shouting(texts: pl.Series) -> pl.Series:
    """How loud a text is written, 0 to 0.5: share of capitals above one half, and runs of exclamation marks."""
    text = pl.col("text")
    letters = text.str.count_matches(r"\p{L}").cast(pl.Float64)
    capitals = text.str.count_matches(r"\p{Lu}").cast(pl.Float64)
    share = pl.when(letters >= _SHOUTED).then((capitals / letters - 0.5).clip(0, 0.5)).otherwise(0.0)
    marks = text.str.count_matches(r"[!?]{2,}").clip(0, 2).cast(pl.Float64) * 0.08
    loud = pl.DataFrame({"text": texts}).with_row_index("row").filter(text.str.contains(r"\p{Lu}{3}|[!?]{2}"))
    heard = loud.select("row", loud=(share * 0.7 + marks).clip(0, 0.5))
    every = pl.DataFrame({"row": pl.int_range(len(texts), dtype=pl.UInt32, eager=True)})
    return every.join(heard, on="row", how="left", maintain_order="left")["loud"].fill_null(0.0)


def frustration(hits: pl.DataFrame, loudness: pl.Series) -> pl.DataFrame:
    """Frustration of every text, 0 to 1, of its words and of how loud it is written.

    Returns
    -------
    pl.DataFrame
        ``row`` and ``frustration``, one row a text.
    """
    words = (
        hits.filter((pl.col("name") == "frustration") & ~pl.col("negated"))
        .group_by("row")
        .agg(calm=(1 - 0.75 * pl.col("weight")).product())
    )
    return (
        pl.DataFrame({"loud": loudness})
        .with_row_index("row")
        .join(words, on="row", how="left", maintain_order="left")
        .select("row", frustration=1 - pl.col("calm").fill_null(1.0) * (1 - pl.col("loud")))
    )
