"""What a ticket's events make of it: a function of the payload it rests on and of the events since then."""

from __future__ import annotations

from typing import Final

import polars as pl

from tidegate.ingest.meanings import level_of, status_of
from tidegate.ingest.quantities import by_word, to_number
from tidegate.tables.words import LEVEL, STATUS

CHANGED: Final = (
    *("updated_at", "status", "solved_at", "closed_at", "assignee", "group", "priority", "given_level"),
    *("reopens", "transfers", "escalated", "csat"),
)
"""Columns of a ticket that events change."""
_STATE_OF: Final = {"reopened": "open", "merged": "closed", "waiting_customer": "waiting", "waiting_internal": "hold"}
_LEVEL_WORDS: Final = {level.lower(): level for level in LEVEL.categories}
_DONE: Final = ("solved", "closed")
_SCORED: Final = (0.0, 1.0)


def effects(events: pl.DataFrame) -> pl.DataFrame:
    """Sum up what events say of each ticket; the last one of a kind holds, in order of time and then of identifier.

    Parameters
    ----------
    events
        ``ticket_id``, ``at``, ``event_id``, ``kind``, ``new``; each newer than what its ticket rests on.

    Returns
    -------
    DataFrame
        One row a ticket: ``last_at``; ``status``, ``went_open`` (it was neither solved nor closed in between),
        ``solved_at``, ``closed_at`` since then; ``assigned``, ``grouped``, ``prioritised`` say that ``assignee``,
        ``group`` and ``priority`` hold what the last event said, which may be null; ``given_level``, ``reopened`` and
        ``moved`` (how often), ``escalated``, ``csat``.
    """
    kind, said = pl.col("kind"), pl.col("new")
    ordered = events.sort("ticket_id", "at", "event_id")
    told = ordered.with_columns(state=_states(ordered), level=_levels(ordered), score=_scores(ordered))
    place = pl.int_range(pl.len())
    opened = (pl.col("state").is_not_null() & ~pl.col("state").is_in(_DONE)).fill_null(value=False)
    since = place > place.filter(opened).max().fill_null(-1)
    return told.group_by("ticket_id", maintain_order=True).agg(
        last_at=pl.col("at").max(),
        status=pl.col("state").drop_nulls().last(),
        went_open=opened.any(),
        solved_at=pl.col("at").filter(since & (pl.col("state") == "solved")).last(),
        closed_at=pl.col("at").filter(since & (pl.col("state") == "closed")).last(),
        assigned=(kind == "assigned").any(),
        assignee=said.filter(kind == "assigned").last(),
        grouped=(kind == "transferred").any(),
        group=said.filter(kind == "transferred").last(),
        prioritised=(kind == "priority").any(),
        priority=said.filter(kind == "priority").last(),
        given_level=pl.col("level").filter(kind == "priority").last(),
        reopened=(kind == "reopened").sum().cast(pl.Int32),
        moved=(kind == "transferred").sum().cast(pl.Int32),
        escalated=(kind == "escalated").any(),
        csat=pl.col("score").drop_nulls().last(),
    )


def with_effects(tickets: pl.DataFrame, changes: pl.DataFrame, basis: pl.DataFrame) -> pl.DataFrame:
    """Apply `effects` to rows of tickets.

    Parameters
    ----------
    tickets
        ``ticket_id``, `CHANGED`, and any other columns, which stay.
    changes
        From `effects`; tickets without a row there stay as they are.
    basis
        ``ticket_id``, ``at``, ``reopens`` and ``transfers`` of the payload that each ticket rests on.
    """
    counts = basis.select("ticket_id", rests_at="at", had_reopens="reopens", had_transfers="transfers")
    wide = tickets.join(changes, on="ticket_id", how="left", suffix="_new", maintain_order="left")
    wide = wide.join(counts, on="ticket_id", how="left", maintain_order="left")
    new = {name: pl.col(f"{name}_new") for name in CHANGED if name not in ("updated_at", "reopens", "transfers")}
    changed = {
        "updated_at": pl.when(pl.col("last_at").is_not_null())
        .then(pl.max_horizontal("rests_at", "last_at"))
        .otherwise("updated_at"),
        "status": new["status"].fill_null(pl.col("status")),
        "solved_at": _ended("solved_at", new["solved_at"]),
        "closed_at": _ended("closed_at", new["closed_at"]),
        "assignee": _if("assigned", new["assignee"], "assignee"),
        "group": _if("grouped", new["group"], "group"),
        "priority": _if("prioritised", new["priority"], "priority"),
        "given_level": _if("prioritised", new["given_level"], "given_level"),
        "reopens": _counted("reopened", "had_reopens", "reopens"),
        "transfers": _counted("moved", "had_transfers", "transfers"),
        "escalated": _if("escalated_new", pl.lit(value=True), "escalated"),
        "csat": new["csat"].fill_null(pl.col("csat")),
    }
    return wide.with_columns(**changed).select(tickets.columns)


def _if(flag: str, value: pl.Expr, otherwise: str) -> pl.Expr:
    return pl.when(pl.col(flag).fill_null(value=False)).then(value).otherwise(otherwise)


def _ended(name: str, since: pl.Expr) -> pl.Expr:
    """Take the time from the events; without one the payload's, unless the ticket was open in between."""
    kept = pl.when(~pl.col("went_open").fill_null(value=False)).then(name)
    return pl.coalesce(since, kept)


def _counted(events: str, had: str, otherwise: str) -> pl.Expr:
    """Add what events count to what the payload had counted; null where neither counts anything."""
    some = pl.col(events).fill_null(0)
    total = pl.when((some > 0) | pl.col(had).is_not_null()).then(pl.col(had).fill_null(0) + some)
    return pl.when(pl.col("last_at").is_not_null()).then(total.cast(pl.Int32)).otherwise(otherwise)


def _states(events: pl.DataFrame) -> pl.Series:
    """Return the status that each event brings, null where it brings none."""
    said = by_word(events["new"], lambda word: word if word in STATUS.categories else status_of({})(word), STATUS)
    implied = events["kind"].replace_strict(_STATE_OF, default=None, return_dtype=STATUS)
    return pl.select(pl.when(events["kind"] == "status").then(said).otherwise(implied)).to_series()


def _levels(events: pl.DataFrame) -> pl.Series:
    return by_word(events["new"], level_of(_LEVEL_WORDS, ()), LEVEL)


def _scores(events: pl.DataFrame) -> pl.Series:
    """Return the score of events that bring one between 0 and 1."""
    least, most = _SCORED
    score = to_number(events["new"].set(events["kind"] != "csat", None))
    return score.set(~score.is_between(least, most), None)


__all__ = ["CHANGED", "effects", "with_effects"]
