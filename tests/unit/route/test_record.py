"""What the desk's history says about its agents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl

from helpers.desks import agents
from tidegate.ingest import read_events, read_messages, read_tickets
from tidegate.route.record import acquainted, held, identify, needs_somebody, outcomes

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = agents([{"name": "Ann"}, {"name": "Bo", "available": False}, {"name": "Cy"}, {"name": "Cy"}])


def tickets(rows: list[dict]) -> pl.DataFrame:
    ordinary = {
        "status": "open",
        "assignee": None,
        "requester_id": None,
        "reopens": None,
        "transfers": None,
        "csat": None,
    }
    full = [
        {"ticket_id": f"T{i}", "created_at": NOW - timedelta(hours=i), **ordinary, **row} for i, row in enumerate(rows)
    ]
    return read_tickets(pl.DataFrame(full, infer_schema_length=None), now=NOW).table


def test_an_assignee_is_known_by_key_or_by_a_name_that_is_one_agent_s_alone() -> None:
    names = pl.Series(["A0", "Ann", "Cy", "Zoe", None])
    assert identify(names, PEOPLE).to_list() == ["A0", "A0", None, None, None]


def test_who_needs_somebody() -> None:
    table = tickets(
        [
            {},
            {"assignee": "Ann"},
            {"assignee": "Bo"},
            {"assignee": "Zoe"},
            {"status": "waiting"},
            {"status": "solved"},
        ]
    )
    assert needs_somebody(table, PEOPLE).to_list() == [True, False, True, False, False, False]


def test_open_tickets_are_held_and_waiting_ones_are_not() -> None:
    table = tickets(
        [{"assignee": "Ann"}, {"assignee": "A0", "status": "new"}, {"assignee": "Ann", "status": "waiting"}]
    )
    assert held(table, PEOPLE).to_list() == [2, 0, 0, 0]


def test_what_ended_well() -> None:
    solved = {"status": "solved", "assignee": "Ann"}
    table = tickets(
        [solved, solved | {"reopens": 1}, solved | {"transfers": 2}, solved | {"csat": 0.1}, solved | {"csat": 0.9}, {}]
    ).with_columns(intent=pl.Series(["bug"] * 4 + ["outage", None], dtype=pl.String))
    assert outcomes(table, PEOPLE).rows() == [("A0", "bug", 4, 1), ("A0", "outage", 1, 1)]


def test_who_knows_the_ticket_and_the_requester() -> None:
    table = tickets(
        [
            {"requester_id": "r", "assignee": "Bo"},
            {"requester_id": "r"},
            {"requester_id": "r", "assignee": "Ann", "status": "solved"},
            {"requester_id": "q", "assignee": "Ann"},
        ]
    )
    assert acquainted(table.head(2), table, PEOPLE).rows() == [("T0", "A1", "A0"), ("T1", None, "A1")]
    events = read_events(
        pl.DataFrame(
            {
                "event_id": ["1", "2"],
                "ticket_id": ["T1", "T1"],
                "at": [NOW, NOW - timedelta(hours=1)],
                "kind": ["assigned"] * 2,
                "new": ["Bo", "Ann"],
            }
        )
    ).table
    messages = read_messages(
        pl.DataFrame(
            {
                "message_id": ["1"],
                "ticket_id": ["T1"],
                "at": [NOW + timedelta(hours=1)],
                "author": ["Ann"],
                "author_kind": ["agent"],
            }
        )
    ).table
    asked = table.filter(pl.col("ticket_id") == "T1")
    assert acquainted(asked, table, PEOPLE, events=events)["had_ticket"].to_list() == ["A1"]
    assert acquainted(asked, table, PEOPLE, events=events, messages=messages)["had_ticket"].to_list() == ["A0"]
