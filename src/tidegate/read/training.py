"""Fits linear heads to labelled tickets with scikit-learn, and hands them over as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, Self

import numpy as np
import polars as pl

from tidegate.read.features import BUCKETS, Grams, column_grams, joined, text_grams
from tidegate.read.heads import Head, Heads, Sparse
from tidegate.read.waves import Waves
from tidegate.tables.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tidegate.read.embedding import Encoder

JOINT_FROM: Final = 20
"""Labels a class (the median class) from which n-grams join the embedding in full; below it they learn accidents."""

MARGIN_FROM: Final = 50
"""Labels a class from which a support vector machine learns classes better than logistic regression does."""

MANY: Final = 30
"""Answers from which heads look at waves over the embedding: with few answers these only learn accidents."""

_STEEP: Final = 1.5
"""Length of the waves beside n-grams of length 1."""

_GUESSES: Final = 4000
"""Tickets without an answer that are guessed at most."""

_GUESS: Final = 0.1
"""What a guess counts for beside an answer."""

_SHY: Final = 0.4
"""Inverse strength of regularisation where probabilities are what is used."""

_ABSENT: Final = -20.0
"""Logit of a class that training never met."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is to be learned from a column of a history.

    Parameters
    ----------
    name
        Name of the head.
    labels
        The known answers, null where there is none: strings, or numbers for ``kind="number"``.
    classes
        All answers in the order wanted; empty takes those that occur, sorted.
    kind
        ``probability`` (logistic regression) where the probabilities are what is used; ``class`` (a support vector
        machine once n-grams join, then calibrated) where the likeliest answer is; ``number`` (ridge regression).
    strength
        Inverse strength of regularisation, where it shall be another than usual.
    rarity
        For a ``class``: how far the labels of a rare answer count for more, from 0 (each label counts alike) to 1 (each
        answer counts alike).
    """

    name: str
    labels: pl.Series
    classes: tuple[str, ...] = ()
    kind: Literal["class", "probability", "number"] = "class"
    strength: float | None = None
    rarity: float = 0.5

    def taken(self, rows: NDArray[np.int64]) -> Self:
        """Keep some rows."""
        return replace(self, labels=self.labels[rows], classes=self.answers())

    def answers(self) -> tuple[str, ...]:
        """All answers, in order; none for a number."""
        if self.kind == "number":
            return ()
        return self.classes or tuple(sorted(self.labels.drop_nulls().unique().to_list()))

    def codes(self) -> NDArray[np.int64]:
        """Index of each row's answer, -1 where there is none."""
        places = {answer: place for place, answer in enumerate(self.answers())}
        return self.labels.cast(pl.String).replace_strict(places, default=-1, return_dtype=pl.Int64).to_numpy()

    def values(self) -> NDArray[np.int64] | NDArray[np.float64]:
        """Index of each row's answer, -1 where there is none; for a number its value, nan where there is none."""
        return self.labels.cast(pl.Float64).to_numpy() if self.kind == "number" else self.codes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Features of labelled tickets, made once and cut by rows for each fold.

    Parameters
    ----------
    dense
        Shape (tickets, dimensions): embeddings; no columns without text.
    text
        Counts of text n-grams.
    columns
        Values of the context columns.
    context
        Names of those columns.
    """

    dense: NDArray[np.float32]
    text: Grams
    columns: Grams
    context: tuple[str, ...]

    def logits(self, heads: Heads, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Logits that heads fitted on a design give to some of its rows, shape (rows, logits)."""
        out = heads.embedded_logits(self.dense[rows])
        if heads.text is not None and heads.inverse is not None:
            out += heads.text.logits(self.text.taken(rows).weighted(heads.inverse))
        if heads.columns is not None:
            out += heads.columns.logits(self.columns.taken(rows))
        return out

    @classmethod
    def of(cls, texts: pl.Series, context: pl.DataFrame, embedding: Encoder) -> Self:
        """Compute the features of texts and of the context columns beside them, row by row."""
        listed = texts.fill_null("").to_list()
        return cls(
            dense=embedding.embed(listed),
            text=joined(list(text_grams(listed))),
            columns=column_grams([(name, context[name]) for name in context.columns])
            if context.width
            else _empty(len(texts)),
            context=tuple(context.columns),
        )


