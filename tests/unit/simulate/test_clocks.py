from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.worlds import OFFICE
from tidegate.simulate.clocks import TIME, Clock
from tidegate.tables.errors import InputError

moments = st.floats(-2000, 20_000)


@given(moments)
def test_one_moment_and_many_read_the_same(now: float) -> None:
    for clock in (TIME, OFFICE):
        assert clock.read(np.array([now]))[0] == pytest.approx(clock.at(now), abs=1e-9)


@given(moments, moments)
def test_a_clock_never_runs_back_nor_faster_than_time(one: float, other: float) -> None:
    early, late = sorted((one, other))
    assert -1e-6 <= OFFICE.at(late) - OFFICE.at(early) <= late - early + 1e-6


@given(st.floats(-500, 8000))
def test_when_is_the_first_moment_that_reads_so_much(reading: float) -> None:
    moment = float(OFFICE.when(np.array([reading]))[0])
    assert OFFICE.at(moment) == pytest.approx(reading, abs=1e-6)
    assert OFFICE.at(moment - 1.0) < reading


def test_a_reading_at_closing_time_is_reached_the_same_evening() -> None:
    assert OFFICE.when(np.array([510.0, 510.5, np.inf])).tolist() == [1050.0, 1440 + 540.5, np.inf]


def test_knots_that_run_back_are_refused() -> None:
    with pytest.raises(InputError):
        Clock((0.0, 1.0), (1.0, 0.0))
