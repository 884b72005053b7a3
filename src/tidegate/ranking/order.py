"""The order of the queue: bands, points, then the oldest, then the smallest identifier; and the aged lane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESOLUTION: Final = 2.0**30
"""Points are compared to 2**-30 (about a billionth of a point), so that rounding never decides an order."""

_SHIFT: Final = 1 << 58
_LIMIT: Final = float(1 << 57)


def sort_keys(points: NDArray[np.float64], band: NDArray[np.uint8]) -> NDArray[np.int64]:
    """One integer a ticket: smaller is handed out earlier; equal where band and points are equal.

    Parameters
    ----------
    points
        n points.
    band
        n small integers, 0 first.
    """
    keys = np.clip(points * -RESOLUTION, -_LIMIT, _LIMIT)
    packed = np.rint(keys, out=keys).astype(np.int64)
    packed += (band.astype(np.int64) - 8) * _SHIFT
    return packed


def ranked_rows(
    keys: NDArray[np.int64], created_at: pl.Series, ticket_id: pl.Series, top: int | None = None
) -> NDArray[np.int64]:
    """Row numbers, best first.

    Parameters
    ----------
    keys
        What `sort_keys` gave.
    created_at, ticket_id
        n values that break ties: the oldest first, then the smallest identifier.
    top
        Only the first so many; None for all.
    """
    if top is not None and top < keys.size:
        if top <= 0:
            return np.empty(0, dtype=np.int64)
        limit = np.partition(keys, top - 1)[top - 1]
        chosen = np.flatnonzero(keys <= limit)
        return chosen[ranked_rows(keys[chosen], created_at.gather(chosen), ticket_id.gather(chosen))][:top]
    rows = np.argsort(keys)
    ordered = keys[rows]
    same = ordered[1:] == ordered[:-1]
    if same.any():
        _break_ties(rows, ordered, same, created_at, ticket_id)
    return rows


def _break_ties(
    rows: NDArray[np.int64],
    ordered: NDArray[np.int64],
    same: NDArray[np.bool_],
    created_at: pl.Series,
    ticket_id: pl.Series,
) -> None:
    """Sort, in place, the runs of equal keys by age and identifier."""
    tied = np.zeros(rows.size, dtype=bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    run = np.concatenate(([0], np.cumsum(ordered[places][1:] != ordered[places][:-1])))
    members = rows[places]
    frame = pl.DataFrame(
        {
            "run": run,
            "created_at": created_at.gather(members),
            "ticket_id": ticket_id.gather(members),
            "row": members,
        }
    )
    rows[places] = frame.sort("run", "created_at", "ticket_id")["row"].to_numpy()


def hand_out_aged(
    rows: NDArray[np.int64], first: int, aged_oldest_first: NDArray[np.int64], every: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Make every k-th hand-out after the first band the oldest ticket past the age limit.

    A ticket past the limit with r older ones is thus handed out within ``every * (r + 1)`` hand-outs outside lane now.

    Parameters
    ----------
    rows
        Row numbers, best first.
    first
        How many of them stand in lane now; they keep their places.
    aged_oldest_first
        Row numbers past the age limit and outside lane now, the oldest first.
    every
        k, at least 1.

    Returns
    -------
    rows
        The new order.
    raised
        The row numbers that the aged lane raised.
    """
    head, tail = rows[:first], rows[first:]
    slots = tail.size // every
    if slots == 0 or aged_oldest_first.size == 0:
        return rows, np.empty(0, dtype=np.int64)
    place = np.empty(int(rows.max()) + 1, dtype=np.int64)
    place[tail] = np.arange(tail.size)
    out: list[int] = []
    raised: list[int] = []
    taken = np.zeros(tail.size, dtype=bool)
    oldest = iter(aged_oldest_first.tolist())
    following = iter(range(tail.size))
    for handed in range(1, tail.size + 1):
        pick = next((row for row in oldest if not taken[place[row]]), None) if handed % every == 0 else None
        if pick is None:
            pick = int(tail[next(i for i in following if not taken[i])])
        else:
            raised.append(pick)
        taken[place[pick]] = True
        out.append(pick)
    return np.concatenate((head, np.asarray(out, dtype=np.int64))), np.asarray(raised, dtype=np.int64)
