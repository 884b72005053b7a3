"""Other tickets of the same customer: counted as a loop would count them, and refused where they are too many."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest

from tidegate.backtesting import others as others_module
from tidegate.backtesting.others import Others
from tidegate.enrich import history as counted
from tidegate.tables.errors import InputError


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_those_of_a_loop_and_change_only_at_steps(seed: int) -> None:
    random, window = np.random.default_rng(seed), int(counted.WINDOW.total_seconds() * 1_000_000)
    past = np.sort(random.integers(0, 5 * window, 60))
    names = pl.Series([[None, "a", "b", "c"][i] for i in random.integers(0, 4, past.size)], dtype=pl.String)
    live = np.arange(20, past.size)
    found = Others(past[live], names[live.tolist()], past, names)
    rows, moments = found.steps()
    assert (moments > past[live][rows]).all()
    for place, row in enumerate(live.tolist()):
        edges = [past[row], *sorted(set(moments[rows == place].tolist())), 9 * window]
        asked = np.array([one for edge, until in pairwise(edges) for one in (edge, until - 1)])
        told = found.at(np.full(asked.size, place), asked)
        looped = [
            sum(names[i] == names[row] and at - window <= past[i] <= at for i in range(past.size) if i != row)
            for at in asked.tolist()
        ]
        assert told.tolist() == (looped if names[row] is not None else [0] * asked.size)
        assert (told[::2] == told[1::2]).all()  # the same from one step to the microsecond before the next


def test_too_many_of_one_customer_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(others_module, "MOST", 10)
    moments = np.arange(20) * 1_000_000
    key = pl.Series(["a"] * 20)
    with pytest.raises(InputError, match="too many tickets of the same customers"):
        Others(moments, key, moments, key).steps()
