"""Who may take which ticket, by the file of agents: group, skill, language, and how many at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from helpers.boards import policy_with
from tidegate.backtesting.axis import Axis
from tidegate.backtesting.team import CAPACITY, Team, team
from tidegate.ingest import read_agents, read_tickets
from tidegate.tables.errors import InputError

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TICKETS = [
    ("a", "Web", "en"),
    ("a", "web", "de"),
    ("a", "app", "en"),
    ("b", "web", "en"),
    (None, "app", "de"),
    ("a", "other", "pt"),
    ("z", None, None),
]


def seated(agents: list[dict[str, object]], **options: int) -> Team:
    tickets = pl.DataFrame(
        [(f"T{i}", START + timedelta(hours=i), "solved", *row) for i, row in enumerate(TICKETS)],
        schema=["ticket_id", "created_at", "status", "group", "product", "language"],
        orient="row",
    )
    live = read_tickets(tickets, now=datetime(2027, 1, 1, tzinfo=UTC)).table.sort("created_at")
    table = pl.DataFrame([{"agent_id": str(i), **row} for i, row in enumerate(agents)], infer_schema_length=None)
    axis = Axis(START, START + timedelta(days=7))
    return team(read_agents(table).table, live, axis, policy_with(), **options)


def may(found: Team) -> list[list[int]]:
    """For each ticket, the agents who may take it."""
    everything = frozenset(range(len(found.pools)))
    return [
        [place for place, seat in enumerate(found.seats) if need in (seat.skills or everything)]
        for need in found.pool.tolist()
    ]


def test_group_skill_and_language_all_count() -> None:
    found = seated(
        [
            {"group": "a", "skills": ["Web"], "languages": ["en"]},
            {"group": "a", "skills": ["web", "app"], "languages": ["de", "en"]},
            {"group": "b"},
            {"skills": ["app"]},
        ]
    )
    assert may(found) == [[0, 1], [1], [1, 3], [2], [1, 2, 3], [0, 1, 3], [0, 1, 2, 3]]
    assert found.words[0].startswith("agents: 4 of the file, each the tickets of their group, skills and languages")
    assert len(found.words) == 1


def test_what_nobody_of_the_group_has_does_not_count_and_is_said() -> None:
    found = seated(
        [
            {"group": "a", "skills": ["web"], "languages": ["en"]},
            {"group": "b", "skills": ["app"]},
            {"languages": ["de"]},
        ]
    )
    assert may(found) == [[0], [2], [2], [2], [1, 2], [0, 2], [0, 1, 2]]
    found = seated([{"group": "a", "skills": ["web"], "languages": ["en"]}, {"group": "b", "skills": ["app"]}])
    assert may(found) == [[0], [0], [0], [1], [1], [0], [0, 1]]
    assert "skill: does not count for 29% of the tickets, since nobody who may take them has it" in found.words


def test_agents_alike_take_everything() -> None:
    found = seated([{"name": "Ada"}, {"name": "Ben"}])
    assert [seat.skills for seat in found.seats] == [None, None]


def test_how_many_at_once() -> None:
    agents: list[dict[str, object]] = [{"capacity": 3}, {"capacity": None}]
    assert [seat.at_once for seat in seated(agents).seats] == [1, 1]
    assert [seat.at_once for seat in seated(agents, at_once=2).seats] == [2, 2]
    assert [seat.at_once for seat in seated(agents, at_once=CAPACITY).seats] == [3, 1]


def test_a_number_of_agents_has_no_capacities() -> None:
    with pytest.raises(InputError, match="no capacities"):
        team(2, pl.DataFrame(), Axis(START, START + timedelta(days=7)), policy_with(), at_once=CAPACITY)
