"""What each ticket asks for: a group, how sure that is, and how senior who takes it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.policy.conditions import compile_condition
from tidegate.tables.words import LEVEL, LEVELS, SENIORITIES

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

NEUTRAL: Final = 0.5
"""What is neither for nor against: stands in where it is not known."""


def demands(work: pl.DataFrame, agents: pl.DataFrame, policy: Policy) -> pl.DataFrame:
    """Say which group each ticket should go to, why, and how senior an agent it asks for.

    Parameters
    ----------
    work
        A row a ticket: ``level``, ``rules`` (list of the names of those that hold), ``group``,
        ``said_group``, ``intent``,
        ``intent_confidence``, ``product`` and ``category``; all but the first two may be null.
    agents
        As `tables.Agents`: their groups and skills say who takes what where the policy does not.
    policy
        Its rules and its `routing`.

    Returns
    -------
    DataFrame
        In the order of ``work``: ``group`` (null where nothing says one), ``certainty`` (0 to 1), ``why``,
        ``other_group`` (the one that the reading speaks for, where the ticket was filed with another), ``need``
        (0 junior, 1 regular, 2 senior) and ``need_why`` (null where nothing asks for more than a junior).

    Notes
    -----
    What a person said goes before all. Then rules come, of several the first in the file; a rule whose condition looks
    at ``intent`` is as sure as the intent is. Then the group that the help desk filed the ticket with, less what the
    reading holds against it. Then the group that takes the intent, as sure as the intent is; then the one that takes
    the product or the category. What is left goes to ``routing.otherwise``, with certainty 0: that is never automatic.
    """
    stand_in = {name.lower(): stand for name in policy.routing.stand_in if (stand := _stands_in(name, agents, policy))}
    takes = {word: stand_in.get(group.lower(), group) for word, group in takers(agents, policy).items()}
    known = [
        work[column]
        .str.to_lowercase()
        .replace_strict(takes, default=None, return_dtype=pl.String)
        .alias(f"by_{column}")
        for column in ("intent", "product", "category")
    ]
    columns = ("level", "group", "said_group", "intent", "intent_confidence")
    asked = work.select(*columns, *_of_rules(policy)).hstack(known)
    lone = not takes and bool(agents["group"].is_null().all())
    found = asked.select("level", "rule_need", "rule_asks", *_chosen(policy, sure=lone))
    stands = _key("group").replace_strict(stand_in, default=None, return_dtype=pl.String)
    said = pl.format("{}; {} has no agents, {} stands in", "why", "group", stands)
    return found.select(
        pl.coalesce(stands, "group").alias("group"),
        "certainty",
        pl.when(stands.is_null()).then("why").otherwise(said).alias("why"),
        "other_group",
        *_needs(policy),
    )


def _chosen(policy: Policy, *, sure: bool) -> list[pl.Expr]:
    """Go through the ways to a group, the first that says one decides.

    ``sure``: there are no groups at all, so that none can be the wrong one.
    """
    read = pl.col("intent_confidence").fill_null(NEUTRAL)
    against = (pl.col("by_intent").is_not_null() & (_key("by_intent") != _key("group"))).fill_null(value=False)
    percent = (read * 100).round().cast(pl.Int64)
    said = pl.format("reads as {} ({}%)", pl.col("intent").str.replace_all("_", " "), percent)
    doubted = pl.when(against).then(pl.format(", but {}", said)).otherwise(pl.lit(""))
    ways = [
        ("said_group", pl.lit(1.0), pl.lit("a person said so")),
        ("rule_group", pl.when("rests_on_intent").then(read).otherwise(1.0), pl.format("rule: {}", "rule_name")),
        ("group", pl.when(against).then(1 - read).otherwise(1.0), pl.format("filed with {}{}", "group", doubted)),
        ("by_intent", read, said),
        ("by_product", pl.lit(1.0), pl.lit("by its product")),
        ("by_category", pl.lit(1.0), pl.lit("by its category")),
    ]
    group, why = pl.lit(policy.routing.otherwise, pl.String), pl.lit("nothing says which group it is for")
    certainty = pl.lit(1.0 if sure else 0.0)
    for column, sureness, text in reversed(ways):
        there = pl.col(column).is_not_null()
        group = pl.when(there).then(column).otherwise(group)
        certainty = pl.when(there).then(sureness).otherwise(certainty)
        why = pl.when(there).then(text).otherwise(why)
    filed = pl.col("rule_group").is_null() & pl.col("said_group").is_null()
    other = pl.when(filed & against).then("by_intent")
    columns = {"group": group, "certainty": certainty.clip(0, 1), "why": why, "other_group": other}
    return [column.alias(name) for name, column in columns.items()]


def _key(column: str) -> pl.Expr:
    return pl.col(column).str.strip_chars().str.to_lowercase()


def takers(agents: pl.DataFrame, policy: Policy) -> dict[str, str]:
    """Say which group takes each intent, product or category, lower case.

    The policy's ``routing.groups`` say so, the first that names a word; where there are none, the skills of the agents
    do: a word goes to the group with most agents who have it, of equal ones to the first by name.
    """
    if policy.routing.groups:
        listed = [(word.lower(), group) for group, words in policy.routing.groups.items() for word in words]
        return dict(reversed(listed))
    counted = (
        agents.select("group", word="skills")
        .explode("word")
        .drop_nulls()
        .group_by("group", pl.col("word").str.to_lowercase())
        .len()
        .sort(["len", "group"], descending=[True, False])
        .unique("word", keep="first", maintain_order=True)
    )
    return dict(counted.select("word", "group").iter_rows())


def _stands_in(group: str, agents: pl.DataFrame, policy: Policy) -> str | None:
    """Who does the work of a group without agents; None where it has some, or nobody does."""
    staffed = {name.strip().lower() for name in agents["group"].drop_nulls()}
    at, seen = group, set[str]()
    while at.strip().lower() not in staffed and at not in seen:
        seen.add(at)
        at = policy.routing.stand_in.get(at, at)
    return at if at != group and at.strip().lower() in staffed else None


def _of_rules(policy: Policy) -> list[pl.Expr]:
    """Collect what the rules that hold ask for: group and its rule, whether that looks at the intent, seniority."""
    held, none = pl.col("rules"), pl.lit(None, pl.String)
    group, name, senior, asks, rests = none, none, pl.lit(0), none, pl.lit(value=False)
    for rule in reversed(policy.rules):
        holds = held.list.contains(rule.name)
        if rule.then.route:
            looks = "intent" in compile_condition(rule.when).meta.root_names()
            group = pl.when(holds).then(pl.lit(rule.then.route)).otherwise(group)
            name = pl.when(holds).then(pl.lit(rule.name)).otherwise(name)
            rests = pl.when(holds).then(pl.lit(looks)).otherwise(rests)
        if rule.then.seniority:
            rank = SENIORITIES.index(rule.then.seniority)
            asks = pl.when(holds & (senior <= rank)).then(pl.lit(rule.name)).otherwise(asks)
            senior = pl.when(holds).then(pl.max_horizontal(senior, pl.lit(rank))).otherwise(senior)
    columns = {"rule_group": group, "rule_name": name, "rests_on_intent": rests}
    columns |= {"rule_need": senior.cast(pl.Int8), "rule_asks": asks}
    return [column.alias(name) for name, column in columns.items()]


def _needs(policy: Policy) -> list[pl.Expr]:
    by_level = {level: SENIORITIES.index(policy.routing.seniority.get(level, SENIORITIES[0])) for level in LEVELS}
    level = pl.col("level").cast(LEVEL).cast(pl.String).replace_strict(by_level, return_dtype=pl.Int8)
    rule = pl.col("rule_need")
    need = pl.max_horizontal(level, rule)
    why = (
        pl.when(need == 0)
        .then(pl.lit(None, pl.String))
        .when(rule == need)
        .then(pl.format("rule: {}", "rule_asks"))
        .otherwise(pl.format("for {}", pl.col("level").cast(pl.String)))
    )
    return [need.alias("need"), why.alias("need_why")]
