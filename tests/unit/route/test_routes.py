"""Routes: what holds whatever the desk, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.boards import policy_with
from helpers.desks import agents, some_agents, some_work, team, work
from tidegate.route.routes import route
from tidegate.tables import Routes

if TYPE_CHECKING:
    from random import Random

    from tidegate.policy.model import Policy

POLICY = policy_with(
    rules=[
        {"name": "angry", "when": "frustration > 0.6", "then": {"seniority": "senior"}},
        {"name": "refund", "when": "intent = 'refund'", "then": {"route": "retention"}},
        {"name": "big bug", "when": "tier = 'enterprise'", "then": {"route": "technical"}},
        {"name": "late route", "when": "vip", "then": {"route": "billing"}},
    ],
    routing={
        "groups": {"billing": ["billing"], "technical": ["bug", "outage"]},
        "otherwise": "billing",
        "stand_in": {"retention": "billing"},
        "seniority": {"P0": "senior"},
        "capacity": 2,
    },
)
BARE = policy_with()


def routed(rows: list[dict], people: list[dict], policy: Policy = POLICY, **known: object) -> list[dict]:
    table = route(work(rows), team(agents(people), **known), policy)  # type: ignore[arg-type]
    Routes.validate(table)
    return table.to_dicts()


@pytest.mark.slow
@given(some_work, some_agents, st.lists(st.integers(0, 3), min_size=6, max_size=6), st.sampled_from([POLICY, BARE]))
def test_nobody_gets_more_than_there_is_room_for_or_while_away(
    rows: list[dict], people: list[dict], held: list[int], policy: Policy
) -> None:
    table = agents(people)
    counts = held[: table.height]
    routes = route(work(rows), team(table, counts), policy)
    Routes.validate(routes)
    assert routes["ticket_id"].to_list() == [f"T{i}" for i in range(len(rows))]
    given_out = dict(routes["agent_id"].drop_nulls().value_counts().iter_rows())
    for (key, capacity, available), has in zip(
        table.select("agent_id", "capacity", "available").iter_rows(), counts, strict=True
    ):
        limit = policy.routing.capacity if capacity is None else capacity
        assert given_out.get(key, 0) <= max(0, limit - has)
        if available is False:
            assert key not in given_out
    named = {entry["agent_id"] for entries in routes["alternatives"] for entry in entries}
    assert not named & set(table.filter(~pl.col("available"))["agent_id"])


@pytest.mark.slow
@given(some_work, some_agents, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[dict], people: list[dict], random: Random) -> None:
    tickets, table = work(rows), agents(people)
    one = route(tickets, team(table), POLICY)
    shuffled = [list(range(frame.height)) for frame in (tickets, table)]
    for order in shuffled:
        random.shuffle(order)
    other = route(tickets[shuffled[0]], team(table[shuffled[1]]), POLICY)
    assert one.write_json() == other.write_json()


@given(some_work, some_agents)
def test_a_group_s_most_pressing_tickets_are_served_first(rows: list[dict], people: list[dict]) -> None:
    routes = route(work(rows), team(agents(people)), POLICY).filter(pl.col("group").is_not_null())
    for _, mine in routes.group_by("group"):
        served = mine["agent_id"].is_not_null().to_list()
        assert served == sorted(served, reverse=True)


@given(some_work, some_agents)
def test_only_what_is_sure_enough_is_automatic(rows: list[dict], people: list[dict]) -> None:
    routes = route(work(rows), team(agents(people)), POLICY)
    sure = routes["confidence"] >= POLICY.routing.automatic
    assert not (routes["automatic"] & ~sure).any()
    nowhere = routes.filter(pl.col("agent_id").is_null() & pl.col("group").is_null())
    assert not nowhere["automatic"].any()


ONE = {"group": "billing", "skills": ["billing"], "languages": ["en"], "seniority": "regular", "capacity": 5}
ASK = {"intent": "billing", "intent_confidence": 0.9, "language": "en"}


@pytest.mark.parametrize(
    ("better", "asked", "known"),
    [
        ({"skills": ["bug"]}, {"group": "billing", "intent": "bug"}, {}),
        ({"languages": ["en", "de"]}, {"language": "de"}, {}),
        ({"seniority": "senior"}, {"level": "P0"}, {}),
        ({"seniority": "senior"}, {"rules": ["angry"]}, {}),
        ({}, {"had_ticket": "A1"}, {}),
        ({}, {"had_requester": "A1"}, {}),
        ({}, {}, {"held": [3, 1]}),
        ({}, {}, {"ended": [("A0", "billing", 30, 15), ("A1", "billing", 30, 29)]}),
    ],
)
def test_each_criterion_decides_between_two_who_are_alike_otherwise(better: dict, asked: dict, known: dict) -> None:
    (one,) = routed([ASK | asked], [ONE, ONE | better], **known)
    assert one["agent_id"] == "A1"
    (alternative,) = [entry for entry in one["alternatives"] if entry["agent_id"]]
    assert alternative["agent_id"] == "A0"


def test_what_is_not_known_is_neither_for_nor_against() -> None:
    nothing = {"group": "billing"}
    (one,) = routed([ASK], [nothing, ONE | {"skills": ["bug"]}, ONE])
    fit = {entry["agent_id"]: entry["fit"] for entry in one["alternatives"]}
    assert one["agent_id"] == "A2"
    assert fit["A0"] < 1
    (known,) = routed([ASK], [nothing, ONE | {"skills": ["bug"], "languages": ["de"]}])
    assert known["agent_id"] == "A0"


def test_the_most_pressing_ticket_gets_the_better_agent() -> None:
    people = [ONE | {"capacity": 1}, ONE | {"capacity": 1, "languages": ["fr"]}]
    plain, urgent = routed([ASK, ASK | {"level": "P0"}], people, policy_with())
    assert (plain["agent_id"], urgent["agent_id"]) == ("A1", "A0")


GROUPS = [ONE, ONE | {"group": "technical", "skills": ["bug"]}]


@pytest.mark.parametrize(
    ("asked", "group", "why"),
    [
        ({"rules": ["late route"], "group": "billing", "said_group": "technical"}, "technical", "a person said so"),
        ({"rules": ["big bug", "late route"]}, "technical", "rule: big bug"),
        (
            {"rules": ["refund"], "intent": "refund"},
            "billing",
            "rule: refund; retention has no agents, billing stands in",
        ),
        ({"group": "Technical"}, "technical", "filed with Technical, but reads as billing (90%)"),
        ({}, "billing", "reads as billing (90%)"),
        ({"intent": None, "product": "Outage"}, "technical", "by its product"),
        ({"intent": "new", "category": "bug"}, "technical", "by its category"),
        ({"intent": None}, "billing", "nothing says which group it is for"),
    ],
)
def test_the_group_and_why(asked: dict, group: str, why: str) -> None:
    (one,) = routed([ASK | asked], GROUPS)
    assert (one["group"], one["reasons"][0]) == (group, why)


@pytest.mark.parametrize(
    ("asked", "most"),
    [
        ({"group": "technical"}, 0.1),
        ({"intent_confidence": 0.3}, 0.3),
        ({"rules": ["refund"], "intent_confidence": 0.4}, 0.4),
        ({"intent": None}, 0.0),
        ({"language": "de"}, 0.8),
    ],
)
def test_doubt_lowers_confidence_and_stops_automation(asked: dict, most: float) -> None:
    (one,) = routed([ASK | asked], GROUPS)
    assert one["confidence"] <= most + 1e-9
    assert not one["automatic"]
    (sure,) = routed([ASK], GROUPS, ended=[("A0", "billing", 50, 50)])
    assert sure["automatic"]


def test_the_group_that_the_reading_speaks_for_is_an_alternative() -> None:
    (one,) = routed([ASK | {"group": "technical"}], GROUPS)
    assert one["alternatives"][0] == {"agent_id": None, "group": "billing", "fit": pytest.approx(0.9)}


@pytest.mark.parametrize(
    ("people", "said"),
    [
        ([ONE | {"group": "technical"}], "billing has no agents in the table"),
        ([ONE | {"available": False}], "nobody of billing is available"),
        ([ONE | {"capacity": 0}], "nobody of billing has room"),
    ],
)
def test_a_ticket_that_nobody_can_take_names_its_group(people: list[dict], said: str) -> None:
    (one,) = routed([ASK], people)
    assert (one["agent_id"], one["group"]) == (None, "billing")
    assert one["reasons"] == ["reads as billing (90%)", said]


def test_reasons_name_the_facts() -> None:
    asked = ASK | {"level": "P0", "had_ticket": "A0", "language": "de"}
    (one,) = routed([asked], [ONE | {"skills": ["bug"]}], held=[3])
    assert one["reasons"] == [
        "reads as billing (90%)",
        "had this ticket last",
        "has 3 open tickets",
        "not skilled in billing",
        "does not speak de",
        "less than senior, for P0",
    ]


def test_without_groups_everybody_is_one_team() -> None:
    plain = {"skills": ["billing"], "languages": ["en"], "capacity": 1}
    first, second = routed([ASK, ASK], [plain, plain | {"languages": ["de"]}], policy_with())
    assert (first["agent_id"], second["agent_id"]) == ("A0", "A1")
    assert first["group"] is None


def test_groups_come_from_skills_where_the_policy_names_none() -> None:
    (one,) = routed([ASK | {"intent": "bug"}], GROUPS, policy_with())
    assert (one["group"], one["agent_id"]) == ("technical", "A1")
