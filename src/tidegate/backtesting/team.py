"""Who worked: a number of agents, or a file of them with shifts, groups, skills and languages, as seats."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from tidegate.backtesting.axis import Axis, open_spans
from tidegate.enrich.calendar import compile_calendar
from tidegate.policy.model import Calendar
from tidegate.simulate.roster import Seat
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

CAPACITY: Final = 0
"""In the place of how many tickets an agent works on at once: each agent's own capacity in the file."""

_NEEDS: Final = ("group", "skill", "language")


@dataclass(frozen=True, slots=True)
class Team:
    """The team on the time axis.

    Attributes
    ----------
    seats
        Who works.
    pool
        What each ticket needs, as a number that seats' skills hold.
    pools
        The same in words, by number: group, skill and language; None needs none.
    words
        What was assumed.
    kinds
        What each seat's agent is, in words: group, then those skills and languages that some ticket needs.
    """

    seats: list[Seat]
    pool: NDArray[np.int64]
    pools: tuple[tuple[str | None, str | None, str | None], ...]
    words: tuple[str, ...]
    kinds: tuple[str, ...]


def team(agents: pl.DataFrame | int, tickets: pl.DataFrame, axis: Axis, policy: Policy, *, at_once: int = 1) -> Team:
    """Seat the agents.

    Parameters
    ----------
    agents
        Valid by `tables.Agents`, or how many work through the policy's opening hours.
    tickets
        Group, product or category, and language say who may take them: an agent of the group (or of none) who has the
        skill and the language (or lists none). A product or category is a skill if some agent lists it. Where nobody
        has all that a ticket needs, the language does not count, and then not the skill either.
    axis, policy
        The time axis; opening hours and zone.
    at_once
        Tickets that each agent works on at a time; `CAPACITY` takes each agent's own, and 1 where it has none.

    Raises
    ------
    InputError
        If there is nobody, or a shift cannot be read.
    """
    if isinstance(agents, int):
        if agents < 1:
            raise InputError("a replay needs at least one agent", value=agents, expected="1 or more")
        if at_once == CAPACITY:
            raise InputError("a number of agents has no capacities", mend="give a file of agents, or a number at once")
        seat = Seat(open_spans(axis.clock(compile_calendar(policy.calendar))), at_once=at_once)
        words = f"agents: {agents}, all working the policy's opening hours, each able to take every ticket"
        pool = np.zeros(tickets.height, dtype=np.int64)
        return Team([seat] * agents, pool, ((None, None, None),), (words + _sharing(at_once),), ("anybody",) * agents)
    if not agents.height:
        raise InputError("the file of agents has no agent")
    people = [_Person.of(row) for row in agents.iter_rows(named=True)]
    pools, pool, dropped = _pools(tickets, people)
    shifts = {text: _shift(text, axis, policy) for text in agents["shift"].unique().to_list()}
    seats = [
        Seat(shifts[person.shift], person.covers(pools), person.capacity if at_once == CAPACITY else at_once)
        for person in people
    ]
    words = [
        f"agents: {len(seats)} of the file, each the tickets of their group, skills and languages{_sharing(at_once)}"
    ]
    words += [f"{name}: does not count for {share:.0%} of the tickets, since nobody who may take them has it"
              for name, share in dropped.items() if share]  # fmt: skip
    return Team(seats, pool, pools, tuple(words), tuple(person.kind(pools) for person in people))


