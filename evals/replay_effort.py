"""Would dividing by an estimate of handling time help? Tried on one period of real arrivals, judged on another.

Run: python evals/replay_effort.py [--seeds 3]. It writes a section of evals/results/replay.md.

The history records no handling times. What it does record is how often each incident was changed, so that is taken for
the work, scaled to the load: an agent who changes an incident ten times works longer on it than one who changes it
twice. The estimate is learned from incidents that were closed before the period, from what was filed first alone.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from replay_real import shown, squares
from replay_results import put, table
from replay_uci import AGENTS, END, FILED, JUDGE, TUNE, Desk, events, incidents

from tidegate.simulate.backtest import backtest

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.simulate.trial import Stage

COST = "cost-of-delay"
EFFORTS = {
    "no estimate": "cost-of-delay",
    "estimate": "cost-of-delay, over the estimate",
    "root of the estimate": "cost-of-delay, over its square root",
    "made up 0.25": "cost-of-delay, over a made-up estimate of R2 0.25",
    "made up 0.50": "cost-of-delay, over a made-up estimate of R2 0.50",
    "true": "cost-of-delay, over the true work",
}
LOADS = (0.85, 0.95)


def changes(rows: pl.DataFrame) -> np.ndarray:
    """How often each incident was changed until its last row, in the order of `rows`."""
    counts = events().group_by("number").agg(changes=pl.col("sys_mod_count").max())
    return rows.join(counts, on="number", how="left", maintain_order="left")["changes"].to_numpy().astype(float)


@cache
def estimate(start: datetime, end: datetime) -> tuple[np.ndarray, float]:
    """Changes to be expected of a period's incidents by what was filed, 1 is the mean; and R2 of their logarithm."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    known = events().filter(pl.col("sys_updated_at") < start)
    past = known.group_by("number", maintain_order=True).agg(
        *(pl.col(name).first() for name in FILED),
        state=pl.col("incident_state").last(),
        n=pl.col("sys_mod_count").max(),
    )
    past = past.filter(pl.col("state") == "Closed")
    as_text = [pl.col(name).cast(pl.String).fill_null("") for name in FILED]
    encode = OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist")
    model = make_pipeline(encode, RidgeCV(np.geomspace(1, 1000, 7)))
    told = np.log(past["n"].to_numpy())
    model.fit(past.select(as_text).to_numpy(), told)
    rows = incidents(start, end)
    found, truth = model.predict(rows.select(as_text).to_numpy()), np.log(changes(rows))
    r2 = 1.0 - np.square(truth - found).sum() / np.square(truth - told.mean()).sum()
    return np.exp(found) / np.exp(found).mean(), float(r2)


def made_up(truth: np.ndarray, r2: float, seed: int) -> np.ndarray:
    """The mean of the work's logarithm given something that explains so much of it."""
    told = np.log(truth)
    spread, noise = told.std(), np.random.default_rng(100 + seed).standard_normal(truth.size)
    found = np.exp(r2 * (told - told.mean()) + np.sqrt(r2 * (1.0 - r2)) * spread * noise)
    return found / found.mean()


@dataclass(frozen=True, kw_only=True)
class Worked(Desk):
    """The desk where changes are the work; a policy's name says what it knows of them."""

    def stage(self, policy: str, seed: int) -> Stage:
        stage = super().stage(COST if policy in EFFORTS else policy, seed)
        rows = incidents(self.start, self.end)
        count, work = changes(rows), stage.scene.workload.work
        drawn = np.random.default_rng(seed).gamma(4.0, 0.25, count.size)  # no two changes are alike
        truth = count * drawn / (count * drawn).mean()
        known = {"estimate": estimate(self.start, self.end)[0], "true": truth}
        known["root of the estimate"] = np.sqrt(known["estimate"])
        known |= {f"made up {r2:.2f}": made_up(truth, r2, seed) for r2 in (0.25, 0.5)}
        belief = replace(stage.scene.belief, effort=known.get(policy, np.ones(count.size)))
        workload = replace(stage.scene.workload, work=truth * work.mean())
        return replace(stage, scene=replace(stage.scene, workload=workload, belief=belief))


def section(seeds: list[int]) -> str:
    text = []
    for start, end, what in ((TUNE, JUDGE, "tried"), (JUDGE, END, "judged")):
        r2 = estimate(start, end)[1]
        rows = []
        for load in LOADS:
            done = backtest(
                Worked(start=start, end=end, load=load, files={}), [*EFFORTS, "weighted-sum", "wspt"], seeds
            )
            for name in done.policies:
                mine = {(r.measure, r.level): r.edges()[0] for r in done.results if r.policy == name}
                differs = "-" if name == done.policies[0] else shown(done.difference(name, "value_breach"))
                late, urgent = (done.estimate(name, measure) for measure in ("value_breach", "urgent_in_target"))
                oldest = f"{mine['oldest', 'all'] / 510:.1f}"
                label = EFFORTS.get(name, name)
                rows.append([f"{load}", label, shown(late), differs, shown(urgent, digits=1), squares(mine), oldest])
        heads = ["load", "policy", "value late %", "less no estimate", "urgent in target %",
                 "rms wait, all / P0 / P1 / P2 / P3, min", "longest, days"]  # fmt: skip
        text.append(
            f"### {what.capitalize()}: {start:%d %B} to {end:%d %B %Y}\n\nR2 of the logarithm of changes, held out:"
            f" {r2:.2f}.\n\n{table(heads, rows)}"
        )
    lead = (
        "No handling time is recorded. Imputed: the work is how often each incident was changed, times a drawn factor"
        f" (gamma, mean 1, standard deviation 0.5), scaled to the load of {AGENTS} agents. The estimate (ridge"
        " regression on what was filed first) is learned from incidents closed before each period. Made-up estimates"
        " say how good one would have to be. All else as under real arrivals."
    )
    return "\n\n".join([lead, *text])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    put("Estimates of handling time", section(list(range(11, 11 + parser.parse_args().seeds))))


if __name__ == "__main__":
    main()
