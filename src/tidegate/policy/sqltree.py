"""The tree that Polars makes of a condition: what each row's answer depends on, and two rewrites that make it faster.

Polars writes and reads its expressions as JSON. The rewrites keep the meaning: a word beside a closed column becomes a
value of that column's type, and a number with a decimal point becomes a float (exact decimals cost 20 times more).
"""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.tables.facts import FACTS

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPERANDS: Final[dict[str, tuple[str, ...]]] = {
    "Column": (),
    "Literal": (),
    "BinaryExpr": ("left", "right"),
    "Function": ("input",),
    "Cast": ("expr",),
    "Ternary": ("predicate", "truthy", "falsy"),
}
"""The kinds of node that look at one row only, and where their operands stand."""

_FUNCTIONS: Final = frozenset(
    {"Boolean", "StringExpr", "ListExpr", "ArrayExpr", "TemporalExpr", "Sql", "Coalesce", "FillNull", "Abs", "Negate"}
    | {"Round", "Floor", "Ceil", "Sign", "Pow", "Log", "Log1p", "Exp", "MaxHorizontal", "MinHorizontal"}
)
"""The families of functions that look at one row only, or whose few exceptions the probe of `conditions` catches."""

_COMPARISONS: Final = frozenset({"Eq", "NotEq", "EqValidity", "NotEqValidity", "Lt", "LtEq", "Gt", "GtEq"})

Tree = Any
"""A node as JSON has it: a mapping from its kind to what stands in it, or only its kind."""


def to_tree(expression: pl.Expr) -> Tree:
    """Write an expression as a tree; `polars.exceptions.PolarsError` if it has no written form."""
    return json.loads(expression.meta.serialize(format="json"))


def from_tree(tree: Tree) -> pl.Expr:
    """Read an expression back."""
    return pl.Expr.deserialize(io.StringIO(json.dumps(tree)), format="json")


def first_foreign(tree: Tree) -> str | None:
    """Name the first part that looks beyond its own row: an aggregate, a window, a subquery, an alias; else None."""
    for kind, body in _nodes(tree):
        if kind == "Function" and (name := _function(body)) not in _FUNCTIONS:
            return name
        if kind not in _OPERANDS:
            return kind
    return None


def closed_values(column: str) -> list[str]:
    """Words that can occur in a closed column; empty if the column is open or unknown."""
    dtype = FACTS[column].dtype if column in FACTS else None
    return dtype.categories.to_list() if isinstance(dtype, pl.Enum) else []


def closed_words(tree: Tree) -> Iterator[tuple[str, str]]:
    """Pairs of a closed column and a word that it is compared with."""
    for column, literal in _pairs(tree):
        values = pl.select(from_tree(literal)).to_series()
        values = values.explode() if isinstance(values.dtype, pl.List) else values  # the list of an IN
        yield from ((column, value) for value in values.to_list() if isinstance(value, str))


def rewrite(tree: Tree) -> Tree:
    """Return an equal tree that runs faster."""
    for column, literal in _pairs(tree):
        word = literal["Literal"].get("Scalar", {}).get("String")
        if word is not None:
            literal.update(to_tree(pl.lit(word, dtype=FACTS[column].dtype)))
    for kind, body in _nodes(tree):
        if kind == "Literal" and "Decimal" in body.get("Scalar", ()):
            digits, _, scale = body["Scalar"]["Decimal"]
            body.clear()
            body["Dyn"] = {"Float": digits / 10**scale}
    return tree


def _nodes(tree: Tree) -> Iterator[tuple[str, Any]]:
    """Every node's kind and what stands in it, from the top."""
    kind, body = next(iter(tree.items())) if isinstance(tree, dict) else (str(tree), {})
    yield kind, body
    for operand in _OPERANDS.get(kind, ()):
        for node in body[operand] if isinstance(body[operand], list) else [body[operand]]:
            yield from _nodes(node)


def _function(body: Tree) -> str:
    function = body["function"]
    return function if isinstance(function, str) else next(iter(function))


def _pairs(tree: Tree) -> Iterator[tuple[str, Tree]]:
    """Pairs of a closed column and the literal node beside it."""
    for kind, body in _nodes(tree):
        if kind == "BinaryExpr" and body["op"] in _COMPARISONS:
            operands = [(body["left"], body["right"]), (body["right"], body["left"])]
        elif kind == "Function":
            operands = [(body["input"][0], other) for other in body["input"][1:]]
        else:
            continue
        for column, literal in operands:
            name = column.get("Column") if isinstance(column, dict) else None
            if name and closed_values(name) and _is_literal(literal):
                yield name, literal


def _is_literal(node: Tree) -> bool:
    return isinstance(node, dict) and isinstance(node.get("Literal"), dict)
