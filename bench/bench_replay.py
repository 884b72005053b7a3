"""Replay beside Ciw in the same run: hand-outs a second at load 0.95, a million tickets, and a whole backtest.

Run: python bench/bench_replay.py [--quick]. CPU seconds of one core where not said otherwise; best of the rounds named.
"""

from __future__ import annotations

import argparse
import math
import resource
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import ciw
import ciw.dists
import numpy as np
import polars as pl
import yaml

from tidegate.backtesting.axis import Axis
from tidegate.backtesting.made_up import MadeUp
from tidegate.backtesting.policy_text import text_of
from tidegate.backtesting.scoring import believe, cost_points
from tidegate.backtesting.seen import as_opened, see
from tidegate.enrich.facts import facts as facts_of
from tidegate.ingest import read_incidents, read_tickets
from tidegate.pipeline import needed
from tidegate.policy import load
from tidegate.policy.targets import target_table
from tidegate.ranking.board import Board
from tidegate.read.given import given_levels
from tidegate.simulate.backtest import backtest, in_processes
from tidegate.simulate.engine import replay
from tidegate.simulate.policies import Scene, maker
from tidegate.simulate.queues import ScanQueue
from tidegate.simulate.roster import always
from tidegate.simulate.synthetic import Desk, calibrated
from tidegate.simulate.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.policy.model import Policy
    from tidegate.simulate.engine import Outcome

AGENTS, SEVERITY = 25, (20, 6, 2, 1)


def scene(tickets: int, agents: int, seed: int = 1) -> Scene:
    """Poisson arrivals at load 0.95, lognormal handling times, calibrated posterior with 10% error."""
    draw = np.random.default_rng(seed)
    work = draw.lognormal(math.log(20) - 0.32, 0.8, tickets)
    probability, level = calibrated((0.02, 0.10, 0.60, 0.28), 0.1, tickets, draw)
    workload = Workload(
        at=np.cumsum(draw.exponential(work.mean() / agents / 0.95, tickets)),
        work=work,
        level=level,
        value=draw.lognormal(0.0, 1.2, tickets),
        luck=1.0 - draw.random(tickets),
    )
    belief = believe(load("starter"), probability, workload.value)
    return Scene(workload=workload, belief=belief, severity=SEVERITY, cost=cost_points)


def cpu(work: Callable[[], object], rounds: int = 3) -> float:
    """Least CPU seconds of so many rounds."""
    best = math.inf
    for _ in range(rounds):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best


class Recorded(ciw.dists.Distribution):
    """Each customer brings their own handling time, whenever the service begins."""

    def __init__(self, work: np.ndarray) -> None:
        self._work = work.tolist()

    def sample(self, t: float | None = None, ind: Any = None) -> float:  # noqa: ARG002, ANN401 -- Ciw's own signature
        return self._work[ind.id_number - 1] if ind.id_number <= len(self._work) else 1.0


def ciw_waits(some: Scene, discipline: Callable | None) -> np.ndarray:
    """The same tickets through Ciw, with its own first-come queue or one that scores everybody."""
    work = some.workload
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*np.diff(work.at, prepend=0.0), 1e12])],
        service_distributions=[Recorded(work.work)],
        number_of_servers=[AGENTS],
        **({"service_disciplines": [discipline]} if discipline else {}),
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(float(work.at[-1]) * 2 + 1e5)
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    return np.array([record.waiting_time for record in records])


def costly_first(some: Scene) -> Callable:
    """Cost of delay as a Ciw discipline: every waiting customer is scored, in plain floats, as Ciw asks for one."""
    belief = some.belief
    rows = [
        [(f, t) for f, t in zip(factors, minutes, strict=True)]
        for factors, minutes in zip(
            (belief.probability * belief.weights * belief.value[:, None]).tolist(), belief.minutes.tolist(), strict=True
        )
    ]

    def discipline(waiting: list, now: float) -> Any:  # noqa: ANN401 -- Ciw has no types
        def cost(one: Any) -> float:  # noqa: ANN401 -- Ciw has no types
            age = now - one.arrival_date
            return sum(f * (math.exp((age - t) / 60.0) if age < t else 0.5) for f, t in rows[one.id_number - 1])

        return max(waiting, key=cost)

    return discipline


def beside_ciw(tickets: int) -> None:
    some = scene(tickets, AGENTS)
    print(f"hand-outs a second of {tickets:,} tickets, {AGENTS} agents, load 0.95")
    for name, discipline in (("fifo", None), ("cost-of-delay", costly_first(some))):
        kept: dict[str, np.ndarray] = {}
        make = maker(name, some)  # what Ciw's discipline knows of each ticket is prepared beforehand too

        def theirs(discipline: Callable | None = discipline, kept: dict = kept) -> None:
            kept["ciw"] = ciw_waits(some, discipline)

        def ours(make: Callable = make, kept: dict = kept) -> None:
            kept["tidegate"] = replay(some.workload, always(AGENTS), make).wait

        ciw_seconds, our_seconds = cpu(theirs, 2), cpu(ours)
        worst = float(np.abs(kept["ciw"] - kept["tidegate"]).max())
        print(
            f"  {name:15} Ciw {tickets / ciw_seconds:>10,.0f}   Tidegate {tickets / our_seconds:>10,.0f}"
            f"   {ciw_seconds / our_seconds:.1f} times; mean wait {kept['ciw'].mean():.4f} and"
            f" {kept['tidegate'].mean():.4f} min, largest difference of one customer {worst:.2g} min"
        )
        assert worst < 1e-4, "Ciw and Tidegate disagree"


