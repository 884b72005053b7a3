"""Dear work keeps to its share of the time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.server.pacing import Pace


@given(st.lists(st.floats(0.001, 100), min_size=2, max_size=20), st.floats(0.01, 0.99), st.floats(0.1, 20))
def test_whatever_turns_take_their_share_is_kept(lengths: list[float], share: float, every: float) -> None:
    now, worked = [0.0], 0.0
    pace = Pace(share, lambda: now[0])
    for length in lengths:
        while not pace.due():
            now[0] += every
        assert worked <= share * now[0] + 1e-6
        with pace.turn():
            now[0] += length
        worked += length


def test_a_turn_that_fails_counts() -> None:
    now = [0.0]
    pace = Pace(0.5, lambda: now[0])

    def fail() -> None:
        now[0] = 3.0
        raise RuntimeError

    with pytest.raises(RuntimeError), pace.turn():
        fail()
    now[0] = 5.9
    assert not pace.due()
    now[0] = 6.0
    assert pace.due()
