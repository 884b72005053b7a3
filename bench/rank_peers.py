"""What others would write: the same ranking in SQL, in NumPy by hand, in a Python loop, and in a rule engine."""

from __future__ import annotations

import json
import math
import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl

    from tidegate.policy.model import Policy

FLOOR = {"P0": 0, "P1": 1, "P2": 2}


def duckdb_query(policy: Policy, minutes: np.ndarray, weights: np.ndarray) -> str:
    """One SELECT that gives `ticket_id` in the full order."""

    def number(table: np.ndarray, k: int) -> str:
        return f"list_value({', '.join(repr(float(x)) for x in table[:-1, k])})[target_row + 1]"

    floor = ", ".join(
        f"CASE WHEN {r.when} THEN {FLOOR[r.then.at_least]} ELSE 3 END" for r in policy.rules if r.then.at_least
    )
    times = " * ".join(f"(CASE WHEN {r.when} THEN {r.then.value} ELSE 1.0 END)" for r in policy.rules if r.then.value)
    p = [
        "CASE WHEN floor = 0 THEN 1.0 ELSE level_p0 END",
        "CASE floor WHEN 0 THEN 0.0 WHEN 1 THEN level_p1 + level_p2 + level_p3 ELSE level_p1 END",
        "CASE WHEN floor < 2 THEN 0.0 WHEN floor = 2 THEN level_p2 + level_p3 ELSE level_p2 END",
        "CASE WHEN floor < 3 THEN 0.0 ELSE level_p3 END",
    ]
    terms = " + ".join(
        f"({p[k]}) * {number(weights, k)} * (CASE WHEN age_p{k} >= {number(minutes, k)} THEN {policy.ranking.missed} "
        f"ELSE exp((age_p{k} - {number(minutes, k)}) / {policy.ranking.horizon.minutes()}) END)"
        for k in range(4)
    )
    value = (
        "(CASE tier WHEN 'trial' THEN 1.2 WHEN 'free' THEN 0.7 WHEN 'enterprise' THEN 2.0"
        " WHEN 'strategic' THEN 3.0 ELSE 1.0 END)"
        " * (CASE lifecycle WHEN 'trial' THEN 1.2 WHEN 'onboarding' THEN 1.3 ELSE 1.0 END)"
        " * (CASE payment_status WHEN 'failed' THEN 1.3 ELSE 1.0 END) * greatest(sqrt(contract_value / 10000), 0.25)"
        " * (CASE WHEN days_to_renewal BETWEEN 0 AND 30 THEN 1.5 ELSE 1.0 END)"
        " * (CASE WHEN health < 40 THEN 1.5 ELSE 1.0 END)"
        " * (CASE WHEN strategic THEN 1.5 ELSE 1.0 END) * (CASE WHEN expansion THEN 1.3 ELSE 1.0 END)"
        " * (CASE WHEN vip THEN 1.5 ELSE 1.0 END) * (CASE WHEN open_incidents > 0 THEN 1.5 ELSE 1.0 END)"
    )
    likeliest = "list_position([p0, p1, p2, p3], greatest(p0, p1, p2, p3))"
    left = f"list_value({', '.join(f'{number(minutes, k)} - age_p{k}' for k in range(4))})[{likeliest}]"
    # The day of P3's calendar is the outlook; `escalate` and `review` stand in the middle band with the queue.
    return f"""
      WITH ruled AS (SELECT *, least({floor}) AS floor, {times} AS times FROM facts),
           scored AS (SELECT ticket_id, created_at, target_row, age_p0, age_p1, age_p2, age_p3,
                             10 * log2({value} * times * ({terms})) AS points,
                             {", ".join(f"{p[k]} AS p{k}" for k in range(4))} FROM ruled),
           laned AS (SELECT *, {likeliest} AS level, {left} AS minutes_to_target FROM scored)
      SELECT ticket_id FROM laned ORDER BY CASE WHEN p0 >= {policy.ranking.now_when} THEN 0
        WHEN level >= 3 AND minutes_to_target > 480 AND NOT (p0 + p1 < 0.9 AND p0 + p1 > 0.1) THEN 2 ELSE 1 END,
        points DESC, created_at, ticket_id"""


