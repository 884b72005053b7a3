"""Why a ticket stands where it stands, in words with the fact that a person can check; written only for rows shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.ranking import words
from tidegate.ranking.beliefs import posterior
from tidegate.ranking.cost import POINTS
from tidegate.ranking.value import value_factors
from tidegate.tables.words import LEVEL

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Effect, Policy
    from tidegate.ranking.score import Scores

REASONS: Final = pl.List(pl.Struct({"kind": pl.String, "text": pl.String, "points": pl.Float64}))

_FACTOR_TEXTS: Final[dict[str, tuple[tuple[str, ...], pl.Expr]]] = {
    "tier": (("tier",), pl.format("{} account", pl.col("tier"))),
    "contract": (("contract_value",), pl.format("contract of {} a year", words.money(pl.col("contract_value")))),
    "renewal": (
        ("days_to_renewal",),
        pl.format("renews in {}", words.span(pl.col("days_to_renewal") * 1440)),
    ),
    "health": (("health",), pl.format("account health {} of 100", pl.col("health").round().cast(pl.Int64))),
    "lifecycle": (("lifecycle",), pl.format("{} account", pl.col("lifecycle"))),
    "payment": (("payment_status",), pl.format("payment {}", pl.col("payment_status"))),
    "strategic": ((), pl.lit("on the strategic list")),
    "expansion": ((), pl.lit("expansion under way")),
    "vip": ((), pl.lit("VIP requester")),
    "similar": (("similar_last_24h",), pl.format("{} similar in 24 hours", pl.col("similar_last_24h"))),
    "incident": (("incident_id",), pl.format("incident {} open", pl.col("incident_id").fill_null("of ours"))),
}
_QUOTES, _QUOTE = 3, 80
_TELLING: Final = 0.05
"""Points below which a part is not worth a sentence."""
_DOUBT: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The rows that are shown: their facts, scores, parts and rules, in the order shown."""

    facts: pl.DataFrame
    scores: Scores
    parts: Mapping[str, NDArray[np.float64]]
    rules: Mapping[str, NDArray[np.float64]]
    flags: Sequence[NDArray[np.bool_]]
    rival: NDArray[np.uint8]  # the level that adds most to the doubt
    minutes_left: NDArray[np.float64]  # of the level after the rules
    minutes_left_before: NDArray[np.float64]  # of the likeliest level before them


def reasons(shown: Shown, policy: Policy) -> pl.Series:
    """Reasons of every row shown, the one that moved it most first; facts that add no points come last.

    Returns
    -------
    Series of List(Struct(kind, text, points)), one row a ticket, never null
    """
    frame = _with_scores(shown)
    pieces = [
        piece
        for source in (_rules(shown, policy), _parts(shown, policy), _factors(shown, policy), _context(frame))
        for piece in source
    ]
    somewhere = frame.select(when.any().alias(f"{i}") for i, (*_, when) in enumerate(pieces)).row(0)
    long = (
        pl.concat(
            [
                frame.lazy().filter(when).select("row", kind=pl.lit(kind), text=text, points=points)
                for (kind, text, points, when), holds in zip(pieces, somewhere, strict=True)
                if holds
            ]
            + (_evidence(frame) or [_NOTHING])
        )
        .with_row_index("written")
        .sort(["row", pl.col("points").abs(), "written"], descending=[False, True, False])
        .group_by("row", maintain_order=True)
        .agg(reasons=pl.struct("kind", "text", "points"))
    )
    return (
        frame.lazy()
        .select("row")
        .join(long, on="row", how="left", maintain_order="left")
        .select(pl.col("reasons").fill_null([]).cast(REASONS))
        .collect()["reasons"]
    )


_NOTHING: Final = pl.LazyFrame(schema={"row": pl.UInt32, "kind": pl.String, "text": pl.String, "points": pl.Float64})

Piece = tuple[str, pl.Expr, pl.Expr, pl.Expr]
"""Kind, text, points, and the rows that it holds for."""


def _with_scores(shown: Shown) -> pl.DataFrame:
    scores, n = shown.scores, shown.facts.height
    own = {
        "row": np.arange(n, dtype=np.uint32),
        "left": shown.minutes_left,
        "left_before": shown.minutes_left_before,
        **{f"part_{name}": column for name, column in shown.parts.items()},
        **{f"rule_points_{i}": column for i, column in enumerate(shown.rules.values())},
        **{f"rule_{i}": holds for i, holds in enumerate(shown.flags)},
        "rival_share": np.column_stack(posterior(shown.facts))[np.arange(n), shown.rival],
    }
    columns = (pl.Series(name, column) for name, column in own.items())
    return shown.facts.with_columns(
        *columns, final_level=pl.Series(scores.level).cat.to(LEVEL), rival=pl.Series(shown.rival).cat.to(LEVEL)
    )


def _evidence(frame: pl.DataFrame) -> list[pl.LazyFrame]:
    """Quote what was read: the surest spans of each ticket's text."""
    if "evidence" not in frame.columns:
        return []
    said = pl.col("evidence").struct
    quote = said.field("quote").str.replace_all(r"\s+", " ").str.head(_QUOTE)
    spans = frame.lazy().select("row", "evidence").explode("evidence").drop_nulls("evidence")
    return [
        spans.sort("row", said.field("confidence"), descending=[False, True], maintain_order=True)
        .group_by("row", maintain_order=True)
        .head(_QUOTES)
        .select(
            "row",
            kind=pl.lit("evidence"),
            text=pl.format("{}: “{}”", said.field("name").str.replace_all("_", " "), quote),
            points=pl.lit(0.0),
        )
    ]


