"""How likely a target is missed: counted by hand, and the same whatever the order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.histories import AS_OF, DAY, at, tickets
from tidegate.measure.ledger import build_ledger
from tidegate.measure.measures import Period
from tidegate.measure.risk import BANDS, HOURS, coming, risk
from tidegate.tables.words import TIME

PERIOD = Period(start=DAY, end=AS_OF)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def counted(*answered_after: float | None, target: float = 60.0) -> dict[float, tuple[int, float | None]]:
    """n and share by time left, of tickets answered after so many minutes; None is never."""
    rows = [
        {"ticket_id": f"t{n}", "first_response_at": None if m is None else at(m / 60)}
        for n, m in enumerate(answered_after)
    ]
    table = tickets(*rows).with_columns(given_level=pl.lit("P1"))
    targets = pl.DataFrame({"level": ["P1"], "respond": [target], "next": [None], "resolve": [None]})
    found = risk(build_ledger(table, as_of=AS_OF, targets=targets), PERIOD).filter(pl.col("clock") == "first_response")
    return {row["left"]: (row["n"], row["share"]) for row in found.iter_rows(named=True)}


def test_who_still_waited_with_so_much_left_is_counted_with_what_became_of_it() -> None:
    found = counted(10.0, 40.0, 50.0, 70.0, None)
    assert found[60.0] == (5, pytest.approx(2 / 5))
    assert found[30.0] == (4, pytest.approx(2 / 4))
    assert found[15.0] == (3, pytest.approx(2 / 3))


def test_a_target_shorter_than_the_band_counts_from_its_start() -> None:
    found = counted(5.0, 20.0, target=10.0)
    assert found[15.0] == (2, 0.5)
    assert found[30.0] == (0, None)


def test_what_is_not_decided_is_not_counted() -> None:
    rows = tickets({"ticket_id": "t1", "created_at": AS_OF - timedelta(minutes=30)}).with_columns(
        given_level=pl.lit("P1")
    )
    targets = pl.DataFrame({"level": ["P1"], "respond": [60.0], "next": [None], "resolve": [None]})
    assert risk(build_ledger(rows, as_of=AS_OF, targets=targets), PERIOD)["n"].sum() == 0


@given(st.lists(st.one_of(st.none(), st.floats(1, 200)), min_size=1, max_size=12))
def test_less_time_left_is_never_less_risk_and_never_more_tickets(after: list[float | None]) -> None:
    found = counted(*after, target=480.0)
    kept = [found[left] for left in BANDS if left <= 480]
    assert [n for n, _ in kept] == sorted(n for n, _ in kept)
    shares = [share for n, share in kept if n]
    assert shares == sorted(shares, reverse=True)


def queue(*rows: tuple[str, float]) -> pl.DataFrame:
    """Tickets due in so many minutes, on a clock that never stops."""
    return pl.DataFrame(
        {
            "ticket_id": [name for name, _ in rows],
            "level": ["P1"] * len(rows),
            "clock": ["first_response"] * len(rows),
            "minutes_left": [left for _, left in rows],
            "due_at": [NOW + timedelta(minutes=left) for _, left in rows],
        },
        schema={
            "ticket_id": pl.String,
            "level": pl.String,
            "clock": pl.String,
            "minutes_left": pl.Float64,
            "due_at": TIME,
        },
    )


def risks(**shares: float | None) -> pl.DataFrame:
    rows = [("first_response", float(left[1:]), share) for left, share in shares.items()]
    named = pl.DataFrame(rows, schema={"clock": pl.String, "left": pl.Float64, "share": pl.Float64}, orient="row")
    return named.with_columns(n=pl.lit(9), low=pl.col("share") / 2, high=pl.col("share") * 1.5)


KNOWN = risks(_15=0.6, _30=0.4, _60=0.2, _120=0.1, _240=None, _480=0.0, _1440=0.0)


def test_every_hour_is_there_and_adds_up_what_falls_due_in_it() -> None:
    found = coming(queue(("late", -5), ("a", 10), ("b", 50), ("c", 60), ("d", 61), ("far", 9999)), KNOWN, now=NOW)
    assert found.height == HOURS
    assert found["due"].to_list()[:3] == [3, 1, 0]
    assert found["likely"].to_list()[:2] == pytest.approx([0.6 + 0.2 + 0.2, 0.1])
    assert found["low"][0] == pytest.approx(0.5)
    assert found["tickets"][0].to_list() == ["a", "b", "c"]


def test_what_nothing_in_the_past_was_like_is_said_and_not_guessed() -> None:
    found = coming(queue(("a", 200)), KNOWN, now=NOW)
    assert (found["due"][3], found["likely"][3], found["unknown"][3]) == (1, 0.0, 1)


def test_an_empty_queue_has_quiet_hours() -> None:
    assert coming(queue(), KNOWN, now=NOW)["due"].to_list() == [0] * HOURS
