"""The public names are a promise: adding or removing one is a decision, not an accident."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

import tidegate as tg
from tidegate.tables import Queue

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


def tickets() -> pl.DataFrame:
    return tg.read_tickets(
        pl.DataFrame(
            {
                "ticket_id": ["1", "2", "3", "4"],
                "created_at": [NOW - timedelta(hours=h) for h in (1, 2, 3, 4)],
                "status": ["open", "open", "pending", "closed"],
                "priority": ["low", "urgent", "high", "high"],
                "account_id": ["a", None, None, None],
            }
        ),
        now=NOW,
    )


def test_names_are_locked() -> None:
    assert tg.__all__ == [
        "InputError",
        "MissingExtraError",
        "ModelError",
        "Policy",
        "PolicyError",
        "TidegateError",
        "explain",
        "rank",
        "read_accounts",
        "read_agents",
        "read_events",
        "read_incidents",
        "read_messages",
        "read_tickets",
    ]
    assert all(getattr(tg, name) is not None for name in tg.__all__)
    assert dir(tg) == tg.__all__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ranks'"):
        _ = tg.ranks  # type: ignore[attr-defined]


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, tidegate; print([m for m in ('polars', 'numpy', 'pydantic', 'typer') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_rank_gives_a_queue_that_keeps_its_contract() -> None:
    queue = tg.rank(tickets(), tg.Policy.load("starter"), NOW, reasons=False)
    assert Queue.validate(queue, cast=False)["ticket_id"].to_list() == ["2", "1"]


def test_rank_with_reasons_has_parts_that_sum() -> None:
    queue = tg.rank(tickets(), tg.Policy.load("starter"), NOW)
    for row in queue.iter_rows(named=True):
        total = sum(row["parts"].values()) + sum(rule["points"] for rule in row["rules"])
        assert total == pytest.approx(row["points"], abs=1e-6)


def test_accounts_raise_their_tickets() -> None:
    accounts = tg.read_accounts(pl.DataFrame({"account_id": ["a"], "tier": ["strategic"], "contract_value": [9e5]}))
    plain, known = (tg.rank(tickets(), tg.Policy.load("starter"), NOW, accounts=side) for side in (None, accounts))
    assert known.filter(ticket_id="1")["points"][0] > plain.filter(ticket_id="1")["points"][0]


def test_an_assignee_who_is_away_is_told() -> None:
    there = tickets().with_columns(assignee=pl.lit("Ari"))
    agents = tg.read_agents(pl.DataFrame({"agent_id": ["1"], "name": ["Ari"], "available": [False]}))
    queue = tg.rank(there, tg.Policy.load("starter"), NOW, agents=agents)
    assert all("its assignee is away" in [r["text"] for r in reasons] for reasons in queue["reasons"].to_list())


def test_explain_opens_one_ticket() -> None:
    found = tg.explain(tickets(), "2", tg.Policy.load("starter"), NOW)
    assert found is not None
    assert found.queue["ticket_id"].to_list() == ["2"]
    assert found.lead is not None
    assert found.lead.next_id == "1"
    assert tg.explain(tickets(), "4", tg.Policy.load("starter"), NOW) is None


def test_a_frame_that_keeps_no_contract_is_told_how_to_get_one() -> None:
    with pytest.raises(tg.InputError, match=r"column 'updated_at'.*tidegate\.read_tickets"):
        tg.rank(pl.DataFrame({"ticket_id": ["1"], "created_at": [NOW]}), tg.Policy.load("starter"), NOW)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(tg.InputError, match="without a zone"):
        tg.rank(tickets(), tg.Policy.load("starter"), datetime(2026, 3, 2))  # noqa: DTZ001 (that is the point)


def test_rejected_rows_warn() -> None:
    with pytest.warns(UserWarning, match="1 of 2 rows were rejected"):
        frame = tg.read_tickets(pl.DataFrame({"id": ["1", "2"], "created": ["2026-01-01", "soon"]}), now=NOW)
    assert frame["ticket_id"].to_list() == ["1"]


def test_the_package_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "tidegate", "--version"], check=True, capture_output=True, text=True)
    assert done.stdout.startswith("tidegate ")
