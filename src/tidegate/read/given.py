"""The level posterior from what the columns say, for tickets that no text reader speaks for.

A filed priority is a label that somebody chose early, in a hurry. What it turned out to mean is a table: one row a
filed level, with the probabilities of the level that the ticket truly was. The policy holds that table; a history in
which both the first and the final level stand teaches a better one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.policy.model import Given
from tidegate.tables.words import LEVEL, LEVELS, URGENT

if TYPE_CHECKING:
    from datetime import datetime

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy

PRIOR: Final = 20.0
"""Tickets that the policy's own row counts for when a table is learned (the weight of the Dirichlet prior)."""

TYPE_LEVEL: Final = {
    **dict.fromkeys(("outage", "major incident", "security", "security incident"), "P1"),
    **dict.fromkeys(("incident", "problem", "bug", "defect", "error", "fault", "complaint"), "P2"),
    **dict.fromkeys(("question", "task", "request", "service request", "how-to", "how to", "feature request"), "P3"),
    **dict.fromkeys(("feature", "enhancement", "improvement", "idea", "change", "epic", "story"), "P3"),
}
"""Level that a ticket type suggests; a type says half as much as a filed priority."""

_PRESSING: Final = len(URGENT)
"""Levels begin with so many urgent ones."""
_UNKNOWN: Final = 3 * len(LEVELS)
_OF_LEVEL: Final[dict[str, int]] = {level: code for code, level in enumerate(LEVELS)}
_MIDDLE: Final = 2
"""What an impact or urgency counts as where the other one is known."""
_OF_TYPE: Final[dict[str | None, int]] = {
    kind: 2 * len(LEVELS) + LEVELS.index(level) for kind, level in TYPE_LEVEL.items()
}
SOURCES: Final = (
    *["priority"] * len(LEVELS),
    *["impact and urgency"] * len(LEVELS),
    *["type"] * len(LEVELS),
    "base rate",
)
"""What each code of `source_codes` rests on."""
LEARNED: Final = " (learned)"
"""How ``level_source`` ends when the table was learned from history."""


def given_levels(tickets: pl.DataFrame, policy: Policy, *, learned: Given | None = None) -> pl.DataFrame:
    """Say how likely each level is from the filed priority, else impact and urgency, else the type, else nothing.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`.
    policy
        Its ``given`` table turns a filed level into probabilities.
    learned
        A table from `learn_confusion`, used instead of the policy's. ``level_source`` then ends in ``(learned)``.

    Returns
    -------
    polars.DataFrame
        Valid by `tables.Levels`, in the order of ``tickets``. Rows of the table are scaled to sum to 1.

    Notes
    -----
    Impact and urgency combine as service desks do it: 1 and 1 is P0, a sum of 3 is P1, 4 is P2, more is P3. If one of
    them is missing or not 1, 2 or 3, it counts as 2; if both are, neither speaks. A type that `TYPE_LEVEL` knows gives
    the mean of its level's row and the row for an unknown priority.
    """
    codes = source_codes(tickets)
    levels = given_table(policy, learned)[codes]
    suffix = LEARNED if learned else ""
    sources = pl.Series([source + suffix for source in SOURCES], dtype=pl.String)
    columns = {f"level_{level.lower()}": levels[:, k] for k, level in enumerate(LEVELS)}
    return pl.DataFrame({"ticket_id": tickets["ticket_id"], **columns, "level_source": sources[codes]})


