"""Programs compare policies over frames: the same as the command line finds, with progress, and stopped at will."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from helpers.boards import policy_with
from tidegate.backtesting import StoppedError, compare
from tidegate.ingest import read_tickets
from tidegate.policy import load
from tidegate.tables.errors import InputError

STARTER = load("starter")
EDITED = policy_with(ranking={"horizon": "4h", "missed": 1})
START = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def tickets() -> pl.DataFrame:
    draw, rows = np.random.default_rng(6), 240
    minutes = np.sort(draw.integers(0, 14, rows) * 1440 + draw.integers(0, 500, rows))
    levels = np.array(["P0", "P1", "P2", "P3"])[draw.choice(4, rows, p=[0.05, 0.15, 0.4, 0.4])]
    table = pl.DataFrame(
        {
            "ticket_id": [f"T{i:04}" for i in range(rows)],
            "created_at": [START + timedelta(minutes=int(m)) for m in minutes],
            "status": ["solved"] * rows,
            "priority": levels,
            "handling_minutes": draw.exponential(40.0, rows) + 1,
        }
    )
    return read_tickets(table, now=datetime(2027, 1, 1, tzinfo=UTC)).table


def test_policies_are_compared_under_the_names_given(tickets: pl.DataFrame) -> None:
    told: list[tuple[int, int]] = []
    found = compare(
        tickets,
        {"active": STARTER, "edited": EDITED},
        agents=2,
        also=["fifo"],
        seeds=2,
        progress=lambda done, total: told.append((done, total)),
    )
    assert found.policies == ("active", "edited", "fifo")
    assert told == [(n, 6) for n in range(1, 7)]
    ours, theirs = (found.estimate(name, "value_breach").value for name in ("active", "edited"))
    assert ours is not None
    assert theirs is not None
    change = found.difference("edited", "value_breach")
    assert change.value == pytest.approx(theirs - ours)
    assert change.against == "active"
    assert any("handling time" in words for words in found.imputed)


def test_the_same_policy_twice_differs_by_nothing(tickets: pl.DataFrame) -> None:
    found = compare(tickets, {"active": STARTER, "edited": STARTER}, agents=2, seeds=2)
    assert all(row.value in (0.0, None) for row in found.differences)


def test_others_targets_are_judged_by_those_of_the_first_unless_told(tickets: pl.DataFrame) -> None:
    lax = policy_with(levels={
        level: {"respond": "9d", "next": "9d", "resolve": "9d", "clock": "always", "severity": severity}
        for level, severity in (("P0", 20), ("P1", 6), ("P2", 2), ("P3", 1))
    })  # fmt: skip
    policies = {"active": STARTER, "lax": lax}
    mine = compare(tickets, policies, agents=1, seeds=1).estimate("lax", "breach").value
    own = compare(tickets, policies, agents=1, seeds=1, judge=lax).estimate("lax", "breach").value
    assert mine is not None
    assert own is not None
    assert own < mine


def test_row_order_does_not_matter(tickets: pl.DataFrame) -> None:
    mixed = tickets.sample(fraction=1.0, shuffle=True, seed=3)
    policies = {"active": STARTER, "edited": EDITED}
    assert compare(mixed, policies, agents=2, seeds=1) == compare(tickets, policies, agents=2, seeds=1)


def test_a_stop_keeps_whole_seeds(tickets: pl.DataFrame) -> None:
    asked = iter([False, False, True])
    found = compare(tickets, {"active": STARTER, "edited": EDITED}, agents=2, seeds=3, stop=lambda: next(asked))
    assert (found.seeds, found.missing) == ((0,), (1, 2))


def test_a_stop_before_the_first_seed_is_said(tickets: pl.DataFrame) -> None:
    with pytest.raises(StoppedError, match="first replay"):
        compare(tickets, {"active": STARTER, "edited": EDITED}, agents=2, stop=lambda: True)


def test_what_cannot_be_compared_is_refused(tickets: pl.DataFrame) -> None:
    with pytest.raises(InputError, match="built-in"):
        compare(tickets, {"fifo": STARTER}, agents=2)
    with pytest.raises(InputError, match="needs a policy"):
        compare(tickets, {}, agents=2)
    with pytest.raises(InputError, match="no such estimate"):
        compare(tickets, {"active": STARTER}, agents=2, seeds=1).estimate("active", "speed")
