"""Differences between policies, and between the queues that they make."""

from __future__ import annotations

from importlib import resources

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.policy.compare import Change, diff_policies, moved, summary
from tidegate.policy.loading import load
from tidegate.tables.words import LANES, LEVELS

STARTER = (resources.files("tidegate.policy") / "starter.yml").read_text(encoding="utf-8")


def test_a_policy_differs_from_itself_in_nothing() -> None:
    assert diff_policies(load("starter"), load(STARTER + "\n# a comment\n")) == []


def test_what_is_said_differently_is_named_with_both_sides() -> None:
    after = load(STARTER.replace("now_when: 0.25", "now_when: 0.5").replace("when: vip", "when: vip OR strategic"))
    assert diff_policies(load("starter"), after) == [
        Change(key="ranking.now_when", before=0.25, after=0.5),
        Change(key="rules.VIP bypass.when", before="vip", after="vip OR strategic"),
    ]


def test_a_rule_that_goes_and_one_that_comes_are_one_change_each() -> None:
    changes = diff_policies(load("starter"), load(STARTER.replace("name: VIP bypass", "name: VIP")))
    assert [(x.key, x.before is None, x.after is None) for x in changes] == [
        ("rules.VIP bypass", False, True),
        ("rules.VIP", True, False),
    ]


def test_rules_in_another_order_are_one_change() -> None:
    values = load("starter").model_dump(mode="json")
    values["rules"].append(values["rules"].pop(0))
    assert [x.key for x in diff_policies(load("starter"), load(values))] == ["rules (order)"]


def test_two_target_rows_of_one_tier_are_both_compared() -> None:
    rows = "{level: P1, tier: free, respond: 20m}, {level: P1, tier: free, next: %s}"
    before, after = (load(STARTER.replace("targets: []", f"targets: [{rows % x}]")) for x in ("1h", "90m"))
    changes = diff_policies(before, after)
    assert [(x.key, x.before, x.after) for x in changes] == [("targets.level P1, tier free (2).next", "1h", "90m")]


def queue(*rows: tuple[str, str, str, float]) -> pl.DataFrame:
    frame = pl.DataFrame(
        rows,
        schema={"ticket_id": pl.String, "level": pl.Enum(LEVELS), "lane": pl.Enum(LANES), "points": pl.Float64},
        orient="row",
    )
    return frame.with_row_index("position", offset=1)


BEFORE = queue(
    ("a", "P0", "now", 60.0), ("b", "P1", "queue", 40.0), ("c", "P2", "queue", 20.0), ("d", "P3", "later", 5.0)
)
AFTER = queue(("c", "P1", "now", 55.0), ("a", "P0", "now", 50.0), ("b", "P1", "queue", 41.0), ("e", "P3", "later", 1.0))


def test_tickets_that_change_level_or_lane_are_listed_with_what_they_gain() -> None:
    rows = moved(BEFORE, AFTER).to_dicts()
    assert [row["ticket_id"] for row in rows] == ["c", "d", "e"]
    assert rows[0] == {
        "ticket_id": "c",
        "position_before": 3,
        "position_after": 1,
        "level_before": "P2",
        "level_after": "P1",
        "lane_before": "queue",
        "lane_after": "now",
        "points_before": 20.0,
        "points_after": 55.0,
        "positions": 2,
        "points": 35.0,
    }
    assert rows[1]["position_after"] is None
    assert rows[2]["position_before"] is None


def test_the_summary_counts_moves() -> None:
    assert summary(BEFORE, AFTER) == {
        "tickets": 5,
        "moved": 3,
        "level": {"P2 -> P1": 1},
        "lane": {"queue -> now": 1},
        "mean_positions": 1.33,
        "same_top_50": 3,
    }


def test_empty_queues_move_nothing() -> None:
    empty = BEFORE.head(0)
    assert moved(empty, empty).is_empty()
    assert summary(empty, empty)["tickets"] == 0


ROWS = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(LEVELS), st.sampled_from(LANES[:6]), st.floats(-50, 90)),
    unique_by=lambda row: row[0],
    max_size=8,
)


@given(ROWS, ROWS)
@settings(max_examples=40, deadline=None)
def test_going_back_undoes_every_move(first: list[tuple], second: list[tuple]) -> None:
    there = {row["ticket_id"]: row for row in moved(queue(*first), queue(*second)).to_dicts()}
    back = {row["ticket_id"]: row for row in moved(queue(*second), queue(*first)).to_dicts()}
    assert there.keys() == back.keys()
    for name, row in there.items():
        assert row["level_before"] == back[name]["level_after"]
        assert (row["positions"] or 0) == -(back[name]["positions"] or 0)
    before, after = ({name: (level, lane) for name, level, lane, _ in rows} for rows in (first, second))
    assert there.keys() == {name for name in {*before, *after} if before.get(name) != after.get(name)}
