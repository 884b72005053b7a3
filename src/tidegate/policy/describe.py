"""A policy as it is understood: defaults filled in, targets in minutes, weights, and what each rule needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tidegate.policy.conditions import compile_condition
from tidegate.policy.targets import target_table, weights
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from tidegate.policy.model import Policy


def describe(policy: Policy) -> dict[str, Any]:
    """Lay a policy out as plain values.

    Returns
    -------
    dict
        ``name``, ``version``, ``hash``; ``policy``, everything that it says, which loads again as an equal policy;
        ``targets``, a row for each clock, tier and group with the minutes and the weight of each level (null stands
        for every other tier or group); ``rules``, the columns and the sources (ticket, account, reading ...) that each
        rule needs.

    Raises
    ------
    PolicyError
        If a calendar or a target cannot be used.
    """
    return {
        "name": policy.name,
        "version": policy.version,
        "hash": policy.hash,
        "policy": policy.model_dump(mode="json"),
        "targets": _targets(policy),
        "rules": [_needs(rule.name, rule.when) for rule in policy.rules],
    }


def _targets(policy: Policy) -> list[dict[str, Any]]:
    table = target_table(policy)
    weight = weights(policy, table)
    rows = table.frame.select("clock", "tier", "group").rows(named=True)[: table.none]
    return [
        row
        | {
            "minutes": dict(zip(LEVELS, table.minutes[index].tolist(), strict=True)),
            "weight": dict(zip(LEVELS, weight[index].tolist(), strict=True)),
        }
        for index, row in enumerate(rows)
    ]


def _needs(name: str, when: str) -> dict[str, Any]:
    columns = sorted(set(compile_condition(when).meta.root_names()))
    return {"name": name, "columns": columns, "sources": sorted({FACTS[column].source for column in columns})}
