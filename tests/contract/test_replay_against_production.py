"""A policy file is replayed as production would judge it: the whole ranking is asked anew at every single hand-out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.boards import policy_with
from tidegate.backtesting.axis import Axis
from tidegate.backtesting.scoring import cost_points
from tidegate.backtesting.seen import as_opened, see
from tidegate.enrich import history as counted
from tidegate.enrich.facts import facts as facts_of
from tidegate.ingest import read_accounts, read_incidents, read_tickets
from tidegate.pipeline import FOR_WEIGHTED_SUM, needed
from tidegate.policy import load
from tidegate.policy.targets import target_table
from tidegate.ranking.board import Board
from tidegate.read.given import given_levels
from tidegate.simulate.engine import Ledger, replay
from tidegate.simulate.policies import Scene, maker
from tidegate.simulate.roster import Seat
from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

START = datetime(2026, 3, 2, tzinfo=UTC)
WRITES = FollowUps(per_day=4.0, patience=60.0, minutes=3.0, day=1440.0)
PRODUCTS = ("web", "app", None)
LEVELS = {
    "P0": {"respond": "20m", "next": "1h", "resolve": "4h", "clock": "always", "severity": 20},
    "P1": {"respond": "1h", "next": "2h", "resolve": "1bd", "severity": 6},
    "P2": {"respond": "5h", "next": "8h", "resolve": "3bd", "severity": 2},
    "P3": {"respond": "2bd", "next": "2bd", "resolve": "5bd", "severity": 1},
}
GIVEN = {
    "confusion": {
        "P0": [0.6, 0.3, 0.1, 0.0],
        "P1": [0.1, 0.7, 0.2, 0.0],
        "P2": [0, 0.1, 0.7, 0.2],
        "P3": [0, 0, 0.2, 0.8],
    }
}
RULES = {
    "has waited an hour": ("age_hours > 1", {"value": 3}),
    "has waited long, for many": ("age_hours * 60 >= 45 + 15 * affected_users", {"at_least": "P1"}),
    "nearly late": ("minutes_left < 30", {"lane": "now"}),
    "between": ("minutes_left BETWEEN -60 AND 20.5 AND NOT vip", {"value": 0.5}),
    "late": ("breached_since IS NOT NULL", {"at_least": "P2", "value": 1.5}),
    "on the third level's clock": ("age_p3 >= 120 AND level >= 'P2'", {"at_least": "P1"}),
    "incident": ("open_incidents > 0", {"at_least": "P1"}),
    "grave incident": ("incident_title LIKE '%1%'", {"value": 2, "lane": "now"}),
    "renews": ("days_to_renewal BETWEEN 0 AND 0.25 OR COALESCE(days_to_renewal, 9) < -0.1", {"value": 4}),
    "after a while, either": ("CASE WHEN age_hours > 2 THEN affected_users > 1 ELSE vip END", {"at_most": "P3"}),
    "reviewed": ("age_hours >= 3 AND minutes_left > 60", {"review": True}),
    "wrote again": ("replies > 1", {"value": 2.5}),
    "wrote thrice": ("replies >= 3 AND updated_at > created_at", {"lane": "now"}),
    "asks": ("last_requester_at IS NOT NULL AND age_hours > 1", {"at_least": "P2"}),
    "many of one customer": ("account_tickets_90d >= 4", {"value": 0.4}),
    "asks a lot": ("requester_tickets_90d BETWEEN 1 AND 2 AND age_hours > 0.5", {"at_least": "P1"}),
    "put off": ("affected_users = 1 AND age_hours < 0.5", {"lane": "later"}),
}


def history(random: np.random.Generator, rows: int) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Two days of a small desk, its accounts and its incidents; whole minutes, so that much falls together."""
    minutes = np.sort(random.integers(0, 2 * 1440, rows))
    tickets = pl.DataFrame(
        {
            "ticket_id": [f"T{i:03}" for i in random.permutation(rows)],
            "created_at": [START + timedelta(minutes=int(m)) for m in minutes],
            "status": ["solved"] * rows,
            "priority": random.choice(["P0", "P1", "P2", "P3"], rows, p=[0.03, 0.17, 0.4, 0.4]).tolist(),
            "product": [PRODUCTS[i] for i in random.integers(0, 3, rows)],
            "account_id": random.choice(["A", "B", "C"], rows).tolist(),
            "requester_id": [("R1", "R2", "R3", None)[i] for i in random.integers(0, 4, rows)],
            "affected_users": random.integers(1, 4, rows),
            "vip": random.random(rows) < 0.3,
        }
    )
    accounts = pl.DataFrame(
        {"account_id": ["A", "B"], "renewal_at": [START + timedelta(hours=30), START + timedelta(hours=9)]}
    )
    edges = [sorted(random.integers(0, 2 * 1440, 2).tolist()) for _ in range(4)]
    incidents = pl.DataFrame(
        {
            "incident_id": [f"I{i}" for i in range(4)],
            "title": [f"broken {i}" for i in range(4)],
            "started_at": [START + timedelta(minutes=first) for first, _ in edges],
            "resolved_at": [START + timedelta(minutes=last) for _, last in edges[:3]] + [None],
            "product": ["web", "App", None, "web"],
            "account_id": [None, "A", "B", None],
        },
        schema_overrides={"resolved_at": pl.Datetime("us", "UTC")},
    )
    now = datetime(2027, 1, 1, tzinfo=UTC)
    ready = read_tickets(tickets, now=now).table.sort("created_at", "ticket_id")
    return ready, read_accounts(accounts).table, read_incidents(incidents).table


