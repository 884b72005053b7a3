"""Checks of the rules: names, rules that ask for nothing or repeat one another, and a trial on real tickets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from tidegate.policy.conditions import compile_condition, required_columns, rule_flags
from tidegate.policy.findings import Finding
from tidegate.policy.model import Effect
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tidegate.policy.model import Policy


def check_rules(policy: Policy) -> Iterator[Finding]:
    """Find rules that can be seen to be wrong without any ticket."""
    first: dict[str, int] = {}
    conditions = [compile_condition(rule.when) for rule in policy.rules]
    for index, rule in enumerate(policy.rules):
        path = ("rules", index)
        if rule.name in first:
            message = (
                f"the name stands twice, first at rules[{first[rule.name] + 1}]; reasons could not tell them apart"
            )
            yield Finding(path=(*path, "name"), value=rule.name, message=message, mend="choose another name")
        first.setdefault(rule.name, index)
        same = next((i for i in range(index) if conditions[i].meta.eq(conditions[index])), None)
        if same is not None:
            message = f"has the same condition as rule {policy.rules[same].name!r}"
            yield Finding(severity="warning", path=(*path, "when"), message=message, mend="make them one rule")
        if not conditions[index].meta.root_names():
            message = "looks at no column: it holds for every ticket or for none"
            yield Finding(severity="warning", path=(*path, "when"), value=rule.when, message=message)
        yield from _check_effect(rule.then, index)


def _check_effect(then: Effect, index: int) -> Iterator[Finding]:
    idle = {"at_least": LEVELS[-1], "at_most": LEVELS[0], "value": 1, "route": "", "tag": "", "page": "", "notify": ""}
    for key, nothing in idle.items():
        if getattr(then, key) == nothing:
            path = ("rules", index, "then", key)
            yield Finding(severity="warning", path=path, value=nothing, message="asks for nothing", mend="leave it out")


def check_rules_on(policy: Policy, facts: pl.DataFrame) -> Iterator[Finding]:
    """Find rules that hold for none or for all of the given tickets, or that change nothing there.

    Parameters
    ----------
    policy
        Its rules are tried.
    facts
        One row a ticket; facts that are not in it count as missing.
    """
    if facts.is_empty() or not policy.rules:
        return
    flags = rule_flags(policy, _complete(facts, required_columns(policy)))
    counts = flags.sum().row(0)
    for index, count in enumerate(counts):
        path, tickets = ("rules", index, "when"), f"{facts.height:,} tickets"
        name = f"rule {policy.rules[index].name!r}"
        if count == 0:
            message = f"{name} holds for none of the {tickets}"
            yield Finding(severity="warning", path=path, message=message, mend="check its words against the columns")
        elif count == facts.height and facts.height > 1:
            yield Finding(severity="warning", path=path, message=f"{name} holds for all of the {tickets}")
        elif (other := _stronger(policy, flags, index)) is not None:
            message = (
                f"{name} changes nothing: {policy.rules[other].name!r} asks for as much on all of its {count:,} tickets"
            )
            yield Finding(
                severity="warning", path=path, message=message, mend="delete one, or make this one ask for more"
            )


def _complete(facts: pl.DataFrame, needed: set[str]) -> pl.DataFrame:
    """Add the columns that are needed and not there, filled with what stands in for a missing fact."""
    absent = [FACTS[name] for name in sorted(needed - set(facts.columns))]
    return facts.with_columns(pl.lit(fact.missing, dtype=fact.dtype).alias(fact.name) for fact in absent)


def _stronger(policy: Policy, flags: pl.DataFrame, index: int) -> int | None:
    """Another rule that asks for at least the same level on every ticket, where this one asks for a level only."""
    level = _demands_only(policy.rules[index].then)
    if level is None:
        return None
    mine = flags[:, index]
    for other, rule in enumerate(policy.rules):
        urgent = rule.then.at_least or rule.then.level
        strong = urgent is not None and (urgent < level or (urgent == level and other < index))
        if other != index and strong and not (mine & ~flags[:, other]).any():
            return other
    return None


def _demands_only(then: Effect) -> str | None:
    """Return the level that a rule asks for, if it asks for nothing else."""
    return then.at_least if then.at_least and then == Effect(at_least=then.at_least) else None
