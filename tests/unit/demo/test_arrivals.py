"""Bare arrivals: load, spike, order and seeds."""

from __future__ import annotations

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tidegate import demo
from tidegate.tables import InputError

WORK = 25 * 450 * 5 / 7


@pytest.mark.parametrize("load", [0.5, 0.85, 0.95])
def test_work_that_arrives_is_the_load_of_what_the_team_does(load: float) -> None:
    drawn = [float(demo.arrivals(40, load, 25, seed)["handling_minutes"].sum()) / (40 * WORK) for seed in range(4)]
    assert sum(drawn) / 4 == pytest.approx(load, rel=0.03)


def test_a_spike_brings_the_window_to_its_load() -> None:
    frames = [demo.arrivals(40, 0.95, 25, seed, spike=1.10) for seed in range(4)]
    drawn = sum(float(frame["handling_minutes"].sum()) for frame in frames) / (4 * 40 * WORK)
    assert drawn == pytest.approx(1.10, rel=0.03)
    burst = frames[0].filter("spike")
    assert burst.height > 300
    assert (burst["at"].max() - burst["at"].min()).days < 30  # ty: ignore[unsupported-operator]


def test_same_seed_same_arrivals_in_order_of_time() -> None:
    first, again, other = (demo.arrivals(20, 0.9, 10, seed) for seed in (1, 1, 2))
    assert_frame_equal(first, again)
    assert not first.equals(other)
    assert first["at"].is_sorted()
    assert first.null_count().sum_horizontal().item() == 0
    assert first["value"].is_between(0.5, 30).all()


def test_the_tail_of_handling_times_is_long() -> None:
    minutes = demo.arrivals(40, 0.95, 25, 3)["handling_minutes"]
    assert minutes.min() > 0  # ty: ignore[unsupported-operator]
    assert minutes.quantile(0.95) > 4 * minutes.median()  # ty: ignore[unsupported-operator]
    assert pl.Series(minutes).dtype == pl.Float64


@pytest.mark.parametrize("wrong", [(0, 0.9, 5), (5, 0.0, 5), (5, 0.9, 0)])
def test_parameters_out_of_range_are_errors(wrong: tuple[int, float, int]) -> None:
    with pytest.raises(InputError):
        demo.arrivals(*wrong, 1)
