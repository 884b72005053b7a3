"""Numbers as people say them, whole columns at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from tidegate.tables.words import Clock

CLOCK_NAMES: Final[dict[Clock, str]] = {
    "first_response": "response",
    "next_response": "next reply",
    "resolution": "resolution",
    "none": "nothing",
}
_HOUR, _DAY = 60, 1440
_THOUSAND, _MILLION = 1e3, 1e6
_ROUND_FROM = 1e4


def span(minutes: pl.Expr) -> pl.Expr:
    """Say a length of time: ``22 min``, ``1 h 10``, ``3 days``; null stays null."""
    whole = minutes.abs().round().cast(pl.Int64)
    days = (whole / _DAY).round().cast(pl.Int64)
    hours, rest = whole // _HOUR, whole % _HOUR
    return (
        pl.when(whole < _HOUR)
        .then(pl.format("{} min", whole))
        .when((whole < _DAY) & (rest == 0))
        .then(pl.format("{} h", hours))
        .when(whole < _DAY)
        .then(pl.format("{} h {}", hours, rest.cast(pl.String).str.zfill(2)))
        .when(days == 1)
        .then(pl.lit("1 day"))
        .otherwise(pl.format("{} days", days))
    )


def times(count: pl.Expr) -> pl.Expr:
    """Say how often: ``once``, ``twice``, ``5 times``."""
    return (
        pl.when(count == 1)
        .then(pl.lit("once"))
        .when(count == 2)  # noqa: PLR2004 (twice is two)
        .then(pl.lit("twice"))
        .otherwise(pl.format("{} times", count))
    )


def money(amount: pl.Expr) -> pl.Expr:
    """Say an amount without its currency: ``980``, ``48k``, ``1.2M``."""
    return (
        pl.when(amount < _ROUND_FROM)
        .then(amount.round().cast(pl.Int64).cast(pl.String))
        .when(amount < _MILLION)
        .then(pl.format("{}k", (amount / _THOUSAND).round().cast(pl.Int64)))
        .otherwise(pl.format("{}M", (amount / _MILLION).round(1)))
    )


def percent(share: pl.Expr) -> pl.Expr:
    """Say a share: ``18%``; below one percent ``<1%``."""
    return pl.when(share < 0.01).then(pl.lit("<1%")).otherwise(pl.format("{}%", (share * 100).round().cast(pl.Int64)))  # noqa: PLR2004 (one percent)
