"""Every ticket row agrees with its messages and events, by a slow twin that reads them one by one."""

from __future__ import annotations

from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate import demo

STATUS_KINDS = {"created", "status", "reopened", "waiting_customer", "waiting_internal"}


def twin(events: list[dict[str, Any]], messages: list[dict[str, Any]]) -> dict[str, Any]:
    """Derive a ticket's state from its ledger, one entry after the other."""
    state: dict[str, Any] = {"status": None, "solved_at": None, "closed_at": None, "csat": None}
    counts = {"reopens": 0, "transfers": 0}
    for event in events:
        if event["kind"] in STATUS_KINDS:
            assert event["old"] == state["status"], event
            state["status"] = event["new"]
            if event["new"] == "solved":
                state["solved_at"] = event["at"]
            elif event["new"] == "closed":
                state["closed_at"] = event["at"]
            else:
                state["solved_at"] = None
        counts["reopens"] += event["kind"] == "reopened"
        counts["transfers"] += event["kind"] == "transferred"
        if event["kind"] == "csat":
            state["csat"] = float(event["new"])
    answers = [m["at"] for m in messages if m["author_kind"] == "agent" and m["public"]]
    waits = state["status"] not in {"solved", "closed"}
    last = [m["at"] for m in messages if m["author_kind"] == "requester" and (not answers or m["at"] > max(answers))]
    return (
        state
        | counts
        | {
            "first_response_at": min(answers, default=None),
            "last_requester_at": max(last, default=None) if waits else None,
            "replies": len(messages),
            "escalated": any(event["kind"] == "escalated" for event in events),
            "updated_at": max(entry["at"] for entry in (*events, *messages)),
        }
    )


def last_of(events: list[dict[str, Any]], kind: str) -> str | None:
    return next((event["new"] for event in reversed(events) if event["kind"] == kind), None)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    tickets=st.integers(1, 250),
    days=st.integers(1, 400),
    load=st.sampled_from([0.5, 0.95, 1.3]),
)
def test_ticket_rows_agree_with_their_ledger(seed: int, tickets: int, days: int, load: float) -> None:
    company = demo.generate(tickets=tickets, seed=seed, days=days, load=load, languages=("en",))
    events = company.events.partition_by("ticket_id", as_dict=True)
    messages = company.messages.partition_by("ticket_id", as_dict=True)
    names = dict(company.agents.select("agent_id", "name").iter_rows())
    for row in company.tickets.iter_rows(named=True):
        own = events[row["ticket_id"],].to_dicts()
        said = messages[row["ticket_id"],].to_dicts()
        derived = twin(own, said)
        assert {key: row[key] for key in derived} == derived
        assert own[0]["kind"] == "created"
        assert own[0]["at"] == said[0]["at"] == row["created_at"]
        assert said[0]["body"] == row["body"]
        assert row["given_level"] == (last_of(own, "priority") or row["first_level"])
        assignee = last_of(own, "assigned")
        assert row["assignee"] == (None if assignee is None else names[assignee])
        assert row["group"] == (last_of(own, "transferred") or row["group"])


def test_times_run_forward_and_none_is_later_than_now(company: demo.Company) -> None:
    tickets = company.tickets
    for earlier, later in (
        ("created_at", "first_response_at"),
        ("first_response_at", "solved_at"),
        ("solved_at", "closed_at"),
        ("created_at", "updated_at"),
    ):
        assert tickets.filter(pl.col(earlier) > pl.col(later)).is_empty()
    for table in (company.events, company.messages):
        assert table.filter(pl.col("at") > company.now).is_empty()
        assert table.equals(table.sort("ticket_id", "at", maintain_order=True))


def test_merged_tickets_live_on_in_an_earlier_ticket_of_the_same_incident(company: demo.Company) -> None:
    merged = company.events.filter(pl.col("kind") == "merged").select("ticket_id", target="new")
    assert merged.height > 20
    cause = company.truth.select("ticket_id", "cause")
    both = merged.join(cause, on="ticket_id").join(cause, left_on="target", right_on="ticket_id")
    assert both.filter(pl.col("cause").ne_missing(pl.col("cause_right"))).is_empty()
    assert both.filter(pl.col("target") >= pl.col("ticket_id")).is_empty()


def test_everything_that_a_desk_sees_happens(company: demo.Company) -> None:
    kinds = set(company.events["kind"].unique())
    assert kinds >= {"reopened", "transferred", "priority", "waiting_customer", "waiting_internal", "csat", "escalated"}
    authors = set(company.messages["author_kind"].unique())
    assert authors == {"requester", "agent", "bot"}
    assert not company.messages["public"].all()
