"""Whether the same requester came back with a new ticket."""

from __future__ import annotations

import polars as pl


def next_tickets(tickets: pl.DataFrame) -> pl.DataFrame:
    """Find each requester's next tickets.

    Parameters
    ----------
    tickets
        Settled tickets with ``requester_id``, ``created_at``, ``solved_at`` and ``similar``: the same value in two
        rows means the same thing, null means not known.

    Returns
    -------
    DataFrame
        In the order of ``tickets``: ``next_at`` (the requester's next ticket of any kind), ``next_same_at`` (about the
        same thing), ``next_after_solved_at`` (the next one opened after this one was solved). Null where there is none,
        where the requester is not known, or where the thing is not. Two tickets of one moment follow each other in the
        order of the table.
    """
    base = tickets.select(
        "created_at",
        "solved_at",
        "similar",
        requester=pl.col("requester_id").cast(pl.Categorical).to_physical(),
    ).with_row_index("row")
    known = base.filter(pl.col("requester").is_not_null())
    parts = [
        _following(known, ["requester"], "next_at"),
        _following(known.filter(pl.col("similar").is_not_null()), ["requester", "similar"], "next_same_at"),
        _after_solved(known),
    ]
    found = base.select("row")
    for part in parts:
        found = found.join(part, on="row", how="left", maintain_order="left")
    return found.drop("row")


def _following(tickets: pl.DataFrame, keys: list[str], name: str) -> pl.DataFrame:
    ordered = tickets.sort(*keys, "created_at", maintain_order=True)
    same = pl.all_horizontal(pl.col(key) == pl.col(key).shift(-1) for key in keys)
    return ordered.select("row", pl.when(same).then(pl.col("created_at").shift(-1)).alias(name))


def _after_solved(tickets: pl.DataFrame) -> pl.DataFrame:
    openings = tickets.select("requester", "created_at", next_after_solved_at="created_at").sort("created_at")
    solved = tickets.filter(pl.col("solved_at").is_not_null()).select("row", "requester", "solved_at").sort("solved_at")
    return solved.join_asof(
        openings,
        left_on="solved_at",
        right_on="created_at",
        by="requester",
        strategy="forward",
        allow_exact_matches=False,
        check_sortedness=False,
    ).select("row", "next_after_solved_at")


__all__ = ["next_tickets"]
