"""`tidegate policy`: check a policy file, show what it means, and see what a change would move."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support
from tidegate.cli.formats import Page

if TYPE_CHECKING:
    import polars as pl

    from tidegate.cli.inputs import Inputs
    from tidegate.pipeline import Ready
    from tidegate.policy.findings import Finding
    from tidegate.policy.model import Policy

app = typer.Typer(name="policy", help="Check, show and compare policies.", no_args_is_help=True, rich_markup_mode=None)


PolicyFile = Annotated[str, typer.Argument(metavar="POLICY", help="starter, playbook, or a policy file.")]
Output = Annotated[Page, typer.Option("--format", help="table, or json for programs.")]
Accounts = Annotated[Path | None, typer.Option(help="Accounts of those tickets.")]
Incidents = Annotated[Path | None, typer.Option(help="Incidents on our side.")]
MapFile = Annotated[Path | None, typer.Option("--map", help="Column mapping of the tickets.")]
Now = Annotated[str | None, typer.Option(help="Moment of asking, ISO 8601. Default: the present.")]
Timezone = Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")]


@app.command(short_help="Say what is wrong in a policy, with the line and the mend.")
def check(
    policy: PolicyFile,
    on: Annotated[Path | None, typer.Option(metavar="TICKETS", help="Tickets to try the rules on.")] = None,
    accounts: Accounts = None,
    incidents: Incidents = None,
    map_file: MapFile = None,
    now: Now = None,
    timezone: Timezone = None,
    output: Output = Page.table,
) -> None:
    """Say what is wrong or doubtful in a policy, with the line and the mend; exit with 1 on errors."""
    with support.errors():
        from tidegate.cli import policy_output
        from tidegate.policy.checks import check as find
        from tidegate.policy.loading import load_marked
        from tidegate.tables.errors import PolicyError

        try:
            loaded, file, lines = load_marked(policy)
            findings = find(loaded, lines=lines)
        except PolicyError as error:
            policy_output.write_refused(policy, error.findings, output)
            raise typer.Exit(support.NO) from None
        if on is not None and not _has_errors(findings):
            facts = _facts_of_all(_gather(on, policy, accounts, incidents, map_file, now=now, timezone=timezone))
            findings = find(loaded, facts, lines=lines)
        policy_output.write_findings(file, findings, output)
    if _has_errors(findings):
        raise typer.Exit(support.NO)


@app.command(short_help="Show a policy as it is understood.")
def show(policy: PolicyFile, output: Output = Page.table) -> None:
    """Show a policy as it is understood: defaults, targets, weights, and what each rule needs."""
    with support.errors():
        from tidegate.cli import policy_output
        from tidegate.policy import load
        from tidegate.policy.describe import describe

        policy_output.write_description(describe(load(policy)), output)


@app.command(short_help="Compare two policies, and see which tickets would move.")
def diff(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="starter, playbook, or a policy file.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The policy that it would change to.")],
    tickets: Annotated[Path | None, typer.Argument(metavar="[TICKETS]", help="Tickets to rank under both.")] = None,
    accounts: Accounts = None,
    incidents: Incidents = None,
    map_file: MapFile = None,
    now: Now = None,
    timezone: Timezone = None,
    top: Annotated[int, typer.Option(min=0, help="Tickets shown of those that move.")] = 20,
    output: Output = Page.table,
) -> None:
    """Show what two policies say differently, and which tickets a change would move."""
    with support.errors():
        from tidegate.cli import policy_output
        from tidegate.policy import load
        from tidegate.policy.compare import diff_policies

        old, new = load(before), load(after)
        moves = None
        if tickets is not None:
            got = _gather(tickets, before, accounts, incidents, map_file, now=now, timezone=timezone)
            moves = _rank_under_both(got, new)
        policy_output.write_difference(old, new, diff_policies(old, new), moves, top=top, output=output)


def _has_errors(findings: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _gather(
    tickets: Path,
    policy: str,
    accounts: Path | None,
    incidents: Path | None,
    map_file: Path | None,
    *,
    now: str | None,
    timezone: str | None,
) -> Inputs:
    from tidegate.cli.inputs import gather

    return gather(
        [tickets],
        accounts=accounts,
        incidents=incidents,
        agents=None,
        policy=policy,
        map_file=map_file,
        now=now,
        timezone=timezone,
    )


def _facts_of_all(got: Inputs) -> pl.DataFrame:
    """Facts of every ticket that was read, as if each were open: rules are tried on more than today's backlog."""
    import polars as pl

    from tidegate.tables.words import STATUS, TIME

    never = pl.lit(None, dtype=TIME)
    tickets = got.tickets.table.with_columns(status=pl.lit("open", dtype=STATUS), solved_at=never, closed_at=never)
    return _prepared(got, tickets, got.policy).board.facts


def _prepared(got: Inputs, tickets: pl.DataFrame, policy: Policy) -> Ready:
    from tidegate import pipeline

    return pipeline.prepare(tickets, policy, got.now, known=got.ready.known, cache=support.reading_cache())


def _rank_under_both(got: Inputs, new: Policy) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rank what was read under the policy that it was read with, and under the new one."""
    from tidegate import pipeline

    other = _prepared(got, got.tickets.table, new)
    return pipeline.queue(got.ready, reasons=False), pipeline.queue(other, reasons=False)