def fit(
    design: Design, questions: Sequence[Question], rows: NDArray[np.int64], weights: NDArray[np.float64] | None = None
) -> Heads:
    """Fit one head a question on some rows of a design.

    Parameters
    ----------
    design
        Features of all tickets.
    questions
        What to learn; rows without a label are left out for that question alone.
    rows
        Rows to learn from.
    weights
        What each row of the design counts for; all alike where it is not said.

    Returns
    -------
    Heads
        With temperature 1. N-grams and waves are part of it if any question looks at them.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    text, columns = _matrix(design.text), _matrix(design.columns)
    inverse, text_kept = _inverse(text[rows], _kept(text, questions, rows))
    columns_kept = np.flatnonzero(np.bincount(columns[rows].indices, minlength=BUCKETS) >= _FEWEST)
    waves = Waves.over(design.dense.shape[1])
    blocks = _Blocks(design.dense, waves, _scaled(text, inverse)[:, text_kept], columns[:, columns_kept])
    counting = np.ones(len(design.dense)) if weights is None else weights
    parts = [_head(question, blocks, rows, counting) for question in questions]
    fitted = {
        name: np.concatenate([coefficients[name] for _, coefficients, _ in parts], axis=1).astype(np.float32)
        for name in blocks.widths
    }
    has = {name: bool(np.any(coefficients)) for name, coefficients in fitted.items()}
    return Heads(
        heads=tuple(head for head, _, _ in parts),
        dense=fitted["dense"],
        bias=np.concatenate([bias for _, _, bias in parts]).astype(np.float32),
        inverse=inverse if has["text"] else None,
        text=Sparse(buckets=text_kept.astype(np.int32), weights=fitted["text"]) if has["text"] else None,
        columns=Sparse(buckets=columns_kept.astype(np.int32), weights=fitted["columns"]) if has["columns"] else None,
        context=design.context if has["columns"] else (),
        waves=waves if has["waves"] else None,
        heights=fitted["waves"] if has["waves"] else None,
    )


_FEWEST: Final = 2
"""Tickets that must share a gram or a column's value for it to be learned, unless labels are few."""

_Coefficients = dict[str, "NDArray[np.float64]"]
"""By block, shape (features, logits)."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    dense: NDArray[np.float32]
    waves: Waves
    text: csr_array
    columns: csr_array

    @property
    def widths(self) -> dict[str, int]:
        """Features of each block, in a fixed order."""
        return {
            "dense": self.dense.shape[1],
            "waves": len(self.waves.phases),
            "text": self.text.shape[1],
            "columns": self.columns.shape[1],
        }

    def matrix(self, rows: NDArray[np.int64], lengths: dict[str, float]) -> Any:  # noqa: ANN401 -- dense or sparse, as scikit-learn takes it
        """Features of some rows, each block at its length; dense where the embedding stands alone."""
        from scipy.sparse import csr_array, hstack

        if list(lengths) == ["dense"]:
            return self.dense[rows]
        made = {
            "dense": lambda: csr_array(self.dense[rows]),
            "waves": lambda: csr_array(self.waves.of(self.dense[rows])),
            "text": lambda: self.text[rows],
            "columns": lambda: self.columns[rows],
        }
        return hstack([made[name]() * np.float32(length) for name, length in lengths.items()], format="csr")

    def nothing(self, answers: int) -> _Coefficients:
        """Coefficients of zero."""
        return {name: np.zeros((width, answers)) for name, width in self.widths.items()}

    def spread(self, coefficients: NDArray[np.float64], lengths: dict[str, float]) -> _Coefficients:
        """Give each block the coefficients of its features in `matrix`, shape (logits, features of the matrix)."""
        ends = np.cumsum([self.widths[name] for name in lengths])
        parts = np.split(coefficients.T, ends[:-1])
        chosen = {name: part * lengths[name] for name, part in zip(lengths, parts, strict=True)}
        return self.nothing(len(coefficients)) | chosen


def _head(
    question: Question, blocks: _Blocks, rows: NDArray[np.int64], counting: NDArray[np.float64]
) -> tuple[Head, _Coefficients, NDArray[np.float64]]:
    """Fit one question: its head, coefficients and bias."""
    if question.kind == "number":
        return _number(question, blocks, rows, counting)
    answers = question.answers()
    codes = question.codes()[rows]
    known, unknown, codes = rows[codes >= 0], rows[codes < 0], codes[codes >= 0]
    met, places = np.unique(codes, return_inverse=True)
    coefficients, bias = blocks.nothing(len(answers)), np.full(len(answers), _ABSENT)
    if len(met) == 1:
        bias[met] = 0.0
    elif len(met) > 1:
        labelled = _Labelled(known, places, counting[known] * _rarity(question, places))
        weights, offset = _classes(question, blocks, labelled, unknown)
        bias[met] = offset
        for name, part in weights.items():
            coefficients[name][:, met] = part
    return Head(name=question.name, classes=answers), coefficients, bias


class _Labelled(NamedTuple):
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    weights: NDArray[np.float64]


def _rarity(question: Question, places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Say what each label counts for by how rare its answer is."""
    counts = np.bincount(places)
    return (counts.mean() / counts[places]) ** (question.rarity if question.kind == "class" else 0.0)


def _classes(
    question: Question, blocks: _Blocks, labelled: _Labelled, unknown: NDArray[np.int64]
) -> tuple[_Coefficients, NDArray[np.float64]]:
    """Fit a question with several answers: coefficients and bias."""
    counts = np.bincount(labelled.places)
    examples = _examples(labelled.places)
    lengths = _lengths(question, examples, len(counts)) | ({"columns": 1.0} if blocks.columns.shape[1] else {})
    model = _classifier(question, examples)
    model.fit(blocks.matrix(labelled.rows, lengths), labelled.places, sample_weight=labelled.weights)
    if question.kind == "class" and examples < MARGIN_FROM and len(unknown):
        more = _with_guesses(model, blocks, lengths, labelled, unknown)
        model.fit(blocks.matrix(more.rows, lengths), more.places, sample_weight=more.weights)
    coefficients, offset = _one_a_class(model.coef_, model.intercept_)
    return blocks.spread(coefficients, lengths), offset


