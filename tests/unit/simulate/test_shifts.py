from __future__ import annotations

import sys
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.policy.hours import parse_hours
from tidegate.simulate.demand import SLOTS, Curve, open_slots
from tidegate.simulate.shifts import PATTERNS, PRICES, Pattern, Plan, plan_shifts
from tidegate.tables.errors import InputError, MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

OFFICE = open_slots(parse_hours({"mon-thu": "09:00-17:30", "sat": "10:00-14:00"}))
SHORT = open_slots(parse_hours({"wed": "09:00-11:00"}))
TINY = (Pattern(2), Pattern(1, 1, 1), Pattern(3))


def curve_of(wanted: np.ndarray, opened: np.ndarray) -> Curve:
    return Curve(work=wanted, wanted=np.where(opened, wanted, 0.0), open=opened)


def random_week(seed: int) -> Curve:
    draw = np.random.default_rng(seed)
    return curve_of(draw.uniform(0, 6, (7, SLOTS)), OFFICE)


def slots(start: int, pattern: Pattern) -> list[int]:
    """The half-hours that a shift works, counted off one by one."""
    back = start + pattern.before + pattern.rest
    return [*range(start, start + pattern.before), *range(back, back + pattern.after)]


def price_of(wanted: Sequence[float], chosen: list[tuple[list[int], int]]) -> float:
    """What a day from 09:00 on costs in paid hours, half-hour by half-hour."""
    price = 0.0
    for slot, want in enumerate(wanted, start=18):
        there = sum(heads for worked, heads in chosen if slot in worked)
        price += 0.5 * (PRICES.under * max(0.0, want - there) + PRICES.over * max(0.0, there - want))
    return price + sum(heads * (PRICES.paid * len(worked) / 2 + PRICES.day) for worked, heads in chosen)


@given(st.lists(st.integers(0, 250).map(lambda parts: parts / 100), min_size=4, max_size=4))
@settings(max_examples=10, deadline=None)
@pytest.mark.slow
def test_no_other_choice_of_heads_is_cheaper(wanted: list[float]) -> None:
    week = np.zeros((7, SLOTS))
    week[2, 18:22] = wanted
    plan = plan_shifts(curve_of(week, SHORT), patterns=TINY)
    offers = [
        slots(start, pattern) for start, pattern in product(range(18, 22), TINY) if max(slots(start, pattern)) < 22
    ]
    best = min(
        price_of(wanted, list(zip(offers, heads, strict=True))) for heads in product(range(4), repeat=len(offers))
    )
    assert plan.optimal
    assert plan.price == pytest.approx(best)
    assert price_of(wanted, [(slots(s.start, s.pattern), s.heads) for s in plan.shifts]) == pytest.approx(best)


def counted(plan: Plan) -> np.ndarray:
    cover = np.zeros((7, SLOTS))
    for shift in plan.shifts:
        for slot in slots(shift.start, shift.pattern):
            cover[shift.weekday, slot] += shift.heads
    return cover


@pytest.mark.parametrize("seed", range(3))
def test_cover_is_what_the_shifts_add_up_to_and_lies_within_opening_hours(seed: int) -> None:
    curve = random_week(seed)
    plan = plan_shifts(curve)
    assert (counted(plan) == plan.cover).all()
    assert not plan.cover[~OFFICE].any()
    assert (plan.wanted >= curve.wanted - 1e-9).all()
    assert (plan.wanted - curve.wanted < 0.01).all()
    assert (plan.cover + plan.uncovered >= plan.wanted).all()
    assert plan.paid_hours == counted(plan).sum() / 2
    assert {shift.pattern for shift in plan.shifts} <= set(PATTERNS)
    assert plan.bound <= plan.price + 1e-9


@pytest.mark.parametrize("most", [None, 6])
def test_so_many_people_can_work_the_shifts_with_five_days_each(most: int | None) -> None:
    wanted = np.where(open_slots(parse_hours({"mon-sun": "09:00-17:30"})), 5.0, 0.0)
    plan = plan_shifts(curve_of(wanted, wanted > 0), most=most)
    days: dict[int, list[int]] = {}
    turn = 0
    for shift in plan.shifts:
        for _ in range(shift.heads):
            days.setdefault(turn % plan.people, []).append(shift.weekday)
            turn += 1
    assert most is None or plan.people <= most
    assert all(len(worked) == len(set(worked)) <= 5 for worked in days.values())


def test_fewer_people_leave_more_uncovered() -> None:
    free, bound = plan_shifts(random_week(1)), plan_shifts(random_week(1), most=3)
    assert bound.people <= 3 < free.people
    assert bound.uncovered.sum() > free.uncovered.sum()
    assert bound.price > free.price


def test_the_same_input_gives_the_same_plan() -> None:
    first, second = plan_shifts(random_week(7)), plan_shifts(random_week(7))
    assert first.shifts == second.shifts
    assert first.cover.tobytes() == second.cover.tobytes()
    assert (first.price, first.bound) == (second.price, second.bound)


def test_hours_that_no_shift_fits_are_refused_and_no_demand_takes_nobody() -> None:
    with pytest.raises(InputError, match="no shift fits"):
        plan_shifts(curve_of(np.ones((7, SLOTS)), SHORT))
    idle = plan_shifts(curve_of(np.zeros((7, SLOTS)), OFFICE))
    assert idle.shifts == ()
    assert idle.people == idle.price == 0


def test_without_ortools_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ortools.sat.python", None)
    with pytest.raises(MissingExtraError, match=r"tidegate\[staff\]"):
        plan_shifts(random_week(0))
