"""What rules do to a level posterior, to value, to lanes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.boards import facts, policy_with, posteriors
from tidegate.policy.targets import target_table
from tidegate.ranking.board import Board
from tidegate.ranking.rules import clamp
from tidegate.tables.words import LANES, LEVELS


def clamped(p: tuple[float, ...], floor: int, ceiling: int) -> list[float]:
    columns = clamp([np.array([x]) for x in p], np.array([floor], dtype=np.uint8), np.array([ceiling], dtype=np.uint8))
    return [float(column[0]) for column in columns]


def judged(ticket: dict, *rules: dict) -> Board:
    policy = policy_with(rules=[{"name": f"r{i}", "when": "reopens >= 0", **rule} for i, rule in enumerate(rules)])
    return Board.of(facts([ticket]), policy, target_table(policy))


@given(posteriors, st.integers(0, 3), st.integers(0, 3))
def test_clamping_moves_every_level_to_the_nearest_allowed_one(p: tuple[float, ...], floor: int, ceiling: int) -> None:
    wanted = [0.0] * 4
    for k, share in enumerate(p):
        wanted[min(max(k, ceiling), floor)] += share
    assert clamped(p, floor, ceiling) == pytest.approx(wanted)


def test_at_least_keeps_what_was_believed_of_more_urgent_levels() -> None:
    assert clamped((0.5, 0, 0, 0.5), 1, 0) == [0.5, 0.5, 0, 0]


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rules_that_disagree_the_more_urgent_wins_in_any_order(order: int) -> None:
    rules = [{"then": {"at_most": "P3"}}, {"then": {"level": "P2"}}, {"then": {"at_least": "P0"}}][::order]
    assert LEVELS[judged({"p": (0, 0.5, 0.5, 0)}, *rules).scores.level[0]] == "P0"


def test_values_multiply_and_lanes_take_the_first() -> None:
    board = judged({}, {"then": {"value": 2}}, {"then": {"value": 3, "lane": "later"}}, {"then": {"lane": "escalate"}})
    plain = judged({}, {"then": {"review": True}})
    assert board.scores.points[0] - plain.scores.points[0] == pytest.approx(10 * np.log2(6))
    assert LANES[board.scores.lane[0]] == "escalate"
    assert plain.scores.review[0]


@pytest.mark.parametrize(
    ("ticket", "lane"),
    [
        ({"p": (0.25, 0, 0, 0.75)}, "now"),
        ({"p": (0, 1, 0, 0), "age": 31.0}, "escalate"),
        ({"p": (0, 0.5, 0.5, 0)}, "review"),
        ({"p": (0, 0, 1, 0)}, "queue"),
        ({"p": (0, 0, 0, 1), "target_row": 2}, "later"),
        ({"p": (0, 0, 0, 1), "age": 2_000.0}, "queue"),
        ({"p": (0, 1, 0, 0), "unsure": True}, "review"),
        ({"p": (0, 0.5, 0.5, 0), "unsure": False}, "queue"),
    ],
)
def test_lanes(ticket: dict, lane: str) -> None:
    policy = policy_with()
    assert LANES[Board.of(facts([ticket]), policy, target_table(policy)).scores.lane[0]] == lane


def test_a_rule_settles_what_the_reader_was_unsure_of() -> None:
    board = judged({"p": (0, 0.5, 0.5, 0), "unsure": True}, {"then": {"at_least": "P1"}})
    assert not board.scores.review[0]


def test_a_condition_that_rests_on_an_unknown_fact_does_not_hold() -> None:
    policy = policy_with(rules=[{"name": "r", "when": "days_to_renewal < 30", "then": {"at_least": "P0"}}])
    board = Board.of(facts([{}]), policy, target_table(policy))
    assert LEVELS[board.scores.level[0]] == "P3"
