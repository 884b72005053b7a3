"""`tidegate staff`: how many agents a promise takes under each policy, by simulation, beside Erlang's formulas."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tidegate.cli import support

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.simulate.trial import Setting


class Format(StrEnum):
    """Shapes that a staffing can be written in."""

    text = "text"
    json = "json"


def staff(
    history: Annotated[list[Path] | None, typer.Argument(help="Exports of solved tickets.")] = None,
    synthetic: Annotated[
        float | None, typer.Option(min=0.05, max=3, help="Instead: a made-up desk under this load.")
    ] = None,
    agents: Annotated[int, typer.Option(min=1, help="Agents that the load, and imputed handling times, are for.")] = 25,
    at_once: Annotated[
        str,
        typer.Option(
            help="Tickets that each agent works on at a time, sharing the time evenly: a number, or 'capacity' for each"
            " agent's own in the file."
        ),
    ] = "1",
    policy: Annotated[
        list[str] | None, typer.Option(help="As for `backtest`. Default: fifo, weighted-sum and cost-of-delay.")
    ] = None,
    measure: Annotated[str, typer.Option(help="What is promised, over all levels.")] = "urgent_in_target",
    target: Annotated[
        float, typer.Option(help="At least this share in target; at most this for other measures.")
    ] = 0.95,
    seeds: Annotated[int, typer.Option(min=1, max=100, help="Replays of each number of agents.")] = 3,
    days: Annotated[int, typer.Option(min=1, max=1000, help="Business days of a made-up desk.")] = 20,
    targets: Annotated[str, typer.Option(help="Policy whose targets and values are judged by.")] = "starter",
    accounts: Annotated[Path | None, typer.Option(help="Accounts: tier, contract value, renewal.")] = None,
    messages: Annotated[
        Path | None, typer.Option(help="Messages of those tickets: how often who waits writes again is estimated.")
    ] = None,
    load: Annotated[float, typer.Option(min=0.05, max=3, help="Load that imputed handling times give.")] = 0.9,
    hourly_cost: Annotated[float | None, typer.Option(min=0, help="Cost of an hour of an agent.")] = None,
    shrinkage: Annotated[float, typer.Option(min=0, max=0.8, help="Share of paid time that is not at the desk.")] = 0.3,
    shifts: Annotated[
        bool, typer.Option("--shifts", help="Plan a week's shifts for the policy that needs the fewest agents.")
    ] = False,
    by_group: Annotated[
        bool, typer.Option("--by-group", help="With --shifts: a team for each group of tickets, beside one for all.")
    ] = False,
    team: Annotated[
        Path | None,
        typer.Option(help="With --shifts: a file of agents; shifts for each kind of people by group, skill, language."),
    ] = None,
    handed_on: Annotated[
        float, typer.Option(min=0, max=0.9, help="Share of the work that juniors or automation take off the shifts.")
    ] = 0.0,
    drain: Annotated[
        int | None, typer.Option(min=1, help="Also: how long --agents take to work off so many waiting tickets.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="Zone of times that name none. Default: UTC.")] = None,
    output: Annotated[Format, typer.Option("--format", help="Shape of the result.")] = Format.text,
    out: Annotated[Path | None, typer.Option(help="File to write; default standard output.")] = None,
) -> None:
    """Find the fewest agents that keep a promise under each policy; estimates by replay."""
    with support.errors():
        from tidegate.cli import backtest_run, staff_kinds, staff_shifts

        names = tuple(policy or ("fifo", "weighted-sum", "cost-of-delay"))
        asked = backtest_run.Asked(
            history=tuple(history or ()),
            synthetic=synthetic,
            policies=names,
            agents=str(agents),
            targets=targets,
            accounts=accounts,
            messages=messages,
            load=load,
            follow_ups=None,
            error=0.1,
            days=days,
            timezone=timezone,
            at_once=at_once,
        )
        setting, imputed = backtest_run.setting(asked)
        told = _needs(_with_agents(setting), names, measure, target, agents, seeds)
        paid = {name: None if need is None else need / (1.0 - shrinkage) for name, need in told["needed"].items()}
        told |= {"paid": paid, "hourly_cost": hourly_cost, "imputed": list(imputed), "kind": "estimated"}
        if shifts:
            given = staff_shifts.Given(shrinkage=shrinkage, handed_on=handed_on, hourly_cost=hourly_cost)
            told["shifts"] = staff_shifts.week(setting, targets, told["needed"], told["offered"], given)
            if by_group:
                promise = (told["shifts"]["policy"],), measure, target, agents, seeds
                told["groups"] = staff_shifts.groups(
                    setting, targets, given, lambda part: _needs(_with_agents(part), *promise)
                )
            if team is not None:
                told["kinds"] = staff_kinds.kinds(replace(asked, agents=str(team)), told["shifts"], given)
        if drain is not None:
            told["drain"] = staff_shifts.drained(setting, names, drain, seeds)
        support.write_text(json.dumps(told, indent=2) + "\n" if output is Format.json else _text(told), out)


def _with_agents(setting: Any) -> Callable[[int], Setting]:  # noqa: ANN401 -- MadeUp or Past, which are loaded lazily
    """Return the same tickets with another number of agents."""
    from tidegate.backtesting.made_up import MadeUp

    if isinstance(setting, MadeUp):
        desk = setting.desk
        return lambda n: replace(setting, desk=replace(desk, agents=n, load=desk.load * desk.agents / n))
    return lambda n: replace(setting, seats=[setting.seats[0]] * n)


def _needs(
    setting_of: Callable[[int], Setting], names: tuple[str, ...], measure: str, target: float, agents: int, seeds: int
) -> dict[str, Any]:
    from tidegate.simulate.erlang import erlang_c, late_by_erlang_c, square_root
    from tidegate.simulate.staffing import agents_needed

    stage = setting_of(agents).stage(names[0], 0)
    work = stage.scene.workload
    opening = stage.seats[0].shifts[0][0] > float("-inf")
    minutes = float(work.at[-1] - work.at[0])
    if opening:
        last, first = float(work.at[-1]), float(work.at[0])
        minutes = sum(max(0.0, min(b, last) - max(a, first)) for a, b in stage.seats[0].shifts)
    offered = float(work.work.sum()) / minutes
    start = square_root(offered)
    needs = {}
    with support.progress("staffing") as progress:
        for place, name in enumerate(names):
            needs[name] = agents_needed(
                setting_of, name, measure=measure, target=target, start=start, seeds=range(seeds)
            )
            progress(place + 1, len(names))
    return {
        "measure": measure,
        "target": target,
        "offered": offered,
        "square_root": start,
        "erlang_c": {
            "waits": erlang_c(offered, start),
            "later_than_30_minutes": late_by_erlang_c(offered, start, float(work.work.mean()), 30.0),
        },
        "needed": {name: need.agents for name, need in needs.items()},
        "tried": {name: need.tried for name, need in needs.items()},
        "best": {name: need.best for name, need in needs.items()},
    }


def _text(told: dict[str, Any]) -> str:
    lines = ["Estimated by replay; an estimate is not a proof. Imputed:", *(f"  {words}" for words in told["imputed"])]
    lines.append(f"Work that comes keeps {told['offered']:.1f} agents busy while the desk is open.")
    for name, need in told["needed"].items():
        if need is None:
            lines.append(
                f"  {name}: no number of agents keeps {told['measure']} at {told['target']:g}; with any number of"
                f" them it is {told['best'][name]:.3g}, since tickets come while nobody works"
            )
            continue
        paid = told["paid"][name]
        cost = "" if told["hourly_cost"] is None else f", {paid * told['hourly_cost']:,.2f} an hour"
        lines.append(f"  {name}: {need} at the desk for {told['measure']} {told['target']:g}, {paid:.1f} paid{cost}")
    erlang = told["erlang_c"]
    lines.append(
        f"The square-root rule says {told['square_root']}; Erlang C says that with them {erlang['waits']:.0%} wait and"
        f" {erlang['later_than_30_minutes']:.0%} wait more than 30 minutes. It knows no levels, no mornings and no"
        " customers who write again, so take it as a start."
    )
    if told["measure"] == "urgent_in_target":
        lines.append("A promise about urgent tickets says nothing of the others: try --measure value_breach as well.")
    text = "\n".join([*lines, ""])
    if "drain" in told or "shifts" in told:
        from tidegate.cli import staff_output

        text += staff_output.text(told)
    return text
