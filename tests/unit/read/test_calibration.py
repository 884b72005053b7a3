from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.calibration import calibration_error, fit_temperature, log_loss, reliability, softmax


def drawn(seed: int, rows: int = 4000, sharper: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Logits whose softmax is the true chance of each class, then sharpened."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, 4)) * 2
    chances = softmax(logits)
    truth = (chances.cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return logits * sharper, np.minimum(truth, 3)


@pytest.mark.parametrize("sharper", [0.4, 1.0, 3.0])
def test_the_temperature_undoes_too_much_and_too_little_confidence(sharper: float) -> None:
    logits, truth = drawn(1, sharper=sharper)
    temperature = fit_temperature(logits, truth)
    assert temperature == pytest.approx(sharper, rel=0.1)
    assert calibration_error(softmax(logits, temperature), truth) < 0.03


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 999), st.floats(0.2, 5))
def test_no_other_temperature_loses_less(seed: int, other: float) -> None:
    logits, truth = drawn(seed, rows=200, sharper=2.0)
    best = log_loss(softmax(logits, fit_temperature(logits, truth)), truth)
    assert best <= log_loss(softmax(logits, other), truth) + 1e-6


def test_without_rows_nothing_is_scaled() -> None:
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == 1.0
    assert calibration_error(np.zeros((0, 3)), np.zeros(0, dtype=np.int64)) == 0.0


def test_the_error_is_the_gap_between_confidence_and_accuracy() -> None:
    probabilities = np.tile([0.9, 0.1], (10, 1))
    truth = np.array([0] * 6 + [1] * 4)
    assert calibration_error(probabilities, truth) == pytest.approx(0.3)
    assert reliability(probabilities, truth).row(0) == pytest.approx((0.9, 0.6, 10))


def test_softmax_survives_large_logits() -> None:
    assert softmax(np.array([[1e4, 0.0], [-1e4, -1e4]])).tolist() == [[1.0, 0.0], [0.5, 0.5]]
