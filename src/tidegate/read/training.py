"""Fits linear heads to labelled tickets with scikit-learn, and hands them over as arrays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal, Self

import numpy as np
import polars as pl

from tidegate.read.features import BUCKETS, Grams, column_grams, joined, text_grams
from tidegate.read.heads import Head, Heads, Sparse
from tidegate.tables.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from tidegate.read.embedding import Encoder

JOINT_FROM: Final = 20
"""Labels a class (the median class) from which n-grams join the embedding; below it they learn accidents."""

MARGIN_FROM: Final = 50
"""Labels a class from which a support vector machine learns classes better than logistic regression does."""

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
    """

    name: str
    labels: pl.Series
    classes: tuple[str, ...] = ()
    kind: Literal["class", "probability", "number"] = "class"
    strength: float | None = None

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
        out = self.dense[rows] @ heads.dense + heads.bias
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
        With temperature 1. N-grams are part of it if any question has `JOINT_FROM` labels a class.

    Raises
    ------
    MissingExtraError
        If scikit-learn is not installed.
    """
    text, columns = _matrix(design.text), _matrix(design.columns)
    inverse, text_kept = _inverse(text[rows])
    columns_kept = np.flatnonzero(np.bincount(columns[rows].indices, minlength=BUCKETS) >= _FEWEST)
    blocks = _Blocks(design.dense, _scaled(text, inverse)[:, text_kept], columns[:, columns_kept])
    counting = np.ones(len(design.dense)) if weights is None else weights
    parts = [_head(question, blocks, rows, counting) for question in questions]
    fitted = np.concatenate([coefficients for _, coefficients, _ in parts], axis=1).astype(np.float32)
    ends = np.cumsum([design.dense.shape[1], len(text_kept), len(columns_kept)])
    dense, text_weights, column_weights = np.split(fitted, ends[:-1])
    has_text, has_columns = bool(np.any(text_weights)), bool(np.any(column_weights))
    return Heads(
        heads=tuple(head for head, _, _ in parts),
        dense=dense,
        bias=np.concatenate([bias for _, _, bias in parts]).astype(np.float32),
        inverse=inverse if has_text else None,
        text=Sparse(buckets=text_kept.astype(np.int32), weights=text_weights) if has_text else None,
        columns=Sparse(buckets=columns_kept.astype(np.int32), weights=column_weights) if has_columns else None,
        context=design.context if has_columns else (),
    )


_FEWEST: Final = 2
"""Tickets that must share a gram or a column's value for it to be learned."""


@dataclass(frozen=True, slots=True)
class _Blocks:
    dense: NDArray[np.float32]
    text: csr_array
    columns: csr_array

    def matrix(self, rows: NDArray[np.int64], *, joint: bool) -> Any:  # noqa: ANN401 -- dense or sparse, as scikit-learn takes it
        """Features of some rows; without n-grams, and without context columns, plain dense embeddings."""
        from scipy.sparse import csr_array, hstack

        wide = self.columns.shape[1] > 0
        if not joint and not wide:
            return self.dense[rows]
        parts = [csr_array(self.dense[rows])]
        parts += [self.text[rows]] if joint else []
        parts += [self.columns[rows]] if wide else []
        return hstack(parts, format="csr")

    def spread(self, coefficients: NDArray[np.float64], *, joint: bool) -> NDArray[np.float64]:
        """Put coefficients of `matrix` in their places among all features, shape (features, logits)."""
        dimensions, grams = self.dense.shape[1], self.text.shape[1]
        out = np.zeros((dimensions + grams + self.columns.shape[1], coefficients.shape[0]))
        out[:dimensions] = coefficients[:, :dimensions].T
        rest = coefficients[:, dimensions:].T
        out[dimensions if joint else dimensions + grams :] = rest
        return out


def _head(
    question: Question, blocks: _Blocks, rows: NDArray[np.int64], counting: NDArray[np.float64]
) -> tuple[Head, NDArray[np.float64], NDArray[np.float64]]:
    """Fit one question: its head, coefficients of shape (features, logits) and bias."""
    if question.kind == "number":
        return _number(question, blocks, rows, counting)
    answers = question.answers()
    codes = question.codes()[rows]
    known, codes = rows[codes >= 0], codes[codes >= 0]
    met, places = np.unique(codes, return_inverse=True)
    width = len(blocks.dense[0]) + blocks.text.shape[1] + blocks.columns.shape[1]
    coefficients, bias = np.zeros((width, len(answers))), np.full(len(answers), _ABSENT)
    if len(met) == 1:
        bias[met] = 0.0
    elif len(met) > 1:
        examples = float(np.median(np.bincount(places)))
        joint = examples >= JOINT_FROM
        model = _classifier(question, examples)
        model.fit(blocks.matrix(known, joint=joint), places, sample_weight=counting[known])
        weights, offset = _one_a_class(model.coef_, model.intercept_)
        coefficients[:, met], bias[met] = blocks.spread(weights, joint=joint), offset
    return Head(name=question.name, classes=answers), coefficients, bias


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
) -> tuple[Head, NDArray[np.float64], NDArray[np.float64]]:
    from sklearn.linear_model import Ridge

    values = question.labels.cast(pl.Float64).to_numpy()[rows]
    known = np.isfinite(values)
    joint = bool(known.sum() >= JOINT_FROM * JOINT_FROM)
    features = blocks.matrix(rows[known], joint=joint)
    model = Ridge(alpha=3.0).fit(features, values[known], sample_weight=counting[rows[known]])
    weights = blocks.spread(np.atleast_2d(model.coef_), joint=joint)
    return Head(name=question.name), weights, np.atleast_1d(model.intercept_)


def _one_a_class(
    weights: NDArray[np.float64], offset: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Give two classes a row each, where scikit-learn fits one row for both."""
    if len(weights) > 1:
        return weights, offset
    return np.vstack([-weights / 2, weights / 2]), np.concatenate([-offset / 2, offset / 2])


def _inverse(text: csr_array) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Inverse document frequency of every bucket, 0 below `_FEWEST` texts, and the buckets that are kept."""
    found = np.bincount(text.indices, minlength=BUCKETS)
    kept = found >= _FEWEST
    inverse = np.where(kept, np.log((1 + text.shape[0]) / (1 + found)) + 1, 0)
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
