"""The guarantees of the ranking, each as a property over random tickets and policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from helpers.boards import facts, policy_with, posteriors, tickets
from tidegate.policy.targets import target_table
from tidegate.ranking.board import Board, queue_frame, with_reasons

if TYPE_CHECKING:
    from random import Random

    from tidegate.policy.model import Policy

RULES = [
    {"name": "leak", "when": "REGEXP_LIKE(subject, 'leak')", "then": {"at_least": "P0"}},
    {"name": "strategic", "when": "strategic", "then": {"at_least": "P1"}},
    {"name": "reopened", "when": "reopens > 1", "then": {"value": 2}},
    {"name": "questions", "when": "REGEXP_LIKE(subject, 'how do')", "then": {"at_most": "P2"}},
    {"name": "many", "when": "affected_users > 1000", "then": {"lane": "escalate", "review": True}},
]
VALUE = {
    "tier": {"enterprise": 2, "strategic": 3, "free": 0.7},
    "contract": {},
    "renewal": {},
    "strategic": 1.5,
    "incident": 1.3,
}
POLICY = policy_with(rules=RULES, value=VALUE)
TARGETS = target_table(POLICY)

many = st.lists(tickets, min_size=1, max_size=12)


def board(rows: list[dict], policy: Policy = POLICY) -> Board:
    return Board.of(facts(rows), policy, target_table(policy))


def points(rows: list[dict], policy: Policy = POLICY) -> np.ndarray:
    return board(rows, policy).scores.points


def ranked(some: Board) -> pl.DataFrame:
    rows, some = some.order()
    shown = some.take(rows)
    return with_reasons(queue_frame(shown), shown)


@given(tickets, st.floats(1.01, 100))
def test_more_contract_value_is_never_fewer_points(ticket: dict, times: float) -> None:
    contract = ticket["contract_value"]
    assume(contract is not None)
    less, more = points([ticket, {**ticket, "contract_value": contract * times}])
    assert more >= less - 1e-9


@given(tickets, st.floats(0.01, 500))
def test_between_targets_older_is_never_lower_and_passing_one_costs_at_most_the_missed_part(
    ticket: dict, minutes: float
) -> None:
    older = {**ticket, "age": ticket["age"] + minutes}
    now, later = points([ticket, older])
    targets = TARGETS.minutes[ticket["target_row"]]
    passed = np.count_nonzero((targets > ticket["age"]) & (targets <= older["age"]))
    allowed = 10 * np.log2(POLICY.ranking.missed) if passed else 0.0
    assert later >= now + allowed - 1e-9


@given(tickets, st.floats(0.01, 40_000))
def test_with_missed_one_a_ticket_never_loses_points_by_growing_old(ticket: dict, minutes: float) -> None:
    policy = policy_with(rules=RULES, value=VALUE, ranking={"missed": 1})
    now, later = points([ticket, {**ticket, "age": ticket["age"] + minutes}], policy)
    assert later >= now - 1e-9


@given(tickets, st.integers(0, 2), st.integers(1, 3), st.floats(0, 1))
def test_probability_moved_to_a_more_urgent_level_is_never_fewer_points(
    ticket: dict, urgent: int, step: int, share: float
) -> None:
    source = min(urgent + step, 3)
    p = list(ticket["p"])
    moved = p[source] * share
    q = [*p]
    q[source] -= moved
    q[urgent] += moved
    before, after = points([ticket, {**ticket, "p": tuple(q)}])
    assert after >= before - 1e-9


@given(many, st.integers(-3, 6))
def test_scaling_every_value_leaves_the_order(rows: list[dict], power: int) -> None:
    plain = board(rows)
    scaled = policy_with(
        rules=RULES,
        value={
            **VALUE,
            "tier": {name: 2.0**power * times for name, times in {"trial": 1, "standard": 1, **VALUE["tier"]}.items()},
        },
    )
    assert plain.order()[0].tolist() == board(rows, scaled).order()[0].tolist()


@given(many, st.randoms(use_true_random=False))
def test_the_order_of_the_input_rows_does_not_matter(rows: list[dict], random: Random) -> None:
    there = facts(rows)
    shuffled = list(range(there.height))
    random.shuffle(shuffled)
    one, other = (ranked(Board.of(frame, POLICY, TARGETS)) for frame in (there, there[shuffled]))
    assert one.equals(other)


@given(many)
def test_the_same_input_gives_the_same_bytes(rows: list[dict]) -> None:
    one, other = (ranked(board(rows)).write_json() for _ in range(2))
    assert one == other


@given(many, st.sampled_from(["cost-of-delay", "weighted-sum"]))
def test_parts_and_rules_sum_to_the_points(rows: list[dict], method: str) -> None:
    policy = policy_with(rules=RULES, value=VALUE, ranking={"method": method})
    for row in ranked(board(rows, policy)).iter_rows(named=True):
        total = sum(row["parts"].values()) + sum(rule["points"] for rule in row["rules"])
        assert abs(total - row["points"]) < 1e-6


@given(many)
def test_reasons_name_the_parts_and_rules_that_moved_it_most(rows: list[dict]) -> None:
    for row in ranked(board(rows)).iter_rows(named=True):
        told = [abs(reason["points"]) for reason in row["reasons"]]
        assert told == sorted(told, reverse=True)
        assert {rule["name"] for rule in row["rules"]} <= {r["text"].split(":")[0] for r in row["reasons"]}
        kinds = {reason["kind"] for reason in row["reasons"]}
        for part in ("impact", "deadline", "missed", "doubt"):
            assert part in kinds or abs(row["parts"][part]) < 0.5


@given(many)
def test_no_ticket_in_lane_now_stands_below_one_outside_it(rows: list[dict]) -> None:
    lanes = ranked(board(rows))["lane"].to_list()
    assert lanes == [lane for lane in lanes if lane == "now"] + [lane for lane in lanes if lane != "now"]


@settings(max_examples=50)
@given(st.lists(tickets, min_size=1, max_size=60), st.integers(1, 5))
def test_the_aged_lane_hands_out_a_ticket_with_r_older_ones_within_k_times_r_plus_1(rows: list[dict], k: int) -> None:
    policy = policy_with(rules=RULES, value=VALUE, ranking={"aged": {"every": k, "after": "1bd"}})
    some = board(rows, policy)
    queue = ranked(some)
    outside = queue.filter(pl.col("lane") != "now")["ticket_id"].to_list()
    aged = some.facts.filter((pl.col("age_p3") >= 480) & pl.col("ticket_id").is_in(outside)).sort(
        "created_at", "ticket_id"
    )
    for r, name in enumerate(aged["ticket_id"]):
        assert outside.index(name) + 1 <= k * (r + 1)


@given(posteriors, st.integers(0, 2))
def test_a_ticket_about_which_nothing_is_known_is_ranked_and_says_so(p: tuple, row: int) -> None:
    nothing = {
        "p": p,
        "target_row": row,
        "level_source": "base rate",
        "tier": None,
        "contract_value": None,
        "open_incidents": None,
    }
    told = ranked(board([nothing]))
    assert np.isfinite(told["points"][0])
    assert [r["text"] for r in told["reasons"][0] if r["kind"] == "missing"] == [
        "account unknown: counted as ordinary",
        "nothing says its level: the base rate counts",
    ]
