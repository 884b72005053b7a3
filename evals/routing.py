"""How often the right group is found, on the demo company, and how much of it may be automatic.

    python evals/routing.py [SEED]

The demo company's truth says which group takes each intent. The help desk's group is hidden, so that only the texts
speak. The packaged reader was not trained on the demo's texts, but both were written by the same people: real desks are
harder. Exits with 1 where automatic routes are right less often than the policy's confidence asks for.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import polars as pl

import tidegate as tg
from tidegate import deciding, pipeline
from tidegate.cli.support import parse_now
from tidegate.demo.scale import INTENTS

NEWEST = 2_000


def company(folder: Path, seed: int) -> dict[str, pl.DataFrame]:
    """Write the demo company, and read it as a user would."""
    from typer.testing import CliRunner

    from tidegate.cli import app

    done = CliRunner().invoke(app, ["demo", "--tickets", "20000", "--seed", str(seed), "--out", str(folder)])
    if done.exit_code:
        sys.exit(done.output)
    now = parse_now((folder / "now.txt").read_text())
    return {
        "now": now,
        "tickets": tg.read_tickets(str(folder / "tickets.csv"), now=now),
        "agents": tg.read_agents(str(folder / "agents.csv")),
        "truth": pl.read_csv(folder / "truth.csv"),
    }


def main(seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        known = company(Path(folder), seed)
    tickets, truth, now = known["tickets"], known["truth"], known["now"]
    newest = tickets.sort("created_at", "ticket_id").tail(NEWEST)["ticket_id"].implode()
    asked = pl.col("ticket_id").is_in(newest)
    nothing = pl.lit(None, pl.String)
    hidden = tickets.with_columns(
        status=pl.when(asked)
        .then(pl.lit("open"))
        .otherwise(pl.col("status").cast(pl.String))
        .cast(tickets.schema["status"]),
        group=pl.when(asked).then(nothing).otherwise("group"),
        assignee=pl.when(asked).then(nothing).otherwise("assignee"),
        solved_at=pl.when(asked).then(None).otherwise("solved_at"),
        closed_at=pl.when(asked).then(None).otherwise("closed_at"),
    ).filter(asked | pl.col("status").is_in(["solved", "closed"]))
    agents = known["agents"].with_columns(available=pl.lit(value=True), capacity=pl.lit(200, pl.Int32))
    policy = tg.Policy.load("starter")
    ready = pipeline.prepare(hidden, policy, now, known=pipeline.Known(agents=agents), also=deciding.FOR_ROUTES)
    routes = deciding.routes(ready, hidden)
    group = {intent.name: intent.group for intent in INTENTS}
    judged = routes.join(truth.select("ticket_id", "intent"), on="ticket_id").with_columns(
        right=pl.col("group") == pl.col("intent").replace_strict(group)
    )
    print(f"seed {seed}: {judged.height} tickets without a group, {judged['right'].mean():.1%} to the right one")
    bins = judged.with_columns(confidence=(pl.col("confidence") * 10).floor() / 10).group_by("confidence")
    print(bins.agg(tickets=pl.len(), right=pl.col("right").mean()).sort("confidence"))
    automatic = judged.filter("automatic")
    print(f"automatic: {automatic.height / judged.height:.1%} of them, {automatic['right'].mean():.1%} right")
    if automatic["right"].mean() < policy.routing.automatic:
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
