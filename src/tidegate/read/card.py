"""What a model is worth, as figures and tables: computed from tickets that it had not seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.read.calibration import calibration_error, log_loss, reliability
from tidegate.read.conformal import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.read.learning import Judged, Learned

SHOWN: Final = 10
"""Wrong answers that a card quotes, the surest first."""

_QUOTED: Final = 140


def card(learned: Learned, texts: pl.Series, coverage: float, notes: Mapping[str, list[str]]) -> dict[str, Any]:
    """Judge every head of a model.

    Parameters
    ----------
    learned
        The model with what it said about held-out tickets.
    texts
        Texts of the whole history, for the examples.
    coverage
        What level sets shall hold.
    notes
        By question, what it has too few labels for.

    Returns
    -------
    dict
        By question, plain values that JSON can hold: see `classes_card` and `number_card`.
    """
    return {
        name: (classes_card(judged, texts, coverage) if judged.head.classes else number_card(judged))
        | {"notes": list(notes.get(name, []))}
        for name, judged in learned.judged.items()
    }


def classes_card(judged: Judged, texts: pl.Series, coverage: float) -> dict[str, Any]:
    """Judge a head with classes.

    Returns
    -------
    dict
        ``rows``, ``accuracy``, ``macro_f1`` (over the classes that occur), ``log_loss``, ``prior_log_loss`` (of the
        held-out shares themselves, a floor for knowing nothing), ``calibration_error``, ``coverage`` and ``set_size``
        (sets from the earlier half, looked at on the later), ``unsure`` (share whose set is not one class),
        ``temperature``, ``reliability``, ``confusion`` (truth, said, rows), ``wrong`` (text, truth, said, confidence).
    """
    probabilities, truth = judged.probabilities, judged.truth.astype(np.int64)
    if len(truth) == 0:
        return {"rows": 0}
    said = probabilities.argmax(axis=1)
    half = len(truth) // 2
    inside = Window.of(probabilities[:half], truth[:half]).sets(probabilities[half:], coverage)
    shares = np.bincount(truth, minlength=probabilities.shape[1]) / len(truth)
    return {
        "rows": len(truth),
        "accuracy": float((said == truth).mean()),
        "macro_f1": macro_f1(said, truth),
        "log_loss": log_loss(probabilities, truth),
        "prior_log_loss": log_loss(np.tile(shares, (len(truth), 1)), truth),
        "calibration_error": calibration_error(probabilities, truth),
        "coverage": float(inside[np.arange(len(inside)), truth[half:]].mean()),
        "set_size": float(inside.sum(axis=1).mean()),
        "unsure": float((inside.sum(axis=1) != 1).mean()),
        "temperature": judged.head.temperature,
        "reliability": reliability(probabilities, truth).to_dicts(),
        "confusion": _confusion(judged.head.classes, said, truth),
        "wrong": _wrong(judged, said, truth, texts),
    }


def number_card(judged: Judged) -> dict[str, Any]:
    """Judge a head that says a number: mean absolute error beside the median's own, and the share explained.

    Notes
    -----
    ``validated`` is true if the estimate beats the median; until then nothing should rest on it.
    """
    said, truth = judged.logits[:, 0].astype(np.float64), judged.truth.astype(np.float64)
    if len(truth) == 0:
        return {"rows": 0, "validated": False}
    error, median = float(np.abs(said - truth).mean()), float(np.abs(np.median(truth) - truth).mean())
    spread = float(((truth - truth.mean()) ** 2).sum())
    explained = 1 - float(((said - truth) ** 2).sum()) / spread if spread > 0 else 0.0
    return {
        "rows": len(truth),
        "mean_absolute_error": error,
        "median_absolute_error": median,
        "explained": explained,
        "validated": error < median and explained > 0,
    }


def macro_f1(said: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Mean over the classes that occur of 2 hits / (times said + times true)."""
    size = int(max(said.max(), truth.max())) + 1
    hits = np.bincount(truth[said == truth], minlength=size)
    both = np.bincount(said, minlength=size) + np.bincount(truth, minlength=size)
    occurs = np.bincount(truth, minlength=size) > 0
    return float((2 * hits[occurs] / both[occurs]).mean())


def _confusion(
    classes: tuple[str, ...], said: NDArray[np.int64], truth: NDArray[np.int64]
) -> list[dict[str, str | int]]:
    cells = np.bincount(truth * len(classes) + said, minlength=len(classes) ** 2)
    return [
        {"truth": classes[cell // len(classes)], "said": classes[cell % len(classes)], "rows": int(cells[cell])}
        for cell in np.flatnonzero(cells)
    ]


def _wrong(
    judged: Judged, said: NDArray[np.int64], truth: NDArray[np.int64], texts: pl.Series
) -> list[dict[str, str | float]]:
    confidence = judged.probabilities.max(axis=1)
    places = np.flatnonzero(said != truth)
    places = places[np.argsort(-confidence[places], kind="stable")][:SHOWN]
    quoted = texts.fill_null("").gather(judged.rows[places]).str.replace_all(r"\s+", " ").str.slice(0, _QUOTED)
    return [
        {
            "text": text,
            "truth": judged.head.classes[truth[place]],
            "said": judged.head.classes[said[place]],
            "confidence": float(confidence[place]),
        }
        for place, text in zip(places, quoted, strict=True)
    ]