def learn_confusion(tickets: pl.DataFrame, policy: Policy, *, before: datetime | None = None) -> Given | None:
    """Learn what a first level turned out to be, from tickets that are done.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`; only solved and closed ones with both ``first_level`` and ``given_level`` count.
    policy
        ``given.learn_from`` is the number of such tickets needed (0: never); its own table is the Dirichlet prior,
        worth `PRIOR` tickets a row, so that a level that was never filed keeps the policy's row.
    before
        Look at tickets that were done by then and at no others, which keeps a replay free of look-ahead. A ticket
        without ``solved_at`` and ``closed_at`` is then left out.

    Returns
    -------
    Given or None
        None if there are too few. ``unknown`` is the share of the final levels, smoothed in the same way.
    """
    done = pl.min_horizontal("solved_at", "closed_at")
    known = pl.col("first_level").is_not_null() & pl.col("given_level").is_not_null()
    over = done <= before if before is not None else done.is_not_null() | pl.col("status").is_in(["solved", "closed"])
    pairs = tickets.lazy().filter(known & over).select("first_level", "given_level").collect()
    if policy.given.learn_from == 0 or pairs.height < policy.given.learn_from:
        return None
    size = len(LEVELS)
    cells = pairs["first_level"].cast(LEVEL).to_physical().cast(pl.Int64) * size + pairs["given_level"].cast(
        LEVEL
    ).to_physical().cast(pl.Int64)
    counts = np.bincount(cells.to_numpy(), minlength=size * size).reshape(size, size)
    prior = _rows(policy.given)
    rows = _scaled(counts + PRIOR * prior[:size])
    unknown = _scaled(counts.sum(axis=0, keepdims=True) + PRIOR * prior[size:])[0]
    return Given(
        confusion={level: _row(rows[k]) for k, level in enumerate(LEVELS)},
        unknown=_row(unknown),
        learn_from=policy.given.learn_from,
    )


def moved(
    filed: NDArray[np.float64], read: NDArray[np.float64], base: NDArray[np.float64], weight: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Move the posterior of a filed level by what a text adds.

    Parameters
    ----------
    filed
        Shape (tickets, 4): the posterior without the text.
    read
        Shape (tickets, 4): the text's own answer.
    base
        Shape (4,): shares that the text's answer starts from.
    weight
        Shape (tickets,): 0 leaves ``filed`` as it is, 1 takes the text's evidence in full.

    Notes
    -----
    First the odds of urgent are moved by the text's odds of urgent, then each half is shared out by its own levels. All
    four levels moved at once would let a ticket filed P3 come out more urgent than the same one filed P2, where the
    text speaks against P3 alone.
    """
    filed, read, base = (np.maximum(each, 1e-9) for each in (filed, read, base))
    ours, theirs, shares = (
        np.log(each[..., :_PRESSING].sum(-1) / each[..., _PRESSING:].sum(-1)) for each in (filed, read, base)
    )
    chance = 1 / (1 + np.exp(-(ours + weight * (theirs - shares))))
    inside = filed * (read / base) ** weight[:, None]
    halves = (inside[:, :_PRESSING], chance), (inside[:, _PRESSING:], 1 - chance)
    return np.hstack([half / half.sum(1, keepdims=True) * share[:, None] for half, share in halves])


def source_codes(tickets: pl.DataFrame) -> NDArray[np.int64]:
    """Row of `given_table` for each ticket: 0-3 by priority, 4-7 by impact and urgency, 8-11 by type, 12 by nothing."""
    names = ("given_level", "given_impact", "given_urgency", "type")
    rows = zip(*(tickets[name].to_list() for name in names), strict=True)
    return np.array([_code(*row) for row in rows], dtype=np.int64)


def _code(level: str | None, impact: float | None, urgency: float | None, kind: str | None) -> int:
    if level is not None:
        return _OF_LEVEL[level]
    sides = [side for side in (impact, urgency) if side is not None and 1 <= side < len(LEVELS)]
    if not sides:
        return _OF_TYPE.get(kind, _UNKNOWN)
    both = sum(sides) + _MIDDLE * (2 - len(sides))
    return len(LEVELS) + min(int(both) - 2, len(LEVELS) - 1)


def given_table(policy: Policy, learned: Given | None = None) -> NDArray[np.float64]:
    """Probabilities of the levels by code, shape (13, 4); see `source_codes`."""
    return _table(learned or policy.given)


def _table(given: Given) -> NDArray[np.float64]:
    """Probabilities by code, shape (13, 4)."""
    rows = _rows(given)
    size = len(LEVELS)
    levels, unknown = rows[:size], rows[size:]
    return np.vstack([levels, levels, (levels + unknown) / 2, unknown])


def _rows(given: Given) -> NDArray[np.float64]:
    """Rows of P0 to P3 and of an unknown priority, each summing to 1; a level without a row counts as unknown."""
    rows = [given.confusion.get(level, given.unknown) for level in LEVELS]
    return _scaled(np.array([*rows, given.unknown], dtype=np.float64))


def _scaled(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    return rows / rows.sum(axis=1, keepdims=True)


def _row(values: NDArray[np.float64]) -> tuple[float, float, float, float]:
    p0, p1, p2, p3 = values.tolist()
    return p0, p1, p2, p3