class Production:
    """At every hand-out the facts of everybody who waits are built anew, and the queue's own order says who goes."""

    def __init__(self, policy: Policy, axis: Axis, live: pl.DataFrame, workload: Workload, **known: Any) -> None:
        self.policy, self.axis, self.known, self.workload = policy, axis, known, workload
        self.live = [as_opened(live, messages) for messages in range(WRITES.most + 1)]
        self.levels = given_levels(live, policy)
        self.rows: set[int] = set()
        self.lanes: set[str] = set()

    def push(self, row: int, now: float) -> None:  # noqa: ARG002 -- part of the protocol
        self.rows.add(row)

    def drop(self, row: int) -> None:
        self.rows.remove(row)

    def messages(self, row: int, now: float) -> int:
        """As the engine itself counts them when a ticket is taken up."""
        ledger = Ledger(self.workload, WRITES)
        ledger.messages(row, now - self.workload.at[row])
        return ledger.sent.get(row, 0)

    def take(self, now: float) -> int:
        rows = sorted(self.rows)
        facts = facts_of(
            pl.concat([self.live[self.messages(row, now)][row] for row in rows]),
            history=self.live[0],
            policy=self.policy,
            now=self.axis.moment(now),
            readings=self.levels[rows],
            needs=needed(self.policy) | FOR_WEIGHTED_SUM,
            **self.known,
        )
        board = Board.of(facts, self.policy, target_table(self.policy))
        order, _ = board.order(1)
        self.lanes |= {"later" if band == 2 else "now" for band in board.scores.band.tolist() if band != 1}
        row = rows[int(order[0])]
        self.rows.remove(row)
        return row


def both(policy: Policy, random: np.random.Generator, rows: int, agents: int) -> set[str]:
    """Replay a history quickly and by asking production; return the lanes that occurred."""
    live, accounts, incidents = history(random, rows)
    known = {"accounts": accounts, "incidents": incidents}
    axis = Axis(live["created_at"][0], live["created_at"][-1] + timedelta(days=30))
    view = see(live, given_levels(live, policy), policy, axis, **known)
    workload = Workload(
        at=axis.minutes(live["created_at"]),
        work=np.ceil(random.exponential(2 * 1440 * agents / rows, rows)) + 1.0,
        level=np.zeros(rows, np.uint8),
        value=np.ones(rows),
        luck=1.0 - random.random(rows),
    )
    scene = Scene(
        workload=workload,
        belief=view.belief,
        severity=policy.severity,
        cost=cost_points,
        standing=view.standing,
        sla_gain=view.sla_gain,
        now_when=view.now_when,
        turns=view.turns_of(workload, WRITES),
        whole=True,
    )
    slow: list[Production] = []

    def obvious() -> Production:
        slow.append(Production(policy, axis, live, workload, **known))
        return slow[-1]

    seats = [Seat()] * agents
    wanted = replay(workload, seats, obvious, follow_ups=WRITES)
    found = replay(workload, seats, maker(view.name, scene), follow_ups=WRITES)
    np.testing.assert_array_equal(found.order, wanted.order)
    np.testing.assert_array_equal(found.start, wanted.start)
    return slow[0].lanes


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    names=st.lists(st.sampled_from(sorted(RULES)), unique=True, max_size=5),
    method=st.sampled_from(["cost-of-delay", "weighted-sum"]),
    outlook=st.sampled_from(["1h", "1bd", "9bd"]),
    agents=st.integers(1, 3),
)
def test_rules_and_lanes_while_waiting_are_those_of_production(
    seed: int, names: list[str], method: str, outlook: str, agents: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(counted, "WINDOW", timedelta(hours=10))  # so that tickets leave it
        _same_as_production(seed, names, method, outlook, agents=agents)


def _same_as_production(seed: int, names: list[str], method: str, outlook: str, *, agents: int) -> None:
    rules = [{"name": name, "when": RULES[name][0], "then": RULES[name][1]} for name in names]
    value = {"incident": 2, "renewal": {"within": "1d", "times": 3}} if seed % 2 else {}
    policy = policy_with(
        levels=LEVELS,
        given=GIVEN,
        rules=rules,
        value=value,
        ranking={"method": method, "outlook": outlook, "now_when": 0.5},
    )
    both(policy, np.random.default_rng(seed), 30, agents)


@pytest.mark.parametrize("name", ["starter", "playbook"])
def test_built_in_policies_are_replayed_as_production_ranks(name: str) -> None:
    assert "now" in both(load(name), np.random.default_rng(3), 80, 2)


def test_lane_later_is_replayed() -> None:
    policy = policy_with(levels=LEVELS, given=GIVEN, ranking={"outlook": "4h"})
    assert both(policy, np.random.default_rng(5), 80, 2) == {"now", "later"}


@pytest.mark.parametrize(
    "when",
    ["ROUND(age_hours) > 2", "age_hours * 60 > minutes_left", "age_hours * age_hours > 4", "age_hours IN (1, 2)"],
)
def test_a_rule_that_cannot_be_followed_is_refused(when: str) -> None:
    policy = policy_with(rules=[{"name": "odd", "when": when, "then": {"value": 2}}])
    with pytest.raises(InputError, match="rule 'odd' cannot be replayed"):
        both(policy, np.random.default_rng(1), 20, 1)
