"""Real arrivals: incidents of an IT service desk (UCI 498) as a replay setting. Says what is real and what is imputed.

Real: when each incident was opened, what was filed at its first state, and the priority that it ended with. Imputed:
handling times (lognormal, scaled so that the team's load is the one asked for), values (lognormal, one a caller),
targets and follow-ups (the starter policy's and none), and the team (25 agents through the opening hours).
"""

from __future__ import annotations

import gzip
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from tidegate.backtesting.scoring import aged_after, believe, cost_points, replay_name, standing
from tidegate.enrich.calendar import compile_calendar
from tidegate.policy import load
from tidegate.simulate.measures import Judge
from tidegate.simulate.policies import Scene
from tidegate.simulate.roster import always
from tidegate.simulate.trial import Stage
from tidegate.simulate.workload import FollowUps, Workload

if TYPE_CHECKING:
    from tidegate.policy.model import Policy

DATA = Path(os.environ.get("TIDEGATE_DATA", "../shared/data"))  # noqa: TID251  evals may read where the data lie
AGENTS, SPREAD, VALUE_SPREAD = 25, 0.8, 1.0
TUNE, JUDGE, END = (datetime(2016, *day, tzinfo=UTC) for day in ((3, 14), (3, 28), (5, 1)))
FILED = ["priority", "impact", "urgency", "contact_type", "category", "subcategory", "u_symptom", "location",
         "assignment_group", "opened_by", "cmdb_ci"]  # fmt: skip


@cache
def events() -> pl.DataFrame:
    """Every state change, oldest first within an incident."""
    folder = DATA / "uci_incidents"
    if not folder.is_dir():
        sys.exit(
            f"{folder} is absent: set TIDEGATE_DATA to the folder that holds the public sets; nothing was evaluated"
        )
    raw = b"".join(gzip.decompress(file.read_bytes()) for file in sorted(folder.glob("*.csv.gz")))
    when = pl.col("opened_at", "sys_updated_at").str.to_datetime("%Y-%m-%dT%H:%M", time_zone="UTC")
    return (
        pl.read_csv(raw, infer_schema_length=None)
        .with_columns(when)
        .sort("number", "sys_mod_count", maintain_order=True)
    )


def incidents(start: datetime, end: datetime) -> pl.DataFrame:
    """Incidents opened in a period: what was filed at the first state, and the last priority."""
    first = events().group_by("number", maintain_order=True).agg(
        pl.col("opened_at").first(), pl.col("caller_id").first(), *(pl.col(name).first() for name in FILED),
        final=pl.col("priority").last(),
    )  # fmt: skip
    return first.filter(pl.col("opened_at").is_between(start, end, closed="left")).sort("opened_at", "number")


@cache
def posterior(start: datetime, end: datetime) -> np.ndarray:
    """Level posterior of a period's incidents, learned from what was known before the period began."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    known = events().filter(pl.col("sys_updated_at") < start)
    past = known.group_by("number", maintain_order=True).agg(
        *(pl.col(name).first() for name in FILED), final=pl.col("priority").last()
    )
    model = make_pipeline(
        OneHotEncoder(min_frequency=10, handle_unknown="infrequent_if_exist"), LogisticRegression(C=0.5, max_iter=2000)
    )
    as_text = [pl.col(name).cast(pl.String).fill_null("") for name in FILED]
    model.fit(past.select(as_text).to_numpy(), past["final"].to_numpy())
    found = model.predict_proba(incidents(start, end).select(as_text).to_numpy())
    columns = np.zeros((found.shape[0], 4))
    columns[:, model.classes_ - 1] = found
    return columns


def business(policy: Policy) -> Policy:
    """The policy with every level on business hours, as the time axis is."""
    levels = {name: rule.model_copy(update={"clock": "business"}) for name, rule in policy.levels.items()}
    return policy.model_copy(update={"levels": levels})


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One period of the service desk under a load."""

    start: datetime
    end: datetime
    load: float
    files: dict[str, Policy]
    follow_ups: float = 0.0
    independent: bool = False

    def stage(self, policy: str, seed: int) -> Stage:
        rules = business(self.files.get(policy, load("starter")))
        rows = incidents(self.start, self.end)
        calendar = compile_calendar(rules.calendar)
        opened = rows["opened_at"].dt.timestamp("us").to_numpy()
        begin = int(self.start.timestamp()) * 1_000_000
        at = calendar.elapsed(np.full(opened.size, begin), opened) / 60e6
        span = calendar.elapsed(begin, int(self.end.timestamp()) * 1_000_000) / 60e6
        draw = np.random.default_rng(seed)
        value = draw.lognormal(0.0, VALUE_SPREAD, 100_000)[rows["caller_id"].fill_null(0).to_numpy() % 100_000]
        mean = self.load * AGENTS * float(span) / at.size
        work = draw.lognormal(np.log(mean) - SPREAD**2 / 2, SPREAD, at.size)
        probability = posterior(self.start, self.end)
        belief = believe(rules, probability, value)
        workload = Workload(
            at=at, work=work, level=(rows["final"].to_numpy() - 1).astype(np.uint8), value=value,
            luck=1.0 - draw.random(at.size),
        )  # fmt: skip
        week = (opened - begin) // (7 * 86_400_000_000)
        judged = believe(business(load("starter")), probability, value)
        follow_ups = FollowUps(per_day=self.follow_ups, patience=120.0, minutes=5.0, most=2, day=510.0)
        scene = Scene(
            workload=workload, belief=belief, severity=rules.severity, cost=cost_points,
            standing=standing(rules, belief), now_when=rules.ranking.now_when, aged_after=aged_after(rules),
        )  # fmt: skip
        return Stage(
            policy=replay_name(rules) if policy in self.files else policy, scene=scene,
            judge=Judge(minutes=judged.minutes, clocks=belief.clocks, week=week), seats=always(AGENTS),
            follow_ups=follow_ups,
        )  # fmt: skip

    def fingerprint(self) -> str:
        return repr(
            (self.start, self.end, self.load, sorted((n, p.hash) for n, p in self.files.items()), self.follow_ups)
        )
