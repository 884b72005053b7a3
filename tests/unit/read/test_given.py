from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from tidegate.policy.model import Given, LevelRule, Policy
from tidegate.read.given import PRIOR, given_levels, learn_confusion, moved
from tidegate.tables import Levels, Tickets
from tidegate.tables.words import LEVELS

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CONFUSION = {
    "P0": (0.7, 0.2, 0.1, 0.0),
    "P1": (0.1, 0.6, 0.2, 0.1),
    "P2": (0.02, 0.08, 0.7, 0.2),
    "P3": (0.0, 0.05, 0.15, 0.8),
}
UNKNOWN = (0.01, 0.09, 0.5, 0.4)
CHANCES = [f"level_{level.lower()}" for level in LEVELS]


def policy(**given: Any) -> Policy:
    rule = LevelRule.model_validate({"respond": "1h", "next": "2h", "resolve": "1bd", "severity": 1})
    return Policy(
        name="test",
        levels=dict.fromkeys(LEVELS, rule),
        given=Given.model_validate({"confusion": CONFUSION, "unknown": UNKNOWN, **given}),
    )


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(Tickets.column_names()) | {"created_at": NOON, "status": "open"}
    filled = [blank | {"ticket_id": str(number)} | row for number, row in enumerate(rows)]
    return Tickets.validate(pl.DataFrame(filled, schema=Tickets.create_empty().schema))


def chances(frame: pl.DataFrame, row: int = 0) -> tuple[float, ...]:
    return frame.select(CHANCES).row(row)


@pytest.mark.parametrize("level", LEVELS)
def test_a_filed_priority_is_read_through_the_policys_table(level: str) -> None:
    levels = given_levels(tickets({"given_level": level, "given_impact": 1, "type": "question"}), policy())
    assert chances(levels) == pytest.approx(CONFUSION[level])
    assert levels["level_source"].to_list() == ["priority"]


@pytest.mark.parametrize(
    ("impact", "urgency", "level"),
    [(1, 1, "P0"), (1, 2, "P1"), (2, 1, "P1"), (2, 2, "P2"), (1, 3, "P2"), (2, 3, "P3"), (3, 3, "P3"), (1, None, "P1")],
)
def test_impact_and_urgency_stand_in_for_a_priority(impact: int, urgency: int | None, level: str) -> None:
    levels = given_levels(tickets({"given_impact": impact, "given_urgency": urgency, "type": "bug"}), policy())
    assert chances(levels) == pytest.approx(CONFUSION[level])
    assert levels["level_source"].to_list() == ["impact and urgency"]


def test_a_type_says_half_as_much_as_a_priority() -> None:
    levels = given_levels(tickets({"type": "incident"}), policy())
    assert chances(levels) == pytest.approx([(a + b) / 2 for a, b in zip(CONFUSION["P2"], UNKNOWN, strict=True)])
    assert levels["level_source"].to_list() == ["type"]


@pytest.mark.parametrize(
    "row", [{}, {"type": "whatever"}, {"given_impact": 0}, {"given_impact": 9, "given_urgency": 0}]
)
def test_without_a_usable_word_the_base_rate_holds(row: dict[str, Any]) -> None:
    levels = given_levels(tickets(row), policy())
    assert chances(levels) == pytest.approx(UNKNOWN)
    assert levels["level_source"].to_list() == ["base rate"]


def test_a_level_that_the_policy_does_not_list_counts_as_unknown() -> None:
    partial = policy(confusion={"P0": CONFUSION["P0"]})
    assert chances(given_levels(tickets({"given_level": "P2"}), partial)) == pytest.approx(UNKNOWN)


choices = st.fixed_dictionaries(
    {
        "given_level": st.none() | st.sampled_from(LEVELS),
        "given_impact": st.none() | st.integers(0, 255),
        "given_urgency": st.none() | st.integers(0, 255),
        "type": st.none() | st.sampled_from(["incident", "question", "outage", "?"]),
    }
)


