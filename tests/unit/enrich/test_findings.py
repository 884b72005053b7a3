"""What cannot be in a history is named and counted."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from helpers.slow_clocks import utc
from tidegate.enrich.findings import MEANING, clock_findings
from tidegate.tables import Events, Tickets

NOW = utc(2024, 5, 6, 12)
HOUR = timedelta(hours=1)


def tickets(*rows: dict[str, object]) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in Tickets.columns().items()}
    base = {"created_at": NOW - 10 * HOUR, "status": "open"}
    return pl.DataFrame([base | {"ticket_id": f"T{n}"} | row for n, row in enumerate(rows)], schema=schema)


def events(*rows: tuple[str, int, str, str | None]) -> pl.DataFrame:
    schema = {name: column.dtype for name, column in Events.columns().items()}
    told = [
        {"event_id": f"E{n}", "ticket_id": t, "at": NOW - h * HOUR, "kind": kind, "actor_kind": "agent", "new": new}
        for n, (t, h, kind, new) in enumerate(rows)
    ]
    return pl.DataFrame(told, schema=schema)


def counts(*args: object) -> dict[str, int]:
    found = clock_findings(*args)  # type: ignore[arg-type]
    return dict(zip(found["finding"], found["count"], strict=True))


def test_a_sane_history_has_no_findings() -> None:
    rows = tickets({"first_response_at": NOW - 9 * HOUR}, {"status": "waiting"})
    assert counts(rows, NOW, events(("T1", 5, "waiting_customer", None))) == {}


def test_tickets_with_impossible_times() -> None:
    early = NOW - 11 * HOUR
    rows = tickets(
        {"solved_at": early, "status": "solved"},
        {"closed_at": early, "status": "closed"},
        {"first_response_at": early},
        {"created_at": NOW + HOUR},
    )
    assert counts(rows, NOW) == {
        "ticket_in_future": 1,
        "solved_before_opened": 1,
        "closed_before_opened": 1,
        "response_before_opened": 1,
    }


def test_events_that_cannot_be() -> None:
    rows = tickets({"closed_at": NOW - 6 * HOUR, "status": "closed"}, {}, {}, {"status": "waiting"})
    log = events(
        ("T0", 5, "reopened", None),
        ("T0", 4, "status", "closed"),
        ("T1", 3, "status", "waiting"),
        ("T1", 4, "status", "opne"),
        ("T1", 11, "status", "open"),
        ("T2", -1, "status", "solved"),
        ("T2", 2, "merged", "T9"),
        ("T2", 2, "merged", "T9"),
        ("T8", 2, "note", None),
        ("T3", 2, "status", "open"),
    )
    assert counts(rows, NOW, log) == {
        "event_of_unknown_ticket": 1,
        "event_in_future": 1,
        "event_before_opened": 1,
        "event_after_closing": 2,
        "event_out_of_order": 3,
        "event_repeated": 1,
        "status_unknown": 1,
        "merged_into_unknown": 2,
        "status_disagrees": 2,
    }


def test_every_finding_says_what_it_means_and_what_was_done() -> None:
    found = clock_findings(tickets({"created_at": NOW + HOUR}), NOW).row(0, named=True)
    assert (found["meaning"], found["repair"]) == MEANING["ticket_in_future"]
    assert (found["table"], found["of"], found["examples"]) == ("tickets", 1, ["T0"])