def _rules(shown: Shown, policy: Policy) -> Iterator[Piece]:
    for i, rule in enumerate(policy.rules):
        if shown.flags[i].any():
            yield "rule", pl.lit(rule.name + _effect_words(rule.then)), pl.col(f"rule_points_{i}"), pl.col(f"rule_{i}")


def _effect_words(then: Effect) -> str:
    said: list[str | None] = [
        then.level,
        f"at least {then.at_least}" if then.at_least else None,
        f"at most {then.at_most}" if then.at_most else None,
        f"value × {then.value:g}" if then.value else None,  # noqa: RUF001 (a multiplication sign is meant)
        f"lane {then.lane}" if then.lane else None,
    ]
    text = ", ".join(word for word in said if word)
    return f": {text}" if text else ""


def _parts(shown: Shown, policy: Policy) -> Iterator[Piece]:
    """Parts of the points before the rules; where a rule moved the level, the deadline says which level it is of."""
    ruled = pl.col("final_level") != pl.col("level")
    before = _deadline(pl.col("left_before"), pl.col("level"), policy)
    due = pl.when(ruled).then(pl.format("as {}: {}", pl.col("level"), before)).otherwise(before)
    level = pl.col("level").cast(pl.String)
    filed = (
        pl.when(pl.col("priority").is_not_null()).then(pl.format("filed as {}", pl.col("priority")))
        if ("priority" in shown.facts.columns)
        else pl.when(pl.lit(value=False)).then(pl.lit(""))
    )
    texts = {
        "impact": pl.format("likely {}, {}", level, filed.otherwise(pl.lit("no priority filed"))),
        "deadline": due,
        "missed": due,
        "sla_risk": due,
        "doubt": pl.format("could be {} ({})", pl.col("rival"), words.percent(pl.col("rival_share"))),
        "effort": pl.lit("expected handling time"),
        "urgency": pl.lit("urgency"),
        "sentiment": pl.lit("sentiment"),
    }
    for name in shown.parts:
        if name != "value":
            least = _DOUBT if name == "doubt" else _TELLING
            yield name, texts[name], pl.col(f"part_{name}"), pl.col(f"part_{name}").abs() >= least
    if "deadline" in shown.parts:
        quiet = pl.max_horizontal(pl.col("part_deadline").abs(), pl.col("part_missed").abs()) < _TELLING
        yield "deadline", due, pl.lit(0.0), quiet & ~ruled
    yield "deadline", _deadline(pl.col("left"), pl.col("final_level"), policy), pl.lit(0.0), ruled


def _deadline(left: pl.Expr, level: pl.Expr, policy: Policy) -> pl.Expr:
    """Say how much of its clock is left; a clock that stops at night says so, since the wall's goes on."""
    stopping = [name for name, rule in policy.levels.items() if rule.clock != "always"]
    hours = pl.when(level.cast(pl.String).is_in(stopping)).then(pl.lit(" of business hours")).otherwise(pl.lit(""))
    clock = pl.col("clock").cast(pl.String).replace(words.CLOCK_NAMES)
    return (
        pl.when(left > 0)
        .then(pl.format("{} due in {}{}", clock, words.span(left), hours))
        .otherwise(pl.format("{} target missed by {}{}", clock, words.span(left), hours))
    )


def _factors(shown: Shown, policy: Policy) -> Iterator[Piece]:
    scale = POINTS if policy.ranking.method == "cost-of-delay" else 0.0
    for name, factor in value_factors(policy).items():
        needs, text = _FACTOR_TEXTS[name]
        if all(column in shown.facts.columns for column in needs):
            yield "value", text, factor.log(2) * scale, factor != 1
    if "part_value" in shown.parts and scale == 0.0:
        yield "value", pl.lit("customer value"), pl.col("part_value"), pl.col("part_value") >= _TELLING


def _context(frame: pl.DataFrame) -> Iterator[Piece]:
    """Facts worth knowing that add no points by themselves, and what is missing."""
    zero = pl.lit(0.0)
    for column, text, when in (
        ("reopens", pl.format("reopened {}", words.times(pl.col("reopens"))), pl.col("reopens") > 0),
        ("affected_users", pl.format("{} people affected", pl.col("affected_users")), pl.col("affected_users") > 1),
        ("transfers", pl.format("transferred {}", words.times(pl.col("transfers"))), pl.col("transfers") > 1),
        ("follow_up", pl.lit("asked again"), pl.col("follow_up")),
        ("assignee_away", pl.lit("its assignee is away"), pl.col("assignee_away")),
    ):
        if column in frame.columns:
            yield "context", text, zero, when.fill_null(value=False)
    if "account_known" in frame.columns:
        yield "missing", pl.lit("account unknown: counted as ordinary"), zero, ~pl.col("account_known")
    if "level_source" in frame.columns:
        unknown = pl.col("level_source").str.ends_with("base rate")
        yield "missing", pl.lit("nothing says its level: the base rate counts"), zero, unknown
    if "unread" in frame.columns:
        yield "missing", pl.format("not read: {}", pl.col("unread")), zero, pl.col("unread").is_not_null()
