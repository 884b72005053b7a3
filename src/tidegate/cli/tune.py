"""`tidegate tune`: whether other numbers in the policy would have been better, judged where they were not searched."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.backtesting.tuning import Proposal

_SHOWN: Final = {
    "value_breach": "late value",
    "urgent_in_target": "P0 and P1 in target",
    "value_delay": "value-weighted wait",
    "oldest": "longest wait",
}


class Format(StrEnum):
    """Shapes that a proposal can be written in."""

    text = "text"
    json = "json"


def tune(
    history: Annotated[list[Path], typer.Argument(help="Exports of solved tickets.")],
    agents: Annotated[str, typer.Option(help="How many agents, or a file of agents with their shifts.")],
    policy: Annotated[str, typer.Option(help="Policy whose numbers are searched around.")] = "starter",
    accounts: Annotated[Path | None, typer.Option(help="Accounts: tier, contract value, renewal.")] = None,
    incidents: Annotated[Path | None, typer.Option(help="Incidents on our side: rules see them.")] = None,
    messages: Annotated[
        Path | None, typer.Option(help="Messages of those tickets: how often who waits writes again is estimated.")
    ] = None,
    candidates: Annotated[int, typer.Option(min=1, max=10_000, help="Sets of numbers to try.")] = 30,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Replays of each.")] = 2,
    load: Annotated[float, typer.Option(min=0.05, max=3, help="Load that imputed handling times give.")] = 0.9,
    follow_ups: Annotated[
        float | None, typer.Option(min=0, max=20, help="Messages a day of who has waited long. Default: as --messages.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, max=64, help="Processes to replay in.")] = 1,
    keep: Annotated[
        Path | None, typer.Option(help="Folder for finished replays: a search that was stopped goes on from there.")
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the policy with the new numbers here, if they are a gain; else exit 1.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")] = None,
    output: Annotated[Format, typer.Option("--format", help="Shape of the result.")] = Format.text,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Search a policy's numbers on the earlier part of a history, and judge them on the later part."""
    with support.errors():
        from tidegate.backtesting import policy_text, tuning
        from tidegate.cli import backtest_run
        from tidegate.policy import load as load_policy

        base = load_policy(policy)
        setting, imputed = backtest_run.read_history(
            history,
            base=base,
            files={},
            agents=agents,
            accounts=accounts,
            incidents=incidents,
            load=load,
            messages=messages,
            follow_ups=follow_ups,
            timezone=timezone,
        )
        with support.progress("searching") as progress:
            found = tuning.tune(
                setting, base, candidates=candidates, seeds=seeds, jobs=jobs, keep=keep, progress=progress
            )
        before = after = policy_text.text_of(policy)
        if not found.keep:
            changes = [(key, new) for key, _, new in found.changes()]
            after = policy_text.changed(before, changes, found.proposed.put_into(base))
        patch = policy_text.difference(before, after, policy)
        support.write_text(_json(found, imputed, patch) if output is Format.json else _text(found, imputed, patch), out)
        if write and not found.keep:
            support.write_text(after, write)
    if write and found.keep:
        support.say(f"{write} was not written: keep yours")
    if found.tried < found.asked or (write and found.keep):
        raise typer.Exit(support.NO)


def _json(found: Proposal, imputed: Sequence[str], patch: str) -> str:
    changes = [{"key": key, "before": before, "after": after} for key, before, after in found.changes()]
    told: dict[str, Any] = {"keep": found.keep, "changes": changes, "diff": patch or None}
    told |= {"tried": found.tried, "asked": found.asked, "imputed": imputed, "judged": found.judged.to_dict()}
    return json.dumps(told, indent=2) + "\n"


def _text(found: Proposal, imputed: Sequence[str], patch: str) -> str:
    lines = ["Estimated by replay; an estimate is not a proof. Imputed:", *(f"  {words}" for words in imputed)]
    short = "" if found.tried == found.asked else f" Interrupted: {found.asked} were asked for."
    lines.append(f"{found.tried} sets of numbers were tried on the earlier part of the history.{short}")
    if not found.changes():
        return "\n".join([*lines, "None was better there: keep yours.", ""])
    lines.append("The best there:" if found.keep else "The best of them, and what it changes on the later part:")
    lines += [f"  {key}: {before} -> {after}" for key, before, after in found.changes()]
    lines.append("On the later part, with yours, and by how much the others differ (90% interval):")
    lines += _judged(found)
    lines.append(_verdict(found))
    return "\n".join([*lines, "", patch] if patch else [*lines, ""])


def _judged(found: Proposal) -> list[str]:
    from tidegate.backtesting.tuning import PROPOSED, YOURS
    from tidegate.report.backtest import spell

    rows = []
    for measure, words in _SHOWN.items():
        change, interval = spell(found.judged.difference(PROPOSED, measure))
        value, _ = spell(found.judged.estimate(YOURS, measure))
        rows.append(f"  {words:<20} {value:>9}  {change:>9}  ({interval})")
    return rows


def _verdict(found: Proposal) -> str:
    if not found.better:
        return "The interval of late value does not show a gain: keep yours."
    if found.short:
        return "The later part has too few weeks to tell a gain from luck: keep yours."
    if found.small:
        return "Late value would be less by under 0.1 points, which is no reason to change: keep yours."
    if found.dear:
        return "Less value is late, but fewer urgent tickets are in target: keep yours, or decide which you want."
    return "The interval of late value lies below zero: a gain. As a change of the policy file, for `patch -p0`:"
