"""The assignment: against brute force, within capacity, and fair to whoever fits better."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.route import assign as module
from tidegate.route.assign import assign

SIZES = st.tuples(st.integers(0, 4), st.integers(1, 3))


@st.composite
def problems(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, float]:
    n, m = draw(SIZES)
    base = np.array(draw(st.lists(st.integers(0, 10), min_size=n * m, max_size=n * m)), dtype=float).reshape(n, m) / 10
    weight = np.array(draw(st.lists(st.sampled_from([20.0, 6.0, 2.0, 1.0]), min_size=n, max_size=n)))
    capacity = np.array(draw(st.lists(st.integers(0, 3), min_size=m, max_size=m)))
    held = np.array(draw(st.lists(st.integers(0, 4), min_size=m, max_size=m)))
    return base, weight, held, capacity, draw(st.sampled_from([0.0, 0.2, 1.0]))


def fit(base: np.ndarray, load: float):  # noqa: ANN201 (a function)
    return lambda left: (base + load * left[None, :]) / (1 + load)


def total(problem: tuple, taken: tuple) -> float:
    """The worth of one way to give the work out; of one agent's tickets the weightiest is taken while there is room."""
    base, weight, held, capacity, load = problem
    now, worth = held.astype(float).copy(), 0.0
    for row in sorted(range(len(taken)), key=lambda row: -weight[row]):
        left = np.clip((capacity - now) / np.maximum(capacity, 1), 0, 1)
        worth += weight[row] * fit(base, load)(left)[row, taken[row]]
        now[taken[row]] += 1
    return worth


@pytest.mark.slow
@given(problems())
def test_it_is_as_good_as_the_best_of_all_ways(problem: tuple) -> None:
    base, weight, held, capacity, load = problem
    taken, served = assign(fit(base, load), weight, held, capacity)
    room = np.maximum(capacity - held, 0)
    assert served == min(weight.size, room.sum())
    assert (taken[:served] >= 0).all()
    assert (taken[served:] == -1).all()
    assert (np.bincount(taken[:served], minlength=room.size) <= room).all()
    ways = [
        way for way in product(range(room.size), repeat=served) if (np.bincount(way, minlength=room.size) <= room).all()
    ]
    best = max(total(problem, way) for way in ways)
    assert abs(total(problem, tuple(taken[:served])) - best) < 1e-4


@given(problems(), st.data())
def test_who_fits_a_ticket_better_keeps_it(problem: tuple, data: st.DataObject) -> None:
    base, weight, held, capacity, load = problem
    taken, served = assign(fit(base, load), weight, held, capacity)
    if not served:
        return
    row = data.draw(st.integers(0, served - 1))
    better = base.copy()
    better[row, taken[row]] += data.draw(st.sampled_from([0.0, 0.1, 0.7]))
    again, _ = assign(fit(better, load), weight, held, capacity)
    assert again[row] == taken[row]


def test_work_spreads_where_all_fit_alike() -> None:
    taken, _ = assign(fit(np.ones((6, 3)), 0.5), np.ones(6), np.array([0, 0, 0]), np.array([4, 4, 4]))
    assert np.bincount(taken).tolist() == [2, 2, 2]


def test_it_is_not_greedy() -> None:
    """The first ticket fits both agents, the second only the first one's best."""
    base = np.array([[1.0, 0.9], [0.9, 0.0]])
    taken, _ = assign(fit(base, 0.0), np.ones(2), np.array([0, 0]), np.array([1, 1]))
    assert taken.tolist() == [1, 0]


def test_batches_keep_within_capacity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 3)
    base = np.random.default_rng(1).random((20, 4))
    capacity = np.array([5, 3, 2, 4])
    taken, served = assign(fit(base, 0.3), np.ones(20), np.array([1, 0, 0, 0]), capacity)
    assert served == 13
    assert np.bincount(taken[:served]).tolist() == [4, 3, 2, 4]
    assert (taken[served:] == -1).all()
