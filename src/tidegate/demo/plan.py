"""The year in outline: when each ticket comes, which incident caused it, and how far the team is behind then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tidegate.demo.incidents import SCENARIOS, trouble
from tidegate.demo.people import customers, team
from tidegate.demo.rhythm import DAY, HOUR, rhythm
from tidegate.demo.scale import GROUPS, LANGUAGES, mean_handling_minutes
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

    from tidegate.demo.incidents import Trouble
    from tidegate.demo.people import Customers, Team
    from tidegate.demo.rhythm import Rhythm

AGENTS = 25
"""Size of the team, unless the volume needs a larger one."""
TICKETS_AN_ACCOUNT = 12
"""A year, on average."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What every block of tickets reads.

    Parameters
    ----------
    created
        Microseconds, ascending, one a ticket.
    cause
        Row of the incidents table, -1 for an ordinary ticket.
    behind
        How far the team is behind at each edge of the rhythm's bins, in minutes of full staffing.
    """

    seed: int
    languages: tuple[str, ...]
    time: Rhythm
    trouble: Trouble
    customers: Customers
    team: Team
    created: NDArray[np.int64]
    cause: NDArray[np.int16]
    behind: NDArray[np.float64]


def stream(seed: int, *key: int) -> np.random.Generator:
    """Give the random stream of one part of the company: same seed and key, same numbers, whatever was drawn before."""
    return np.random.default_rng((seed, *key))


def plan(
    tickets: int, seed: int, *, days: int, now: datetime, agents: int | None, load: float, languages: Sequence[str]
) -> Plan:
    """Lay out a company; see `generate` for the parameters."""
    _check(tickets, days, now, agents, load, languages)
    time = rhythm(now, days)
    broken = trouble(stream(seed, 1), time)
    created, cause = _arrivals(stream(seed, 2), tickets, time, broken)
    accounts = max(20, round(tickets * 365 / days / TICKETS_AN_ACCOUNT))
    size = agents or max(AGENTS, needed_agents(tickets / days, load))
    return Plan(
        seed=seed,
        languages=tuple(languages),
        time=time,
        trouble=broken,
        customers=customers(stream(seed, 3), accounts, time.now, languages),
        team=team(stream(seed, 4), size, time.now, languages),
        created=created,
        cause=cause,
        behind=_behind(created, time, load),
    )


def needed_agents(tickets_a_day: float, load: float) -> int:
    """Agents that such a volume keeps busy to `load`: seven and a half hours on five days of seven."""
    return int(np.ceil(tickets_a_day * mean_handling_minutes() / (load * 7.5 * 60 * 5 / 7)))


def _arrivals(
    rng: np.random.Generator, tickets: int, time: Rhythm, broken: Trouble
) -> tuple[NDArray[np.int64], NDArray[np.int16]]:
    """Draw when tickets come and why: ordinary ones by the rhythm, an incident's ones after its start.

    An incident's tickets follow it by exponential delays in operational time (Cox and Lewis 1966), so that its nights
    and weekends are as quiet as everybody's.
    """
    days = (time.now - time.start) / DAY
    kinds = [SCENARIOS[kind] for kind in broken.scenario]
    weights = np.array([days, *(kind.days for kind in kinds)])
    counts = rng.multinomial(tickets, weights / weights.sum())
    share = [rng.random(counts[0])]
    for started, kind, count in zip(broken.started, kinds, counts[1:], strict=True):
        begin = float(time.share(np.array([started]))[0])
        room = 1 - begin
        delay = rng.exponential(kind.hours * HOUR / (time.now - time.start), count)
        share.append(begin + (delay % room if room > 0 else np.zeros(count)))
    created = time.moment(np.concatenate(share))
    cause = np.repeat(np.arange(-1, len(kinds), dtype=np.int16), counts)
    order = np.lexsort((cause, created))
    return created[order], cause[order]


def _behind(created: NDArray[np.int64], time: Rhythm, load: float) -> NDArray[np.float64]:
    """Follow the backlog as a fluid: what came in less what the team gets done, never below nothing (Lindley 1952).

    The team grows with the volume and is sized so that over the window demand is `load` of what it can do.
    """
    came = np.searchsorted(created, time.edges, side="right").astype(np.float64)
    inside = time.edges <= time.now
    step = np.diff(time.staffed, prepend=0.0) * time.growth
    done = np.cumsum(step)
    done *= len(created) / load / max(done[inside][-1], 1e-9)
    net = came - done
    backlog = net - np.minimum(np.minimum.accumulate(net), 0.0)
    rate = done[inside][-1] / max(time.staffed[inside][-1], 1e-9)
    return backlog / max(rate, 1e-9)


def _check(  # noqa: PLR0917 -- the parameters of `plan`, in its order
    tickets: int, days: int, now: datetime, agents: int | None, load: float, languages: Sequence[str]
) -> None:
    check_languages(languages)
    if tickets < 0:
        raise InputError("a number of tickets cannot be negative", value=tickets)
    if days < 1:
        raise InputError("the demo needs a day or more", value=days)
    if agents is not None and agents < len(GROUPS):
        raise InputError("too few agents", value=agents, expected=f"{len(GROUPS)} or more, one a group")
    if load <= 0:
        raise InputError("a load must be above 0", value=load, expected="such as 0.95")
    if now.tzinfo is None:
        raise InputError("now has no time zone", value=now, mend="Write 2026-03-02T09:00Z")


def check_languages(languages: Sequence[str]) -> None:
    """Raise an `InputError` unless there is a language and the demo writes all of them."""
    unknown = [code for code in languages if code not in LANGUAGES]
    if unknown or not languages:
        raise InputError("the demo does not write this language", value=unknown, expected=", ".join(LANGUAGES))
