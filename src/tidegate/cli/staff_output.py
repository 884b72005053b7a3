"""A week's shifts, and how a backlog drains, as text for a terminal."""

from __future__ import annotations

from io import StringIO
from typing import Any, Final

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tidegate.cli.support import console
from tidegate.policy.hours import DAYS

_BUSINESS_DAY: Final = 510.0
_WALL_DAY: Final = 1440.0


def text(told: dict[str, Any]) -> str:
    """Return the parts that were asked for."""
    out = StringIO()
    screen = Console(file=out, width=console().width, highlight=False)
    if "drain" in told:
        _drain(screen, told["drain"])
    if "shifts" in told:
        _week(screen, told["shifts"])
    if "groups" in told:
        _groups(screen, told["groups"], told["shifts"])
    if "kinds" in told:
        _kinds(screen, told["kinds"], told["shifts"])
    return out.getvalue()


def _kinds(screen: Console, plan: dict[str, Any], together: dict[str, Any]) -> None:
    cost = "" if plan["cost"] is None else f", {plan['cost']:,.2f} a week"
    screen.print(
        f"\nShifts for each kind of people, none doing what they cannot: {plan['people']} people,"
        f" {plan['paid_hours']:,.1f} paid hours{cost}; {plan['uncovered_hours']:.1f} agent-hours uncovered. If all"
        f" could do everything: {together['people']} people, {together['paid_hours']:,.1f} paid hours."
    )
    if plan["from_optimal"] > 0.0:
        screen.print(f"At most {plan['from_optimal']:.2%} from best.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column("kind", overflow="fold")
    for name in ("in the file", "people", "paid hours"):
        table.add_column(name, justify="right", no_wrap=True)
    wanted = [one for one in plan["kinds"] if one["people"]]
    for one in wanted:
        table.add_row(one["kind"], str(one["in_file"]), str(one["people"]), f"{one['paid_hours']:,.1f}")
    screen.print(table)
    if len(wanted) < len(plan["kinds"]):
        screen.print(f"{len(plan['kinds']) - len(wanted)} more kinds in the file have no shift in this plan.")
    screen.print("--format json holds the shifts of each.")


def _drain(screen: Console, drain: dict[str, Any]) -> None:
    day, what = (_BUSINESS_DAY, "business days") if drain["unit"] == "business minutes" else (_WALL_DAY, "days")
    screen.print(
        f"\n{drain['backlog']:,} waiting tickets and the ordinary flow after them, {drain['agents']} agents:"
        f" {what} until nothing waits, {drain['replays']} replays"
    )
    table = _table("policy", "10%", "50%", "90%", "as water")
    for name, times in drain["policies"].items():
        shown = [times[key] for key in ("low", "middle", "high", "fluid")]
        table.add_row(name, *("never here" if time is None else f"{time / day:.1f}" for time in shown))
    screen.print(table)


def _week(screen: Console, week: dict[str, Any]) -> None:
    cost = "" if week["cost"] is None else f", {week['cost']:,.2f} a week"
    screen.print(
        f"\nA typical week under {week['policy']}: {week['people']} people, at most five days each,"
        f" {week['paid_hours']:,.1f} paid hours{cost}; {week['uncovered_hours']:.1f} agent-hours uncovered."
    )
    if week["room"] <= 1.0:
        screen.print("The promise takes fewer agents than all the work does; these shifts are for all the work.")
    best = "No plan of such shifts costs less." if week["optimal"] else f"At most {week['from_optimal']:.2%} from best."
    screen.print(f"{best} Heads by shift and weekday:")
    days = [day for day in DAYS if any(hour["weekday"] == day for hour in week["hours"])]
    heads = _table("shift", *days)
    for hours, row in sorted(_by_shift(week["plan"]).items()):
        heads.add_row(hours, *(str(row.get(day, "")) for day in days))
    screen.print(heads)
    screen.print("Heads there / wanted by hour; ! where over 5% more work comes than they can do:")
    cover = _table("hour", *days)
    cells = {(hour["hour"], hour["weekday"]): hour for hour in week["hours"]}
    for clock in sorted({clock for clock, _ in cells}):
        cover.add_row(clock, *(_cell(cells.get((clock, day))) for day in days))
    screen.print(cover)


def _groups(screen: Console, groups: list[dict[str, Any]], together: dict[str, Any]) -> None:
    screen.print(f"\nA team for each group under {together['policy']}, nobody helping in another one:")
    table = _table("group", "tickets", "at the desk", "people", "paid hours")
    planned = [one["shifts"] for one in groups if one["shifts"]]
    for one in groups:
        week = one["shifts"]
        told = (str(one["needed"]), str(week["people"]), f"{week['paid_hours']:,.1f}") if week else ("-", "-", "-")
        table.add_row(one["group"], f"{one['tickets']:,}", *told)
    total = sum(week["people"] for week in planned), sum(week["paid_hours"] for week in planned)
    table.add_row("all of these", "", "", str(total[0]), f"{total[1]:,.1f}")
    table.add_row("one team for all", "", "", str(together["people"]), f"{together['paid_hours']:,.1f}")
    screen.print(table)
    if len(planned) < len(groups):
        screen.print("A group without figures has too few tickets, or no number of agents keeps the promise there.")


def _by_shift(plan: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    rows: dict[str, dict[str, int]] = {}
    for shift in plan:
        hours = f"{shift['start']}-{shift['end']}"
        if shift["break_start"]:
            hours += f", break {shift['break_start']}-{shift['break_end']}"
        rows.setdefault(hours, {})[shift["weekday"]] = shift["heads"]
    return rows


def _cell(hour: dict[str, Any] | None) -> Text:
    if hour is None:
        return Text("")
    style = "bold red" if hour["overload"] else ""
    return Text(f"{hour['cover']:g}/{hour['wanted']:.1f}{'!' if hour['overload'] else ''}", style=style)


def _table(first: str, *others: str) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="dim")
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right", no_wrap=True)
    return table
