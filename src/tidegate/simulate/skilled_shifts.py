"""Which shifts cover several demand curves at least cost, where not everybody can do everything.

As in `shifts`, heads of each shift and weekday are chosen, here for each kind of people. In every half-hour the time of
a kind's heads flows to the needs that the kind covers: what reaches a need covers its demand, what is left over idles.
Kinds and needs that share nothing are planned apart, which is the same and quicker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.simulate.shifts import (
    PARTS,
    PATTERNS,
    PRICES,
    Shift,
    in_hours,
    new_model,
    offers_of,
    parts_wanted,
    pay_of,
    people_for,
    solved,
    worked,
)
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.demand import Curve
    from tidegate.simulate.shifts import Pattern, Prices

    Offer = tuple[int, int, Pattern]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """A week's shifts of one kind of people.

    Attributes
    ----------
    shifts
        By weekday and start.
    people
        The fewest people of this kind who can work them with at most five days each.
    paid_hours
        Hours worked in the week, breaks left out.
    """

    shifts: tuple[Shift, ...]
    people: int
    paid_hours: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkilledPlan:
    """The shifts of every kind, and what they come to.

    Attributes
    ----------
    rotas
        One for each kind.
    uncovered
        (needs, 7, 48) agents that are wanted and not there.
    price, bound
        What was made least, in paid hours, and what no plan can go below.
    """

    rotas: tuple[Rota, ...]
    uncovered: NDArray[np.float64]
    price: float
    bound: float


def plan_kinds(
    curves: Sequence[Curve],
    covers: Sequence[frozenset[int]],
    *,
    patterns: Sequence[Pattern] = PATTERNS,
    prices: Prices = PRICES,
    effort: float = 5.0,
) -> SkilledPlan:
    """Choose the shifts of a week for kinds of people.

    Parameters
    ----------
    curves
        Agents wanted, one curve for each need; all are open at the same time.
    covers
        For each kind of people, the positions of the needs that it covers.
    patterns, prices
        As for `shifts.plan_shifts`.
    effort
        Limit in the solver's deterministic time, shared among the parts that are planned apart.

    Raises
    ------
    MissingExtraError
        If OR-Tools is not installed.
    InputError
        If there is no curve, no pattern fits the opening hours, or a need is covered by no kind.
    """
    if not curves or not curves[0].open.any():
        raise InputError("there is nothing to plan shifts for")
    if lacking := set(range(len(curves))).difference(*covers):
        raise InputError("nobody covers a need", value=sorted(lacking))
    offers = offers_of(curves[0].open, patterns)
    if not offers:
        raise InputError("no shift fits the opening hours", expected="a day that is open for 3 hours on end")
    wanted = np.array([parts_wanted(curve) for curve in curves])
    rotas: list[Rota] = [Rota(shifts=(), people=0, paid_hours=0.0)] * len(covers)
    uncovered, price, bound = np.zeros(wanted.shape), 0.0, 0.0
    parts = _apart(covers)
    for kinds in parts:
        part = _Part(wanted, {kind: covers[kind] for kind in kinds}, offers, curves[0].open, prices)
        solver = solved(part.model, effort / len(parts))
        price, bound = price + solver.objective_value, bound + solver.best_objective_bound
        for kind in kinds:
            rotas[kind] = part.rota(kind, solver)
        for (need, day, slot), lack in part.lacks.items():
            uncovered[need, day, slot] = solver.value(lack) / PARTS
    return SkilledPlan(rotas=tuple(rotas), uncovered=uncovered, price=in_hours(price), bound=in_hours(bound))


def _apart(covers: Sequence[frozenset[int]]) -> list[list[int]]:
    """Put kinds that share needs together, directly or through others."""
    parts: list[tuple[set[int], list[int]]] = []
    for kind, needs in enumerate(covers):
        joined = [part for part in parts if part[0] & needs]
        parts = [part for part in parts if not part[0] & needs]
        kinds = sorted([kind, *(one for _, some in joined for one in some)])
        parts.append((set(needs).union(*(some for some, _ in joined)), kinds))
    return [kinds for needs, kinds in parts if needs]


class _Part:
    """Kinds that are planned together, as one model."""

    def __init__(
        self,
        wanted: NDArray[np.int64],
        covers: dict[int, frozenset[int]],
        offers: Sequence[Offer],
        opened: NDArray[np.bool_],
        prices: Prices,
    ) -> None:
        self.model, self._offers = new_model(), offers
        needs = sorted(frozenset().union(*covers.values()))
        most = wanted[needs].sum(axis=0).max(axis=1)
        self._heads: dict[int, list[Any]] = {
            kind: [self.model.new_int_var(0, -(-int(most[day]) // PARTS), f"{kind} {day} {start}")
                   for day, start, _ in offers]
            for kind in covers
        }  # fmt: skip
        self.lacks: dict[tuple[int, int, int], Any] = {}
        cost = sum(
            pay_of(pattern, prices) * head
            for heads in self._heads.values()
            for (_, _, pattern), head in zip(offers, heads, strict=True)
        )
        under, over = (round(price * PARTS) for price in (prices.under, prices.over))
        for day, slot in np.argwhere(opened).tolist():
            lacking, idle = self._slot(wanted[:, day, slot], covers, day, slot, int(most[day]))
            cost += under * lacking + over * idle
        self.model.minimize(cost)

    def _slot(
        self, wanted: NDArray[np.int64], covers: dict[int, frozenset[int]], day: int, slot: int, most: int
    ) -> tuple[Any, Any]:
        """Let the time of all heads flow to needs in one half-hour; return what lacks and what idles."""
        reach: dict[int, list[Any]] = {}
        idle: Any = 0
        for kind, needs in covers.items():
            there = [
                head
                for (weekday, start, pattern), head in zip(self._offers, self._heads[kind], strict=True)
                if weekday == day and any(part.start <= slot < part.stop for part in worked(start, pattern))
            ]
            flows = [
                self.model.new_int_var(0, int(wanted[need]), f"{kind} {need} {day} {slot}") for need in sorted(needs)
            ]
            rest = self.model.new_int_var(0, (most + PARTS) * max(1, len(there)), f"idle {kind} {day} {slot}")
            self.model.add(PARTS * sum(there) == sum(flows) + rest)
            idle += rest
            for need, flow in zip(sorted(needs), flows, strict=True):
                reach.setdefault(need, []).append(flow)
        lacking: Any = 0
        for need, flows in reach.items():
            lack = self.lacks[need, day, slot] = self.model.new_int_var(
                0, int(wanted[need]), f"lacks {need} {day} {slot}"
            )
            self.model.add(sum(flows) + lack == int(wanted[need]))
            lacking += lack
        return lacking, idle

    def rota(self, kind: int, solver: Any) -> Rota:  # noqa: ANN401 -- OR-Tools is optional
        """Read one kind's shifts off the solution."""
        shifts = tuple(
            Shift(weekday=day, start=start, pattern=pattern, heads=count)
            for (day, start, pattern), head in zip(self._offers, self._heads[kind], strict=True)
            if (count := solver.value(head))
        )
        hours = sum(shift.heads * shift.pattern.hours for shift in shifts)
        return Rota(shifts=shifts, people=people_for(shifts), paid_hours=hours)
