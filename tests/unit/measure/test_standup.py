from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest

from helpers.histories import AS_OF, tickets
from tidegate.measure.ledger import build_ledger
from tidegate.measure.standup import Standup, standup
from tidegate.report.standup import standup_markdown, standup_page, standup_payload
from tidegate.tables.words import TIME


def day() -> Standup:
    rows = [
        {"ticket_id": f"t{n}", "created_at": AS_OF - timedelta(hours=30 - n), "assignee": who, "group": "g"}
        for n, who in enumerate(["ada"] * 9 + ["ben"] * 2 + ["cas"])
    ]
    table = tickets(*rows)
    due = [AS_OF + timedelta(hours=n - 3) for n in range(len(rows))]
    queue = table.select("ticket_id", level=pl.lit("P2"), lane=pl.lit("queue"), points=pl.lit(1.0)).with_columns(
        pl.Series("due_at", due, dtype=TIME),
        pl.Series("minutes_left", [(n - 3) * 60.0 for n in range(len(rows))]),
        reasons=pl.lit([{"kind": "impact", "text": "a | pipe", "points": 1.0}]),
    )
    agents = pl.DataFrame(
        {"agent_id": ["1", "2", "3"], "name": ["ada", "ben", "cas"], "group": ["g"] * 3, "capacity": [5, 4, 3]}
    ).with_columns(available=pl.lit(value=True))
    ledger = build_ledger(table, as_of=AS_OF)
    return standup(ledger, queue, since=AS_OF - timedelta(hours=20), day_ends=AS_OF + timedelta(hours=4), agents=agents)


def test_what_is_due_today_stands_in_the_order_of_the_queue() -> None:
    assert day().breaching["ticket_id"].to_list() == [f"t{n}" for n in range(8)]
    assert day().riskiest.height == 10


def test_the_proposal_takes_no_more_than_the_excess_and_gives_no_more_than_there_is_room() -> None:
    moves = day().moves
    assert [(m.giver, m.taker, len(m.tickets)) for m in moves] == [("ada", "ben", 2), ("ada", "cas", 2)]
    moved = [ticket for move in moves for ticket in move.tickets]
    assert len(set(moved)) == 4
    assert set(moved) <= {f"t{n}" for n in range(9)}


def test_what_changed_since_is_counted() -> None:
    counts = dict(day().changed.select("what", "tickets").iter_rows())
    assert counts == {"opened": 2, "solved": 0, "reopened": 0, "escalated": 0}


def test_markdown_page_and_values_tell_the_same_day() -> None:
    text, html, values = standup_markdown(day(), zone="UTC"), standup_page(day(), zone="UTC"), standup_payload(day())
    for said in (text, html):
        assert "5 tickets reach a target before the day ends; 4 are late already" in said or "late already" in said
        assert "2 from ada to ben" in said
    assert r"a \| pipe" in text
    assert values["moves"][0] == {"giver": "ada", "taker": "ben", "group": "g", "tickets": ("t8", "t7")}
    assert values["breaching"][0]["due_at"].endswith("+00:00")


@pytest.mark.parametrize("agents", [True, False])
def test_without_agents_capacity_is_taken_from_colleagues(agents: bool) -> None:
    people = (
        day().people
        if agents
        else standup(
            build_ledger(
                tickets(*({"ticket_id": str(n), "assignee": "ada" if n else "ben"} for n in range(9))), as_of=AS_OF
            ),
            day().breaching.head(0),
            since=AS_OF,
            day_ends=AS_OF,
        ).people
    )
    assert people["over"].to_list() == sorted(people["over"].to_list(), reverse=True)
    assert people["open"].sum() in (9, 12)
