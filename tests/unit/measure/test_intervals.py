from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.measure.intervals import bootstrap_mean, differences, quantile_bounds, wilson


def bounds(successes: int, trials: int) -> tuple[float, float]:
    low, high = wilson(pl.lit(successes), pl.lit(trials))
    return pl.select(low.alias("low"), high.alias("high")).row(0)


def test_wilson_matches_the_published_example() -> None:
    # Newcombe 1998, table I: 81 of 263, by the score method without continuity correction.
    assert bounds(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_holds_its_share_within_zero_and_one(case: tuple[int, int]) -> None:
    low, high = bounds(*case)
    assert 0 <= low <= case[0] / case[1] + 1e-12
    assert case[0] / case[1] - 1e-12 <= high <= 1


def test_nothing_tried_has_no_interval() -> None:
    assert bounds(0, 0) == (None, None)


def test_quantile_bounds_are_values_and_hold_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(3)
    held = 0
    for _ in range(300):
        sample = pl.DataFrame({"x": rng.exponential(1.0, 60)})
        low, high = quantile_bounds(pl.col("x"), 0.5)
        least, most = sample.select(low.alias("low"), high.alias("high")).row(0)
        assert least in sample["x"].to_list()
        held += least <= np.log(2) <= most
    assert held / 300 >= 0.93


def test_the_bootstrap_is_seeded_and_near_the_normal_interval() -> None:
    values = np.random.default_rng(5).normal(10, 2, (400, 1))
    low, high = bootstrap_mean(values, np.ones((400, 1)), seed=1)
    assert (low, high) == bootstrap_mean(values, np.ones((400, 1)), seed=1)
    error = values.std() / 20
    assert (high - low) / (2 * 1.96 * error) == pytest.approx(1, abs=0.12)


def test_a_mean_of_nothing_is_not_a_number() -> None:
    low, _ = bootstrap_mean(np.zeros((3, 1)), np.zeros((3, 1)), seed=1)
    assert np.isnan(low[0])


def test_the_difference_of_two_shares_is_newcombes() -> None:
    # Newcombe 1998 (interval estimation for the difference), example (a): 56 of 70 less 48 of 80, method 10.
    (low, high), (other_low, other_high) = bounds(56, 70), bounds(48, 80)
    change = differences(
        value=pl.lit(56 / 70),
        low=pl.lit(low),
        high=pl.lit(high),
        other=pl.lit(48 / 80),
        other_low=pl.lit(other_low),
        other_high=pl.lit(other_high),
    )
    assert pl.select(e.alias(str(n)) for n, e in enumerate(change)).row(0) == pytest.approx(
        (0.2, 0.0524, 0.3339), abs=5e-5
    )
