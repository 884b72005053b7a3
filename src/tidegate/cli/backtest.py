"""`tidegate backtest`: what these policies would have done with our own history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Report

if TYPE_CHECKING:
    from tidegate.simulate.backtest import Backtest


def backtest(
    history: Annotated[
        list[Path] | None, typer.Argument(help="Exports of solved tickets: CSV, JSON or Parquet, each also gzipped.")
    ] = None,
    synthetic: Annotated[
        float | None, typer.Option(min=0.05, max=3, help="Instead of a history: a made-up desk under this load.")
    ] = None,
    policy: Annotated[
        list[str] | None,
        typer.Option(
            help="A name (fifo, edf, static, value, weighted-sum, wspt, cost-of-delay-label, cost-of-delay, history,"
            " oracle; +aged:50 behind it for an aged lane) or a policy file; once for each. Differences are from the"
            " first. Default: fifo, weighted-sum and cost-of-delay."
        ),
    ] = None,
    agents: Annotated[
        str | None,
        typer.Option(help="How many agents, or a file of agents with their shifts, groups, skills and languages."),
    ] = None,
    at_once: Annotated[
        str,
        typer.Option(
            help="Tickets that each agent works on at a time, sharing the time evenly: a number, or 'capacity' for each"
            " agent's own in the file."
        ),
    ] = "1",
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Replays of each policy, each with its own luck.")] = 5,
    targets: Annotated[str, typer.Option(help="Policy whose targets and values are judged by.")] = "starter",
    accounts: Annotated[Path | None, typer.Option(help="Accounts: tier, contract value, renewal.")] = None,
    incidents: Annotated[
        Path | None, typer.Option(help="Incidents on our side, with when they began and ended: rules see them.")
    ] = None,
    messages: Annotated[
        Path | None, typer.Option(help="Messages of those tickets: how often who waits writes again is estimated.")
    ] = None,
    load: Annotated[float, typer.Option(min=0.05, max=3, help="Load that imputed handling times give the team.")] = 0.9,
    follow_ups: Annotated[
        float | None,
        typer.Option(
            min=0, max=20, help="Messages a day of who has waited long. Default: as --messages says, else 0; made-up 1."
        ),
    ] = None,
    error: Annotated[
        float, typer.Option(min=0, max=0.49, help="On a made-up desk: how often the likeliest level is wrong.")
    ] = 0.1,
    days: Annotated[int, typer.Option(min=1, max=1000, help="Business days of a made-up desk.")] = 40,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to replay in.")] = 1,
    cluster: Annotated[str | None, typer.Option(help="Address of a Dask scheduler to replay on.")] = None,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for finished replays: a backtest that was stopped goes on from there.")
    ] = None,
    bound: Annotated[
        bool,
        typer.Option("--bound", help="On a made-up desk: add a lower bound of the value's delay under any policy."),
    ] = False,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")] = None,
    output: Annotated[
        Report | None, typer.Option("--format", help="Default: by the ending of --out, else table.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Replay a history, or a made-up desk, under several policies; estimates with intervals, never a proof."""
    with support.errors():
        from tidegate.cli import backtest_run

        asked = backtest_run.Asked(
            history=tuple(history or ()),
            synthetic=synthetic,
            policies=tuple(policy or ("fifo", "weighted-sum", "cost-of-delay")),
            agents=agents,
            targets=targets,
            accounts=accounts,
            incidents=incidents,
            messages=messages,
            load=load,
            follow_ups=follow_ups,
            error=error,
            days=days,
            timezone=timezone,
            at_once=at_once,
        )
        found = backtest_run.run(asked, seeds=seeds, jobs=jobs, cluster=cluster, keep=keep, bound=bound)
        write(found, output or Report.by_ending(out), out)
    if found.missing:
        support.say(f"interrupted: {len(found.seeds)} of {len(found.seeds) + len(found.missing)} seeds were finished")
        raise typer.Exit(support.NO)


def write(found: Backtest, output: Report, out: Path | None) -> None:
    """Write the result in the shape that was asked for."""
    from tidegate.report import backtest as report

    if output is Report.json:
        support.write_text(report.to_json(found), out)
    elif output is Report.html:
        support.write_text(report.to_html(found), out)
    elif out is not None:
        support.write_text(report.to_text(found), out)
    else:
        support.console().print(report.to_tables(found))
