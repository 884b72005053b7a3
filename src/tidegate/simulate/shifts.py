"""Which shifts cover a demand curve at least cost: a small integer programme, solved by OR-Tools CP-SAT.

A shift is a declared pattern and the half-hour that it starts on. Heads of each shift and weekday are chosen so that
paid hours, hours that lack an agent and hours that have one too many cost least together. The answer is the same for
the same input: one worker, a fixed seed, and a limit in the solver's own deterministic time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.simulate.demand import SLOT, SLOTS
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.simulate.demand import Curve

    Counts = NDArray[np.int64]

DAYS_A_WEEK: Final = 5
"""Days that a person works at most."""

PARTS: Final = 100
"""Parts of an agent that demand is rounded up to; the solver counts in whole numbers."""

_HOUR: Final = SLOT / 60.0


@dataclass(frozen=True, slots=True, order=True)
class Pattern:
    """A working day in half-hours: work, a break that is not paid, work again; no break where `rest` is 0."""

    before: int
    rest: int = 0
    after: int = 0

    @property
    def hours(self) -> float:
        """Hours that are worked and paid."""
        return (self.before + self.after) * _HOUR

    def __str__(self) -> str:
        """Say the hours worked and the break."""
        if not self.rest:
            return f"{self.hours:g} h"
        return f"{self.hours:g} h, {self.rest * SLOT:g} min break after {self.before * _HOUR:g} h"


PATTERNS: Final = (
    *(Pattern(before, 1, 16 - before) for before in (7, 8, 9)),
    *(Pattern(before, 1, 15 - before) for before in (7, 8)),
    *(Pattern(before, 2, 14 - before) for before in (6, 7, 8)),
    Pattern(8),
    Pattern(6),
)
"""Full days of 8, 7.5 and 7 hours with a break in the middle, and half days of 4 and 3 hours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """What an agent's hour costs, in paid hours, to a hundredth.

    Attributes
    ----------
    paid
        An hour on the rota.
    under
        An hour that wants an agent and has none.
    over
        An hour with an agent more than wanted, besides the pay.
    day
        A head on a day, however short the shift: without it, half days would fit the curve best and take more people.
    """

    paid: float = 1.0
    under: float = 3.0
    over: float = 0.2
    day: float = 0.5


PRICES: Final = Prices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """So many heads with the same hours on a weekday.

    Attributes
    ----------
    weekday, start
        0 is Monday; the half-hour of the day at which work begins.
    pattern
        How the day goes on.
    heads
        Agents, at least 1.
    """

    weekday: int
    start: int
    pattern: Pattern
    heads: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """A week's shifts and what they come to.

    Attributes
    ----------
    shifts
        By weekday and start.
    cover, wanted
        (7, 48) agents there, and agents wanted, rounded up to a hundredth.
    people
        The fewest people who can work these shifts with at most five days each.
    paid_hours
        Hours worked in the week, breaks left out.
    price, bound
        What the solver made least, in paid hours, and what no plan can go below; alike when the plan is optimal.
    """

    shifts: tuple[Shift, ...]
    cover: Counts
    wanted: NDArray[np.float64]
    people: int
    paid_hours: float
    price: float
    bound: float

    @property
    def optimal(self) -> bool:
        """Whether no other plan is cheaper; else the limit came first."""
        return self.price - self.bound < 1.0 / (PARTS * PARTS)

    @property
    def uncovered(self) -> NDArray[np.float64]:
        """(7, 48) agents that are wanted and not there."""
        return np.maximum(self.wanted - self.cover, 0.0)


def plan_shifts(
    curve: Curve,
    *,
    patterns: Sequence[Pattern] = PATTERNS,
    prices: Prices = PRICES,
    most: int | None = None,
    effort: float = 5.0,
) -> Plan:
    """Choose the shifts of a week.

    Parameters
    ----------
    curve
        Agents wanted. Nobody works in a slot that is not open; a break may lie there.
    patterns
        Working days to choose from; each within one calendar day.
    prices
        What is weighed up.
    most
        People there are; None for as many as it takes.
    effort
        Limit in the solver's deterministic time, a few seconds of a core each.

    Raises
    ------
    MissingExtraError
        If OR-Tools is not installed.
    InputError
        If no pattern fits the opening hours.
    """
    offers = offers_of(curve.open, patterns)
    if not offers:
        raise InputError("no shift fits the opening hours", expected="a day that is open for 3 hours on end")
    wanted = parts_wanted(curve)
    heads, price, bound = _solve(offers, wanted, curve.open, prices, most=most, effort=effort)
    shifts = tuple(
        Shift(weekday=day, start=start, pattern=pattern, heads=count)
        for (day, start, pattern), count in zip(offers, heads, strict=True)
        if count
    )
    return Plan(
        shifts=shifts,
        cover=cover_of(shifts),
        wanted=wanted / PARTS,
        people=people_for(shifts),
        paid_hours=sum(shift.heads * shift.pattern.hours for shift in shifts),
        price=in_hours(price),
        bound=in_hours(bound),
    )


