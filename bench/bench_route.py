"""Giving work out: 1,000 tickets to 100 agents at once, beside OR-Tools' min-cost flow and a greedy pass, same run.

python bench/bench_route.py

The flow has to find the same total up to rounding of fits to millionths; the greedy pass says what taking tickets one
by one, the most pressing first, costs.
"""

from __future__ import annotations

import sys

import numpy as np
from measure import cpu, report
from ortools.graph.python import min_cost_flow

from tidegate.route.assign import assign

TICKETS, AGENTS, ROOM = 1000, 100, 11
rng = np.random.default_rng(7)
SKILL = rng.random((TICKETS, AGENTS)) < 0.3
LANGUAGE = rng.integers(0, 6, TICKETS)[:, None] == rng.integers(0, 6, AGENTS)[None, :]
BASE = (4 * SKILL + 3 * LANGUAGE + 2 * rng.random((TICKETS, AGENTS))) / 9
WEIGHT = np.sort(rng.choice([20.0, 6.0, 2.0, 1.0], TICKETS))[::-1]
CAPACITY = np.full(AGENTS, ROOM)
HELD = np.ones(AGENTS, dtype=np.int64)  # room for just as many tickets as there are


def fit(left: np.ndarray) -> np.ndarray:
    return (9 * BASE + 2 * left[None, :]) / 11


def slot_values() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Whole values of every ticket at every turn of every agent, as the assignment rounds them."""
    room = CAPACITY - HELD
    agent = np.repeat(np.arange(AGENTS), room)
    nth = np.concatenate([np.arange(count) for count in room])
    values = np.stack([fit((CAPACITY - HELD - turn) / CAPACITY) for turn in range(ROOM)])
    whole = np.rint(values[nth, :, agent].T * 1e6) * np.rint(WEIGHT[:, None] * 100)
    return agent, nth, whole.astype(np.int64)


def total(taken: np.ndarray) -> int:
    """Worth of an assignment: of one agent's tickets the weightiest has the first turn."""
    agent, nth, whole = slot_values()
    at = {(int(a), int(k)): slot for slot, (a, k) in enumerate(zip(agent, nth, strict=True))}
    turn, worth = np.zeros(AGENTS, dtype=int), 0
    for row in np.argsort(-WEIGHT, kind="stable"):
        worth += int(whole[row, at[int(taken[row]), int(turn[taken[row]])]])
        turn[taken[row]] += 1
    return worth


def flow() -> int:
    """Solve the same problem as min-cost flow: tickets to slots, one unit each."""
    agent, _, whole = slot_values()
    solver = min_cost_flow.SimpleMinCostFlow()
    tickets, slots = np.divmod(np.arange(TICKETS * agent.size), agent.size)
    solver.add_arcs_with_capacity_and_unit_cost(
        tickets, TICKETS + slots, np.ones(tickets.size, dtype=np.int64), -whole.ravel()
    )
    ends = TICKETS + np.arange(agent.size)
    solver.add_arcs_with_capacity_and_unit_cost(
        ends,
        np.full(ends.size, TICKETS + agent.size),
        np.ones(ends.size, dtype=np.int64),
        np.zeros(ends.size, np.int64),
    )
    solver.set_nodes_supplies(np.arange(TICKETS), np.ones(TICKETS, dtype=np.int64))
    solver.set_nodes_supplies(np.array([TICKETS + agent.size]), np.array([-TICKETS]))
    if solver.solve() != solver.OPTIMAL:
        sys.exit("the peer found no optimum")
    return -solver.optimal_cost()


def greedy() -> np.ndarray:
    """Tickets one by one, each to the best agent with room left."""
    held, taken = HELD.copy(), np.empty(TICKETS, dtype=int)
    for row in range(TICKETS):
        left = np.clip((CAPACITY - held) / CAPACITY, 0, 1)
        worth = np.where(held < CAPACITY, (9 * BASE[row] + 2 * left) / 11, -1)
        taken[row] = worth.argmax()
        held[taken[row]] += 1
    return taken


def main() -> None:
    taken, served = assign(fit, WEIGHT, HELD, CAPACITY)
    ours, peer, one_by_one = total(taken), flow(), total(greedy())
    print(f"{served} tickets given out; total fit {ours:,}, min-cost flow {peer:,}, one by one {one_by_one:,}")
    report(
        "giving out 1,000 tickets", cpu(lambda: assign(fit, WEIGHT, HELD, CAPACITY)), "OR-Tools flow", cpu(flow), "<= 1"
    )
    print(f"one by one: {cpu(greedy):.4f} s, and {1 - one_by_one / ours:.2%} less fit")
    rows, lone = np.arange(TICKETS), greedy()
    for name, table in (
        ("in the ticket's language", LANGUAGE),
        ("with the skill", SKILL),
        ("with both", LANGUAGE & SKILL),
    ):
        print(f"{name}: {table[rows, taken].mean():.1%} of tickets, one by one {table[rows, lone].mean():.1%}")
    if abs(ours - peer) > 1e-6 * peer:
        sys.exit("the totals differ")


if __name__ == "__main__":
    main()
