"""How often who waits writes again, found where it is known, and refused where it cannot be."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.simulate.recontact import FEWEST, Recontact, estimate
from tidegate.simulate.workload import FollowUps
from tidegate.tables.errors import InputError


def waits(rule: FollowUps, size: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Waits of any length, and messages by thinning a Poisson process: the model itself, not its estimator."""
    draw = np.random.default_rng(seed)
    wait = draw.exponential(600.0, size)
    at, row = [], []
    for ticket, length in enumerate(wait):
        moments = np.sort(draw.uniform(0, length, draw.poisson(rule.per_day / rule.day * length)))
        heard = moments[draw.random(moments.size) < -np.expm1(-moments / rule.patience)][: rule.most]
        at.extend(heard)
        row.extend([ticket] * heard.size)
    return wait, np.array(at), np.array(row, dtype=np.int64)


@pytest.mark.parametrize(("per_day", "patience"), [(0.5, 60.0), (1.5, 300.0), (6.0, 120.0)])
def test_the_rate_is_found_where_it_is_known(per_day: float, patience: float) -> None:
    rule = FollowUps(per_day=per_day, patience=patience, day=1440.0, most=3)
    found = estimate(*waits(rule, 6000, 1))
    assert isinstance(found, Recontact)
    assert found.per_day == pytest.approx(per_day, rel=0.15)
    assert found.patience == pytest.approx(patience, rel=0.5)
    assert found.low < found.per_day < found.high


def test_nine_intervals_in_ten_hold_the_rate() -> None:
    rule = FollowUps(per_day=2.0, patience=1e-3, day=1440.0, most=3)  # no patience: nothing but the rate to find
    held = 0
    for seed in range(60):
        found = estimate(*waits(rule, 300, seed))
        assert found is not None
        held += found.low <= 2.0 <= found.high
    assert 0.75 <= held / 60 <= 1.0


def test_a_long_wait_without_a_message_counts() -> None:
    rule = FollowUps(per_day=1.0, patience=200.0, day=1440.0)
    wait, at, row = waits(rule, 3000, 2)
    less = estimate(np.concatenate((wait, np.full(1000, 2000.0))), at, row)
    more = estimate(wait, at, row)
    assert less is not None
    assert more is not None
    assert less.per_day < 0.7 * more.per_day


@given(st.integers(0, FEWEST - 1))
def test_a_few_messages_tell_nothing(size: int) -> None:
    assert estimate(np.full(100, 500.0), np.full(size, 20.0), np.arange(size)) is None


@pytest.mark.parametrize(("wait", "at"), [(-1.0, 1.0), (10.0, 11.0), (10.0, 0.0)])
def test_messages_outside_a_wait_are_refused(wait: float, at: float) -> None:
    with pytest.raises(InputError, match="between the opening"):
        estimate(np.array([wait]), np.array([at]), np.array([0]))