def in_hours(price: float) -> float:
    """Turn hundredths of parts of a half-hour into paid hours."""
    return price * _HOUR / (PARTS * PARTS)


def worked(start: int, pattern: Pattern) -> tuple[slice, slice]:
    """Slots of the day that a shift works, before and after its break."""
    back = start + pattern.before + pattern.rest
    return slice(start, start + pattern.before), slice(back, back + pattern.after)


def offers_of(opened: NDArray[np.bool_], patterns: Sequence[Pattern]) -> list[tuple[int, int, Pattern]]:
    """List weekday, start and pattern of every shift whose work lies within open slots of one day."""
    return [
        (day, start, pattern)
        for day in np.flatnonzero(opened.any(axis=1)).tolist()
        for start in range(SLOTS)
        for pattern in sorted(set(patterns))
        if start + pattern.before + pattern.rest + pattern.after <= SLOTS
        and all(opened[day, part].all() for part in worked(start, pattern))
    ]


def parts_wanted(curve: Curve) -> Counts:
    """(7, 48) parts of agents wanted, rounded up; 0 where the desk is closed."""
    return np.where(curve.open, np.ceil(np.round(curve.wanted * PARTS, 6)), 0.0).astype(np.int64)


def people_for(shifts: Sequence[Shift]) -> int:
    """Fewest people who can work these shifts with at most five days each."""
    a_day = [sum(shift.heads for shift in shifts if shift.weekday == day) for day in range(7)]
    return max(*a_day, -(-sum(a_day) // DAYS_A_WEEK))


def cover_of(shifts: Sequence[Shift]) -> Counts:
    """(7, 48) heads that are there."""
    cover = np.zeros((7, SLOTS), dtype=np.int64)
    for shift in shifts:
        for part in worked(shift.start, shift.pattern):
            cover[shift.weekday, part] += shift.heads
    return cover


def _solve(
    offers: Sequence[tuple[int, int, Pattern]],
    wanted: Counts,
    opened: NDArray[np.bool_],
    prices: Prices,
    *,
    most: int | None,
    effort: float,
) -> tuple[list[int], float, float]:
    """Return heads of each offer, their price, and the bound; prices are in hundredths of parts of a half-hour."""
    model = new_model()
    highest = -(-wanted.max(axis=1) // PARTS)
    limit = [int(top) if most is None else min(int(top), most) for top in highest]
    heads = [model.new_int_var(0, limit[day], f"heads {place}") for place, (day, _, _) in enumerate(offers)]
    if most is not None:
        model.add(sum(heads) <= DAYS_A_WEEK * most)
        for day in sorted({day for day, _, _ in offers}):
            model.add(sum(head for head, offer in zip(heads, offers, strict=True) if offer[0] == day) <= most)
    model.minimize(_balance(model, dict(zip(offers, heads, strict=True)), wanted, opened, prices))
    solver = solved(model, effort)
    return [solver.value(head) for head in heads], solver.objective_value, solver.best_objective_bound


def new_model() -> Any:  # noqa: ANN401 -- OR-Tools is optional
    """Return an empty model.

    Raises
    ------
    MissingExtraError
        If OR-Tools is not installed.
    """
    try:
        from ortools.sat.python import cp_model
    except ImportError as error:
        raise MissingExtraError("staff", "planning shifts") from error
    return cp_model.CpModel()


def solved(model: Any, effort: float) -> Any:  # noqa: ANN401 -- as above
    """Solve a model, the same way every time, within a limit of the solver's deterministic time."""
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 1
    solver.parameters.max_deterministic_time = effort
    if solver.solve(model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise InputError("no plan of shifts was found", value=effort, expected="a higher limit")
    return solver


def pay_of(pattern: Pattern, prices: Prices) -> int:
    """Price of a head with this day, in hundredths of parts of a half-hour."""
    each = round(prices.day * PARTS / _HOUR) * PARTS
    return round(prices.paid * PARTS) * PARTS * (pattern.before + pattern.after) + each


def _balance(
    model: Any,  # noqa: ANN401 -- OR-Tools is optional
    heads: dict[tuple[int, int, Pattern], Any],
    wanted: Counts,
    opened: NDArray[np.bool_],
    prices: Prices,
) -> Any:  # noqa: ANN401 -- as above
    """Hold cover against demand in every open slot, and return what to make least."""
    under, over = (round(price * PARTS) for price in (prices.under, prices.over))
    there: dict[tuple[int, int], list[Any]] = {}
    cost: Any = 0
    for (day, start, pattern), head in heads.items():
        cost += pay_of(pattern, prices) * head
        for part in worked(start, pattern):
            for slot in range(part.start, part.stop):
                there.setdefault((day, slot), []).append(head)
    for day, slot in np.argwhere(opened).tolist():
        want, some = int(wanted[day, slot]), there.get((day, slot), [])
        lacks = model.new_int_var(0, want, f"lacks {day} {slot}")
        idle = model.new_int_var(0, PARTS * int(wanted[day].max() + PARTS) * max(1, len(some)), f"idle {day} {slot}")
        model.add(PARTS * sum(some) + lacks - idle == want)
        cost += under * lacks + over * idle
    return cost
