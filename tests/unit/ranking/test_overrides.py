"""What a person said goes over every rule, and is shown as their own points."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from helpers.boards import NOW, policy_with
from tidegate.pipeline import Known, prepare, queue
from tidegate.tables import Tickets
from tidegate.tables.words import LANES, LEVELS

RULES = [
    {"name": "everything is urgent", "when": "TRUE OR reopens > 0", "then": {"at_least": "P0", "lane": "now"}},
]


def tickets() -> pl.DataFrame:
    rows = [
        {"ticket_id": f"t{n}", "created_at": NOW - timedelta(hours=n), "status": "open", "subject": "help"}
        for n in range(1, 4)
    ]
    return pl.DataFrame(rows, schema={name: column.dtype for name, column in Tickets.columns().items()})


def ranked(level: str | None = None, lane: str | None = None, rules: object = RULES) -> dict[str, dict[str, object]]:
    said = pl.DataFrame({"ticket_id": ["t2"], "override_level": [level], "override_lane": [lane]})
    policy = policy_with(rules=rules)
    ready = prepare(tickets(), policy, NOW, known=Known(overrides=said), model="columns")
    return {row["ticket_id"]: row for row in queue(ready).iter_rows(named=True)}


@pytest.mark.parametrize("level", LEVELS)
def test_a_level_that_a_person_gave_holds_whatever_the_rules_say(level: str) -> None:
    row = ranked(level=level)["t2"]
    assert row["level"] == level
    assert row[f"level_{level.lower()}"] == pytest.approx(1)
    assert any(rule["name"] == f"override: {level}" for rule in row["rules"])
    assert sum(row["parts"].values()) + sum(r["points"] for r in row["rules"]) == pytest.approx(row["points"])
    assert ranked(level=level)["t1"]["level"] == "P0"


@pytest.mark.parametrize("lane", [lane for lane in LANES if lane not in ("aged", "waiting")])
def test_a_lane_that_a_person_chose_holds_even_over_now(lane: str) -> None:
    assert ranked(lane=lane)["t2"]["lane"] == lane


def test_nothing_said_changes_nothing() -> None:
    plain = prepare(tickets(), policy_with(rules=[]), NOW, model="columns")
    assert queue(plain).equals(
        queue(prepare(tickets(), policy_with(rules=[]), NOW, known=Known(overrides=None), model="columns"))
    )
    assert ranked(rules=[])["t2"]["points"] == {r["ticket_id"]: r["points"] for r in queue(plain).to_dicts()}["t2"]


def test_a_word_on_the_level_settles_the_review_that_a_rule_asked_for() -> None:
    asked = [{"name": "look at it", "when": "TRUE OR reopens > 0", "then": {"review": True}}]
    assert ranked(rules=asked)["t2"]["review"]
    answered = ranked(level="P2", rules=asked)
    assert not answered["t2"]["review"]
    assert answered["t2"]["lane"] != "review"
    assert answered["t1"]["review"]
