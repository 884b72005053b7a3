"""Why a ticket stands above the next one, and the smallest single changes that would move it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.policy.conditions import required_columns
from tidegate.ranking.order import sort_keys
from tidegate.ranking.value import value_factors
from tidegate.tables.facts import FACTS
from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tidegate.policy.model import Policy
    from tidegate.ranking.board import Board

_EQUAL: Final = 1e-9
_STEPS: Final = (1, 2, 5, 10, 50, 100, 1000)
"""How far a count is moved, the smallest first; the first step that changes something is the one that is told."""

_NOT_CHANGEABLE: Final = frozenset({"ticket_id", "text", "level", "clock", "minutes_left", "due_at", "breached_since"})


@dataclass(frozen=True, slots=True)
class Change:
    """One single change to a ticket: a sentence, and the facts that it sets.

    Attributes
    ----------
    text
        What would be different, as the start of a sentence.
    facts
        Column and value.
    family
        Changes of one family are steps of the same thing; of those that lead to one place the first is told.
    """

    text: str
    facts: Mapping[str, object]
    family: str


def changes(ticket: pl.DataFrame, policy: Policy, *, used: set[str], minutes: tuple[float, ...]) -> list[Change]:
    """Single changes worth trying on one ticket, the smallest of each family first.

    Parameters
    ----------
    ticket
        One row of facts.
    policy
        The policy.
    used
        Columns that rules or value factors read.
    minutes
        Targets of the ticket's running clock by level, in minutes.
    """
    row = ticket.row(0, named=True)
    age = [float(row[f"age_p{k}"]) for k in range(4)]
    belief = [float(row[f"level_p{k}"]) for k in range(4)]
    tried = [*_waiting(age, minutes), *_beliefs(belief)]
    for name in sorted(used - _NOT_CHANGEABLE):
        if name in row and name in FACTS:
            tried.extend(_fact(name, row[name], policy))
    return tried


def apply(ticket: pl.DataFrame, tried: list[Change]) -> pl.DataFrame:
    """One row of facts for each change, as the ticket would be with it."""
    rows = pl.concat([ticket] * len(tried)) if tried else ticket.clear()
    touched = {name for change in tried for name in change.facts}
    before = ticket.row(0, named=True)
    return rows.with_columns(
        pl.Series(
            name, [change.facts.get(name, before[name]) for change in tried], dtype=ticket.schema[name], strict=False
        )
        for name in sorted(touched)
    )


def _waiting(ages: list[float], minutes: tuple[float, ...]) -> Iterator[Change]:
    """Let time pass, until each target does."""
    waits = {minutes[k] - ages[k]: f"its {level} target passes" for k, level in enumerate(LEVELS)}
    for left, text in sorted(waits.items()):
        if 0 < left < float("inf"):
            later = {f"age_p{k}": age + left for k, age in enumerate(ages)}
            yield Change(f"waiting {left:,.0f} more minutes on its clock, when {text}", later, f"wait {text}")


def _beliefs(p: list[float]) -> Iterator[Change]:
    """Move probability to one level, a little at first."""
    for k, level in enumerate(LEVELS):
        for share in (0.05, 0.1, 0.25, 0.5, 0.75, 0.95):
            if share > p[k]:
                rest = (1 - share) / (1 - p[k])
                moved = {f"level_p{j}": share if j == k else p[j] * rest for j in range(4)}
                yield Change(f"probability of {level} at {share:.0%} instead of {p[k]:.0%}", moved, f"believe {level}")


def _fact(name: str, value: object, policy: Policy) -> Iterator[Change]:
    dtype = FACTS[name].dtype
    said = name.replace("_", " ")
    if dtype == pl.Boolean:
        yield Change(
            f"{said}: {'no' if value else 'yes'} instead of {'yes' if value else 'no'}", {name: not value}, name
        )
    elif dtype.is_numeric():
        now = float(value) if isinstance(value, int | float) else 0.0
        for step in _STEPS:
            for other in (now + step, now - step):
                if other >= 0:
                    yield Change(
                        f"{said}: {other:g} instead of {_shown(value)}", {name: other}, f"{name} {other > now}"
                    )
    else:
        for word in _words(name, policy):
            if word != value:
                yield Change(f"{said}: {word} instead of {_shown(value)}", {name: word}, f"{name} {word}")


def _words(name: str, policy: Policy) -> tuple[str, ...]:
    known = {
        "tier": tuple(policy.value.tier),
        "lifecycle": tuple(policy.value.lifecycle),
        "payment_status": tuple(policy.value.payment),
    }
    return known.get(name, ())


def _shown(value: object) -> str:
    return "unknown" if value is None else f"{value:g}" if isinstance(value, float) else str(value)


def value_columns(policy: Policy) -> set[str]:
    """Columns that the policy's value factors read."""
    return {name for factor in value_factors(policy).values() for name in factor.meta.root_names()}


