"""Cost of delay against a twin that walks ticket by ticket and level by level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.boards import facts, policy_with, tickets
from tidegate.policy.targets import target_table, weights
from tidegate.ranking import cost
from tidegate.ranking.board import Board

POLICY = policy_with(value={"tier": {"enterprise": 2, "strategic": 3}, "contract": {}, "renewal": {}, "strategic": 1.5})
TARGETS = target_table(POLICY)


def twin(ticket: dict) -> float:
    """The formula as RANKING has it, in plain arithmetic with exact fractions of logarithms."""
    value = {"enterprise": 2, "strategic": 3}.get(ticket["tier"], 1)
    if ticket["contract_value"] is not None:
        value *= max(math.sqrt(ticket["contract_value"] / 10_000), 0.25)
    if ticket["days_to_renewal"] is not None and 0 <= ticket["days_to_renewal"] <= 30:
        value *= 1.5
    if ticket["strategic"]:
        value *= 1.5
    total = 0.0
    for k in range(4):
        target = float(TARGETS.minutes[ticket["target_row"], k])
        weight = POLICY.severity[k] * (target / 60) ** -0.75
        press = 0.5 if ticket["age"] >= target else math.exp((ticket["age"] - target) / 60)
        total += ticket["p"][k] * weight * press
    return 10 * math.log2(value * total)


@given(st.lists(tickets, min_size=1, max_size=20))
def test_points_are_those_of_the_twin(rows: list[dict]) -> None:
    got = Board.of(facts(rows), POLICY, TARGETS).scores.points
    assert got.tolist() == pytest.approx([twin(row) for row in rows], abs=1e-9)


@given(st.integers(1, 3), st.floats(0.5, 3))
def test_far_from_a_deadline_points_are_still_finite_and_exact(level: int, horizon: float) -> None:
    """Where the exponential underflows, the sum is taken in logarithms."""
    pressure = cost.Pressure(minutes=np.full((1, 4), 40_000.0), weights=np.ones((1, 4)), horizon=horizon, missed=0.5)
    p = [np.array([1.0 if k == level else 0.0]) for k in range(4)]
    points = cost.points(
        pressure,
        value=np.array([8.0]),
        effort=np.array([2.0]),
        probability=p,
        age=[np.zeros(1)] * 4,
        target_row=np.zeros(1, dtype=np.uint16),
    )
    assert points[0] == pytest.approx(20 - 40_000 / horizon * 10 / math.log(2))


def test_blocks_do_not_show() -> None:
    draw = np.random.default_rng(5)
    n = 3 * 16_384 + 17
    pressure = cost.Pressure.of(POLICY, TARGETS)
    p = draw.dirichlet([1, 1, 1, 1], n).T
    age, row = draw.exponential(300, n), draw.integers(0, 3, n).astype(np.uint16)
    whole = cost.mixture(pressure, list(p), [age] * 4, row)
    pieces = [
        cost.mixture(pressure, [c[i : i + 1000] for c in p], [age[i : i + 1000]] * 4, row[i : i + 1000])
        for i in range(0, n, 1000)
    ]
    assert np.array_equal(whole, np.concatenate(pieces))


def test_weights_are_the_policy_s() -> None:
    assert weights(POLICY, TARGETS)[0].tolist() == pytest.approx(
        [20 * (10 / 60) ** -0.75, 6 * 0.5**-0.75, 2 * 4**-0.75, (480 / 60) ** -0.75]
    )


@given(st.lists(tickets, max_size=5))
def test_without_value_factors_every_value_is_one(rows: list[dict]) -> None:
    plain = policy_with()
    scores = Board.of(facts(rows), plain, target_table(plain)).scores
    assert scores.value.tolist() == [1.0] * len(rows)
