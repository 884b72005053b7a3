"""The whole pipeline on frames: totals, history, and the same bytes whatever the order of the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

import tidegate as tg
from tidegate import pipeline
from tidegate.ingest import read_events, read_tickets
from tidegate.policy import load
from tidegate.tables.words import STATUSES

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
POLICY = load("starter")
SOME = st.lists(
    st.tuples(st.sampled_from(STATUSES), st.integers(0, 100_000), st.sampled_from(["low", "urgent", None, "?"])),
    max_size=30,
)


def table(rows: list[tuple[str, int, str | None]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "ticket_id": [f"T{i:02}" for i in range(len(rows))],
            "created_at": [NOW - timedelta(minutes=minutes) for _, minutes, _ in rows],
            "status": [status for status, _, _ in rows],
            "priority": [priority for _, _, priority in rows],
        },
        schema={
            "ticket_id": pl.String,
            "created_at": pl.Datetime("us", "UTC"),
            "status": pl.String,
            "priority": pl.String,
        },
    )
    return read_tickets(frame, now=NOW).table


@settings(max_examples=40)
@given(SOME)
def test_every_ticket_is_ranked_waiting_or_closed(rows: list[tuple[str, int, str | None]]) -> None:
    tickets = table(rows)
    ready = pipeline.prepare(tickets, POLICY, NOW)
    assert sum(ready.counts.values()) == len(rows)
    queue = pipeline.queue(ready)
    wanted = {f"T{i:02}" for i, (status, _, _) in enumerate(rows) if status in {"new", "open"}}
    assert set(queue["ticket_id"]) == wanted
    assert queue["position"].to_list() == list(range(1, len(wanted) + 1))


@settings(max_examples=20)
@given(SOME, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[str, int, str | None]], random: object) -> None:
    tickets = table(rows)
    order = list(range(tickets.height))
    random.shuffle(order)  # type: ignore[attr-defined]
    one, other = (tg.rank(frame, POLICY, NOW) for frame in (tickets, tickets[order]))
    assert one.write_json() == other.write_json()


def test_a_learned_confusion_table_takes_the_place_of_the_policy_s() -> None:
    past = 400
    frame = pl.DataFrame(
        {
            "ticket_id": [f"T{i:03}" for i in range(past + 1)],
            "created_at": [NOW - timedelta(days=1, minutes=i) for i in range(past + 1)],
            "status": ["closed"] * past + ["open"],
            "first_priority": ["low"] * (past + 1),
            "priority": ["urgent"] * past + ["low"],
        }
    )
    tickets = read_tickets(frame, now=NOW).table
    assert tickets["first_level"].drop_nulls().unique().to_list() == ["P3"]
    queue = tg.rank(tickets, POLICY, NOW)
    assert queue["level_p0"][0] > 0.8


def test_tickets_about_the_same_thing_raise_each_other() -> None:
    same = [
        "Nobody can sign in with single sign-on since this morning",
        "Single sign-on fails: nobody can sign in today",
    ]
    frame = pl.DataFrame(
        {
            "ticket_id": [f"T{i}" for i in range(6)],
            "created_at": [NOW - timedelta(hours=1)] * 6,
            "status": ["open"] * 6,
            "subject": [*same, *same, "Where is the invoice for February?", "How do I export the payroll report?"],
        }
    )
    queue = tg.rank(read_tickets(frame, now=NOW).table, POLICY, NOW)
    told = {row["ticket_id"]: [reason["text"] for reason in row["reasons"]] for row in queue.iter_rows(named=True)}
    assert all("3 similar in 24 hours" in told[f"T{i}"] for i in range(4))
    assert not any("similar" in text for i in (4, 5) for text in told[f"T{i}"])


def test_the_ledger_stops_the_clock_while_the_customer_is_asked() -> None:
    start = NOW.replace(hour=9) - timedelta(days=3)  # a Friday
    frame = pl.DataFrame(
        {
            "ticket_id": ["T1"],
            "created_at": [start],
            "status": ["open"],
            "priority": ["high"],
            "first_response_at": [start],
        }
    )
    events = read_events(
        pl.DataFrame(
            {
                "event_id": ["1", "2", "3"],
                "ticket_id": ["T1"] * 3,
                "at": [start, start + timedelta(hours=1), start + timedelta(hours=5)],
                "kind": ["created", "waiting_customer", "status"],
                "new": ["new", "waiting", "open"],
            }
        )
    ).table
    tickets = read_tickets(frame, now=NOW).table
    plain, paused = (tg.rank(tickets, POLICY, NOW, events=log) for log in (None, events))
    assert paused["minutes_left"][0] - plain["minutes_left"][0] == 240
    assert paused["due_at"][0] > plain["due_at"][0]


def test_promises_may_differ_by_tier() -> None:
    frame = pl.DataFrame(
        {"ticket_id": ["1", "2"], "created_at": [NOW, NOW], "status": ["open"] * 2, "account_id": ["a", "b"]}
    )
    accounts = tg.read_accounts(pl.DataFrame({"account_id": ["a"], "tier": ["strategic"]}))
    assert pipeline.with_tier(read_tickets(frame, now=NOW).table, accounts)["tier"].to_list() == ["strategic", None]
