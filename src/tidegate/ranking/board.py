"""The open tickets under one policy at one moment: scored once, then ordered, cut, explained or compared."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Self

import numpy as np
import polars as pl

from tidegate.policy.conditions import rule_flags
from tidegate.policy.targets import day_minutes
from tidegate.ranking.beliefs import ages, likeliest, posterior
from tidegate.ranking.methods import Method, method_of
from tidegate.ranking.order import hand_out_aged, ranked_rows, sort_keys
from tidegate.ranking.reasons import Shown, reasons
from tidegate.ranking.rules import clamp
from tidegate.ranking.score import AGED, NOW, Scores, rule_points, score
from tidegate.tables.words import LANE, LEVEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tidegate.policy.model import Policy
    from tidegate.policy.targets import TargetTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Scored tickets.

    Attributes
    ----------
    facts
        n open tickets for which a clock runs.
    policy, targets
        The policy and its target table.
    flags
        For each rule, n booleans: whether it holds.
    scores
        What the policy says of each ticket.
    """

    facts: pl.DataFrame
    policy: Policy
    targets: TargetTable
    flags: tuple[NDArray[np.bool_], ...]
    scores: Scores

    @classmethod
    def of(cls, facts: pl.DataFrame, policy: Policy, targets: TargetTable) -> Self:
        """Judge the rules and score every ticket."""
        flags = tuple(flag.to_numpy() for flag in rule_flags(policy, facts).get_columns())
        scores = score(facts, policy, targets, flags)
        return cls(facts=facts, policy=policy, targets=targets, flags=flags, scores=scores)

    def order(self, top: int | None = None) -> tuple[NDArray[np.int64], Self]:
        """Row numbers, best first, and the board with the aged lane filled in.

        Parameters
        ----------
        top
            Only the first so many; None for all.
        """
        scores, aged = self.scores, self.policy.ranking.aged
        keys = sort_keys(scores.points, scores.band)
        created, names = self.facts["created_at"], self.facts["ticket_id"]
        if not aged.every:
            return ranked_rows(keys, created, names, top), self
        rows = ranked_rows(keys, created, names)
        first = int(np.count_nonzero(scores.lane == NOW))
        rows, raised = hand_out_aged(rows, first, self._past_age_limit(), aged.every)
        lane = scores.lane.copy()
        lane[raised] = AGED
        return rows[:top], replace(self, scores=replace(scores, lane=lane))

    def _past_age_limit(self) -> NDArray[np.int64]:
        """Rows that are older than the limit, neither in lane now nor set aside, the oldest first."""
        limit = self.policy.ranking.aged.after.minutes(day_minutes(self.policy)["P3"])
        old = np.flatnonzero((ages(self.facts)[-1] >= limit) & (self.scores.lane != NOW) & ~self.scores.asleep)
        by_age = self.facts.select("created_at", "ticket_id")[old].with_columns(row=pl.Series(old, dtype=pl.Int64))
        return by_age.sort("created_at", "ticket_id")["row"].to_numpy()

    def take(self, rows: NDArray[np.int64] | Sequence[int]) -> Self:
        """Return the board of some rows, in that order."""
        at = np.asarray(rows, dtype=np.int64)
        cut = {part.name: getattr(self.scores, part.name)[at] for part in fields(Scores)}
        return replace(
            self,
            facts=self.facts[at],
            flags=tuple(flag[at] for flag in self.flags),
            scores=Scores(**cut),
        )

    def method(self) -> Method:
        """Return the policy's method, ready for these tickets."""
        return method_of(self.facts, self.policy, self.targets)

    def parts(self) -> dict[str, NDArray[np.float64]]:
        """Return the parts of the points by name; with `rule_points` they sum to the points."""
        return self.method().parts(self.scores.value, posterior(self.facts))

    def rule_points(self) -> dict[str, NDArray[np.float64]]:
        """Return the points of each rule by its name."""
        return rule_points(self.method(), self.policy, self.scores.value, posterior(self.facts), self.flags)

    def minutes_left(self, level: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return the minutes on the clock until the target of one level a ticket; negative once missed."""
        rows = np.arange(self.facts.height)
        target = self.targets.minutes[self.facts["target_row"].to_numpy(), level]
        return target - np.column_stack(ages(self.facts))[rows, level]


def queue_frame(board: Board, rows: NDArray[np.int64] | None = None, *, first: int = 1) -> pl.DataFrame:
    """Lay scored tickets out as `tables.Queue`.

    Parameters
    ----------
    board
        The tickets.
    rows
        Row numbers, best first; None where the board is in order already.
    first
        Position of the first one.
    """
    at = np.arange(board.facts.height) if rows is None else rows
    scores, names = board.scores, board.facts["ticket_id"]
    ordered = names if rows is None else names.gather(rows)
    believed = [column[at] for column in posterior(board.facts)]
    probability = clamp(believed, scores.floor[at], scores.ceiling[at], copy=False)
    return pl.DataFrame(
        {
            "position": np.arange(first, first + len(ordered), dtype=np.uint32),
            "ticket_id": ordered,
            "level": pl.Series(scores.level[at]).cat.to(LEVEL),
            **{f"level_p{k}": column for k, column in enumerate(probability)},
            "points": scores.points[at],
            "lane": pl.Series(scores.lane[at]).cat.to(LANE),
            "review": scores.review[at],
            "escalate": scores.escalate[at],
        }
    )


def with_reasons(queue: pl.DataFrame, board: Board) -> pl.DataFrame:
    """Add ``parts`` (a struct of points by name), ``rules`` (a list of name and points) and ``reasons``."""
    parts, rules = board.parts(), board.rule_points()
    shown = Shown(
        facts=board.facts,
        scores=board.scores,
        parts=parts,
        rules=rules,
        flags=board.flags,
        rival=board.method().rival(posterior(board.facts)),
        minutes_left=board.minutes_left(board.scores.level),
        minutes_left_before=board.minutes_left(likeliest(posterior(board.facts))),
    )
    named = pl.DataFrame(dict(parts)).select(parts=pl.struct(pl.all()))
    return queue.with_columns(
        named["parts"], _rules_that_hold(board, rules), reasons(shown, board.policy).alias("reasons")
    )


def rule_names(board: Board) -> pl.Series:
    """Name the rules that hold: one list a ticket, in the order of the file."""
    held = [
        pl.DataFrame({"row": np.flatnonzero(flag)}).with_columns(rules=pl.lit(rule.name))
        for rule, flag in zip(board.policy.rules, board.flags, strict=True)
    ]
    shape = {"row": pl.Int64(), "rules": pl.String()}
    lists = pl.concat([pl.DataFrame(schema=shape), *held]).group_by("row", maintain_order=True).agg("rules")
    rows = pl.DataFrame({"row": np.arange(board.facts.height)})
    return rows.join(lists, on="row", how="left", maintain_order="left").select(pl.col("rules").fill_null([]))["rules"]


def _rules_that_hold(board: Board, rules: dict[str, NDArray[np.float64]]) -> pl.Series:
    """One list a ticket: the rules that hold, in the order of the file, and the points of each."""
    shape = pl.List(pl.Struct({"name": pl.String, "points": pl.Float64}))
    held = [
        pl.DataFrame({"row": np.flatnonzero(flag), "order": i, "points": rules[rule.name][flag]}).with_columns(
            name=pl.lit(rule.name)
        )
        for i, (rule, flag) in enumerate(zip(board.policy.rules, board.flags, strict=True))
        if flag.any()
    ]
    rows = pl.DataFrame({"row": np.arange(board.facts.height)})
    if not held:
        return pl.Series("rules", [[]] * rows.height, dtype=shape)
    lists = (
        pl.concat(held).sort("row", "order").group_by("row", maintain_order=True).agg(rules=pl.struct("name", "points"))
    )
    return rows.join(lists, on="row", how="left", maintain_order="left").select(pl.col("rules").fill_null([]))["rules"]
