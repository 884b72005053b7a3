from __future__ import annotations

from datetime import timedelta

import polars as pl

from helpers.histories import AS_OF, DAY, at, messages, tickets
from tidegate.measure.doctor import Diagnosis, examine
from tidegate.measure.ledger import build_ledger
from tidegate.policy import load

POLICY = load("starter")
TARGETS = pl.DataFrame({"level": ["P0", "P1", "P2"], "respond": [9.0] * 3, "next": [9.0] * 3, "resolve": [9.0] * 3})


def found(table: pl.DataFrame, talk: pl.DataFrame | None = None) -> dict[str, Diagnosis]:
    ledger = build_ledger(table, messages=talk, as_of=AS_OF, targets=TARGETS)
    return {diagnosis.name: diagnosis for diagnosis in examine(ledger, table, POLICY)}


def many(count: int, **more: object) -> pl.DataFrame:
    base = {"requester_id": "r", "group": "g", "given_level": "P2"}
    return tickets(*({"ticket_id": f"t{n}", "created_at": at(n % 1400), **base, **more} for n in range(count)))


def test_replies_from_before_the_opening_are_dated_and_counted() -> None:
    diagnosis = found(many(3), messages(("t0", -2, "agent", "x y z w"), ("t1", 5, "agent", "x y z w")))
    told = diagnosis["negative first responses"]
    assert told.gravity == "mend"
    assert told.evidence.startswith("1 tickets were answered before they were opened, by up to 2.0 h")
    assert "02 Mar 2026" in told.evidence


def test_priority_inflation_is_told_and_a_sane_mix_is_not() -> None:
    assert "priority inflation" in found(many(600, given_level="P1"))
    assert "priority inflation" not in found(many(600))


def test_a_level_without_a_target_is_a_clock_without_a_target() -> None:
    assert "P3" in found(many(600, given_level="P3"))["clocks without targets"].evidence


def test_open_urgent_tickets_of_nobody_are_told() -> None:
    assert found(many(600, given_level="P0", group=None))["P0 without owners"].gravity == "mend"


def test_times_of_another_zone_are_suspicious() -> None:
    rows = [
        {"ticket_id": f"{day}-{n}", "created_at": DAY + timedelta(days=day, hours=n % 8 + hour)}
        for hour in (0,)
        for day in range(5)
        for n in range(100)
    ]
    told = found(tickets(*rows))["time zone suspicion"]
    assert "moved by +9 h" in told.evidence or "moved by +10 h" in told.evidence


def test_a_small_team_is_told_so() -> None:
    assert found(many(20))["too small to need this"].gravity == "note"


def test_categories_that_move_are_drift() -> None:
    rows = [
        {"ticket_id": str(n), "created_at": AS_OF - timedelta(days=day, minutes=n)}
        for n, day in enumerate([100] * 250 + [10] * 250)
    ]
    category = pl.Series("category", ["orders"] * 250 + ["returns"] * 250)
    assert "returns 0% to 100%" in found(tickets(*rows).with_columns(category))["taxonomy drift"].evidence
    assert "taxonomy drift" not in found(tickets(*rows).with_columns(category=pl.lit("orders")))


def test_the_same_subject_twice_in_a_day_is_a_duplicate() -> None:
    table = many(300, created_at=DAY).with_columns(subject=pl.lit("Cannot pay"))
    assert "duplicates" in found(table)
    assert "duplicates" not in found(table.with_columns(subject=pl.col("ticket_id")))
