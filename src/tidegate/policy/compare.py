"""What differs between two policies: in what they say, and in the queues that they make of the same tickets."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.policy.findings import spell
from tidegate.tables.words import LANES, LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tidegate.policy.findings import Path
    from tidegate.policy.model import Policy

_SHOWN: Final = ("position", "level", "lane", "points")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that two policies say differently; None where one of them does not say it."""

    key: str
    before: object
    after: object


def diff_policies(before: Policy, after: Policy) -> list[Change]:
    """Compare what two policies say, defaults included; comments, order of keys and spelling do not count.

    Rules are matched by name, so that a rule that only moves is one change (``rules``: the order) and not many.

    Returns
    -------
    list of Change
        In the order of the first policy's keys, then those that only the second one has.
    """
    values, others = before.model_dump(mode="json"), after.model_dump(mode="json")
    order, other_order = ([rule["name"] for rule in dump["rules"]] for dump in (values, others))
    for dump in (values, others):
        dump["rules"] = _keyed((rule["name"], {**rule, "then": _said(rule["then"])}) for rule in dump["rules"])
        dump["targets"] = _keyed((_fits(target), target) for target in dump["targets"])
    changes = list(_differences(values, others, ()))
    common = {*order} & {*other_order}
    kept, other_kept = ([name for name in names if name in common] for names in (order, other_order))
    return [*changes, Change(key="rules (order)", before=kept, after=other_kept)] if kept != other_kept else changes


def _keyed(named: Iterable[tuple[str, object]]) -> dict[str, object]:
    """Put things under their names; a name that comes again is counted."""
    result: dict[str, object] = {}
    seen: Counter[str] = Counter()
    for name, thing in named:
        seen[name] += 1
        result[name if seen[name] == 1 else f"{name} ({seen[name]})"] = thing
    return result


def _fits(target: dict[str, Any]) -> str:
    return ", ".join(f"{key} {target[key]}" for key in ("level", "tier", "group") if target[key] is not None)


def _said(effect: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in effect.items() if value not in (None, False)}


def _differences(before: object, after: object, path: Path) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in dict.fromkeys((*before, *after)):
            yield from _differences(before.get(key), after.get(key), (*path, key))
    elif before != after:
        yield Change(key=spell(path), before=before, after=after)


def moved(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Find the tickets that change level or lane between two ranked queues of the same tickets.

    Parameters
    ----------
    before, after
        Valid by `tables.Queue`.

    Returns
    -------
    DataFrame
        One row a ticket that moved, the ones that rise most first, ties by ``ticket_id``: ``ticket_id``; ``position``,
        ``level``, ``lane`` and ``points`` before and after (``..._before``, ``..._after``, null where a queue does not
        have the ticket); ``positions``, the places gained (negative: lost); ``points``, the points gained.
    """
    pairs = _pairs(before, after)
    changed = ~(
        pl.col("level_before").eq_missing(pl.col("level_after"))
        & pl.col("lane_before").eq_missing(pl.col("lane_after"))
    )
    return pairs.filter(changed).sort("positions", "ticket_id", descending=[True, False], nulls_last=True)


def summary(before: pl.DataFrame, after: pl.DataFrame) -> dict[str, Any]:
    """Count what moved between two ranked queues of the same tickets.

    Returns
    -------
    dict
        ``tickets``: in either queue; ``moved``: other level or lane; ``level`` and ``lane``: moves by
        ``"P2 -> P1"``, most frequent first; ``mean_positions``: mean of the places that a ticket moves, either way;
        ``same_top_50``: tickets that are among the first 50 of both.
    """
    pairs = _pairs(before, after)
    in_both = pairs.select(pl.col("position_before") <= 50, pl.col("position_after") <= 50)  # noqa: PLR2004 - a page
    return {
        "tickets": pairs.height,
        "moved": moved(before, after).height,
        "level": _moves(pairs, "level", LEVELS),
        "lane": _moves(pairs, "lane", LANES),
        "mean_positions": round(float(pairs["positions"].abs().mean() or 0.0), 2),  # ty: ignore[invalid-argument-type]  # a mean of integers is a number
        "same_top_50": in_both.filter(pl.all_horizontal(pl.all())).height,
    }


def _pairs(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    left, right = (
        frame.select("ticket_id", pl.col("level", "lane").cast(pl.String), pl.col("position").cast(pl.Int64), "points")
        for frame in (before, after)
    )
    joined = left.join(right, on="ticket_id", how="full", coalesce=True, suffix="_after", maintain_order="left_right")
    joined = joined.rename({name: f"{name}_before" for name in _SHOWN})
    return joined.select(
        "ticket_id",
        *(f"{name}_{when}" for name in _SHOWN for when in ("before", "after")),
        positions=pl.col("position_before") - pl.col("position_after"),
        points=pl.col("points_after") - pl.col("points_before"),
    )


def _moves(pairs: pl.DataFrame, name: str, order: tuple[str, ...]) -> dict[str, int]:
    """Count the moves from one word to another; equally frequent ones in the order of the words."""
    old, new = pl.col(f"{name}_before"), pl.col(f"{name}_after")
    counts = pairs.filter(old != new).group_by(old, new).len().rows()
    counts.sort(key=lambda row: (-row[2], order.index(row[0]), order.index(row[1])))
    return {f"{was} -> {now}": count for was, now, count in counts}
