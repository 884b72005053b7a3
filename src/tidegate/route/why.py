"""Why this agent, in words with the facts that a person can check."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.route.fit import KNOWS_TICKET
from tidegate.tables.words import SENIORITIES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tidegate.route.fit import Fits


def agent_reasons(
    shown: pl.DataFrame, judged: Fits, able: pl.DataFrame, taken: NDArray[np.int64], nobody: str
) -> pl.Series:
    """Reasons of every ticket: why its group, then why its agent, what speaks for it before what speaks against it.

    Parameters
    ----------
    shown
        A row a ticket: ``why``, ``intent``, ``product``, ``language``, ``need``, ``need_why``, ``agent_id``.
    judged
        The criteria; of the first tickets only, where there was not room for all.
    able
        The agents that the columns of ``judged`` stand for.
    taken
        The agent of each ticket, -1 for none.
    nobody
        What to say where it is none.
    """
    rows = np.flatnonzero(taken >= 0)
    picked = taken[rows]
    chosen = pl.DataFrame(
        {
            "row": rows,
            **{name: getattr(judged, name)[rows, picked] for name in ("skill", "language", "seniority", "continuity")},
            "rank": able["seniority"].gather(picked),
            "holds": able["held"].gather(picked),
            "room": able["capacity"].gather(picked),
        }
    ).rename({"language": "speaks", "seniority": "senior"})
    frame = shown.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    frame = frame.join(chosen, on="row", how="left", maintain_order="left")
    texts = [pl.when(when).then(text) for when, text in (*_for(), *_against())]
    alone = pl.concat_list("why", pl.lit(nobody))
    reasons = (
        pl.when(pl.col("agent_id").is_null()).then(alone).otherwise(pl.concat_list("why", *texts).list.drop_nulls())
    )
    return frame.select(reasons=reasons)["reasons"]


def _subject() -> pl.Expr:
    return pl.coalesce("intent", "product").str.replace_all("_", " ")


def _for() -> Iterator[tuple[pl.Expr, pl.Expr]]:
    yield pl.col("continuity") == KNOWS_TICKET, pl.lit("had this ticket last")
    yield (pl.col("continuity") > 0) & (pl.col("continuity") < KNOWS_TICKET), pl.lit("had this requester last")
    yield (pl.col("skill") == 1) & _subject().is_not_null(), pl.format("skilled in {}", _subject())
    yield (pl.col("speaks") == 1) & pl.col("language").is_not_null(), pl.format("speaks {}", "language")
    yield (
        (pl.col("need") > 0) & (pl.col("senior") == 1),
        pl.format("{}, {}", pl.col("rank").fill_null("regular"), "need_why"),
    )
    yield (
        pl.col("holds").is_not_null(),
        pl.format(
            "has {} open ticket{}", "holds", pl.when(pl.col("holds") == 1).then(pl.lit("")).otherwise(pl.lit("s"))
        ),
    )


def _against() -> Iterator[tuple[pl.Expr, pl.Expr]]:
    asked = pl.col("need").replace_strict(dict(enumerate(SENIORITIES)), default=None, return_dtype=pl.String)
    yield (pl.col("skill") == 0), pl.format("not skilled in {}", _subject())
    yield (pl.col("speaks") == 0), pl.format("does not speak {}", "language")
    yield pl.col("senior") < 1, pl.format("less than {}, {}", asked, "need_why")
