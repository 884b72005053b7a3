"""What `tidegate staff` tells of a week's shifts and of working off a backlog, as one part of its JSON each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.backtesting.made_up import MadeUp
from tidegate.backtesting.parts import by_group
from tidegate.cli import support
from tidegate.policy import load as load_policy
from tidegate.policy.hours import DAYS, parse_hours
from tidegate.simulate.demand import SLOT, SLOTS, demand, open_slots
from tidegate.simulate.shifts import plan_shifts, worked
from tidegate.simulate.staffing import time_to_drain
from tidegate.simulate.synthetic import DAY
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tidegate.backtesting.past import Past
    from tidegate.simulate.demand import Curve
    from tidegate.simulate.shifts import Plan, Shift
    from tidegate.simulate.trial import Stage

_MADE_UP_HOURS: Final = {"mon-fri": "09:00-17:30"}
_REPLAYS: Final = 11
"""With fewer replays the quantiles of a drain would fall together."""

_FEW: Final = 50
"""Tickets below which a group has no team of its own."""

_OVERLOAD: Final = 1.05
"""Work over what those there can do, above which an hour is flagged; below it is rounding to whole heads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the team says of itself: see the options of the same names."""

    shrinkage: float
    handed_on: float
    hourly_cost: float | None


def week(
    setting: MadeUp | Past, targets: str, needed: dict[str, int | None], offered: float, given: Given
) -> dict[str, Any]:
    """Plan the shifts of a typical week for the policy that needs the fewest agents."""
    enough = {name: agents for name, agents in needed.items() if agents is not None}
    if not enough:
        raise InputError("no shifts can be planned: no number of agents keeps the promise", column="--shifts")
    policy = min(enough, key=lambda name: enough[name])
    wall, work, hours = _when(setting, targets)
    room = max(1.0, enough[policy] / offered)  # a promise about few tickets may take fewer than all the work does
    curve = demand(
        wall,
        work,
        open_slots(parse_hours(hours)),
        room=room,
        shrinkage=given.shrinkage,
        handed_on=given.handed_on,
        holidays=() if isinstance(setting, MadeUp) else setting.holidays,
    )
    plan = plan_shifts(curve)
    cost = given.hourly_cost
    return {
        "policy": policy,
        "room": room,
        "shrinkage": given.shrinkage,
        "handed_on": given.handed_on,
        "people": plan.people,
        "paid_hours": plan.paid_hours,
        "cost": None if cost is None else plan.paid_hours * cost,
        "uncovered_hours": float(plan.uncovered.sum()) * SLOT / 60,
        "optimal": plan.optimal,
        "from_optimal": max(0.0, 1.0 - plan.bound / plan.price) if plan.price else 0.0,
        "plan": [shift_as_told(shift) for shift in plan.shifts],
        "hours": _hours(curve, plan, given.shrinkage),
    }


def groups(
    setting: MadeUp | Past, targets: str, given: Given, needs: Callable[[Past], dict[str, Any]]
) -> list[dict[str, Any]]:
    """Plan the shifts of a team for each group, as if nobody helped in another one."""
    if isinstance(setting, MadeUp):
        raise InputError("a made-up desk has no groups", column="--by-group", mend="name a history")
    planned = []
    for name, part in by_group(setting).items():
        row: dict[str, Any] = {"group": name, "tickets": part.at.size, "needed": None, "shifts": None}
        if part.at.size >= _FEW:
            found = needs(part)
            row |= {"needed": next(iter(found["needed"].values())), "offered": found["offered"]}
            if row["needed"] is not None:
                row["shifts"] = week(part, targets, found["needed"], found["offered"], given)
        planned.append(row)
    if not planned:
        raise InputError("no ticket of the history has a group", column="--by-group")
    return planned


def _when(setting: MadeUp | Past, targets: str) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, str]]:
    """Return when tickets came by the wall clock, their handling times, and the opening hours."""
    if not isinstance(setting, MadeUp):
        return setting.wall, setting.workload(0).work, dict(load_policy(targets).calendar.hours)
    work = setting.stage("fifo", 0).scene.workload
    day, minute = np.divmod(work.at, DAY)
    return day // 5 * 10_080.0 + day % 5 * 1440.0 + 540.0 + minute, work.work, _MADE_UP_HOURS


def shift_as_told(shift: Shift) -> dict[str, Any]:
    """Lay a shift out as JSON has it."""
    before, after = worked(shift.start, shift.pattern)
    rests = shift.pattern.rest > 0
    return {
        "weekday": DAYS[shift.weekday],
        "start": _clock(before.start),
        "end": _clock(after.stop),
        "break_start": _clock(before.stop) if rests else None,
        "break_end": _clock(after.start) if rests else None,
        "hours": shift.pattern.hours,
        "heads": shift.heads,
    }


def _clock(slot: int) -> str:
    return f"{slot // 2:02}:{slot % 2 * 30:02}"


def _hours(curve: Curve, plan: Plan, shrinkage: float) -> list[dict[str, Any]]:
    """Hold cover against demand hour by hour; an hour is as long as the desk is open in it."""
    by_hour = (7, SLOTS // 2, 2)
    opened = curve.open.reshape(by_hour).sum(axis=2)
    parts = {"wanted": plan.wanted, "cover": plan.cover, "uncovered": plan.uncovered, "work": curve.work}
    means = {
        name: np.where(curve.open, part, 0.0).reshape(by_hour).sum(axis=2) / np.maximum(opened, 1)
        for name, part in parts.items()
    }
    return [
        {"weekday": DAYS[day], "hour": _clock(2 * hour)}
        | {name: round(float(mean[day, hour]), 2) for name, mean in means.items()}
        | {"overload": bool(means["work"][day, hour] > _OVERLOAD * means["cover"][day, hour] * (1.0 - shrinkage))}
        for day, hour in np.argwhere(opened > 0).tolist()
    ]


def drained(setting: MadeUp | Past, names: Sequence[str], backlog: int, seeds: int) -> dict[str, Any]:
    """Replay a backlog of so many tickets and the ordinary flow after it, under each policy."""
    replays, told = max(seeds, _REPLAYS), {}
    agents = 0
    with support.progress("draining") as progress:
        for place, name in enumerate(names):
            stages = [_piled(setting.stage(name, seed), backlog) for seed in range(replays)]
            agents = len(stages[0].seats)
            found = time_to_drain(stages)
            times = {"low": found.low, "middle": found.middle, "high": found.high, "fluid": found.fluid}
            told[name] = {key: time if np.isfinite(time) else None for key, time in times.items()}
            progress(place + 1, len(names))
    unit = "business minutes" if isinstance(setting, MadeUp) else "minutes"
    return {"backlog": backlog, "agents": agents, "replays": replays, "unit": unit, "policies": told}


def _piled(stage: Stage, backlog: int) -> Stage:
    """Let the first tickets enter at once, when the last of them came; the others come when they came."""
    work = stage.scene.workload
    if backlog >= work.at.size:
        raise InputError(
            "the backlog leaves no tickets to come after it",
            column="--drain",
            value=backlog,
            expected=f"less than the {work.at.size} tickets of the history or the made-up desk",
        )
    at = np.maximum(work.at, work.at[backlog - 1])
    return replace(stage, scene=replace(stage.scene, workload=replace(work, at=at)))
