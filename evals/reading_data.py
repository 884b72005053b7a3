"""The public data that reading is judged on, each as texts, columns and labels in the order of time where there is one.

Nothing of it is in the package. `TIDEGATE_DATA` names the folder (default ``../shared/data``).
"""

from __future__ import annotations

import gzip
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

DATA = Path(os.environ.get("TIDEGATE_DATA", "../shared/data"))  # noqa: TID251 -- an eval is an edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Labelled tickets: texts, context columns (may be none) and the label to predict."""

    texts: pl.Series
    labels: pl.Series
    context: pl.DataFrame


def table(path: str) -> pl.DataFrame:
    """Read one file, all columns as text."""
    file = DATA / path
    if not file.exists():
        raise SystemExit(f"evals/reading: {path} is not there; set TIDEGATE_DATA to the folder of evaluation data")
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    return pl.read_csv(io.BytesIO(data), infer_schema=False)


def banking() -> Case:
    frame = table("banking77/train.csv")
    return Case(texts=frame["text"], labels=frame["category"], context=pl.DataFrame())


def airline() -> Case:
    frame = table("airline_tweets/tweets.csv.gz").unique("tweet_id", keep="first", maintain_order=True)
    frame = frame.unique("text", keep="first", maintain_order=True)
    return Case(texts=frame["text"], labels=frame["airline_sentiment"], context=pl.DataFrame())


def thunderbird() -> tuple[Case, int]:
    """Questions of 2023, then of 2024, by topic, and how many are of 2023; topics under 20 in 2023 are left out."""
    parts = [table(f"thunderbird_support/questions_{year}.csv.gz") for year in (2023, 2024)]
    frame = pl.concat([part.select("created", "topic", "title", "content") for part in parts]).drop_nulls("topic")
    first = parts[0].drop_nulls("topic").height
    common = frame[:first].group_by("topic").len().filter(pl.col("len") >= 20)["topic"]
    keep = frame["topic"].is_in(common.implode())
    texts = frame.select(pl.concat_str(pl.col("title", "content").fill_null(""), separator="\n")).to_series()
    return (
        Case(texts=texts.filter(keep), labels=frame["topic"].filter(keep), context=pl.DataFrame()),
        int(keep[:first].sum()),
    )


def hadoop() -> Case:
    """Issues in order of creation; Blocker and Critical are urgent."""
    levels = {"Blocker": "P0", "Critical": "P1", "Major": "P2", "Minor": "P3", "Trivial": "P3"}
    frame = table("hadoop_issues/hadoop_bugs.csv.gz").with_columns(
        at=pl.col("Created").str.to_datetime("%d/%b/%y %H:%M", strict=False)
    )
    frame = frame.drop_nulls("at").filter(pl.col("Priority").is_in(list(levels))).sort("at", "Issue id")
    texts = frame.select(pl.concat_str(pl.col("Summary", "Description").fill_null(""), separator="\n")).to_series()
    return Case(texts=texts, labels=frame["Priority"].replace_strict(levels), context=pl.DataFrame())


UCI_CONTEXT = (
    "priority", "impact", "urgency", "category", "subcategory", "u_symptom", "assignment_group", "contact_type",
    "location", "caller_id", "opened_by", "sys_created_by", "cmdb_ci", "knowledge", "u_priority_confirmation",
    "notify", "assigned_to",
    "incident_state", "hour", "weekday",
)  # fmt: skip


def incidents() -> tuple[Case, pl.Series]:
    """Incidents by opening time: what their first row said, and the priority of their last row; also the first one.

    The first row is the earliest one in the log; nothing that later rows say is looked at but the label. Columns that
    repeat the end on every row (resolved, closed, made_sla) are not used.
    """
    frame = table("uci_incidents/incident_events_to_2016-04.csv.gz").with_columns(
        pl.col("sys_mod_count").cast(pl.Int64), opened=pl.col("opened_at").str.to_datetime("%Y-%m-%dT%H:%M")
    )
    opened = pl.col("opened").dt
    frame = frame.with_columns(hour=opened.hour().cast(pl.String), weekday=opened.weekday().cast(pl.String))
    ordered = frame.sort("number", "sys_updated_at", "sys_mod_count", maintain_order=True)
    first = ordered.group_by("number", maintain_order=True).first()
    last = ordered.group_by("number", maintain_order=True).agg(final=pl.col("priority").last())
    joined = first.join(last, on="number").drop_nulls(["opened", "final", "priority"]).sort("opened", "number")
    level = {str(k): f"P{k - 1}" for k in range(1, 5)}
    case = Case(
        texts=pl.Series("text", [""] * joined.height),
        labels=joined["final"].replace_strict(level),
        context=joined.select(UCI_CONTEXT),
    )
    return case, joined["priority"].replace_strict(level)


def auc(scores: np.ndarray, positive: np.ndarray) -> float:
    """Area under the ROC curve: the chance that a positive scores above a negative, ties counting half."""
    ranks = pl.Series(scores).rank("average").to_numpy()
    count = int(positive.sum())
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def macro_f1(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Mean over the classes that occur of the harmonic mean of precision and recall."""
    scores = []
    for name in np.unique(truth):
        hit = int(((predicted == name) & (truth == name)).sum())
        scores.append(2 * hit / max(int((predicted == name).sum()) + int((truth == name).sum()), 1))
    return float(np.mean(scores))
