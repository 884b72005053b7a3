"""Conditions of rules: what compiles, what is refused and how, and what holds."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest

from tidegate.policy import Policy, load
from tidegate.policy.conditions import ConditionError, compile_condition, required_columns, rule_flags
from tidegate.tables.facts import FACTS

TICKETS = {
    "level": ["P0", "P1", "P2", "P3", None],
    "status": ["new", "open", "hold", "open", "new"],
    "reopens": [0, 1, 2, 3, None],
    "usage_trend": [-0.5, -0.2, 0.0, 0.25, None],
    "contract_value": [0.0, 9_999.5, 10_000.0, 1e6, None],
    "strategic": [True, False, True, False, None],
    "tier": ["trial", "standard", "enterprise", "strategic", None],
    "tags": [["vip"], [], ["a", "vip"], ["b"], None],
    "text": ["Data leak!", "bleak", "Ein Leck", "a LEAK\nhere", None],
    "days_to_renewal": [-1.0, 0.0, 30.0, 31.0, None],
}
FRAME = pl.DataFrame(TICKETS, schema={name: FACTS[name].dtype for name in TICKETS})


def policy_with(*conditions: str) -> Policy:
    values = load("starter").model_dump(mode="json")
    values["rules"] = [{"name": f"r{i}", "when": when, "then": {"tag": "x"}} for i, when in enumerate(conditions)]
    return load(values)


def rows(when: str) -> list[int]:
    return rule_flags(policy_with(when), FRAME)["rule_0"].arg_true().to_list()


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        ("level = 'P0'", [0]),
        ("level <= 'P1'", [0, 1]),
        ("'P1' < level", [2, 3]),
        ("level <> 'P1'", [0, 2, 3]),
        ("level BETWEEN 'P1' AND 'P2'", [1, 2]),
        ("level IN ('P0', 'P3')", [0, 3]),
        ("level NOT IN ('P0', 'P3')", [1, 2]),
        ("level IS NULL", [4]),
        ("COALESCE(level, 'P1') = 'P1'", [1, 4]),
        ("reopens > 1", [2, 3]),
        ("reopens > 1.5", [2, 3]),
        ("reopens = 2.0", [2]),
        ("usage_trend < -0.2", [0]),
        ("usage_trend <= -0.2", [0, 1]),
        ("contract_value >= 9999.5 AND contract_value < 1000000", [1, 2]),
        ("days_to_renewal BETWEEN 0 AND 30", [1, 2]),
        ("strategic", [0, 2]),
        ("NOT strategic", [1, 3]),
        ("strategic OR reopens = 1", [0, 1, 2]),
        ("strategic = NULL", []),
        ("tier IN ('trial', 'strategic')", [0, 3]),
        ("array_contains(tags, 'vip')", [0, 2]),
        ("REGEXP_LIKE(text, '(?i)\\bleak\\b')", [0, 3]),
        ("text ILIKE '%leak%'", [0, 1, 3]),
        ("CASE WHEN strategic THEN reopens > 1 ELSE FALSE END", [2]),
        ("TRUE", [0, 1, 2, 3, 4]),
        ("1 > 2", []),
    ],
)
def test_a_condition_holds_where_it_is_true_and_nowhere_else(when: str, holds: list[int]) -> None:
    assert rows(when) == holds


@pytest.mark.parametrize(
    ("when", "message", "mend"),
    [
        ("reopens >", "not a valid SQL condition", ""),
        ("reopens > 1; DROP TABLE tickets", "not a valid SQL condition", ""),
        ("reopen > 1", "unknown column 'reopen'", "did you mean reopens?"),
        ('tier = "enterprise"', "unknown column 'enterprise'", "texts stand in single quotes"),
        ("t.reopens > 1", "unknown column 't'", "docs/reference/policy.md"),
        ("reopens", "is not true or false but Int32", "compare it"),
        ("tags", "is not true or false but List(String)", "compare it"),
        ("level = 'P9'", "level is never 'P9'", "valid: P0, P1, P2, P3"),
        ("status IN ('open', 'opened')", "status is never 'opened'", "did you mean 'open'?"),
        ("'urgent' = nature", "nature is never 'urgent'", "valid: lookup, process"),
        ("reopens > 'a'", "cannot compare string with numeric", "numbers stand without quotes"),
        ("text > 3", "cannot compare string with numeric", "texts in single quotes"),
        ("REGEXP_LIKE(text, '(')", "regex", "does not compile"),
        ("created_at > '2026-01-01'", "cannot compare", "age_hours"),
        ("SUM(reopens) > 1", "is not judged ticket by ticket", "aggregates"),
        ("COUNT(*) > 1", "is not judged ticket by ticket (Len)", "aggregates"),
        ("reopens > AVG(reopens)", "is not judged ticket by ticket (Agg)", "aggregates"),
        ("ROW_NUMBER() OVER () > 1", "is not judged ticket by ticket", "windows"),
        ("reopens > LAG(reopens) OVER (ORDER BY reopens)", "is not judged ticket by ticket (Over)", "windows"),
        ("reopens > QUANTILE_CONT(reopens, 0.5)", "is not judged ticket by ticket (Quantile)", "aggregates"),
        ("UNNEST(tags) = 'a'", "is not judged ticket by ticket (Explode)", "aggregates"),
        ("reopens > (SELECT 1)", "is not judged ticket by ticket (SubPlan)", "subqueries"),
        ("reopens > 1 AS often", "is not judged ticket by ticket (Alias)", "aliases"),
        ("NOW() > created_at", "reads the clock (NOW)", "age_hours"),
        ("CURRENT_DATE > '2026-01-01'", "reads the clock", "age_hours"),
        ("reopens > 1 OR " * 400 + "reopens > 1", "longer than 4000 characters", "several rules"),
    ],
)
def test_what_cannot_be_a_condition_is_refused_with_a_mend(when: str, message: str, mend: str) -> None:
    with pytest.raises(ConditionError) as caught:
        compile_condition(when)
    assert message in caught.value.message
    assert mend in (caught.value.mend or "")


def test_a_word_about_the_clock_inside_a_text_is_only_a_text() -> None:
    assert rows("text = 'now () current_date'") == []


@pytest.mark.parametrize("name", ["starter", "playbook"])
def test_shipped_rules_hold_as_when_polars_runs_them_unchanged(name: str) -> None:
    """Twin: the same SQL, without checks and rewrites, one rule at a time, on drawn facts."""
    policy, facts = load(name), drawn_facts(400)
    flags = rule_flags(policy, facts)
    assert flags.columns == [f"rule_{i}" for i in range(len(policy.rules))]
    for index, rule in enumerate(policy.rules):
        twin = facts.select(flag=pl.sql_expr(rule.when))["flag"].fill_null(value=False)
        assert flags[:, index].to_list() == twin.to_list(), rule.name
        assert twin.any(), rule.name


def drawn_facts(height: int) -> pl.DataFrame:
    rng = np.random.default_rng(7)
    words = {
        "tier": ["trial", "free", "enterprise"],
        "lifecycle": ["trial", "active"],
        "payment_status": ["ok", "failed", "disputed"],
    }
    words |= {
        "intent": ["outage", "billing", "bug", "order_change", "cancellation_or_refund"],
        "type": ["bug", "question"],
    }
    words["text"] = [
        "data breach",
        "production is down",
        "my lawyer",
        "speak to a manager",
        "switching to another vendor",
    ]
    columns = {}
    for name, fact in FACTS.items():
        if isinstance(fact.dtype, pl.Enum):
            values = list(rng.choice(fact.dtype.categories.to_list(), height))
        elif fact.dtype == pl.String:
            values = list(rng.choice(words.get(name, ["a"]), height))
        elif fact.dtype == pl.Boolean:
            values = (rng.random(height) < 0.2).tolist()
        elif isinstance(fact.dtype, pl.List):
            values = [["a"]] * height
        elif isinstance(fact.dtype, pl.Datetime):
            values = [datetime(2026, 1, 1, tzinfo=UTC)] * height
        else:
            values = rng.integers(0, 100, height).tolist()
        missing = rng.random(height) < 0.1
        columns[name] = pl.Series(
            name, [None if gone else v for v, gone in zip(values, missing, strict=True)], dtype=fact.dtype
        )
    return pl.DataFrame(columns)


def test_flags_are_never_null_and_keep_their_rows() -> None:
    facts = drawn_facts(50)
    flags = rule_flags(load("starter"), facts)
    assert flags.height == 50
    assert all(column.dtype == pl.Boolean and column.null_count() == 0 for column in flags.get_columns())
    assert rule_flags(load("starter"), facts.lazy().head(10)).equals(flags.head(10))
    assert rule_flags(load("starter"), facts.head(0)).shape == (0, len(load("starter").rules))


def test_only_the_columns_that_rules_name_are_needed() -> None:
    policy = policy_with("reopens > 1 AND tier = 'trial'", "reopens > 2", "TRUE")
    assert required_columns(policy) == {"reopens", "tier"}
    assert rule_flags(policy, FRAME.select("reopens", "tier")).height == FRAME.height
    assert "text" in required_columns(load("starter"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("We found a data breach", "leak, breach or exposure"),
        ("Our API keys leaked", "leak, breach or exposure"),
        ("Credential exposure in logs", "leak, breach or exposure"),
        ("Es gibt ein Datenleck", "leak, breach or exposure"),
        ("PRODUCTION IS DOWN", "production is down"),
        ("The site is completely down.", "production is down"),
        ("nobody can log in", "production is down"),
        ("service hors service depuis ce matin", "production is down"),
        ("My card was declined", "payment failed"),
        ("Please change the delivery address", "address change or cancellation before it ships"),
        ("please cancel my last order", "address change or cancellation before it ships"),
        ("I want to cancel my subscription", "churn threat"),
        ("We are moving to another vendor", "churn threat"),
        ("you will hear from my lawyer", "legal"),
        ("let me talk to your manager", "asks for somebody higher"),
    ],
)
def test_shipped_keywords_work_without_any_reading(text: str, rule: str) -> None:
    assert rule in fired(text)


@pytest.mark.parametrize(
    "text",
    ["memory leak in the worker", "how do I download the server logs", "bleak outlook", "Where is my order?", "", None],
)
def test_shipped_keywords_leave_ordinary_texts_alone(text: str | None) -> None:
    assert fired(text) == []


def fired(text: str | None) -> list[str]:
    policy = load("starter")
    facts = pl.DataFrame({name: pl.Series([fact.missing], dtype=fact.dtype) for name, fact in FACTS.items()})
    flags = rule_flags(policy, facts.with_columns(text=pl.lit(text, dtype=pl.String))).row(0)
    return [rule.name for rule, flag in zip(policy.rules, flags, strict=True) if flag]
