"""Learns from a history and judges itself on the part that it held back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from tidegate.read.calibration import fit_temperature
from tidegate.read.conformal import Window
from tidegate.read.training import Design, Question, fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from tidegate.read.heads import Head, Heads

    Progress = Callable[[int, int], None]

SEEN, TUNED = 0.6, 0.8
"""Shares of the history, in order of time, that end what is learned from and what is calibrated on; the rest judges."""

FEWEST: Final = 50
"""Labelled tickets without which a question is not learned at all."""

NO_ROWS: Final = np.zeros(0, dtype=np.int64)

ENOUGH: Final = 1000
"""Held-out tickets at which calibration is within about three points; with fewer the card says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a head said about tickets that it had not seen, and the truth.

    Parameters
    ----------
    head
        With the temperature that was in force.
    rows
        Rows of the history, in order.
    logits
        Shape (rows, classes).
    truth
        Index of the true class of each row; for a number its value.
    """

    head: Head
    rows: NDArray[np.int64]
    logits: NDArray[np.floating]
    truth: NDArray[np.floating] | NDArray[np.int64]

    @property
    def probabilities(self) -> NDArray[np.float64]:
        """Calibrated probabilities, shape (rows, classes)."""
        return self.head.probabilities(self.logits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learned:
    """A model fitted on a whole history, and how its predecessors did on what they had not seen.

    Parameters
    ----------
    heads
        Fitted on everything, with temperatures from held-out rows.
    windows
        Latest held-out outcomes of each head that has classes.
    judged
        By question.
    """

    heads: Heads
    windows: dict[str, Window]
    judged: dict[str, Judged]


def learn_by_time(
    design: Design,
    questions: Sequence[Question],
    order: NDArray[np.int64],
    *,
    always: NDArray[np.int64] = NO_ROWS,
    progress: Progress | None = None,
) -> Learned:
    """Learn from the past, judge on what came after it.

    Parameters
    ----------
    design, questions
        Features and labels of the history.
    order
        Rows from the oldest to the latest.
    always
        Rows that every fit learns from and none is judged on, such as descriptions of the answers.
    progress
        Called with fits done and fits in all.

    Notes
    -----
    1. Fit on the first 60%, take temperatures from the next 20%. 2. Fit on the first 80% with those temperatures and
    judge on the last 20%: that is what the card shows. 3. Take temperatures and conformal windows from that last 20%,
    and fit on everything: that is what is saved. The split is of rows, whichever labels they have.
    """
    tick = _ticks(progress, 3)
    first, second = int(len(order) * SEEN), int(len(order) * TUNED)
    trial = fit(design, questions, np.concatenate([order[:first], always]))
    tick()
    tuned = [entry.head.temperature for entry in _ask(design, trial, questions, order[first:second], tuned=True)]
    middle = _with_temperatures(fit(design, questions, np.concatenate([order[:second], always])), tuned)
    tick()
    judged = _ask(design, middle, questions, order[second:], tuned=False)
    last = _ask(design, middle, questions, order[second:], tuned=True)
    heads = _with_temperatures(
        fit(design, questions, np.concatenate([order, always])), [entry.head.temperature for entry in last]
    )
    tick()
    return Learned(heads=heads, windows=_windows(last), judged={entry.head.name: entry for entry in judged})


def learn_by_folds(
    design: Design,
    questions: Sequence[Question],
    folds: int,
    *,
    seed: int = 0,
    always: NDArray[np.int64] = NO_ROWS,
    progress: Progress | None = None,
) -> Learned:
    """Learn from tickets without an order: each is judged by a model fitted on the other folds.

    Parameters
    ----------
    design, questions
        Features and labels of the history.
    folds
        Parts, stratified by the first question's answers.
    seed
        Of the draw.
    always
        As for `learn_by_time`.
    progress
        Called with fits done and fits in all.

    Notes
    -----
    The temperature that a row is judged under comes from the folds that it isn't in.
    """
    tick = _ticks(progress, folds + 1)
    rows = np.setdiff1d(np.arange(len(design.dense)), always)
    fold = stratified(questions[0], folds, seed)[rows]
    parts = []
    for number in range(folds):
        heads = fit(design, questions, np.concatenate([rows[fold != number], always]))
        parts.append(_ask(design, heads, questions, rows[fold == number], tuned=False))
        tick()
    judged, whole = {}, []
    for place, question in enumerate(questions):
        entries = [part[place] for part in parts]
        if entries[0].head.classes:
            temperatures = [_temperature([other for other in entries if other is not entry]) for entry in entries]
            # One head stands for all: logits are brought to temperature 1 fold by fold.
            entries = [
                replace(entry, logits=entry.logits / temperature)
                for entry, temperature in zip(entries, temperatures, strict=True)
            ]
        judged[question.name] = _together(entries)
        whole.append(_together([part[place] for part in parts]))
    final = [_retuned(entry) for entry in whole]
    heads = _with_temperatures(
        fit(design, questions, np.arange(len(design.dense))), [entry.head.temperature for entry in final]
    )
    tick()
    return Learned(heads=heads, windows=_windows(final), judged=judged)


def stratified(question: Question, folds: int, seed: int) -> NDArray[np.int64]:
    """Give each row a fold, 0 to ``folds - 1``, the answers spread evenly; no answer counts as one more answer."""
    codes = question.codes() if question.kind != "number" else np.zeros(len(question.labels), np.int64)
    shuffled = np.random.default_rng(seed).permutation(len(codes))
    order = shuffled[np.argsort(codes[shuffled], kind="stable")]
    fold = np.empty(len(codes), np.int64)
    fold[order] = np.arange(len(codes)) % folds
    return fold


def shortfalls(question: Question) -> list[str]:
    """Say in sentences what a question has too few labels for, and by how many; empty if nothing."""
    known = len(question.labels) - question.labels.null_count()
    if known < FEWEST:
        return [f"{question.name}: {known} labelled tickets, {FEWEST - known} short of the {FEWEST} needed to learn it"]
    out = []
    if known * (1 - TUNED) < ENOUGH:
        short = round(ENOUGH / (1 - TUNED)) - known
        out.append(f"{question.name}: {short:,} more labelled tickets would make calibration sure to three points")
    if question.kind != "number":
        counts = question.labels.value_counts()
        scarce = {row[0]: row[1] for row in counts.drop_nulls().iter_rows() if row[1] < 5}  # noqa: PLR2004
        out += [
            f"{question.name}: {name} has {count} examples, {5 - count} short of 5" for name, count in scarce.items()
        ]
    return out


def _ask(
    design: Design, heads: Heads, questions: Sequence[Question], rows: NDArray[np.int64], *, tuned: bool
) -> list[Judged]:
    """Let heads answer on some rows; with ``tuned`` under the best temperature for just these rows."""
    split = heads.split(design.logits(heads, rows))
    out = []
    for question in questions:
        head, logits = split[question.name]
        truth = question.values()[rows]
        known = np.isfinite(truth) if not head.classes else truth >= 0
        entry = Judged(head=head, rows=rows[known], logits=logits[known], truth=truth[known])
        out.append(_retuned(entry) if tuned else entry)
    return out


def _retuned(entry: Judged) -> Judged:
    return replace(entry, head=replace(entry.head, temperature=_temperature([entry]))) if entry.head.classes else entry


def _temperature(entries: Sequence[Judged]) -> float:
    return fit_temperature(
        np.concatenate([entry.logits for entry in entries]),
        np.concatenate([entry.truth for entry in entries]).astype(int),
    )


def _together(entries: Sequence[Judged]) -> Judged:
    rows = np.concatenate([entry.rows for entry in entries])
    order = np.argsort(rows, kind="stable")
    return Judged(
        head=entries[0].head,
        rows=rows[order],
        logits=np.concatenate([entry.logits for entry in entries])[order],
        truth=np.concatenate([entry.truth for entry in entries])[order],
    )


def _windows(entries: Sequence[Judged]) -> dict[str, Window]:
    return {
        entry.head.name: Window.of(entry.probabilities, entry.truth.astype(int))
        for entry in entries
        if entry.head.classes
    }


def _with_temperatures(heads: Heads, temperatures: Sequence[float]) -> Heads:
    named = zip(heads.heads, temperatures, strict=True)
    return replace(heads, heads=tuple(replace(head, temperature=temperature) for head, temperature in named))


def _ticks(progress: Progress | None, total: int) -> Callable[[], None]:
    done = 0

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, total)

    return tick