@settings(deadline=None, max_examples=40)
@drawn(st.lists(choices, max_size=6))
def test_every_ticket_gets_a_distribution_in_its_place(rows: list[dict[str, Any]]) -> None:
    table = tickets(*rows)
    levels = Levels.validate(given_levels(table, policy()))
    assert levels["ticket_id"].to_list() == table["ticket_id"].to_list()
    assert levels.select(pl.sum_horizontal(CHANCES)).to_series().to_list() == pytest.approx([1.0] * len(rows))
    for number, row in enumerate(rows):
        assert given_levels(tickets(row), policy()).select(CHANCES).row(0) == pytest.approx(chances(levels, number))


def history(count: int, **row: Any) -> list[dict[str, Any]]:
    return [{"status": "solved", "solved_at": NOON, **row} for _ in range(count)]


def test_a_table_is_learned_with_the_policys_rows_as_prior() -> None:
    rows = history(150, first_level="P3", given_level="P3") + history(50, first_level="P3", given_level="P0")
    learned = learn_confusion(tickets(*rows), policy())
    assert learned is not None
    expected = [
        (count + PRIOR * prior) / (200 + PRIOR) for count, prior in zip((50, 0, 0, 150), CONFUSION["P3"], strict=True)
    ]
    assert learned.confusion["P3"] == pytest.approx(expected)
    assert learned.confusion["P1"] == pytest.approx(CONFUSION["P1"])
    assert learned.unknown[0] == pytest.approx((50 + PRIOR * UNKNOWN[0]) / (200 + PRIOR))
    levels = given_levels(tickets({"given_level": "P3"}, {}), policy(), learned=learned)
    assert chances(levels) == pytest.approx(expected)
    assert levels["level_source"].to_list() == ["priority (learned)", "base rate (learned)"]


def test_too_few_finished_tickets_teach_nothing() -> None:
    table = tickets(*history(199, first_level="P3", given_level="P0"), {"first_level": "P3", "given_level": "P0"})
    assert learn_confusion(table, policy()) is None
    assert learn_confusion(table, policy(learn_from=199)) is not None
    assert learn_confusion(table, policy(learn_from=0)) is None


def test_what_was_not_yet_over_is_not_looked_at() -> None:
    later = NOON + timedelta(hours=1)
    past = history(10, first_level="P2", given_level="P2")
    future = history(10, first_level="P2", given_level="P0", solved_at=later)
    undated = history(10, first_level="P2", given_level="P0", solved_at=None)
    few = policy(learn_from=10)
    assert learn_confusion(tickets(*past, *future, *undated), few, before=NOON) == learn_confusion(tickets(*past), few)


SHARES = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda each: np.array(each) / sum(each))


@drawn(SHARES, SHARES, st.floats(0, 1))
@settings(max_examples=200)
def test_a_text_keeps_the_order_of_filed_levels(read: Any, base: Any, weight: float) -> None:
    """Whatever the text says, urgent is no likelier under a filed level that makes it less likely by itself."""
    filed = np.array([*CONFUSION.values(), UNKNOWN])
    levels = moved(filed, np.tile(read, (5, 1)), base, np.full(5, weight))
    assert levels.sum(axis=1) == pytest.approx(1.0)
    before, after = filed[:, :2].sum(axis=1), levels[:, :2].sum(axis=1)
    assert (np.diff(after[np.argsort(-before)]) <= 1e-12).all()


@drawn(SHARES, SHARES)
@settings(max_examples=50)
def test_a_text_that_says_nothing_new_moves_nothing(read: Any, base: Any) -> None:
    filed = np.array([*CONFUSION.values(), UNKNOWN])
    assert moved(filed, np.tile(base, (5, 1)), base, np.ones(5)) == pytest.approx(filed, abs=1e-6)
    assert moved(filed, np.tile(read, (5, 1)), base, np.zeros(5)) == pytest.approx(filed, abs=1e-6)
