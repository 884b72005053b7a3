"""The order against Python's own sort, and the aged lane against a queue that is handed out one by one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from tidegate.ranking.order import hand_out_aged, ranked_rows, sort_keys

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
rows_of = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from([-40.0, 0.0, 1.5, 60.25]), st.integers(0, 3)), min_size=1, max_size=40
)
"""Band, points, minutes: few values, so that ties are common."""


def keyed(rows: list[tuple[int, float, int]]) -> tuple[np.ndarray, pl.Series, pl.Series]:
    band, points, minutes = (list(column) for column in zip(*rows, strict=True))
    keys = sort_keys(np.array(points), np.array(band, dtype=np.uint8))
    created = pl.Series([EPOCH + timedelta(minutes=m) for m in minutes])
    return keys, created, pl.Series([f"T{(i * 7) % len(rows):02}" for i in range(len(rows))])


@given(rows_of)
def test_the_order_is_that_of_a_plain_sort(rows: list[tuple[int, float, int]]) -> None:
    keys, created, names = keyed(rows)
    got = [(rows[i][0], -rows[i][1], rows[i][2], names[i]) for i in ranked_rows(keys, created, names).tolist()]
    assert got == sorted(got)


@given(rows_of, st.integers(0, 50))
def test_a_page_is_the_head_of_the_whole(rows: list[tuple[int, float, int]], top: int) -> None:
    keys, created, names = keyed(rows)
    assert ranked_rows(keys, created, names, top).tolist() == ranked_rows(keys, created, names).tolist()[:top]


def test_infinite_points_keep_their_ends() -> None:
    keys = sort_keys(np.array([0.0, -np.inf, np.inf]), np.zeros(3, dtype=np.uint8))
    assert np.argsort(keys).tolist() == [2, 0, 1]


def one_by_one(rows: list[int], first: int, aged: list[int], every: int) -> list[int]:
    """Hand tickets out: every k-th is the oldest aged one that is left, the others the best that is left."""
    out, left = rows[:first], rows[first:]
    waiting = [row for row in aged if row in left]
    for handed in range(1, len(left) + 1):
        pick = waiting[0] if handed % every == 0 and waiting else left[0]
        left.remove(pick)
        waiting = [row for row in waiting if row != pick]
        out.append(pick)
    return out


@given(st.permutations(range(12)), st.integers(0, 6), st.integers(1, 5), st.data())
def test_the_aged_lane_is_that_of_handing_out_one_by_one(
    order: list[int], first: int, every: int, data: st.DataObject
) -> None:
    aged = data.draw(st.lists(st.sampled_from(order[first:]), unique=True))
    got, raised = hand_out_aged(np.array(order), first, np.array(aged, dtype=np.int64), every)
    assert got.tolist() == one_by_one(list(order), first, aged, every)
    assert set(raised.tolist()) <= set(aged)