def numpy_order(facts: pl.DataFrame, minutes: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The same by hand, whole arrays at a time, as a careful person would write it for this one policy."""
    f = {name: facts[name].to_numpy() for name in facts.columns if name not in {"ticket_id", "clock", "level"}}
    tier, life = facts["tier"].to_numpy(), facts["lifecycle"].to_numpy()
    users, left, reopens = f["affected_users"], f["minutes_left"], f["reopens"]
    enterprise, failed = tier == "enterprise", facts["payment_status"].to_numpy() == "failed"
    strategic, vip, trial, free, top = f["strategic"], f["vip"], life == "trial", tier == "free", tier == "strategic"
    floor = np.full(facts.height, 3)
    floor[(f["days_to_renewal"] >= 0) & (f["days_to_renewal"] <= 14) & enterprise] = 2
    floor[failed & ~vip] = 2
    floor[strategic & (left < 30)] = 1
    floor[(f["open_incidents"] > 0) & (users > 100)] = 1
    floor[vip & (left < 60)] = 1
    floor[users > 4000] = 0
    value = np.where(enterprise, 2.0, np.where(top, 3.0, np.where(tier == "trial", 1.2, np.where(free, 0.7, 1.0))))
    value *= np.where(trial, 1.2, np.where(life == "onboarding", 1.3, 1.0)) * np.where(failed, 1.3, 1.0)
    value *= np.maximum(np.sqrt(f["contract_value"] / 10_000), 0.25)
    value *= np.where((f["days_to_renewal"] >= 0) & (f["days_to_renewal"] <= 30), 1.5, 1.0)
    value *= np.where(f["health"] < 40, 1.5, 1.0) * np.where(strategic, 1.5, 1.0) * np.where(f["expansion"], 1.3, 1.0)
    value *= np.where(vip, 1.5, 1.0) * np.where(f["open_incidents"] > 0, 1.5, 1.0)
    value *= np.where(reopens > 2, 1.5, 1.0) * np.where((f["health"] < 20) & (f["contract_value"] > 50_000), 1.5, 1.0)
    value *= np.where(trial & (reopens > 0), 1.3, 1.0) * np.where(free & (users == 1), 0.8, 1.0)
    first = facts["clock"].to_physical().to_numpy() == 0
    value *= np.where(f["expansion"] & first, 1.2, 1.0) * np.where((left < 0) & (enterprise | top), 1.1, 1.0)
    p = np.column_stack([f[f"level_p{k}"] for k in range(4)])
    for k in (0, 1, 2):
        rows = floor == k
        p[rows, k] = p[rows, k:].sum(axis=1)
        p[rows, k + 1 :] = 0
    age = np.column_stack([f[f"age_p{k}"] for k in range(4)])
    target, weight = minutes[f["target_row"]], weights[f["target_row"]]
    press = np.where(age >= target, 0.5, np.exp(np.minimum(age - target, 0) / 60))
    points = 10 * np.log2(value * (p * weight * press).sum(axis=1))
    level = p.argmax(axis=1)
    to_target = (target - age)[np.arange(level.size), level]
    urgent = p[:, 0] + p[:, 1]
    band = np.where((level >= 2) & (to_target > 480) & ~((urgent < 0.9) & (urgent > 0.1)), 2, 1)
    band[p[:, 0] >= 0.25] = 0
    return np.lexsort((f["created_at"], -points, band))


def python_order(facts: pl.DataFrame, policy: Policy, minutes: np.ndarray, weights: np.ndarray) -> list[int]:
    """The same ticket by ticket, from the same frame and policy: rules as compiled Python conditions."""
    table, weight = minutes.tolist(), weights.tolist()
    rules = [(compile(_python(rule.when), rule.name, "eval"), rule.then) for rule in policy.rules]
    keys = []
    for number, ticket in enumerate(facts.iter_rows(named=True)):
        p = [ticket[f"level_p{k}"] for k in range(4)]
        floor, value = 3, _value(ticket, policy)
        for condition, then in rules:
            if eval(condition, {}, ticket):
                if then.at_least:
                    floor = min(floor, FLOOR[then.at_least])
                if then.value:
                    value *= then.value
        if floor < 3:
            p[floor] = sum(p[floor:])
            p[floor + 1 :] = [0.0] * (3 - floor)
        points, band = _points(ticket, p, value, table, weight, policy)
        keys.append((band, -points, ticket["created_at"], ticket["ticket_id"], number))
    return [key[-1] for key in sorted(keys)]


def _value(ticket: dict, policy: Policy) -> float:
    said = policy.value
    value = said.tier.get(ticket["tier"], 1.0) * said.lifecycle.get(ticket["lifecycle"], 1.0)
    value *= said.payment.get(ticket["payment_status"], 1.0)
    value *= max(math.sqrt(ticket["contract_value"] / 10_000), 0.25)
    if 0 <= ticket["days_to_renewal"] <= 30:
        value *= 1.5
    if ticket["health"] < 40:
        value *= 1.5
    for name, times in (("strategic", said.strategic), ("expansion", said.expansion), ("vip", said.vip)):
        if ticket[name]:
            value *= times
    return value * said.incident if ticket["open_incidents"] > 0 else value


def _points(ticket: dict, p: list, value: float, table: list, weight: list, policy: Policy) -> tuple[float, int]:
    row, total = ticket["target_row"], 0.0
    for k in range(4):
        age, target = ticket[f"age_p{k}"], table[row][k]
        total += p[k] * weight[row][k] * (policy.ranking.missed if age >= target else math.exp((age - target) / 60))
    level = p.index(max(p))
    urgent = p[0] + p[1]
    far = level >= 2 and table[row][level] - ticket[f"age_p{level}"] > 480 and not 0.1 < urgent < 0.9
    return 10 * math.log2(value * total), 0 if p[0] >= policy.ranking.now_when else 2 if far else 1


def _python(when: str) -> str:
    """A condition of the bench as a Python expression."""
    text = re.sub(r"(\w+) BETWEEN (\d+) AND (\d+)", r"\2 <= \1 <= \3", when)
    text = re.sub(r"(?<![<>!=])=(?!=)", "==", text)
    return text.replace(" AND ", " and ").replace("NOT ", "not ").replace(" IN ", " in ")


def zen_decision(rows: list[dict], rules: list[tuple[str, str, dict]]) -> int:
    """The 12 rules alone as a zen-engine decision, ticket by ticket; returns how many held."""
    import zen

    engine = zen.ZenEngine()
    decision = engine.create_decision(json.dumps(_zen_graph(rules)))
    held = 0
    for row in rows:
        facts = {name: row[name] for name in _ZEN_FACTS}
        held += sum(bool(x) for x in decision.evaluate(facts)["result"].values())
    return held


_ZEN_FACTS = (
    "tier", "lifecycle", "payment_status", "contract_value", "days_to_renewal", "health", "strategic", "expansion",
    "vip", "open_incidents", "reopens", "affected_users", "minutes_left", "clock",
)  # fmt: skip


def _zen_graph(rules: list[tuple[str, str, dict]]) -> dict:
    """Each rule as one expression of zen's own language."""
    expressions = [{"id": str(i), "key": f"rule_{i}", "value": _zen(when)} for i, (_, when, _) in enumerate(rules)]
    return {
        "contentType": "application/vnd.gorules.decision",
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in", "position": {"x": 0, "y": 0}},
            {
                "id": "x",
                "type": "expressionNode",
                "name": "x",
                "position": {"x": 1, "y": 0},
                "content": {"expressions": expressions},
            },
            {"id": "out", "type": "outputNode", "name": "out", "position": {"x": 2, "y": 0}},
        ],
        "edges": [
            {"id": "a", "type": "edge", "sourceId": "in", "targetId": "x"},
            {"id": "b", "type": "edge", "sourceId": "x", "targetId": "out"},
        ],
    }


def _zen(when: str) -> str:
    text = re.sub(r"(\w+) BETWEEN (\d+) AND (\d+)", r"\1 >= \2 and \1 <= \3", when)
    text = re.sub(r"IN \(([^)]*)\)", r"in [\1]", text)
    return re.sub(r"(?<![<>!=])=(?!=)", "==", text).replace(" AND ", " and ").replace("NOT ", "not ")
