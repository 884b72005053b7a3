"""Reasons and explanations in words that a person can check."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.boards import facts, policy_with
from tidegate.policy.targets import target_table
from tidegate.ranking import words
from tidegate.ranking.board import Board, queue_frame, with_reasons
from tidegate.ranking.explain import what_would_change, why_above

POLICY = policy_with(
    value={"tier": {"enterprise": 2}, "contract": {}, "renewal": {}},
    rules=[
        {"name": "leak", "when": "REGEXP_LIKE(subject, 'leak')", "then": {"at_least": "P0"}},
        {"name": "vip", "when": "vip", "then": {"at_least": "P1"}},
        {"name": "many", "when": "affected_users >= 10", "then": {"at_least": "P2"}},
    ],
)


def board(*rows: dict) -> Board:
    return Board.of(facts(rows), POLICY, target_table(POLICY))


def told(**row: object) -> list[str]:
    one = board({"account_known": True, **row})
    return [reason["text"] for reason in with_reasons(queue_frame(one), one)["reasons"][0]]


def test_a_ticket_tells_its_deadline_account_and_history() -> None:
    texts = told(
        p=(0, 1, 0, 0),
        age=8.0,
        priority="High",
        tier="enterprise",
        contract_value=48_000.0,
        days_to_renewal=12.0,
        reopens=2,
    )
    assert {
        "response due in 22 min of business hours",
        "enterprise account",
        "contract of 48k a year",
        "renews in 12 days",
        "reopened twice",
        "likely P1, filed as High",
    } <= set(texts)


def test_a_missed_target_and_a_doubt_are_told() -> None:
    assert "response target missed by 30 min of business hours" in told(p=(0, 1, 0, 0), age=60.0)
    assert "could be P0 (18%)" in told(p=(0.18, 0.82, 0, 0))


def test_a_rule_that_moves_the_level_tells_both_deadlines() -> None:
    texts = told(subject="a leak", age=5.0)
    assert texts[0] == "leak: at least P0"
    assert "as P3: response due in 7 h 55 of business hours" in texts
    assert "response due in 5 min" in texts


@given(st.floats(0, 1e6))
def test_spans_are_never_empty(minutes: float) -> None:
    text = pl.select(words.span(pl.lit(minutes))).item()
    assert text[0].isdigit()


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.4, "0 min"), (22, "22 min"), (60, "1 h"), (70, "1 h 10"), (1439, "23 h 59"), (1440, "1 day"), (4000, "3 days")],
)
def test_spans_read_as_people_say_them(minutes: float, text: str) -> None:
    assert pl.select(words.span(pl.lit(float(minutes)))).item() == text


def test_why_above_the_next_one_sums_to_the_difference() -> None:
    some = board({"p": (0, 1, 0, 0), "age": 20.0, "tier": "enterprise"}, {"p": (0, 0, 1, 0), "age": 20.0})
    lead = why_above(some, 0, 1)
    assert sum(points for _, points in lead.parts) == pytest.approx(lead.points)
    assert lead.points > 0
    assert not lead.band
    assert not lead.tie


def test_what_would_change_it_is_what_the_board_says_of_the_changed_ticket() -> None:
    some = board({"p": (0, 0, 0.1, 0.9), "age": 10.0})
    moves = {move.text: move for move in what_would_change(some, 0)}
    assert moves["vip: yes instead of no"].level == ("P3", "P1")
    assert moves["affected users: 11 instead of 1"].level == ("P3", "P2")
    assert any(move.lane[1] == "now" for move in moves.values())
    changed = board({"p": (0, 0, 0.1, 0.9), "age": 10.0, "vip": True})
    gain = changed.scores.points[0] - some.scores.points[0]
    assert moves["vip: yes instead of no"].points == pytest.approx(gain)
