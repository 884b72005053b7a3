from __future__ import annotations

import numpy as np
import pytest

from tidegate.read.waves import COUNT, Waves


@pytest.mark.parametrize("dimensions", [60, 256, 384, 1024])
def test_waves_say_how_close_two_texts_are(dimensions: int) -> None:
    random = np.random.default_rng(3)
    vectors = random.standard_normal((40, dimensions)) + random.standard_normal(dimensions)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
    heights = Waves.over(dimensions).of(vectors)
    distances = ((vectors[:, None] - vectors[None]) ** 2).sum(axis=2)
    assert heights.shape == (40, COUNT)
    assert np.linalg.norm(heights, axis=1) == pytest.approx(1, abs=1e-4)
    assert heights @ heights.T == pytest.approx(np.exp(-distances), abs=0.15)
    assert np.abs(heights @ heights.T - np.exp(-distances)).mean() < 0.02


def test_waves_are_the_same_each_time_and_halves_hold_them() -> None:
    one, other = Waves.over(256), Waves.over(256)
    assert np.array_equal(one.directions, other.directions)
    assert np.array_equal(one.directions, one.directions.astype(np.float16).astype(np.float32))