def _sharing(at_once: int) -> str:
    if at_once == 1:
        return ", one ticket at a time"
    how = "as many tickets at once as their capacity" if at_once == CAPACITY else f"{at_once} tickets at once"
    return f", {how}, the time shared evenly among them"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Person:
    """What an agent may take; None is everything."""

    shift: str | None
    group: str | None
    skill: frozenset[str] | None
    language: frozenset[str] | None
    capacity: int

    @classmethod
    def of(cls, row: dict[str, Any]) -> _Person:
        return cls(
            shift=row["shift"],
            group=row["group"],
            skill=_words(row["skills"]),
            language=_words(row["languages"]),
            capacity=int(row["capacity"] or 1),
        )

    def may(self, group: str | None, skill: str | None, language: str | None) -> bool:
        """Whether the agent may take tickets that need this."""
        return (
            (group is None or self.group in (None, group))
            and (skill is None or self.skill is None or skill in self.skill)
            and (language is None or self.language is None or language in self.language)
        )

    def kind(self, pools: tuple[tuple[str | None, ...], ...]) -> str:
        """Name what tells the agent from others for these tickets."""
        needed = [{needs[place] for needs in pools} for place in (1, 2)]
        told = [self.group or "any group"]
        for mine, known in zip((self.skill, self.language), needed, strict=True):
            if mine is not None and (shown := sorted(mine & known - {None})):
                told.append("/".join(shown))
        return ", ".join(told)

    def covers(self, pools: tuple[tuple[str | None, ...], ...]) -> frozenset[int] | None:
        mine = frozenset(place for place, needs in enumerate(pools) if self.may(*needs))
        return None if len(mine) == len(pools) else mine


def _words(listed: Iterable[str] | None) -> frozenset[str] | None:
    return frozenset(one.strip().lower() for one in listed) if listed else None


def _pools(
    tickets: pl.DataFrame, people: list[_Person]
) -> tuple[tuple[tuple[str | None, str | None, str | None], ...], NDArray[np.int64], dict[str, float]]:
    """List what tickets need, each kind once; the kind of each; and the share of them whose need nobody meets."""
    skills, languages = (set().union(*(getattr(one, name) or () for one in people)) for name in ("skill", "language"))
    groups = {one.group for one in people if one.group is not None}
    listed = [_folded(name, skills) for name in ("product", "category")]
    needs = tickets.select(
        group=pl.when(pl.col("group").is_in(sorted(groups))).then("group"),
        skill=pl.coalesce(listed),
        language=_folded("language", languages) if languages else pl.lit(None, pl.String),
    )
    kinds = needs.unique(maintain_order=True).sort(_NEEDS, nulls_last=False)
    met = [_met(people, *row) for row in kinds.iter_rows()]
    pools = tuple(dict.fromkeys(met))
    kinds = kinds.with_columns(pool=pl.Series([pools.index(one) for one in met], dtype=pl.Int64))
    found = needs.join(kinds, on=_NEEDS, how="left", nulls_equal=True, maintain_order="left")
    left = pl.DataFrame(
        [pools[place] for place in found["pool"]], schema=dict.fromkeys(_NEEDS, pl.String), orient="row"
    )
    dropped = {
        name: float(np.mean((needs[name].is_not_null() & left[name].is_null()).to_numpy())) for name in _NEEDS[1:]
    }
    return pools, found["pool"].to_numpy(), dropped


def _folded(column: str, known: Iterable[str]) -> pl.Expr:
    word = pl.col(column).str.strip_chars().str.to_lowercase()
    return pl.when(word.is_in(sorted(known))).then(word)


def _met(
    people: list[_Person], group: str | None, skill: str | None, language: str | None
) -> tuple[str | None, str | None, str | None]:
    """Take from a need what nobody has: the language first, then the skill."""
    for needs in ((group, skill, language), (group, skill, None), (group, None, language)):
        if any(one.may(*needs) for one in people):
            return needs
    return group, None, None


def _shift(text: str | None, axis: Axis, policy: Policy) -> tuple[tuple[float, float], ...]:
    """Read ``mon-fri 09:00-17:30``; no text is the policy's opening hours."""
    if text is None:
        return open_spans(axis.clock(compile_calendar(policy.calendar)))
    days, _, hours = text.strip().partition(" ")
    own = Calendar(
        timezone=policy.calendar.timezone,
        hours={days: hours},
        holidays=policy.calendar.holidays,
        closed=policy.calendar.closed,
    )
    return open_spans(axis.clock(compile_calendar(own, f"agents.shift {text!r}")))
