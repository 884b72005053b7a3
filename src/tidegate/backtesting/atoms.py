"""Where in a rule's condition time comes in: the comparisons with facts that grow while a ticket waits.

A fact such as ``age_hours`` grows by the minute. A comparison of it with something that stands still, such as
``age_hours > 2 * affected_users``, changes its truth at one value of the fact, which can be worked out for all tickets
at once. Facts that change at known moments only, such as ``open_incidents``, may stand anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from tidegate.policy.conditions import compile_condition
from tidegate.policy.sqltree import from_tree, to_tree
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from tidegate.policy.model import Rule

    Column = NDArray[np.float64]
    Tree = Any

GROWING: Final = frozenset({"age_hours", "age_p0", "age_p1", "age_p2", "age_p3", "minutes_left", "days_to_renewal"})
"""Facts that grow, or shrink, by the minute."""

STEPPING: Final = frozenset(
    {
        "open_incidents",
        "incident_id",
        "incident_title",
        "breached_since",
        "requester_tickets_90d",
        "account_tickets_90d",
    }
)
"""Facts that change at moments that are known before the replay begins."""

MOVING: Final = GROWING | STEPPING

_COMPARISONS: Final = frozenset({"Eq", "NotEq", "EqValidity", "NotEqValidity", "Lt", "LtEq", "Gt", "GtEq"})
_EVEN: Final = frozenset({"Plus", "Minus", "Multiply", "Divide", "TrueDivide", "Add", "Sub", "Mul", "Div"})
_TRIALS: Final = (-1.37, 0.61, 7.77, 12_345.678)
_NEAR: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Atom:
    """A comparison with one growing fact."""

    rule: str
    fact: str
    left: Tree
    right: Tree

    def turning(self, facts: pl.DataFrame) -> Column:
        """Value of the fact at which the comparison turns, one a row; nan where it never does.

        Raises
        ------
        InputError
            If the two sides do not differ by the fact times something, plus something.
        """
        at_zero, at_one = self._gap(facts, 0.0), self._gap(facts, 1.0)
        slope = at_one - at_zero
        for trial in _TRIALS:
            straight, found = at_zero + slope * trial, self._gap(facts, trial)
            near = _NEAR * (np.abs(at_zero) + np.abs(slope * trial) + 1.0)
            if (np.abs(straight - found) > near).any():
                raise unclear(self.rule, self.fact)
        with np.errstate(divide="ignore", invalid="ignore"):
            value = -at_zero / slope
        return np.where(np.isfinite(value), value, np.nan)

    def _gap(self, facts: pl.DataFrame, value: float) -> Column:
        gap = from_tree(self.left).cast(pl.Float64) - from_tree(self.right).cast(pl.Float64)
        return facts.with_columns(pl.lit(value).alias(self.fact)).select(gap=gap)["gap"].fill_null(np.nan).to_numpy()


def unclear(rule: str, fact: str) -> InputError:
    """Say that a rule uses a growing fact in a way that cannot be followed through time."""
    return InputError(
        f"rule {rule!r} cannot be replayed: it does not compare {fact} with something that stands still",
        column=fact,
        mend=f"write it as a comparison such as {fact} < 30, joined by AND, OR and NOT",
    )


def atoms(rule: Rule) -> list[Atom]:
    """List the comparisons of a rule with growing facts.

    Raises
    ------
    InputError
        If a growing fact stands anywhere else, other than in IS NULL.
    """
    return list(_atoms(to_tree(compile_condition(rule.when)), rule.name))


def _atoms(tree: Tree, rule: str) -> Iterator[Atom]:
    kind, body = _node(tree)
    if kind == "Column":
        if body in GROWING:
            raise unclear(rule, body)
        return
    sides = _operands(kind, body)
    if _compares(kind, body):
        growing = [name for name in _columns(tree) if name in GROWING]
        if growing and len(set(growing)) == 1 and _even(tree) and not STEPPING & set(_columns(tree)):
            yield Atom(rule, growing[0], *sides)
            return
    if _asks_for_null(kind, body) and _node(sides[0])[0] == "Column":
        return
    for side in sides:
        yield from _atoms(side, rule)


def _node(tree: Tree) -> tuple[str, Tree]:
    return next(iter(tree.items())) if isinstance(tree, dict) else (str(tree), {})


def _operands(kind: str, body: Tree) -> list[Tree]:
    match kind:
        case "BinaryExpr":
            return [body["left"], body["right"]]
        case "Function":
            return list(body["input"])
        case "Cast":
            return [body["expr"]]
        case "Ternary":
            return [body["predicate"], body["truthy"], body["falsy"]]
    return []


def _operator(kind: str, body: Tree) -> str | None:
    if kind == "BinaryExpr":
        return body["op"]
    function = body["function"] if kind == "Function" else None
    if isinstance(function, dict) and isinstance(function.get("Sql"), dict):
        return function["Sql"].get("Binary")
    return None


def _compares(kind: str, body: Tree) -> bool:
    return _operator(kind, body) in _COMPARISONS


def _asks_for_null(kind: str, body: Tree) -> bool:
    return kind == "Function" and body["function"] in ({"Boolean": "IsNull"}, {"Boolean": "IsNotNull"})


def _columns(tree: Tree) -> Iterator[str]:
    kind, body = _node(tree)
    if kind == "Column":
        yield body
    for side in _operands(kind, body):
        yield from _columns(side)


def _even(tree: Tree, *, top: bool = True) -> bool:
    """Whether only sums, differences, products and quotients are taken below the comparison."""
    kind, body = _node(tree)
    if kind in ("Column", "Literal"):
        return True
    fits = top or kind == "Cast" or _operator(kind, body) in _EVEN or _stands_in(kind, body)
    return fits and all(_even(side, top=False) for side in _operands(kind, body))


def _stands_in(kind: str, body: Tree) -> bool:
    return kind == "Function" and body["function"] == "Coalesce"
