"""A backtest on a team's own history: exports in, replays out, and in words what had to be assumed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from tidegate.backtesting.axis import Axis
from tidegate.backtesting.digest import digest
from tidegate.backtesting.recontact import recontact
from tidegate.backtesting.scoring import cost_points
from tidegate.backtesting.seen import View, see
from tidegate.backtesting.team import team
from tidegate.enrich.calendar import compile_calendar, public_holidays
from tidegate.read.given import given_levels, learn_confusion
from tidegate.simulate.measures import Judge
from tidegate.simulate.policies import Scene
from tidegate.simulate.trial import Stage
from tidegate.simulate.workload import FollowUps, Workload
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVEL

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.simulate.clocks import Clock
    from tidegate.simulate.recontact import Recontact
    from tidegate.simulate.roster import Seat

    Column = NDArray[np.float64]

TEACHES: Final = 0.25
"""Share of the history, its beginning, that only teaches what filed levels turn out to be."""

SPREAD: Final = 0.8
"""Standard deviation of the logarithm of imputed handling times."""

_RULES: Final = (
    "rules: judged again whenever time, an account's renewal, an incident or the customer changes what they see; what"
    " the team did later, such as reopening a ticket or handing it over, they do not see"
)
_WEEK: Final = 10_080.0
_PATIENCE: Final = 360.0  # minutes, where nothing says otherwise
_EACH: Final = 0.2  # of an ordinary ticket's work
_FEW: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A history, ready to be replayed.

    Attributes
    ----------
    at
        n moments of the axis at which tickets were opened.
    wall
        The same by the wall clock of the base policy's zone, in minutes since a Monday at midnight there.
    holidays
        Days, counted from that Monday, on which its calendar is closed against its hours.
    level
        n true levels; -1 where the history does not say.
    probability
        (n, 4) posterior when each was opened.
    work, mean_work
        n handling times, nan where the history does not say, and the mean of those that are drawn.
    taken_up
        n moments at which the team first answered; nan where it did not.
    pool, pools, kinds
        n positions of what each ticket needs in a list of groups, skills and languages, and what the agent of each seat
        is, in words; see `team.Team`.
    group, groups
        n positions in the names of the tickets' groups; -1 where a ticket has none.
    base
        The policy whose targets are judged by, as it saw the history.
    views
        The same for each policy file.
    clocks, seats, follow_ups
        Calendars of the levels, who works, and how customers write again.
    """

    at: Column
    wall: Column
    holidays: tuple[int, ...]
    level: NDArray[np.int64]
    probability: Column
    work: Column
    mean_work: float
    taken_up: Column
    pool: NDArray[np.int64]
    pools: tuple[tuple[str | None, str | None, str | None], ...]
    kinds: tuple[str, ...]
    group: NDArray[np.int64]
    groups: tuple[str, ...]
    base: View
    views: Mapping[str, View]
    clocks: tuple[Clock, Clock, Clock, Clock]
    seats: Sequence[Seat]
    follow_ups: FollowUps

    @property
    def independent(self) -> bool:
        """Seeds share the tickets and differ in what was imputed."""
        return False

    def workload(self, seed: int) -> Workload:
        """Fill in what the history does not say, with the luck of one seed."""
        draw, rows = np.random.default_rng(seed), self.at.size
        luck, other, spread = 1.0 - draw.random(rows), draw.random(rows), draw.standard_normal(rows)
        drawn = np.minimum((other[:, None] >= np.cumsum(self.probability, axis=1)).sum(axis=1), 3)
        made_up = self.mean_work * np.exp(SPREAD * spread - SPREAD**2 / 2)
        return Workload(
            at=self.at,
            work=np.where(np.isnan(self.work), made_up, self.work),
            level=np.where(self.level < 0, drawn, self.level).astype(np.uint8),
            value=self.base.belief.value,
            luck=luck,
            pool=self.pool,
        )

    def stage(self, policy: str, seed: int) -> Stage:
        """See `trial.Setting.stage`."""
        view = self.views.get(policy, self.base)
        workload = self.workload(seed)
        scene = Scene(
            workload=workload,
            belief=view.belief,
            severity=view.severity,
            cost=cost_points,
            standing=view.standing,
            sla_gain=view.sla_gain,
            taken_up=self.taken_up,
            now_when=view.now_when,
            aged_after=view.aged_after,
            turns=view.turns_of(workload, self.follow_ups),
            whole=policy in self.views,
        )
        return Stage(
            policy=view.name if policy in self.views else policy,
            scene=scene,
            judge=Judge(
                minutes=self.base.belief.minutes, clocks=self.clocks, week=((self.at - self.at[0]) // _WEEK).astype(int)
            ),
            seats=self.seats,
            follow_ups=self.follow_ups,
        )

    def fingerprint(self) -> str:
        """See `trial.Setting.fingerprint`."""
        return digest(self)


def past(
    tickets: pl.DataFrame,
    *,
    base: Policy,
    files: Mapping[str, Policy],
    agents: pl.DataFrame | int,
    accounts: pl.DataFrame | None = None,
    incidents: pl.DataFrame | None = None,
    messages: pl.DataFrame | None = None,
    load: float = 0.9,
    follow_ups: float | None = None,
    at_once: int = 1,
) -> tuple[Past, tuple[str, ...]]:
    """Make a history ready.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`, solved ones included.
    base
        Policy whose targets, calendar and values are judged by.
    files
        Policies to be tried, by name.
    agents
        Valid by `tables.Agents`, or how many work through the opening hours of the base policy.
    accounts
        Valid by `tables.Accounts`; without them every value is what the policy makes of a ticket alone.
    incidents
        Valid by `tables.Incidents`: rules and values see those that were open at each moment.
    messages
        Valid by `tables.Messages`: how often customers who wait write again is estimated from them.
    load
        Load that imputed handling times give the team over the history's span.
    follow_ups
        Messages a day of a customer who has waited long, whatever the messages say; None without messages is 0.
    at_once
        Tickets that each agent works on at a time; `team.CAPACITY` takes each agent's own capacity.

    Returns
    -------
    tuple
        The setting, and in words what was assumed.

    Raises
    ------
    InputError
        If too few tickets are left to replay.
    """
    ordered = tickets.sort("created_at", "ticket_id")
    levels, live, told = _levels(ordered, base)
    if live.height < _FEW:
        raise InputError(
            "too few tickets to replay", value=live.height, expected=f"at least {_FEW} besides those that only teach"
        )
    first, last = live["created_at"][0], live["created_at"][-1]
    axis = Axis(first, last + max(timedelta(days=60), (last - first) / 2))
    clocks, at = axis.clocks(base), axis.minutes(live["created_at"])
    staffed = team(agents, live, axis, base, at_once=at_once)
    seats = staffed.seats
    work = live["handling_minutes"].fill_null(np.nan).to_numpy()
    work = np.where(work > 0, work, np.nan)
    known = ~np.isnan(work)
    mean = float(work[known].mean()) if known.mean() > TEACHES else load * _worked(seats, at) / live.height
    seen = {"": base, **files}
    views = {
        name: see(live, levels, rules, axis, accounts=accounts, incidents=incidents, history=ordered)
        for name, rules in seen.items()
    }
    found = None if messages is None or follow_ups is not None else recontact(tickets, messages)
    rule = FollowUps(per_day=follow_ups or 0.0, patience=_PATIENCE, minutes=_EACH * mean, day=1440.0)
    if found is not None:
        rule = replace(rule, per_day=found.per_day, patience=found.patience)
    groups = live["group"].drop_nulls().unique().sort().to_list()
    codes = {name: place for place, name in enumerate(groups)}
    true = live["given_level"].cast(LEVEL).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
    setting = Past(
        at=at,
        wall=_wall(live["created_at"], base.calendar.timezone),
        holidays=_holidays(live["created_at"], base),
        level=true if told.levels_known else np.full(live.height, -1),
        probability=levels.select(f"level_p{k}" for k in range(4)).to_numpy(),
        work=work if known.mean() > TEACHES else np.full(live.height, np.nan),
        mean_work=mean,
        taken_up=axis.minutes(live["first_response_at"]),
        pool=staffed.pool,
        pools=staffed.pools,
        kinds=staffed.kinds,
        group=np.array([codes.get(name, -1) for name in live["group"].to_list()], dtype=np.int64),
        groups=tuple(groups),
        base=views.pop(""),
        views=views,
        clocks=clocks,
        seats=seats,
        follow_ups=rule,
    )
    assumed = _words(setting, known, load, accounts)
    return setting, (*told.words, *assumed, _writing(rule, found, asked=messages is not None), *staffed.words)


def _wall(opened: pl.Series, zone: str) -> Column:
    local = opened.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    monday = local.dt.truncate("1w").min()
    return (local - monday).dt.total_seconds().cast(float).to_numpy() / 60.0


def _holidays(opened: pl.Series, base: Policy) -> tuple[int, ...]:
    calendar, zone = compile_calendar(base.calendar), ZoneInfo(base.calendar.timezone)
    first, last = (moment.astimezone(zone).date() for moment in (opened[0], opened[-1]))
    dates = set(calendar.closed)
    if calendar.holidays is not None:
        dates |= public_holidays(calendar.holidays, range(first.year, last.year + 1))
    monday = first - timedelta(days=first.weekday())
    return tuple(sorted((date - monday).days for date in dates if monday <= date <= last))


def _worked(seats: Sequence[Seat], at: Column) -> float:
    """Minutes that the team works between the first ticket and the last."""
    first, last = float(at[0]), float(at[-1])
    return sum(max(0.0, min(end, last) - max(start, first)) for seat in seats for start, end in seat.shifts)


@dataclass(frozen=True, slots=True)
class _Told:
    levels_known: bool
    words: tuple[str, ...]


def _levels(ordered: pl.DataFrame, base: Policy) -> tuple[pl.DataFrame, pl.DataFrame, _Told]:
    """Take the posterior from what was filed first, and the truth from what the level ended as."""
    if ordered["first_level"].count() < TEACHES * ordered.height:
        levels = given_levels(ordered, base)
        words = (
            "true levels: drawn from the posterior of the filed priority, since the history keeps no first priority",
        )
        return levels, ordered, _Told(levels_known=False, words=words)
    cut = int(ordered.height * TEACHES)
    live = ordered[cut:]
    learned = learn_confusion(ordered, base, before=live["created_at"][0]) if live.height else None
    levels = given_levels(live.with_columns(given_level=pl.col("first_level")), base, learned=learned)
    source = f"a table learned on the first {cut} tickets" if learned else "the policy's own table"
    words = f"posterior: from the first priority alone, by {source}; true level: the last priority"
    taught = f"the first {cut} tickets only teach and are not replayed"
    return levels, live, _Told(levels_known=True, words=(words, taught))


def _words(setting: Past, known: NDArray[np.bool_], load: float, accounts: pl.DataFrame | None) -> list[str]:
    times = (
        f"handling time: recorded for {known.mean():.0%} of the tickets, the others drawn around their mean"
        if known.mean() > TEACHES
        else f"handling time: imputed, lognormal with mean {setting.mean_work:.1f} minutes, so that the team's load is"
        f" {load:.0%}"
    )
    return [
        times,
        "value: from the accounts file" if accounts is not None else "value: no accounts file, so tickets alone",
        _RULES,
    ]


def _writing(rule: FollowUps, found: Recontact | None, *, asked: bool) -> str:
    """Say how customers who wait write again, and from where that is known."""
    work = "each a fifth of an ordinary ticket's work"
    if found is not None:
        return (
            f"follow-ups: {found.per_day:.2g} a day of who has waited long ({found.low:.2g} to {found.high:.2g}),"
            f" patience {found.patience:.0f} minutes, estimated from {found.messages:,} messages before the first"
            f" answers of {found.tickets:,} tickets; {work}"
        )
    if rule.per_day:
        return f"follow-ups: {rule.per_day:g} a day of who has waited long, {work}"
    if asked:
        return "follow-ups: none, since too few messages came before the first answers to estimate them"
    return "follow-ups: none, so waiting adds no work; --messages estimates them"
