"""Shifts for kinds of people: what they share helps, what they do not is planned apart, and the flows add up."""

from __future__ import annotations

import numpy as np
import pytest

from tidegate.policy.hours import parse_hours
from tidegate.simulate.demand import SLOTS, Curve, open_slots
from tidegate.simulate.shifts import PARTS, Pattern, cover_of, parts_wanted, plan_shifts
from tidegate.simulate.skilled_shifts import SkilledPlan, plan_kinds
from tidegate.tables.errors import InputError

SHORT = open_slots(parse_hours({"wed": "09:00-13:00", "thu": "09:00-11:00"}))
TINY = (Pattern(2), Pattern(2, 1, 2), Pattern(4))


def curve(seed: int, most: float = 3.0) -> Curve:
    wanted = np.where(SHORT, np.round(np.random.default_rng(seed).uniform(0, most, (7, SLOTS)), 2), 0.0)
    return Curve(work=wanted, wanted=wanted, open=SHORT)


def together(*curves: Curve) -> Curve:
    wanted = np.sum([one.wanted for one in curves], axis=0)
    return Curve(work=wanted, wanted=wanted, open=SHORT)


def kinds(curves: list[Curve], *covers: set[int]) -> SkilledPlan:
    return plan_kinds(curves, [frozenset(one) for one in covers], patterns=TINY, effort=20.0)


@pytest.mark.parametrize("seed", range(3))
def test_one_kind_for_one_need_is_the_plan_without_skills(seed: int) -> None:
    alone, plan = plan_shifts(curve(seed), patterns=TINY), kinds([curve(seed)], {0})
    assert plan.price == pytest.approx(alone.price)
    assert plan.uncovered.sum() == pytest.approx(alone.uncovered.sum(), abs=0.5)


def test_kinds_that_share_nothing_are_planned_apart() -> None:
    plan = kinds([curve(1), curve(2)], {0}, {1})
    assert plan.price == pytest.approx(sum(plan_shifts(curve(seed), patterns=TINY).price for seed in (1, 2)))


def test_people_who_can_do_both_cost_no_more_and_all_who_can_are_one_team() -> None:
    curves = [curve(seed, 1.5) for seed in (3, 4)]
    apart, mixed, whole = kinds(curves, {0}, {1}), kinds(curves, {0}, {1}, {0, 1}), kinds(curves, {0, 1})
    assert whole.price <= mixed.price + 1e-6 <= apart.price + 2e-6
    assert mixed.price < apart.price
    one = plan_shifts(together(*curves), patterns=TINY)
    assert whole.price == pytest.approx(one.price, rel=0.02)  # rounding up is once for two needs here


def test_what_is_not_uncovered_is_covered_by_somebody_who_may() -> None:
    """Hall's condition: the needs of any set of needs fit into the heads of the kinds that touch them."""
    curves = [curve(5), curve(6), curve(7)]
    covers = [{0}, {0, 1}, {1, 2}]
    plan = kinds(curves, *covers)
    there = [cover_of(rota.shifts) for rota in plan.rotas]
    met = [parts_wanted(one) / PARTS - lack for one, lack in zip(curves, plan.uncovered, strict=True)]
    for chosen in ([0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]):
        helpers = sum(heads for heads, mine in zip(there, covers, strict=True) if mine & set(chosen))
        assert (sum(met[need] for need in chosen) <= helpers + 1e-9).all()


def test_the_same_question_has_the_same_answer() -> None:
    first, second = (kinds([curve(8), curve(9)], {0}, {0, 1}) for _ in range(2))
    assert first.rotas == second.rotas


def test_a_need_that_nobody_covers_is_an_error() -> None:
    with pytest.raises(InputError, match="nobody covers"):
        kinds([curve(1), curve(2)], {0})
    with pytest.raises(InputError, match="nothing to plan"):
        kinds([], set())
