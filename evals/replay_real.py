"""Policies on real arrivals, and what would mend quadratic delay: tried on one period, judged on another.

Run: python evals/replay_real.py [--seeds 3]. It writes two sections of evals/results/replay.md.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace

import numpy as np
from replay_results import put, table
from replay_uci import END, JUDGE, TUNE, Desk, incidents, posterior

from tidegate.simulate.backtest import Estimate, backtest
from tidegate.simulate.engine import replay
from tidegate.simulate.measures import Tally, tally
from tidegate.simulate.policies import maker
from tidegate.simulate.queues import ScanQueue
from tidegate.tables.words import LEVELS

POLICIES = ["cost-of-delay", "fifo", "edf", "static", "value", "weighted-sum", "wspt", "cost-of-delay-label",
            "cost-of-delay+aged:50", "cost-of-delay+aged:10", "oracle"]  # fmt: skip
LOADS = (0.85, 0.95)


@dataclass(frozen=True, kw_only=True)
class Variant:
    """A change of the score: constants, value to a power, pressure that grows on after the target, a wider horizon."""

    name: str
    policy: str = "cost-of-delay"
    horizon: float = 60.0
    missed: float = 0.5
    power: float = 1.0
    grows: float = 0.0
    widens: float = 0.0

    def tally(self, desk: Desk, seed: int) -> Tally:
        stage = desk.stage(self.policy, seed)
        seen = stage.scene.belief
        belief = replace(seen, value=seen.value**self.power, horizon=self.horizon, missed=self.missed)

        def growing(rows: np.ndarray, since: np.ndarray, now: float) -> np.ndarray:
            used = belief.age(since, now) / belief.minutes[rows]
            horizon = belief.horizon * (belief.minutes[rows] / 60.0) ** self.widens
            early = np.exp((used - 1.0) * belief.minutes[rows] / horizon)
            press = np.where(used < 1.0, early, belief.missed * np.maximum(used, 1.0) ** self.grows)
            return belief.value[rows] * (belief.probability[rows] * belief.weights[rows] * press).sum(axis=1)

        scene = replace(stage.scene, belief=belief)
        queue = (lambda: ScanQueue(growing)) if self.grows or self.widens else maker(self.policy, scene)
        outcome = replay(scene.workload, stage.seats, queue, follow_ups=stage.follow_ups)
        return tally(scene.workload, outcome, stage.judge, stage.follow_ups)


VARIANTS = [
    Variant(name="default"),
    Variant(name="weighted sum", policy="weighted-sum"),
    Variant(name="aged lane, every 50th", policy="cost-of-delay+aged:50"),
    Variant(name="aged lane, every 20th", policy="cost-of-delay+aged:20"),
    Variant(name="missed 1", missed=1.0),
    Variant(name="missed 0.25", missed=0.25),
    Variant(name="horizon 30 min", horizon=30.0),
    Variant(name="horizon 2 h", horizon=120.0),
    Variant(name="horizon 4 h", horizon=240.0),
    Variant(name="value to the 0.75", power=0.75),
    Variant(name="grows with the root of age/target after it", grows=0.5),
    Variant(name="grows with age/target after it", grows=1.0),
    Variant(name="horizon 40 min times the root of target/60", horizon=40.0, widens=0.5),
    Variant(name="horizon 30 min times the root of target/60", horizon=30.0, widens=0.5),
]


def shown(row: Estimate, factor: float = 100.0, digits: int = 2) -> str:
    value, low, high = row.edges(factor)
    return f"{value:.{digits}f} ({low:.{digits}f}..{high:.{digits}f})"


def squares(by: dict[tuple[str, str], float]) -> str:
    """Roots of the squared waits, all levels and each."""
    return " / ".join(f"{by['value_delay_squared', level] ** 0.5:.0f}" for level in ("all", *LEVELS))


def comparison(seeds: list[int]) -> str:
    text = [scale()]
    for load in LOADS:
        done = backtest(Desk(start=JUDGE, end=END, load=load, files={}), POLICIES, seeds)
        by = {(row.policy, row.measure, row.level): row for row in done.results}
        less = {(row.policy, row.measure, row.level): row for row in done.differences}
        rows = []
        for name in POLICIES:
            late, urgent = by[name, "value_breach", "all"], by[name, "urgent_in_target", "all"]
            mine = {key[1:]: row.edges()[0] for key, row in by.items() if key[0] == name}
            oldest = f"{mine['oldest', 'all'] / 510:.1f}"
            differs = "-" if name == POLICIES[0] else shown(less[name, "value_breach", "all"])
            rows.append([name, shown(late), differs, shown(urgent, digits=1), squares(mine), oldest])
        heads = [
            "policy",
            "value late %",
            "less cost-of-delay",
            "urgent in target %",
            "rms wait, all / P0 / P1 / P2 / P3, min",
            "longest, days",
        ]
        text.append(f"### Load {load}\n\n{table(heads, rows)}")
        print(load, flush=True)
    return "\n\n".join(text)


def scale() -> str:
    rows, seen = incidents(JUDGE, END), posterior(JUDGE, END)
    truth, filed = rows["final"].to_numpy() - 1, rows["priority"].to_numpy() - 1
    hidden, urgent = (truth < 2) & (filed >= 2), seen[:, :2].sum(axis=1)
    top = (urgent[hidden] >= np.quantile(urgent, 0.95)).mean()
    wrong, misread = (filed != truth).mean(), (seen.argmax(axis=1) != truth).mean()
    return (
        f"{rows.height} incidents opened from {JUDGE:%d %B} to {END:%d %B %Y} (UCI 498). Real: arrivals, what was"
        " filed first, final priority; the posterior is a logistic regression on what was filed, fitted on incidents"
        f" before the period. {wrong:.1%} of the first priorities and {misread:.1%} of the likeliest levels differ from"
        f" the final one; of {hidden.sum()} urgent incidents filed as moderate or low {top:.0%} are in the top 5% by"
        " urgency. Imputed: handling times (lognormal, scaled to the load), value (lognormal, one a caller), targets"
        " (starter), follow-ups (none), the team (25 agents in opening hours). 90% intervals over weeks and seeds. One"
        " company, one month."
    )


def mending(seeds: list[int]) -> str:
    lead = (
        "Weak spot: value-weighted squared wait, shown as its root (rms) in minutes. Each variant is tried on"
        f" {TUNE:%d %B} to {JUDGE:%d %B}; what is taken must hold from {JUDGE:%d %B} to {END:%d %B}."
    )
    text = [lead]
    for load in LOADS:
        rows = []
        for variant in VARIANTS:
            line = [variant.name]
            for start, end in ((TUNE, JUDGE), (JUDGE, END)):
                desk = Desk(start=start, end=end, load=load, files={})
                joined = Tally.join([variant.tally(desk, seed) for seed in seeds])
                once = joined.values(np.ones((1, joined.above.shape[0])))
                by = {cell: float(found[0]) for cell, found in once.items()}
                line += [f"{100 * by['value_breach', 'all']:.2f}", f"{100 * by['urgent_in_target', 'all']:.1f}"]
                line += [squares(by), f"{by['oldest', 'all'] / 510:.1f}"]
            rows.append(line)
            print(load, variant.name, flush=True)
        measures = ("value late %", "urgent in target %", "rms all / P0 / P1 / P2 / P3", "longest, days")
        heads = ["variant", *(f"{when}: {what}" for when in ("tried", "judged") for what in measures)]
        text.append(f"### Load {load}\n\n{table(heads, rows)}")
    return "\n\n".join(text)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    seeds = list(range(11, 11 + parser.parse_args().seeds))
    put("Real arrivals", comparison(seeds))
    put("What would mend quadratic delay", mending(seeds[:2]))


if __name__ == "__main__":
    main()
