"""The made-up desk of the policy comparison: loads, error rates and policies, five seeds that nothing was tuned on.

Run: python evals/replay_synthetic.py [--jobs 2] [--seeds 5]. It writes its section of evals/results/replay.md.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

from replay_results import put, table

from tidegate.backtesting.made_up import MadeUp
from tidegate.policy import load
from tidegate.simulate.backtest import backtest, in_processes
from tidegate.simulate.synthetic import Desk

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

POLICIES = ["fifo", "edf", "static", "value", "weighted-sum", "wspt", "cost-of-delay-label", "cost-of-delay",
            "cost-of-delay+aged:50", "cost-of-delay+aged:10", "oracle"]  # fmt: skip
EARLIER = ["cost-of-delay-label", "cost-of-delay"]
DESKS = {"0.85": Desk(load=0.85), "0.95": Desk(load=0.95), "spike 1.10": Desk(load=0.85, spike=1.10)}


def earlier() -> Policy:
    """The starter policy with the score as it was before: no `missed`, horizon 120 minutes, power -0.5."""
    starter = load("starter")
    ranking = starter.ranking.model_copy(
        update={"missed": 1.0, "target_power": -0.5, "horizon": type(starter.ranking.horizon)(2.0, "h")}
    )
    return starter.model_copy(update={"name": "earlier", "ranking": ranking})


def cells(error: float, seeds: list[int], jobs: int) -> dict[str, dict[str, tuple[str, str]]]:
    found: dict[str, dict[str, tuple[str, str]]] = {}
    for name, desk in DESKS.items():
        for base, policies, suffix in ((load("starter"), POLICIES, ""), (earlier(), EARLIER, ", earlier score")):
            setting = MadeUp(desk=replace(desk, error=error), base=base, files={})
            done = backtest(setting, policies, seeds, runner=in_processes(jobs))
            values = {(row.policy, row.measure): row for row in done.results if row.level == "all"}
            for policy in policies:
                late, urgent = values[policy, "value_breach"], values[policy, "urgent_in_target"]
                squared, oldest = values[policy, "value_delay_squared"], values[policy, "oldest"]
                value, low, high = late.edges(100)
                more = f"{urgent.edges(100)[0]:.1f}, {squared.edges()[0] ** 0.5:.0f}, {oldest.edges(1 / 510)[0]:.1f}"
                found.setdefault(policy + suffix, {})[name] = (f"{value:.2f} ({low:.2f}..{high:.2f})", more)
            print(name, error, suffix, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    seeds = list(range(101, 101 + asked.seeds))
    lead = (
        "25 agents, 40 business days, the generator of `tidegate.simulate.synthetic`, mean of seeds "
        f"{seeds[0]} to {seeds[-1]}, 90% intervals over weeks and seeds. Value-weighted share of first answers out of"
        " target in percent (interval); then for each load P0 and P1 in target, root of the value-weighted squared wait"
        " in minutes, longest wait in days. Everything is made up; the posterior is exactly calibrated."
    )
    text = [lead]
    for error in (0.10, 0.25):
        found = cells(error, seeds, asked.jobs)
        heads = ["policy", *DESKS, *(f"{name}: urgent %, rms wait, longest" for name in DESKS)]
        rows = [
            [policy, *(by[name][0] for name in DESKS), *(by[name][1] for name in DESKS)] for policy, by in found.items()
        ]
        text.append(f"### {100 * error:.0f}% of the likeliest levels wrong\n\n{table(heads, rows)}")
    put("Synthetic desk", "\n\n".join(text))


if __name__ == "__main__":
    main()