def _with_guesses(
    model: Any,  # noqa: ANN401 -- scikit-learn ships no types
    blocks: _Blocks,
    lengths: dict[str, float],
    labelled: _Labelled,
    unknown: NDArray[np.int64],
) -> _Labelled:
    """Add what a first fit says of tickets without an answer, counting a little (self-training, Scudder 1965)."""
    taken = unknown[np.linspace(0, len(unknown) - 1, min(_GUESSES, len(unknown))).astype(int)]
    said = model.predict(blocks.matrix(taken, lengths))
    weights = np.full(len(taken), min(_GUESS, len(labelled.rows) / len(taken)))
    return _Labelled(*map(np.concatenate, zip(labelled, (taken, said, weights), strict=True)))


def _lengths(question: Question, examples: float, answers: int) -> dict[str, float]:
    """Which blocks of the text a question looks at, and at what length."""
    waves = question.kind == "class" and answers >= MANY
    if waves and examples >= MARGIN_FROM:
        return {"waves": _STEEP, "text": 1.0}
    if examples >= JOINT_FROM:
        return {"dense": 1.0} | ({"waves": 1.0} if waves else {}) | {"text": 1.0}
    return {"dense": 1.0, "text": 0.5} if question.kind == "class" else {"dense": 1.0}


def _classifier(question: Question, examples: float) -> Any:  # noqa: ANN401 -- scikit-learn ships no types
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.svm import LinearSVC
    except ImportError:
        raise MissingExtraError("train", "learning from a history") from None
    if question.kind == "class" and examples >= MARGIN_FROM:
        return LinearSVC(C=question.strength or 0.5, random_state=0)
    usual = _SHY if question.kind == "probability" else 10.0
    return LogisticRegression(C=question.strength or usual, tol=1e-3, max_iter=300)


def _number(
    question: Question, blocks: _Blocks, rows: NDArray[np.int64], counting: NDArray[np.float64]
) -> tuple[Head, _Coefficients, NDArray[np.float64]]:
    from sklearn.linear_model import Ridge

    values = question.labels.cast(pl.Float64).to_numpy()[rows]
    known = np.isfinite(values)
    lengths = {"dense": 1.0} | ({"text": 1.0} if known.sum() >= JOINT_FROM * JOINT_FROM else {})
    lengths |= {"columns": 1.0} if blocks.columns.shape[1] else {}
    features = blocks.matrix(rows[known], lengths)
    model = Ridge(alpha=3.0).fit(features, values[known], sample_weight=counting[rows[known]])
    weights = blocks.spread(np.atleast_2d(model.coef_), lengths)
    return Head(name=question.name), weights, np.atleast_1d(model.intercept_)


def _one_a_class(
    weights: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give two classes a row each, where scikit-learn fits one row for both."""
    if len(weights) > 1:
        return weights, offset
    return np.vstack([-weights / 2, weights / 2]), np.concatenate([-offset / 2, offset / 2])


def _examples(places: NDArray[np.int64]) -> float:
    """Labels that the median answer has, of those that occur."""
    counts = np.bincount(places)
    return float(np.median(counts[counts > 0])) if len(places) else 0.0


def _kept(text: csr_array, questions: Sequence[Question], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Buckets that are learned: those that `_FEWEST` texts share, and all of labelled texts where labels are few."""
    kept = _found(text[rows]) >= _FEWEST
    for question in questions:
        if question.kind == "class":
            codes = question.codes()[rows]
            if _examples(codes[codes >= 0]) < MARGIN_FROM:
                kept |= _found(text[rows[codes >= 0]]) > 0
    return kept


def _found(text: csr_array) -> NDArray[np.int64]:
    """Texts that each bucket occurs in."""
    return np.bincount(text.indices, minlength=BUCKETS)


def _inverse(text: csr_array, kept: NDArray[np.bool_]) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inverse document frequency of every bucket, 0 where it is not kept, and the buckets that are."""
    inverse = np.where(kept, np.log((1 + text.shape[0]) / (1 + _found(text))) + 1, 0)
    return inverse.astype(np.float32), np.flatnonzero(kept)


def _matrix(grams: Grams) -> csr_array:
    """Sparse matrix with the 32-bit indices that scikit-learn asks for."""
    from scipy.sparse import csr_array

    places = grams.buckets.astype(np.int32), grams.starts.astype(np.int32)
    return csr_array((grams.values, *places), shape=(len(grams), BUCKETS))


def _scaled(text: csr_array, inverse: NDArray[np.float32]) -> csr_array:
    from scipy.sparse import csr_array

    grams = Grams(starts=text.indptr.astype(np.int64), buckets=text.indices.astype(np.int64), values=text.data)
    return csr_array((grams.weighted(inverse).values, text.indices, text.indptr), shape=text.shape)


def _empty(rows: int) -> Grams:
    return Grams(starts=np.zeros(rows + 1, np.int64), buckets=np.zeros(0, np.int64), values=np.zeros(0, np.float32))
