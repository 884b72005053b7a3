from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.policy.hours import parse_hours
from tidegate.simulate.demand import SLOTS, demand, open_slots
from tidegate.tables.errors import InputError

OFFICE = open_slots(parse_hours({"mon-fri": "09:00-12:00, 13:00-17:00"}))
NINE = 18


def test_only_slots_that_are_open_throughout_count() -> None:
    marked = open_slots(parse_hours({"tue": "08:45-10:15"}))
    assert np.argwhere(marked).tolist() == [[1, 18], [1, 19]]
    night = open_slots(parse_hours({"sun": "23:00-01:00"}))
    assert np.argwhere(night).tolist() == [[0, 0], [0, 1], [6, 46], [6, 47]]


def test_a_slot_s_work_is_spread_over_the_open_slots_that_follow() -> None:
    curve = demand(np.array([11.5 * 60.0]), np.array([120.0]), OFFICE, within=90.0)
    assert np.argwhere(curve.work).tolist() == [[0, 23], [0, 26], [0, 27]]
    assert curve.work[0, 23] == pytest.approx(120 / 3 / 30)


def test_what_comes_while_the_desk_is_closed_waits_for_the_next_opening() -> None:
    saturday, evening = 5 * 1440.0 + 600.0, 1440.0 + 1200.0
    curve = demand(np.array([saturday, evening]), np.array([30.0, 60.0]), OFFICE, overnight=60.0)
    assert np.argwhere(curve.work).tolist() == [[0, NINE], [0, NINE + 1], [2, NINE], [2, NINE + 1]]
    assert curve.work[0, NINE] == curve.work[0, NINE + 1] == pytest.approx(0.5)
    assert curve.work[2, NINE] == pytest.approx(1.0)


def test_a_typical_week_is_the_mean_of_the_weeks_seen() -> None:
    once = demand(np.array([600.0]), np.array([40.0]), OFFICE)
    thrice = demand(np.array([600.0, 10_680.0, 20_760.0]), np.array([40.0, 50.0, 30.0]), OFFICE)
    assert thrice.work == pytest.approx(once.work)


def test_a_holiday_is_no_day_seen_and_its_work_comes_on_the_next_working_day() -> None:
    """Two Mondays; the second is a holiday, and so is the Tuesday after it."""
    wall, work = np.array([600.0, 10_080.0 + 600.0, 10_080.0 + 2880.0 + 600.0]), np.array([40.0, 60.0, 80.0])
    curve = demand(wall, work, OFFICE, within=30.0, overnight=30.0, holidays=[7, 8])
    assert curve.work[0].sum() * 30 == pytest.approx(40.0), "one Monday was seen, with one ticket"
    wednesdays = 2
    assert curve.work[2].sum() * 30 == pytest.approx((60.0 + 80.0) / wednesdays)
    assert curve.work[2, NINE] * 30 == pytest.approx(60.0 / wednesdays), "the holiday's ticket waits for nine o'clock"


def test_a_history_that_ends_on_a_holiday_loses_nothing() -> None:
    curve = demand(np.array([600.0, 1440.0 + 600.0]), np.array([40.0, 60.0]), OFFICE, overnight=30.0, holidays=[1, 2])
    assert curve.work[3].sum() * 30 == pytest.approx(60.0)


@given(
    st.lists(st.tuples(st.floats(0, 10_079), st.floats(0.1, 500)), min_size=1, max_size=50),
    st.floats(1, 2),
    st.floats(0, 0.8),
    st.floats(0, 0.8),
)
def test_no_work_is_lost_and_none_lies_outside_the_calendar(
    tickets: list[tuple[float, float]], room: float, shrinkage: float, handed_on: float
) -> None:
    wall, work = np.array(tickets).T
    curve = demand(wall, work, OFFICE, room=room, shrinkage=shrinkage, handed_on=handed_on)
    assert curve.work.sum() * 30 == pytest.approx(work.sum() * (1 - handed_on))
    assert curve.wanted == pytest.approx(curve.work * room / (1 - shrinkage))
    assert not curve.wanted[~OFFICE].any()


def test_what_makes_no_curve_is_refused() -> None:
    one = np.array([600.0])
    for wrong in (
        lambda: demand(one[:0], one[:0], OFFICE),
        lambda: demand(one, one[:0], OFFICE),
        lambda: demand(one, one, np.zeros((7, SLOTS), dtype=bool)),
        lambda: demand(one, one, OFFICE, shrinkage=1.0),
        lambda: demand(one, one, OFFICE, handed_on=-0.1),
    ):
        with pytest.raises(InputError):
            wrong()
