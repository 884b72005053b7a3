"""What else the same requester and the same account asked in the last 90 days."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.tables.words import TIME

if TYPE_CHECKING:
    from datetime import datetime

WINDOW: Final = timedelta(days=90)
_GRAIN: Final = 1_000_000
"""Satisfaction is summed in millionths, as integers: the same rows in another order give the same bytes."""


def history_facts(
    tickets: pl.DataFrame, past: pl.DataFrame, now: datetime, *, account_id: tuple[pl.Series, pl.Series] | None = None
) -> pl.DataFrame:
    """Count the other tickets of each ticket's requester and account.

    Parameters
    ----------
    tickets
        The tickets to say it for; as `tables.Tickets`.
    past
        All tickets of the file, closed ones included, and these among them.
    now
        The moment of asking: tickets opened in the 90 days up to it count, nothing after it does.
    account_id
        Accounts of `tickets` and of `past`, where they were matched by other means than their own `account_id`.

    Returns
    -------
    DataFrame
        ``requester_tickets_90d``, ``account_tickets_90d``, ``account_escalations_90d`` (Int32) and ``account_csat_90d``
        (mean, null without a rating). The ticket itself never counts. Without a requester, or an account, 0 and null. A
        rating of a ticket that ended after `now` is not known yet.
    """
    of_tickets, of_past = account_id or (tickets["account_id"], past["account_id"])
    asked = _asked(past, of_past, now).filter("inside")
    own = _asked(tickets, of_tickets, now)
    joined = own.join(_sums(asked, "requester"), on="requester", how="left", maintain_order="left")
    joined = joined.join(_sums(asked, "account"), on="account", how="left", maintain_order="left", suffix="_account")
    rated = pl.col("rated_account") - _if_inside(pl.col("csat").is_not_null())
    return joined.select(
        requester_tickets_90d=_others("tickets", 1),
        account_tickets_90d=_others("tickets_account", 1),
        account_escalations_90d=_others("escalations_account", pl.col("escalated")),
        account_csat_90d=pl.when(rated > 0).then(
            (pl.col("csat_sum_account") - _if_inside(pl.col("csat").fill_null(0))) / (rated * _GRAIN)
        ),
    ).collect()


def _asked(tickets: pl.DataFrame, account_id: pl.Series, now: datetime) -> pl.LazyFrame:
    """Say who asked, whether it lies inside the window, and how it went as far as is known by then."""
    moment = pl.lit(now, TIME)
    ended = pl.min_horizontal("solved_at", "closed_at")
    return tickets.lazy().select(
        requester=pl.coalesce("requester_id", "requester_email"),
        account=account_id,
        inside=pl.col("created_at").is_between(pl.lit(now - WINDOW, TIME), moment),
        escalated=pl.col("escalated").fill_null(value=False).cast(pl.Int64),
        csat=pl.when((ended <= moment).fill_null(value=True)).then((pl.col("csat") * _GRAIN).round().cast(pl.Int64)),
    )


def _sums(asked: pl.LazyFrame, key: str) -> pl.LazyFrame:
    return asked.group_by(key).agg(
        tickets=pl.len().cast(pl.Int64),
        escalations=pl.col("escalated").sum(),
        rated=pl.col("csat").count().cast(pl.Int64),
        csat_sum=pl.col("csat").sum(),
    )


def _others(total: str, own: int | pl.Expr) -> pl.Expr:
    return (pl.col(total).fill_null(0) - pl.when(pl.col(total).is_not_null()).then(_if_inside(own)).otherwise(0)).cast(
        pl.Int32
    )


def _if_inside(own: int | pl.Expr) -> pl.Expr:
    return pl.when("inside").then(own).otherwise(0).cast(pl.Int64)


__all__ = ["WINDOW", "history_facts"]