@dataclass(frozen=True, slots=True)
class Move:
    """What one single change would do.

    Attributes
    ----------
    text
        The change, in words.
    level, lane
        Before and after.
    points
        After less before.
    """

    text: str
    level: tuple[str, str]
    lane: tuple[str, str]
    points: float


def what_would_change(board: Board, row: int) -> list[Move]:
    """List the smallest single changes that would move one ticket to another level or lane.

    Every change is applied to the ticket's facts and judged by the same rules and scores as the queue itself.

    Parameters
    ----------
    board
        The board that the ticket stands on.
    row
        Its row.

    Returns
    -------
    list of Move
        The first step of each family to each place that it leads to; the largest gain first.
    """
    alone = board.take([row])
    used = required_columns(board.policy) | value_columns(board.policy)
    minutes = tuple(board.targets.minutes[alone.facts["target_row"][0]].tolist())
    tried = changes(alone.facts, board.policy, used=used, minutes=minutes)
    if not tried:
        return []
    after = type(board).of(apply(alone.facts, tried), board.policy, board.targets).scores
    before = alone.scores
    moves: dict[tuple[str, str, str], Move] = {}
    for i, change in enumerate(tried):
        if after.level[i] != before.level[0] or after.lane[i] != before.lane[0]:
            move = Move(
                change.text,
                (LEVELS[before.level[0]], LEVELS[after.level[i]]),
                (LANES[before.lane[0]], LANES[after.lane[i]]),
                float(after.points[i] - before.points[0]),
            )
            moves.setdefault((change.family, move.level[1], move.lane[1]), move)
    return sorted(moves.values(), key=lambda move: (-move.points, move.text))


@dataclass(frozen=True, slots=True)
class Lead:
    """Why a ticket stands above the next one.

    Attributes
    ----------
    next_id
        The ticket below.
    band
        Whether the lane alone decides; the points then do not matter.
    points
        Points of the ticket less points of the next one.
    parts
        The same for each part and rule, the largest difference first; they sum to ``points``.
    tie
        Whether the points are equal, so that the older ticket stands first.
    """

    next_id: str
    band: bool
    points: float
    parts: tuple[tuple[str, float], ...]
    tie: bool


def why_above(board: Board, row: int, following: int) -> Lead:
    """Compare a ticket with the one below it, part by part."""
    pair = board.take([row, following])
    named = {**pair.parts(), **{f"rule: {name}": gained for name, gained in pair.rule_points().items()}}
    differences = [(name, float(column[0] - column[1])) for name, column in named.items()]
    keys = sort_keys(pair.scores.points, pair.scores.band)
    return Lead(
        next_id=pair.facts["ticket_id"][1],
        band=bool(pair.scores.band[0] != pair.scores.band[1]),
        points=float(pair.scores.points[0] - pair.scores.points[1]),
        parts=tuple(sorted((p for p in differences if abs(p[1]) >= _EQUAL), key=lambda part: -abs(part[1]))),
        tie=bool(keys[0] == keys[1]),
    )
