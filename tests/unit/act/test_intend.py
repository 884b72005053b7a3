"""Intended actions: what holds whatever was decided, and what each is made of."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.boards import NOW, policy_with
from tidegate.act.intend import intend
from tidegate.act.seen import SEEN
from tidegate.tables import Actions, Routes
from tidegate.tables.words import ACTION_KINDS

if TYPE_CHECKING:
    from random import Random

RULES = [
    {
        "name": "leak",
        "when": "security",
        "then": {"page": "security", "notify": "owner", "tag": "Leak", "draft": "sorry"},
    },
    {"name": "churn", "when": "churn_threat", "then": {"notify": "owner", "review": True}},
    {"name": "boss", "when": "executive", "then": {"escalate": "management"}},
    {"name": "lost", "when": "vip", "then": {"notify": "nobody"}},
]
ACTIONS = {
    "channels": {"security": ["pager", "mail"], "owner": ["mail"]},
    "escalate_to": "technical",
    "drafts": {"sorry": "We are looking into {subject}."},
}
POLICY = policy_with(rules=RULES, actions=ACTIONS)


def seen(rows: list[dict[str, Any]]) -> pl.DataFrame:
    ordinary: dict[str, Any] = {
        **dict.fromkeys(SEEN),
        "level": "P2",
        "lane": "queue",
        "created_at": NOW - timedelta(hours=1),
        "rules": [],
        "reasons": ["response due in 22 min", "two", "three", "four"],
        "subject": "It is down",
    }
    full = [{**ordinary, "ticket_id": f"T{i}", **row} for i, row in enumerate(rows)]
    return pl.DataFrame(full, schema=SEEN)


def routes(rows: list[dict[str, Any]]) -> pl.DataFrame:
    ordinary = {"agent_id": "A1", "group": "billing", "confidence": 0.9, "automatic": True, "reasons": ["skilled"]}
    schema = {name: column.dtype for name, column in Routes.columns().items()}
    return pl.DataFrame([{**ordinary, "alternatives": [], **row} for row in rows], schema=schema)


def told(rows: list[dict[str, Any]], **known: Any) -> list[dict[str, Any]]:
    table = intend(seen(rows), known.pop("policy", POLICY), NOW, **known)
    Actions.validate(table)
    return table.to_dicts()


some_seen = st.lists(
    st.fixed_dictionaries(
        {
            "level": st.sampled_from(["P0", "P1", "P3"]),
            "lane": st.sampled_from(["now", "escalate", "queue"]),
            "review": st.booleans(),
            "rules": st.lists(st.sampled_from([rule["name"] for rule in RULES]), unique=True),
            "reopens": st.sampled_from([None, 0, 1]),
            "incident_id": st.sampled_from(["I1", None]),
            "similar_group": st.sampled_from(["S1", None]),
            "account_id": st.sampled_from(["a", "b", None]),
            "contract_value": st.sampled_from([1000.0, None]),
            "due_at": st.sampled_from([NOW - timedelta(hours=1), NOW + timedelta(hours=2), None]),
            "first": st.booleans(),
            "created_at": st.sampled_from([NOW - timedelta(hours=1), NOW - timedelta(days=9)]),
            "subject": st.sampled_from(["{link} {impact}", "Is\ndown\r\nBcc: x", None]),
        }
    ),
    max_size=8,
)
some_routes = st.dictionaries(st.integers(0, 7), st.booleans(), max_size=4).map(
    lambda chosen: routes([{"ticket_id": f"T{i}", "automatic": sure} for i, sure in chosen.items()])
)


@pytest.mark.slow
@given(some_seen, some_routes, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[dict], chosen: pl.DataFrame, random: Random) -> None:
    table = seen(rows)
    order = list(range(table.height))
    random.shuffle(order)
    one, other = (intend(frame, POLICY, NOW, routes=chosen) for frame in (table, table[order]))
    assert one.write_json() == other.write_json()


@pytest.mark.slow
@given(some_seen, some_routes)
def test_what_was_recorded_is_not_found_again(rows: list[dict], chosen: pl.DataFrame) -> None:
    first = intend(seen(rows), POLICY, NOW, routes=chosen)
    Actions.validate(first)
    done = first.select("ticket_id", "kind", "target", "episode", "causes")
    standing = first.filter(pl.col("kind") == "escalate").select(
        "target", tickets=pl.col("payload").map_elements(lambda text: json.loads(text)["tickets"], pl.List(pl.String))
    )
    assert intend(seen(rows), POLICY, NOW, routes=chosen, done=done, standing=standing).is_empty()
    again = intend(seen(rows), POLICY, NOW + timedelta(minutes=5), routes=chosen)
    assert again["key"].to_list() == first["key"].to_list()


@pytest.mark.slow
@given(some_seen, some_routes, st.sets(st.sampled_from(ACTION_KINDS)))
def test_kinds_that_are_off_never_appear(rows: list[dict], chosen: pl.DataFrame, kinds: set[str]) -> None:
    policy = policy_with(rules=RULES, actions={**ACTIONS, "enabled": sorted(kinds)})
    assert set(intend(seen(rows), policy, NOW, routes=chosen)["kind"]) <= kinds


@pytest.mark.slow
@given(some_seen)
def test_titles_are_one_line_and_fields_are_filled_once(rows: list[dict]) -> None:
    for action in told(rows):
        assert "\n" not in action["title"]
        assert "\r" not in action["title"]
        if action["kind"] in ("page", "notify") and action["ticket_id"] in [
            f"T{i}" for i, row in enumerate(rows) if row["subject"] == "{link} {impact}"
        ]:
            assert action["body"].startswith("{link} {impact}\n")


def of(actions: list[dict], kind: str) -> list[dict]:
    return [action for action in actions if action["kind"] == kind]


def test_a_rule_that_pages_notifies_tags_and_drafts() -> None:
    actions = told(
        [{"rules": ["leak"], "level": "P0", "due_at": NOW, "minutes_left": -4.0, "account_name": "Northwind"}]
    )
    assert [(action["kind"], action["target"]) for action in actions] == [
        ("page", "mail"),
        ("page", "pager"),
        ("notify", "mail"),
        ("tag", "leak"),
        ("draft", "sorry"),
    ]
    page = actions[0]
    assert page["title"] == "[P0] leak: ticket T0"
    assert page["body"] == (
        "It is down\nNorthwind\nresponse due in 22 min; two; three\nDue 2026-03-02 09:00 UTC (missed by 4 min).\n"
    )
    assert json.loads(page["payload"]) == {"who": "security"}
    assert page["causes"] == ["rule: leak"]


def test_several_causes_for_one_channel_are_one_message_and_a_new_cause_is_a_new_one() -> None:
    (both,) = of(told([{"rules": ["leak", "churn"]}]), "notify")
    assert both["causes"] == ["rule: leak", "rule: churn"]
    assert both["title"] == "[P2] leak; churn: ticket T0"
    done = pl.DataFrame(of(told([{"rules": ["leak"]}]), "notify")).select(
        "ticket_id", "kind", "target", "episode", "causes"
    )
    (later,) = of(told([{"rules": ["leak", "churn"]}], done=done), "notify")
    assert later["causes"] == ["rule: churn"]


def test_a_reopened_ticket_is_a_new_occasion() -> None:
    (before,), (after,) = (of(told([{"rules": ["churn"], "reopens": n}]), "notify") for n in (0, 1))
    assert before["key"] != after["key"]


def test_whom_no_channel_reaches_is_still_said() -> None:
    (lost,) = of(told([{"rules": ["lost"]}]), "notify")
    assert lost["target"] is None
    assert json.loads(lost["payload"]) == {"who": "nobody"}


def test_an_old_backlog_pages_nobody_when_it_is_first_seen() -> None:
    old = {"rules": ["leak", "boss"], "first": True, "created_at": NOW - timedelta(days=3)}
    assert {action["kind"] for action in told([old])} == {"tag", "draft"}
    assert {"page", "notify", "escalate"} <= {action["kind"] for action in told([old | {"first": False}])}
    new = old | {"created_at": NOW - timedelta(hours=2)}
    assert {"page", "notify", "escalate"} <= {action["kind"] for action in told([new])}


def test_a_label_that_is_there_is_not_put_on_again() -> None:
    assert not of(told([{"rules": ["leak"], "tags": ["leak"]}]), "tag")


def test_a_sure_route_is_carried_out_and_an_unsure_one_reviewed() -> None:
    chosen = routes(
        [
            {"ticket_id": "T0"},
            {"ticket_id": "T1", "automatic": False, "confidence": 0.4},
            {"ticket_id": "T2", "agent_id": None, "group": "billing"},
            {"ticket_id": "T3", "agent_id": None, "group": "billing"},
        ]
    )
    actions = told([{}, {}, {"group": "technical"}, {"group": "billing"}], routes=chosen)
    assert [(action["ticket_id"], action["target"]) for action in of(actions, "assign")] == [
        ("T0", "A1"),
        ("T2", "group billing"),
    ]
    assert [(note["ticket_id"], note["body"]) for note in of(actions, "note")] == [
        ("T0", "skilled"),
        ("T2", "skilled"),
    ]
    (review,) = of(actions, "review")
    assert (review["ticket_id"], review["causes"]) == ("T1", ["route not sure"])
    assert json.loads(review["payload"])["confidence"] == 0.4


def test_what_nobody_is_sure_of_is_reviewed_once() -> None:
    (review,) = of(told([{"rules": ["churn"], "review": True}]), "review")
    assert review["causes"] == ["rule: churn"]
    (review,) = of(told([{"review": True}]), "review")
    assert review["causes"] == ["level not sure"]


STAKE = {"lane": "escalate", "incident_id": "I1", "incident_title": "exports leak", "product": "exports"}


def test_forty_tickets_of_one_incident_are_one_escalation_with_its_figures() -> None:
    rows: list[dict[str, Any]] = [
        STAKE | {"account_id": f"a{i % 4}", "contract_value": 1000.0 if i % 4 else None, "affected_users": i}
        for i in range(40)
    ]
    rows[3] |= {"level": "P0", "created_at": NOW - timedelta(hours=5), "evidence": ["other tenants' rows"]}
    rows[7] |= {"due_at": NOW + timedelta(minutes=22)}
    rows[8] |= {"due_at": NOW - timedelta(minutes=1)}
    (one,) = of(told(rows), "escalate")
    assert one["target"] == "technical"
    assert one["title"] == "[P0] It is down"
    stake = json.loads(one["payload"])
    assert (len(stake["tickets"]), stake["tickets"][0]) == (40, "T3")
    assert (stake["accounts"], stake["contract_value"], stake["accounts_without_value"]) == (4, 3000.0, 1)
    assert stake["users"] == 36 + 37 + 38 + 39
    assert (stake["missed"], stake["ready"], stake["quotes"]) == (1, True, ["other tenants' rows"])
    assert one["body"].startswith(
        "40 tickets of 4 accounts (contracts of 3000 a year, 1 not on file), at least 150 people affected, "
        "since 2026-03-02 04:00 UTC. Next deadline 2026-03-02 09:22 UTC. 1 target missed already. "
        "Incident I1: exports leak.\nLinked: T3, T0"
    )
    assert "and 20 more" in one["body"]


def test_linked_tickets_come_from_all_that_are_open() -> None:
    others = seen([{"similar_group": "S"}, {"similar_group": "S"}, {"similar_group": "other"}])
    (one,) = of(told([{"lane": "escalate", "similar_group": "S"}], others=others), "escalate")
    stake = json.loads(one["payload"])
    assert stake["tickets"] == ["T0", "T1"]
    assert stake["lacking"] == ["product", "account", "a telling quote"]
    assert not stake["ready"]
    assert "Not known: product, account, a telling quote." in one["body"]


def test_what_is_escalated_already_is_not_again() -> None:
    standing = pl.DataFrame({"target": ["technical"], "tickets": [["T1"]]})
    rows = [STAKE, STAKE]
    assert not of(told(rows, standing=standing), "escalate")
    elsewhere = pl.DataFrame({"target": ["management"], "tickets": [["T1"]]})
    assert len(of(told(rows, standing=elsewhere), "escalate")) == 1


def test_a_rule_s_group_goes_before_the_policy_s() -> None:
    (one,) = of(told([{"lane": "escalate", "rules": ["boss"]}]), "escalate")
    assert (one["target"], one["causes"]) == ("management", ["rule: boss"])


def test_the_link_is_the_caller_s() -> None:
    (one,) = of(told([{"rules": ["churn"]}], link=lambda ticket: f"http://desk/{ticket}"), "notify")
    assert one["body"].endswith("http://desk/T0")


def test_the_starter_policy_acts_on_nothing_without_rules() -> None:
    assert told([{}], policy=policy_with()) == []
