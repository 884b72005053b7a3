"""Rewrites of conditions: faster forms that mean the same."""

from __future__ import annotations

import json

import polars as pl
import pytest

from tidegate.policy.conditions import compile_condition
from tidegate.policy.sqltree import closed_values, closed_words, first_foreign, from_tree, to_tree


def test_exact_decimals_become_floats() -> None:
    assert "Decimal" in json.dumps(to_tree(pl.sql_expr("reopens > 2.5 AND csat < -0.25")))
    written = json.dumps(to_tree(compile_condition("reopens > 2.5 AND csat < -0.25")))
    assert "Decimal" not in written
    assert '{"Float": 2.5}' in written
    assert '{"Float": -0.25}' in written


@pytest.mark.parametrize("when", ["level <= 'P1'", "'P1' >= level", "status = 'open'", "COALESCE(level, 'P2') > 'P0'"])
def test_words_beside_a_closed_column_become_values_of_its_type(when: str) -> None:
    written = json.dumps(to_tree(compile_condition(when)))
    assert '"Enum"' in written


def test_what_needs_no_rewrite_stays() -> None:
    when = "tier = 'trial' AND REGEXP_LIKE(text, 'down')"
    assert compile_condition(when).meta.eq(pl.sql_expr(when))


def test_a_tree_reads_back_as_it_was() -> None:
    expression = pl.sql_expr("level IN ('P0', 'P1') OR CASE WHEN vip THEN reopens > 1 END")
    assert from_tree(to_tree(expression)).meta.eq(expression)
    assert first_foreign(to_tree(expression)) is None
    assert set(closed_words(to_tree(expression))) == {("level", "P0"), ("level", "P1")}


def test_open_and_unknown_columns_have_no_closed_values() -> None:
    assert closed_values("level") == ["P0", "P1", "P2", "P3"]
    assert closed_values("tier") == closed_values("nobody") == []