def million(tickets: int) -> None:
    for agents in (AGENTS, 1000):
        some = scene(tickets, agents)
        make = maker("cost-of-delay", some)
        seconds = cpu(lambda some=some, make=make, agents=agents: replay(some.workload, always(agents), make), 1)
        print(
            f"  {tickets:,} tickets, {agents} agents, cost of delay: {seconds:.1f} s,"
            f" {seconds / tickets * 1e6:.1f} us each"
        )
    some = scene(20_000, AGENTS)
    belief = some.belief

    def scan() -> ScanQueue:
        return ScanQueue(lambda rows, since, now: cost_points(belief, rows, belief.age(since, now)))

    quick = replay(some.workload, always(AGENTS), maker("cost-of-delay", some))
    slow = replay(some.workload, always(AGENTS), scan)
    assert (quick.order == slow.order).all()
    assert (quick.start == slow.start).all()
    print("  20,000 of them by the naive scan: the same order and the same times, bit for bit")


RULES = [
    {"name": "nearly late", "when": "minutes_left < 30", "then": {"value": 2}},
    {"name": "waits long", "when": "age_hours > 3 AND affected_users > 1", "then": {"at_least": "P2"}},
    {"name": "broken", "when": "open_incidents > 0", "then": {"at_least": "P1"}},
]


class Production:
    """The peer: all facts of everybody who waits are built anew at every hand-out, and the board says who is first."""

    def __init__(self, live: pl.DataFrame, policy: Policy, axis: Axis, incidents: pl.DataFrame) -> None:
        self._live, self._policy, self._axis, self._incidents = as_opened(live), policy, axis, incidents
        self._levels, self._targets = given_levels(live, policy), target_table(policy)
        self._rows: set[int] = set()

    def push(self, row: int, now: float) -> None:  # noqa: ARG002 -- part of the protocol
        self._rows.add(row)

    def drop(self, row: int) -> None:
        self._rows.remove(row)

    def take(self, now: float) -> int:
        rows = sorted(self._rows)
        facts = facts_of(
            self._live[rows], policy=self._policy, now=self._axis.moment(now), readings=self._levels[rows],
            incidents=self._incidents, history=self._live.head(0), needs=needed(self._policy),
        )  # fmt: skip
        row = rows[int(Board.of(facts, self._policy, self._targets).order(1)[0][0])]
        self._rows.remove(row)
        return row


def rules_in_time(tickets: int) -> None:
    draw, start = np.random.default_rng(3), datetime(2026, 3, 2, tzinfo=UTC)
    minutes = np.sort(draw.integers(0, 7 * tickets, tickets))
    table = pl.DataFrame(
        {
            "ticket_id": [f"T{i:06}" for i in range(tickets)],
            "created_at": [start + timedelta(minutes=int(minute)) for minute in minutes],
            "status": ["solved"] * tickets,
            "priority": draw.choice(["P0", "P1", "P2", "P3"], tickets, p=[0.02, 0.1, 0.6, 0.28]).tolist(),
            "affected_users": draw.integers(1, 4, tickets),
        }
    )
    live = read_tickets(table, now=datetime(2040, 1, 1, tzinfo=UTC)).table.sort("created_at", "ticket_id")
    begun = [start + timedelta(days=3 * day) for day in range(7 * tickets // 4320)]
    incidents = read_incidents(
        pl.DataFrame({"incident_id": [f"I{i}" for i in range(len(begun))], "started_at": begun,
                      "resolved_at": [one + timedelta(hours=5) for one in begun]})
    ).table  # fmt: skip
    policy = load({**yaml.safe_load(text_of("starter")), "rules": RULES})
    axis = Axis(live["created_at"][0], live["created_at"][-1] + timedelta(days=60))
    levels = given_levels(live, policy)
    workload = Workload(
        at=axis.minutes(live["created_at"]), work=np.ceil(draw.exponential(26.0, tickets)),
        level=np.zeros(tickets, np.uint8), value=np.ones(tickets), luck=np.full(tickets, 0.5),
    )  # fmt: skip
    kept: dict[str, Outcome] = {}

    def ours() -> None:
        view = see(live, levels, policy, axis, incidents=incidents)
        some = Scene(
            workload=workload, belief=view.belief, severity=policy.severity, cost=cost_points, turns=view.turns,
            now_when=view.now_when, standing=view.standing, whole=True,
        )  # fmt: skip
        kept["ours"] = replay(workload, always(4), maker(view.name, some))

    def theirs() -> None:
        kept["theirs"] = replay(workload, always(4), lambda: Production(live, policy, axis, incidents))

    quick, slow = cpu(ours, 1), cpu(theirs, 1)
    assert (kept["ours"].order == kept["theirs"].order).all()
    print(
        f"  {tickets:,} tickets under rules that change while they wait: {1e6 * quick / tickets:,.0f} us each, judging"
        f" them beforehand included; production asked at every hand-out {1e6 * slow / tickets:,.0f} us; the same order"
    )


def whole_backtest(jobs: int) -> None:
    setting = MadeUp(desk=Desk(load=0.95), base=load("starter"), files={})
    policies = ["fifo", "edf", "weighted-sum", "cost-of-delay", "oracle"]
    begun, used = time.perf_counter(), time.process_time()
    found = backtest(setting, policies, range(5), runner=in_processes(jobs))
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = time.process_time() - used + children.ru_utime + children.ru_stime
    print(f"  {len(found.policies)} policies, {len(found.seeds)} seeds, 24,000 tickets, {jobs} processes:", end=" ")
    print(f"{time.perf_counter() - begun:.1f} s of wall time, {used:.1f} s of CPU, the start of the processes included")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the work")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    scale = 10 if asked.quick else 1
    beside_ciw(50_000 // scale)
    million(1_000_000 // scale)
    rules_in_time(2_000 // scale)
    whole_backtest(asked.jobs)


if __name__ == "__main__":
    main()
