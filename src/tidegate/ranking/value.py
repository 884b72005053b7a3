"""Business value at stake: a product of named factors over facts; 1 is ordinary, and what missing facts count as."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from tidegate.policy.model import Policy


def value_factors(policy: Policy) -> dict[str, pl.Expr]:
    """Each factor of `value` that the policy uses, by name: Float64 expressions over the facts, never null.

    Names are those of the policy file: tier, contract, renewal, health, lifecycle, payment, strategic, expansion, vip,
    incident, similar. A factor that the policy leaves at 1 is left out.
    """
    value = policy.value
    factors: dict[str, pl.Expr] = {}
    for name, column, words in (
        ("tier", "tier", value.tier),
        ("lifecycle", "lifecycle", value.lifecycle),
        ("payment", "payment_status", value.payment),
    ):
        if words:
            factors[name] = _by_word(column, words)
    if value.contract:
        contract = value.contract
        ratio = pl.col("contract_value") / contract.per
        power = ratio.sqrt() if contract.power == 0.5 else ratio.pow(contract.power)  # noqa: PLR2004 (the square root is exact)
        factors["contract"] = power.clip(lower_bound=contract.at_least).fill_null(1.0)
    if value.renewal:
        days = value.renewal.within.minutes() / 1440
        factors["renewal"] = _where(pl.col("days_to_renewal").is_between(0, days), value.renewal.times)
    if value.health:
        factors["health"] = _where(pl.col("health") < value.health.below, value.health.times)
    if value.similar:
        factors["similar"] = _where(pl.col("similar_last_24h") >= value.similar.at_least, value.similar.times)
    for name, condition, times in (
        ("strategic", pl.col("strategic"), value.strategic),
        ("expansion", pl.col("expansion"), value.expansion),
        ("vip", pl.col("vip"), value.vip),
        ("incident", pl.col("open_incidents") > 0, value.incident),
    ):
        if times != 1:
            factors[name] = _where(condition, times)
    return factors


def value_of(policy: Policy) -> pl.Expr:
    """Return the product of all factors: one Float64 expression over the facts."""
    product = pl.lit(1.0)
    for factor in value_factors(policy).values():
        product = product * factor
    return product.alias("value")


def _by_word(column: str, words: dict[str, float]) -> pl.Expr:
    """Look a word up by comparing it with each: with a handful of words four times faster than a table."""
    factor: pl.Expr = pl.lit(1.0)
    for word, times in words.items():
        if times != 1:
            factor = pl.when(pl.col(column) == word).then(times).otherwise(factor)
    return factor


def _where(condition: pl.Expr, times: float) -> pl.Expr:
    return pl.when(condition).then(times).otherwise(1.0)
