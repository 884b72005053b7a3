"""Conditions of rules: SQL boolean expressions over the documented columns, checked before anything runs.

Polars parses and runs them (`polars.sql_expr`), whole columns at a time. What is added here is the check: that every
column exists, that the answer is true or false, that each row is judged by itself, and that compared words can occur.
A condition that is null for a ticket, because a fact that it names is unknown, does not hold.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.policy.findings import nearest, suggest
from tidegate.policy.sqltree import closed_values, closed_words, first_foreign, from_tree, rewrite, to_tree
from tidegate.tables.errors import TidegateError
from tidegate.tables.facts import FACTS

if TYPE_CHECKING:
    from tidegate.policy.model import Policy
    from tidegate.policy.sqltree import Tree

_LONGEST: Final = 4000
_CLOCK_WORDS: Final = re.compile(r"\b(now\s*\(|current_(date|time|timestamp)\b|local(time|timestamp)\b)", re.IGNORECASE)
_TEXTS: Final = re.compile(r"'(?:[^']|'')*'")


class ConditionError(TidegateError):
    """A condition that cannot be used.

    Parameters
    ----------
    message
        What is wrong.
    mend
        What the person can do about it, with the valid values.
    """

    def __init__(self, message: str, mend: str | None = None) -> None:
        self.message, self.mend = message, mend
        super().__init__(f"{message}; {mend}" if mend else message)


@lru_cache(maxsize=512)
def compile_condition(sql: str) -> pl.Expr:
    """Turn the text of a condition into an expression over the facts, and check it.

    Parameters
    ----------
    sql
        A SQL boolean expression such as ``strategic AND minutes_left < 30``.

    Returns
    -------
    polars.Expr
        Boolean, one value a row; null where a fact that decides it is unknown.

    Raises
    ------
    ConditionError
        If it cannot be parsed, names an unknown column, is not true or false, compares a text with a number, looks at
        more than its own row, reads the time of day, or compares a closed column with a word that cannot occur.
    """
    expression = _parse(sql)
    _check_columns(expression)
    tree = _tree(expression)
    _check_row_wise(tree)
    _check_words(tree)
    _check_type(expression)
    _probe(expression)
    return from_tree(rewrite(tree))


def rule_flags(policy: Policy, facts: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Say which rules hold for which tickets.

    Parameters
    ----------
    policy
        Its rules are looked at in order.
    facts
        One row a ticket, with at least `required_columns`.

    Returns
    -------
    polars.DataFrame
        Boolean columns ``rule_0``, ``rule_1`` ..., without nulls, in the rows' order: a condition that is null does
        not hold. One query, in which equal sub-expressions are computed once.
    """
    flags = {
        f"rule_{index}": compile_condition(rule.when).fill_null(value=False) for index, rule in enumerate(policy.rules)
    }
    return facts.lazy().with_columns(**flags).select(flags.keys()).collect()


def required_columns(policy: Policy) -> set[str]:
    """Columns that the policy's rules read."""
    return {name for rule in policy.rules for name in compile_condition(rule.when).meta.root_names()}


def _parse(sql: str) -> pl.Expr:
    if len(sql) > _LONGEST:
        raise ConditionError(f"longer than {_LONGEST} characters", "split it into several rules")
    if found := _CLOCK_WORDS.search(_TEXTS.sub("''", sql)):
        raise ConditionError(
            f"reads the clock ({found[0].strip(' (')})", "use age_hours, minutes_left or days_to_renewal"
        )
    try:
        return pl.sql_expr(sql)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ConditionError(f"not a valid SQL condition: {_first_line(error)}") from None


def _first_line(error: BaseException) -> str:
    return str(error).strip().partition("\n")[0]


def _check_columns(expression: pl.Expr) -> None:
    for name in dict.fromkeys(expression.meta.root_names()):
        if name in FACTS:
            continue
        near = nearest(name, FACTS)
        mend = f"did you mean {near}? " if near else ""
        raise ConditionError(
            f"unknown column {name!r}",
            f"{mend}texts stand in single quotes; docs/reference/policy.md lists the columns",
        )


def _tree(expression: pl.Expr) -> Tree:
    try:
        return to_tree(expression)
    except pl.exceptions.PolarsError as error:
        raise ConditionError(f"not a condition over single tickets: {_first_line(error)}") from None


def _check_row_wise(tree: Tree) -> None:
    if foreign := first_foreign(tree):
        raise ConditionError(
            f"is not judged ticket by ticket ({foreign})",
            "aggregates, windows, subqueries and aliases are not allowed",
        )


def _check_words(tree: Tree) -> None:
    """Compare the words that stand beside a closed column with those that can occur in it."""
    for column, word in closed_words(tree):
        if word not in (valid := closed_values(column)):
            raise ConditionError(f"{column} is never {word!r}", suggest(word, valid))


def _check_type(expression: pl.Expr) -> None:
    try:
        dtype = _samples().lazy().select(expression.alias("flag")).collect_schema()["flag"]
    except pl.exceptions.PolarsError as error:
        raise ConditionError(_first_line(error), _mend_for(str(error))) from None
    if dtype != pl.Boolean:
        raise ConditionError(f"is not true or false but {dtype}", "compare it with something, such as reopens > 0")


def _probe(expression: pl.Expr) -> None:
    """Run the condition on a few made-up rows: all at once and in halves it must say the same."""
    rows = _samples()
    try:
        whole, upper, lower = (
            part.with_columns(flag=expression)["flag"] for part in (rows, rows.head(3), rows.tail(-3))
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException) as error:
        raise ConditionError(_first_line(error), _mend_for(str(error))) from None
    if not whole.equals(pl.concat([upper, lower])):
        raise ConditionError("looks at more than its own row", "rules hold ticket by ticket")


def _mend_for(error: str) -> str | None:
    if "regex" in error:
        return "the regular expression does not compile; see https://docs.rs/regex for its syntax"
    if "cannot compare string with numeric" in error:
        return "numbers stand without quotes, texts in single quotes"
    if "date" in error:
        return "use age_hours, minutes_left or days_to_renewal, which are numbers"
    return None


@lru_cache(maxsize=1)
def _samples() -> pl.DataFrame:
    """Six made-up rows of facts, the last one empty."""
    return pl.DataFrame(
        {name: pl.Series(name, _sample_values(fact.dtype), dtype=fact.dtype) for name, fact in FACTS.items()}
    )


def _sample_values(dtype: Any) -> list[object]:  # noqa: ANN401 - any Polars type
    if isinstance(dtype, pl.Enum):
        first, last = dtype.categories[0], dtype.categories[-1]
        return [first, last, first, first, last, None]
    if dtype == pl.String:
        return ["", "login is down", "0", "a", "2026-01-01", None]
    if dtype == pl.Boolean:
        return [True, False, True, True, False, None]
    if isinstance(dtype, pl.List):
        return [[], ["vip"], ["a", "b"], ["vip", "a"], ["b"], None]
    if isinstance(dtype, pl.Datetime):
        return [datetime(2026, month, 1, tzinfo=UTC) for month in range(1, 6)] + [None]
    return [0, 1, 3, 100, 7, None]
