from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.calibration import softmax
from tidegate.read.conformal import WINDOW, Window, coverage_drift, likely_sets


def drawn(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of a model that is far too sure of itself, and truths that it often misses."""
    random = np.random.default_rng(seed)
    logits = random.normal(size=(rows, 4))
    truth = (softmax(logits).cumsum(axis=1) < random.random((rows, 1))).sum(axis=1)
    return softmax(logits * 5), np.minimum(truth, 3)


@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_sets_hold_the_truth_as_often_as_promised_even_of_a_poor_model(coverage: float) -> None:
    seen = []
    for seed in range(20):
        probabilities, truth = drawn(seed, 2000)
        held = Window.of(probabilities[:1000], truth[:1000]).sets(probabilities[1000:], coverage)
        seen.append(held[np.arange(1000), truth[1000:]].mean())
    assert np.mean(seen) == pytest.approx(coverage, abs=0.01)


def test_too_few_outcomes_rule_nothing_out() -> None:
    probabilities, truth = drawn(1, 5)
    assert Window.of(probabilities, truth).sets(probabilities, 0.9).all()


def test_the_window_forgets_the_oldest() -> None:
    old, new = Window(np.zeros(WINDOW)), Window(np.ones(WINDOW // 2))
    both = old.then(new)
    assert len(both.scores) == WINDOW
    assert both.scores.mean() == pytest.approx(0.5)
    assert both.threshold(0.9) == 1.0


rows = st.lists(st.floats(0.01, 1), min_size=4, max_size=4).map(lambda values: np.array(values) / sum(values))


@settings(deadline=None)
@given(rows, st.floats(0.5, 0.99))
def test_likely_sets_are_the_fewest_classes_that_reach_the_coverage(chances: np.ndarray, coverage: float) -> None:
    held = likely_sets(chances[None, :], coverage)[0]
    ordered = np.sort(chances)[::-1]
    assert chances[held].sum() >= coverage - 1e-9
    assert ordered[: held.sum() - 1].sum() < coverage
    assert chances[held].min() >= max(chances[~held], default=0)


@pytest.mark.parametrize(("share", "alarm"), [(0.90, False), (0.89, False), (0.80, True), (0.99, True)])
def test_drift_is_an_alarm_in_both_directions(share: float, alarm: bool) -> None:
    covered = np.zeros(1000, dtype=bool)
    covered[: int(1000 * share)] = True
    drift = coverage_drift(covered, 0.9)
    assert (drift.seen, drift.outcomes, drift.alarm) == (pytest.approx(share), 1000, alarm)


def test_a_few_outcomes_never_raise_the_alarm() -> None:
    assert not coverage_drift(np.zeros(49, dtype=bool), 0.9).alarm
    assert coverage_drift(np.zeros(50, dtype=bool), 0.9).alarm
    assert coverage_drift(np.zeros(0, dtype=bool), 0.9).seen == 0.9
