"""What somebody set aside: at the bottom while nothing presses, back before anything is missed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.boards import NOW, policy_with
from tidegate.pipeline import Known, Ready, prepare, queue
from tidegate.tables import Tickets
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from datetime import datetime

SURE = {"confusion": {level: [0.97 if other == level else 0.01 for other in LEVELS] for level in LEVELS}}
"""Tickets are what they were filed as."""
HORIZON = policy_with(rules=[]).ranking.horizon.minutes()
NOW_RULE = [{"name": "now", "when": "TRUE OR reopens > 0", "then": {"lane": "now"}}]


def tickets(ages: dict[str, float], level: str = "P3") -> pl.DataFrame:
    rows = [
        {"ticket_id": name, "created_at": NOW - timedelta(hours=age), "status": "open", "given_level": level}
        for name, age in ages.items()
    ]
    return pl.DataFrame(rows, schema={name: column.dtype for name, column in Tickets.columns().items()})


def ready(
    frame: pl.DataFrame, aside: list[str], *, missed: str | None = None, now: datetime = NOW, rules: object = ()
) -> Ready:
    snoozed = pl.DataFrame(
        {"ticket_id": aside, "missed": [missed] * len(aside)}, schema_overrides={"missed": pl.String}
    )
    return prepare(
        frame, policy_with(given=SURE, rules=list(rules)), now, known=Known(snoozed=snoozed), model="columns"
    )  # ty: ignore[invalid-argument-type]


def asleep(found: Ready) -> set[str]:
    return set(found.board.facts["ticket_id"].filter(pl.Series(found.board.scores.asleep)))


def test_it_goes_to_the_bottom_and_keeps_its_points() -> None:
    frame = tickets({"a": 3, "b": 2, "c": 1})
    plain = {row["ticket_id"]: row for row in queue(ready(frame, [])).to_dicts()}
    rows = {row["ticket_id"]: row for row in queue(ready(frame, ["a"])).to_dicts()}
    assert rows["a"]["lane"] == "later"
    assert [name for name, _ in sorted(rows.items(), key=lambda pair: pair[1]["position"])][-1] == "a"
    assert {name: row["points"] for name, row in rows.items()} == {name: row["points"] for name, row in plain.items()}
    assert {n: r["lane"] for n, r in rows.items() if n != "a"} == {n: r["lane"] for n, r in plain.items() if n != "a"}


@pytest.mark.parametrize("level", ["P0", "P1"])
def test_an_urgent_ticket_does_not_stay_aside(level: str) -> None:
    assert asleep(ready(tickets({"a": 0.01}, level), ["a"])) == set()


def test_what_a_rule_wants_now_does_not_stay_aside() -> None:
    frame = tickets({"a": 0.01})
    assert asleep(ready(frame, ["a"])) == {"a"}
    assert asleep(ready(frame, ["a"], rules=NOW_RULE)) == set()


def test_a_target_that_had_been_missed_already_calls_nothing_back() -> None:
    frame = tickets({"a": 24 * 30})
    assert asleep(ready(frame, ["a"])) == set()
    assert asleep(ready(frame, ["a"], missed="first_response")) == {"a"}
    assert asleep(ready(frame, ["a"], missed="resolution")) == set(), "another clock had been missed then"


def test_the_aged_lane_hands_out_nothing_that_was_set_aside() -> None:
    frame = tickets({f"t{n}": 24 * 30 + n for n in range(8)})
    policy = policy_with(given=SURE, rules=[], ranking={"aged": {"every": 2, "after": "1bd"}})
    aside = pl.DataFrame({"ticket_id": ["t7", "t6"], "missed": ["first_response"] * 2})
    found = queue(prepare(frame, policy, NOW, known=Known(snoozed=aside), model="columns"))
    lanes = dict(found.select("ticket_id", "lane").iter_rows())
    assert (lanes["t7"], lanes["t6"]) == ("later", "later")
    assert "aged" in lanes.values()
    assert set(found["ticket_id"].tail(2)) == {"t6", "t7"}


@settings(max_examples=60, deadline=None)
@given(
    ages=st.lists(st.floats(0, 400), min_size=1, max_size=12),
    level=st.sampled_from(LEVELS),
    steps=st.lists(st.floats(0.05, 30), min_size=1, max_size=6),
    aside=st.sets(st.integers(0, 11)),
)
def test_nothing_that_was_in_time_sleeps_past_its_deadline(
    ages: list[float], level: str, steps: list[float], aside: set[int]
) -> None:
    """Whenever one looks: what sleeps is not urgent, and its target is further off than it presses."""
    frame = tickets({f"t{n}": age for n, age in enumerate(ages)}, level)
    chosen = [f"t{n}" for n in sorted(aside) if n < len(ages)]
    now = NOW
    for step in steps:
        now += timedelta(hours=step)
        found = ready(frame, chosen, now=now)
        sleeping = asleep(found)
        left = dict(
            zip(found.board.facts["ticket_id"], found.board.minutes_left(found.board.scores.level), strict=True)
        )
        rows = {row["ticket_id"]: row for row in queue(found).to_dicts()}
        assert sleeping <= set(chosen)
        for name in sleeping:
            assert left[name] > HORIZON
            assert rows[name]["lane"] == "later"
            assert rows[name]["level"] in ("P2", "P3")
        awake = [row["position"] for name, row in rows.items() if row["lane"] != "later"]
        assert all(rows[name]["position"] > place for name in sleeping for place in awake)
