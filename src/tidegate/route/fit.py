"""How well each agent fits each ticket, criterion by criterion, as matrices of tickets by agents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.route.demand import NEUTRAL
from tidegate.tables.words import SENIORITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tidegate.policy.routing import RoutingWeights

    Matrix = NDArray[np.float64]

PRIOR: Final = 10.0
"""Tickets that the team's own rate counts for in an agent's: with fewer solved, the rate says little."""
KNOWS_TICKET: Final = 1.0
KNOWS_REQUESTER: Final = 0.6
"""Knowing the person is worth less than knowing the case."""
_ORDINARY: Final = SENIORITIES.index("regular")
MATCH: Final = ("skill", "language", "seniority", "success")
"""Criteria that say whether an agent can do the work; continuity and load say whom to prefer among those who can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fits:
    """Criteria from 0 to 1, each of shape (tickets, agents).

    Attributes
    ----------
    skill, language, seniority, success, continuity
        As the policy's ``routing.weights`` describe them. ``success`` is the share of such tickets that ended well.
    acquainted
        By ticket: whether anybody of these agents knows it; else continuity does not count for it.
    """

    skill: Matrix
    language: Matrix
    seniority: Matrix
    success: Matrix
    continuity: Matrix
    acquainted: NDArray[np.bool_]

    def match(self, weights: RoutingWeights) -> Matrix:
        """Weighted mean of the criteria that say whether an agent can do the work."""
        total = sum(getattr(weights, name) for name in MATCH)
        if total == 0:
            return np.full(self.skill.shape, NEUTRAL)
        return sum((getattr(weights, name) * getattr(self, name) for name in MATCH), np.zeros(self.skill.shape)) / total

    def fit(self, weights: RoutingWeights, room: Matrix) -> Matrix:
        """Weighted mean of everything; ``room`` is the share of capacity left, of shape (agents,)."""
        matching = sum(getattr(weights, name) for name in MATCH)
        knows = (weights.continuity * self.acquainted)[:, None]
        total = np.maximum(matching + knows + weights.load, 1e-12)
        return (matching * self.match(weights) + knows * self.continuity + weights.load * room[None, :]) / total


def fits(work: pl.DataFrame, agents: pl.DataFrame, ended: pl.DataFrame) -> Fits:
    """Judge every agent for every ticket.

    Parameters
    ----------
    work
        A row a ticket: ``intent``, ``product``, ``language``, ``need``, ``had_ticket``, ``had_requester``.
    agents
        A row an agent, as `tables.Agents`.
    ended
        As `record.outcomes`.

    Notes
    -----
    Not known is neither for nor against: skills that are not listed, an intent that was not read and a language that
    nobody knows count 0.5; a seniority that is not known counts as regular; an agent without solved tickets has the
    team's rate for the intent, and a team without any has 0.5.
    """
    keys = agents["agent_id"].to_list()
    known = {name: work[name].is_in(keys).fill_null(value=False).to_numpy() for name in ("had_ticket", "had_requester")}
    column = {key: place for place, key in enumerate(keys)}
    continuity = np.zeros((work.height, len(keys)))
    for name, worth in (("had_requester", KNOWS_REQUESTER), ("had_ticket", KNOWS_TICKET)):
        rows = np.flatnonzero(known[name])
        continuity[rows, [column[key] for key in work[name].gather(rows).to_list()]] = worth
    return Fits(
        skill=_by_distinct(work, agents.height, ["intent", "product"], lambda row: _skill(row, agents)),
        language=_by_distinct(work, agents.height, ["language"], lambda row: _language(row[0], agents)),
        seniority=_by_distinct(work, agents.height, ["need"], lambda row: _seniority(row[0], agents)),
        success=_by_distinct(work, agents.height, ["intent"], lambda row: _success(row[0], keys, ended)),
        continuity=continuity,
        acquainted=known["had_ticket"] | known["had_requester"],
    )


def _by_distinct(work: pl.DataFrame, width: int, columns: list[str], judge: Callable[[tuple], Matrix]) -> Matrix:
    """Judge each combination of values once, and lay the rows out for all tickets."""
    distinct = work.select(columns).unique(maintain_order=True).with_row_index("at")
    rows = np.array([judge(row[1:]) for row in distinct.iter_rows()]).reshape(distinct.height, width)
    at = work.select(columns).join(distinct, on=columns, how="left", nulls_equal=True, maintain_order="left")["at"]
    return rows[at.to_numpy()]


def _skill(row: tuple[str | None, str | None], agents: pl.DataFrame) -> Matrix:
    asked = {word.lower() for word in row if word}
    if not asked:
        return np.full(agents.height, NEUTRAL)
    return np.array([_has(skills, asked) for skills in agents["skills"].to_list()])


def _has(listed: list[str | None] | None, asked: set[str]) -> float:
    if not listed:
        return NEUTRAL
    return float(any(word and word.lower() in asked for word in listed))


def _language(code: str | None, agents: pl.DataFrame) -> Matrix:
    if code is None:
        return np.full(agents.height, NEUTRAL)
    asked = {code.lower()[:2]}
    return np.array([
        _has([word[:2] for word in spoken if word] if spoken else None, asked)
        for spoken in agents["languages"].to_list()
    ])  # fmt: skip


def _seniority(need: int, agents: pl.DataFrame) -> Matrix:
    """1 where an agent is as senior as asked, half for one step less, nothing for two."""
    ranks = np.array(
        [SENIORITIES.index(word) if word in SENIORITIES else _ORDINARY for word in agents["seniority"].to_list()]
    )
    return 1 - np.clip(need - ranks, 0, None) / (len(SENIORITIES) - 1)


def _success(intent: str | None, keys: list[str], ended: pl.DataFrame) -> Matrix:
    """Rates of tickets that ended well, pulled towards the team's rate for the intent, and that to its rate overall."""
    overall = _rate(*_sums(ended), NEUTRAL)
    such = ended if intent is None else ended.filter(pl.col("intent") == intent)
    team = _rate(*_sums(such), overall)
    sums = such.group_by("agent_id").agg(pl.col("well", "solved").sum())
    own = {key: (well, solved) for key, well, solved in sums.select("agent_id", "well", "solved").iter_rows()}
    return np.array([_rate(*own.get(key, (0, 0)), team) for key in keys])


def _sums(ended: pl.DataFrame) -> tuple[int, int]:
    return int(ended["well"].sum()), int(ended["solved"].sum())


def _rate(well: int, solved: int, prior: float) -> float:
    return (well + PRIOR * prior) / (solved + PRIOR)
