"""Linear heads as plain arrays: from features to logits, for all questions about a ticket at once.

All heads of a model see the same features, so their coefficients stand side by side and one pass answers them all.
Logits are sums of a part from the text and a part from the context columns; the text's part can be kept and reused when
only columns changed. scikit-learn fits the coefficients (`training`); nothing here imports it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np

from tidegate.read.calibration import softmax
from tidegate.read.features import BUCKETS, Grams, column_grams, row_sums, text_grams
from tidegate.read.waves import Waves
from tidegate.tables.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.read.embedding import Encoder

FORMAT: Final = 2
"""Version of the saved arrays; a reader of another version says so instead of guessing."""

_READ: Final = (1, FORMAT)
"""Formats that can be read; the first had no waves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One question about a ticket.

    Parameters
    ----------
    name
        ``intent``, ``nature``, ``level``, ``escalated``, ``effort`` or ``csat``.
    classes
        The answers; none for a number.
    temperature
        What the logits are divided by before they become probabilities.
    """

    name: str
    classes: tuple[str, ...] = ()
    temperature: float = 1.0

    @property
    def width(self) -> int:
        """Columns of logits that the head takes: one a class, and one for a number."""
        return max(len(self.classes), 1)

    def probabilities(self, logits: NDArray[np.floating]) -> NDArray[np.float64]:
        """Turn this head's logits into calibrated probabilities."""
        return softmax(logits, self.temperature)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparse:
    """Coefficients of the buckets that training met; every other bucket counts for nothing.

    Parameters
    ----------
    buckets
        Shape (features,), distinct.
    weights
        Shape (features, logits).
    """

    buckets: NDArray[np.int32]
    weights: NDArray[Any]
    _places: NDArray[np.int32] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the buckets."""
        places = np.full(BUCKETS, -1, dtype=np.int32)
        places[self.buckets] = np.arange(len(self.buckets), dtype=np.int32)
        object.__setattr__(self, "_places", places)

    def logits(self, grams: Grams) -> NDArray[np.float32]:
        """Sum the coefficients of each row's buckets, shape (rows, logits)."""
        places = self._places[grams.buckets]
        known = places >= 0
        counts = np.concatenate([np.zeros(1, np.int64), np.cumsum(known)])
        terms = self.weights[places[known]].astype(np.float32)
        terms *= grams.values[known][:, None]
        return row_sums(terms, counts[grams.starts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """All heads of a model over one set of features.

    Parameters
    ----------
    heads
        In the order of their logits.
    dense
        Shape (dimensions, logits): coefficients of the embedding.
    bias
        Shape (logits,).
    inverse
        Shape (buckets,): inverse document frequency of each text bucket; None for a model without n-grams.
    text
        Coefficients of text n-grams; None without them.
    columns
        Coefficients of column values; None without them.
    context
        Names of the ticket columns that ``columns`` was trained on.
    waves
        Waves over the embedding; None without them.
    heights
        Shape (waves, logits): coefficients of their heights; None without them.
    """

    heads: tuple[Head, ...]
    dense: NDArray[np.float32]
    bias: NDArray[np.float32]
    inverse: NDArray[np.float32] | None = None
    text: Sparse | None = None
    columns: Sparse | None = None
    context: tuple[str, ...] = ()
    waves: Waves | None = None
    heights: NDArray[np.float32] | None = None

    def text_logits(self, texts: pl.Series, embedding: Encoder) -> NDArray[np.float32]:
        """Read texts: the part of the logits that rests on them, bias included, shape (texts, logits)."""
        listed = [text or "" for text in texts.to_list()]
        return self.vector_logits(listed, embedding.embed(listed))

    def vector_logits(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Read texts whose embeddings are known; see `text_logits`."""
        out = self.embedded_logits(vectors)
        if self.text is not None and self.inverse is not None:
            start = 0
            for grams in text_grams(texts):
                out[start : start + len(grams)] += self.text.logits(grams.weighted(self.inverse))
                start += len(grams)
        return out

    def embedded_logits(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Take the part of the logits that rests on the embedding, bias included, shape (texts, logits)."""
        out = vectors @ self.dense + self.bias
        if self.waves is not None and self.heights is not None:
            out += self.waves.of(vectors) @ self.heights
        return out

    def column_logits(self, tickets: pl.DataFrame) -> NDArray[np.float32]:
        """Read context columns: the part of the logits that rests on them, shape (tickets, logits)."""
        if self.columns is None:
            return np.zeros((tickets.height, len(self.bias)), dtype=np.float32)
        return self.columns.logits(column_grams([(name, tickets[name]) for name in self.context]))

    def split(self, logits: NDArray[np.floating]) -> dict[str, tuple[Head, NDArray[np.floating]]]:
        """Give each head its own logits, by name."""
        ends = accumulate(head.width for head in self.heads)
        return {
            head.name: (head, logits[:, end - head.width : end]) for head, end in zip(self.heads, ends, strict=True)
        }

    def moved(self, name: str, odds: NDArray[np.floating]) -> Self:
        """Add to the logarithm of the odds that a head gives each of its answers, whatever the text."""
        place = [head.name for head in self.heads].index(name)
        start = sum(head.width for head in self.heads[:place])
        bias = self.bias.copy()
        bias[start : start + self.heads[place].width] += self.heads[place].temperature * odds
        return replace(self, bias=bias)

    def save(self, path: Path) -> None:
        """Write the arrays and names as one compressed ``.npz`` file, coefficients of n-grams in half precision."""
        names = [{"name": head.name, "classes": head.classes, "temperature": head.temperature} for head in self.heads]
        about = json.dumps({"format": FORMAT, "heads": names, "context": self.context})
        arrays: dict[str, Any] = {"about": np.array(about), "dense": self.dense, "bias": self.bias}
        if self.text is not None and self.inverse is not None:
            arrays |= _packed("text", self.text)
            arrays["text_inverse"] = self.inverse[self.text.buckets]
        if self.columns is not None:
            arrays |= _packed("columns", self.columns)
        if self.waves is not None and self.heights is not None:
            arrays |= {"waves": self.waves.directions.astype(np.float16), "phases": self.waves.phases}
            arrays["heights"] = self.heights
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ModelError
            If the file is missing, damaged or of another format.
        """
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                return cls._of(dict(arrays))
        except ModelError:
            raise
        except Exception as error:  # noqa: BLE001 -- a damaged zip raises errors of many kinds
            raise ModelError(f"{path.name} in {path.parent.name} is not a readable model: {error}") from None

    @classmethod
    def _of(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        about = json.loads(str(arrays["about"]))
        if about["format"] not in _READ:
            raise ModelError(f"the model is of format {about['format']}, this version reads {FORMAT}; train it anew")
        heads = tuple(
            Head(name=head["name"], classes=tuple(head["classes"]), temperature=float(head["temperature"]))
            for head in about["heads"]
        )
        text = _unpacked("text", arrays)
        inverse = None
        if text is not None:
            inverse = np.zeros(BUCKETS, dtype=np.float32)
            inverse[text.buckets] = arrays["text_inverse"]
        return cls(
            heads=heads,
            dense=arrays["dense"],
            bias=arrays["bias"],
            inverse=inverse,
            text=text,
            columns=_unpacked("columns", arrays),
            context=tuple(about["context"]),
            waves=Waves(directions=arrays["waves"].astype(np.float32), phases=arrays["phases"])
            if "waves" in arrays
            else None,
            heights=arrays.get("heights"),
        )


def _packed(name: str, sparse: Sparse) -> dict[str, NDArray[Any]]:
    return {f"{name}_buckets": sparse.buckets, f"{name}_weights": sparse.weights.astype(np.float16)}


def _unpacked(name: str, arrays: Mapping[str, NDArray[Any]]) -> Sparse | None:
    if f"{name}_buckets" not in arrays:
        return None
    return Sparse(buckets=arrays[f"{name}_buckets"], weights=arrays[f"{name}_weights"])
