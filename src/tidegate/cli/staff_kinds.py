"""What `tidegate staff` tells of shifts for kinds of people, as one part of its JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.backtesting.past import Past
from tidegate.cli import backtest_run, staff_shifts, support
from tidegate.policy import load as load_policy
from tidegate.policy.hours import parse_hours
from tidegate.simulate.demand import SLOT, demand, open_slots
from tidegate.simulate.skilled_shifts import plan_kinds
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from tidegate.simulate.demand import Curve
    from tidegate.simulate.skilled_shifts import Rota

_EFFORT = 10.0


def kinds(asked: backtest_run.Asked, together: dict[str, Any], given: staff_shifts.Given) -> dict[str, Any]:
    """Plan the shifts of a typical week for each kind of people in a file of agents.

    Parameters
    ----------
    asked
        As for the whole, with the file in the place of the number of agents.
    together
        The plan in which everybody takes everything: its room is kept.
    given
        What the team says of itself.
    """
    setting, _ = backtest_run.setting(asked)
    if not isinstance(setting, Past):
        raise InputError("a made-up desk has no kinds of people", column="--team", mend="name a history")
    everything = frozenset(range(len(setting.pools)))
    people: dict[frozenset[int], list[str]] = {}
    for seat, kind in zip(setting.seats, setting.kinds, strict=True):
        people.setdefault(everything if seat.skills is None else seat.skills, []).append(kind)
    curves = _curves(setting, asked.targets, together["room"], given)
    needs = _merged(len(curves), list(people))
    with support.progress("planning") as progress:
        plan = plan_kinds(
            [_sum([curves[one] for one in some]) for some in needs],
            [frozenset(place for place, some in enumerate(needs) if some[0] in mine) for mine in people],
            effort=_EFFORT,
        )
        progress(1, 1)
    cost, paid = given.hourly_cost, sum(rota.paid_hours for rota in plan.rotas)
    return {
        "kinds": [_kind(names, rota) for names, rota in zip(people.values(), plan.rotas, strict=True)],
        "people": sum(rota.people for rota in plan.rotas),
        "paid_hours": paid,
        "cost": None if cost is None else paid * cost,
        "uncovered_hours": float(plan.uncovered.sum()) * SLOT / 60,
        "from_optimal": max(0.0, 1.0 - plan.bound / plan.price) if plan.price else 0.0,
    }


def _curves(setting: Past, targets: str, room: float, given: staff_shifts.Given) -> list[Curve]:
    """Draw what each need wants; all over the days that the whole history saw."""
    opened, work = open_slots(parse_hours(dict(load_policy(targets).calendar.hours))), setting.workload(0).work
    return [
        demand(
            setting.wall,
            np.where(setting.pool == need, work, 0.0),
            opened,
            room=room,
            shrinkage=given.shrinkage,
            handed_on=given.handed_on,
            holidays=setting.holidays,
        )
        for need in range(len(setting.pools))
    ]


def _merged(needs: int, covers: list[frozenset[int]]) -> list[list[int]]:
    """Put needs together that the same kinds of people cover."""
    alike: dict[tuple[bool, ...], list[int]] = {}
    for need in range(needs):
        alike.setdefault(tuple(need in mine for mine in covers), []).append(need)
    return list(alike.values())


def _sum(curves: list[Curve]) -> Curve:
    from tidegate.simulate.demand import Curve

    return Curve(
        work=np.sum([one.work for one in curves], axis=0),
        wanted=np.sum([one.wanted for one in curves], axis=0),
        open=curves[0].open,
    )


def _kind(names: list[str], rota: Rota) -> dict[str, Any]:
    return {
        "kind": " or ".join(dict.fromkeys(names)),
        "in_file": len(names),
        "people": rota.people,
        "paid_hours": rota.paid_hours,
        "plan": [staff_shifts.shift_as_told(shift) for shift in rota.shifts],
    }
