"""`tidegate tune`: whether other numbers in the policy would have been better, judged where they were not searched."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from tidegate.backtesting.tuning import Proposal


class Format(StrEnum):
    """Shapes that a proposal can be written in."""

    text = "text"
    json = "json"


def tune(
    history: Annotated[list[Path], typer.Argument(help="Exports of solved tickets.")],
    agents: Annotated[str, typer.Option(help="How many agents, or a file of agents with their shifts.")],
    policy: Annotated[str, typer.Option(help="Policy whose numbers are searched around.")] = "starter",
    accounts: Annotated[Path | None, typer.Option(help="Accounts: tier, contract value, renewal.")] = None,
    candidates: Annotated[int, typer.Option(min=1, max=10_000, help="Sets of numbers to try.")] = 30,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Replays of each.")] = 2,
    load: Annotated[float, typer.Option(min=0.05, max=3, help="Load that imputed handling times give.")] = 0.9,
    follow_ups: Annotated[float, typer.Option(min=0, max=20, help="Messages a day of who has waited long.")] = 0.0,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")] = None,
    output: Annotated[Format, typer.Option("--format", help="Shape of the result.")] = Format.text,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Search a policy's numbers on the earlier part of a history, and judge them on the later part."""
    with support.errors():
        from tidegate.backtesting import tuning
        from tidegate.cli import backtest_run
        from tidegate.policy import load as load_policy

        base = load_policy(policy)
        setting, imputed = backtest_run.read_history(
            history,
            base=base,
            files={},
            agents=agents,
            accounts=accounts,
            load=load,
            follow_ups=follow_ups,
            timezone=timezone,
        )
        with support.progress("searching") as progress:
            found = tuning.tune(setting, base, candidates=candidates, seeds=seeds, progress=progress)
        told = _json(found, imputed) if output is Format.json else _text(found, imputed)
        support.write_text(told, out)


def _json(found: Proposal, imputed: tuple[str, ...]) -> str:
    changes = [{"key": key, "before": before, "after": after} for key, before, after in found.changes()]
    told = {"keep": found.keep, "changes": changes, "tried": found.tried, "imputed": imputed}
    return json.dumps({**told, "judged": found.judged.to_dict()}, indent=2) + "\n"


def _text(found: Proposal, imputed: tuple[str, ...]) -> str:
    from tidegate.report.backtest import spell

    lines = ["Estimated by replay; an estimate is not a proof. Imputed:", *(f"  {words}" for words in imputed)]
    lines.append(f"{found.tried} sets of numbers were tried on the earlier part of the history.")
    if not found.changes():
        return "\n".join([*lines, "None was better there: keep yours.", ""])
    value, interval = spell(found.gain)
    lines.append(f"On the later part, late value changes by {value} (90% interval {interval}) with:")
    lines += [f"  {key}: {before} -> {after}" for key, before, after in found.changes()]
    lines.append(
        "The interval does not show a gain: keep yours." if found.keep else "The interval is below zero: a gain."
    )
    return "\n".join([*lines, ""])
