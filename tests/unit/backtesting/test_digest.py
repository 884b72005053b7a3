"""The name of a setting depends on what it holds and on nothing else."""

from __future__ import annotations

import pickle
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tidegate.backtesting.digest import digest


@dataclass(frozen=True)
class Box:
    numbers: np.ndarray
    other: object


SHARED = (1.0, frozenset({3, 1, 2}), {"b": None, "a": "x"})
BOX = Box(np.arange(6.0).reshape(2, 3), [SHARED, SHARED])


def test_copies_and_what_is_shared_make_no_difference() -> None:
    assert digest(pickle.loads(pickle.dumps(BOX))) == digest(BOX)  # noqa: S301 -- our own
    assert digest(replace(BOX, other=[SHARED, (1.0, frozenset({2, 3, 1}), {"a": "x", "b": None})])) == digest(BOX)
    assert digest(replace(BOX, numbers=np.asfortranarray(BOX.numbers))) == digest(BOX)


@pytest.mark.parametrize(
    "other",
    [
        replace(BOX, numbers=BOX.numbers.T),
        replace(BOX, numbers=BOX.numbers.astype(np.float32)),
        replace(BOX, other=[SHARED]),
        replace(BOX, other=[SHARED, (1, *SHARED[1:])]),
        replace(BOX, other=[SHARED, (*SHARED[:2], {"b": "x", "a": None})]),
    ],
)
def test_anything_else_does(other: Box) -> None:
    assert digest(other) != digest(BOX)


def test_what_cannot_be_named_is_refused() -> None:
    with pytest.raises(TypeError, match="object"):
        digest([object()])
