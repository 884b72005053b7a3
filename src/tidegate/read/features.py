"""Hashed word and character n-grams of whole columns of text, and the values of context columns as if they were words.

A gram is hashed from its characters alone, by arithmetic on one array of all characters of a block of texts: no Python
loop over texts or grams, no vocabulary to ship, and the same numbers on every machine. Words give themselves and their
pairs; characters give runs of three to five inside a word, its ends marked, which copes with typing errors and endings.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Self, TypeVar

import numpy as np
import polars as pl

from tidegate.read.views import BASE, powers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

BITS: Final = 18
BUCKETS: Final = 1 << BITS
LENGTH: Final = 4000
"""Characters of a text that are read at all: a post of 282,000 characters says what it wants before that."""

_BLOCK: Final = 512
_SPACE: Final = 32
_CHARACTERS: Final = (3, 4, 5)
_SALT: Final = {"word": 0x1B873593, "pair": 0x85EBCA6B, "characters": 0xC2B2AE35, "column": 0x27D4EB2F}

Part = Literal["words", "characters"]
Number = TypeVar("Number", bound=np.floating)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grams:
    """A sparse matrix by rows: which buckets a text has, and how much of each.

    Parameters
    ----------
    starts
        Shape (texts + 1,): entries of text i stand at ``starts[i]`` to ``starts[i + 1]``.
    buckets
        Bucket of each entry, below `BUCKETS`, ascending within a text.
    values
        Weight of each entry, float32.
    """

    starts: NDArray[np.int64]
    buckets: NDArray[np.int64]
    values: NDArray[np.float32]

    def __len__(self) -> int:
        """Count the texts."""
        return len(self.starts) - 1

    def taken(self, rows: NDArray[np.int64]) -> Self:
        """Keep some texts, in the order given."""
        counts = np.diff(self.starts)[rows]
        ends = np.cumsum(counts)
        places = np.arange(counts.sum()) - np.repeat(ends - counts - self.starts[:-1][rows], counts)
        starts = np.concatenate([np.zeros(1, np.int64), ends])
        return type(self)(starts=starts, buckets=self.buckets[places], values=self.values[places])

    def weighted(self, inverse: NDArray[np.float32]) -> Self:
        """Scale each entry by its bucket's inverse document frequency and each text to length 1."""
        values = self.values * inverse[self.buckets]
        norms = np.sqrt(row_sums(values * values, self.starts))
        scale = 1 / np.maximum(norms, np.float32(1e-12))
        values = values * np.repeat(scale, np.diff(self.starts)).astype(np.float32)
        return type(self)(starts=self.starts, buckets=self.buckets, values=values)


def clean(text: str) -> str:
    """Reduce a text to what grams are made of: lower case words, ``!`` and ``?``, one space between.

    Only the first `LENGTH` characters are looked at.
    """
    return " ".join(_WORD.findall(text[:LENGTH].lower()))


_WORD: Final = re.compile(r"[!?]+|[^\W_]+")


def text_grams(texts: Sequence[str]) -> Iterator[Grams]:
    """Count the word and character grams of texts, a block of texts at a time.

    Yields
    ------
    Grams
        Of the next block; a value is ``1 + log(count)``.
    """
    for start in range(0, len(texts), _BLOCK):
        yield _block([clean(text) for text in texts[start : start + _BLOCK]])


def column_grams(columns: Sequence[tuple[str, pl.Series]]) -> Grams:
    """Turn context columns into grams: one for each value.

    Parameters
    ----------
    columns
        Name and string values, all of one length. A missing value is a value of its own.
    """
    rows = len(columns[0][1]) if columns else 0
    hashes = [_hash_values(name, values) for name, values in columns]
    if not hashes:
        return Grams(starts=np.zeros(1, np.int64), buckets=np.zeros(0, np.int64), values=np.zeros(0, np.float32))
    table = np.stack(hashes, axis=1)
    documents = np.repeat(np.arange(rows), table.shape[1])
    return _count(documents, table.ravel(), rows)


def joined(parts: Sequence[Grams]) -> Grams:
    """Put blocks of texts one under the other."""
    offsets = np.cumsum([0, *(int(part.starts[-1]) for part in parts)])
    starts = [part.starts[:-1] + offset for part, offset in zip(parts, offsets, strict=False)]
    return Grams(
        starts=np.concatenate([*starts, offsets[-1:]]),
        buckets=np.concatenate([part.buckets for part in parts]) if parts else np.zeros(0, np.int64),
        values=np.concatenate([part.values for part in parts]) if parts else np.zeros(0, np.float32),
    )


def row_sums(values: NDArray[Number], starts: NDArray[np.int64]) -> NDArray[Number]:
    """Sum the entries of each row; a row without entries sums to 0. ``values`` may have further axes."""
    filled = np.flatnonzero(np.diff(starts))
    out = np.zeros((len(starts) - 1, *values.shape[1:]), dtype=values.dtype)
    if len(filled):
        out[filled] = np.add.reduceat(values, starts[filled], axis=0)
    return out


def _block(texts: list[str]) -> Grams:
    """Hash all grams of a block: ``(S[end] - S[start]) / B**start`` with prefix sums S of ``character * B**place``."""
    text = " " + "  ".join(texts) + " "
    codes = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 2
    lifts, inverses = powers(len(codes))
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(codes * lifts)])
    owner = np.repeat(np.arange(len(texts)), lengths)
    space = codes == _SPACE
    found = [_word_spans(space, owner), *_character_spans(space)]
    documents, hashes = [], []
    for (starts, ends), salt in zip([*found[0], *found[1:]], _salts(), strict=True):
        documents.append(owner[starts])
        hashes.append((sums[ends] - sums[starts]) * inverses[starts] + np.uint64(salt))
    return _count(np.concatenate(documents), np.concatenate(hashes), len(texts))


def _salts() -> list[int]:
    return [_SALT["word"], _SALT["pair"], *(_SALT["characters"] + length for length in _CHARACTERS)]


Span = tuple["NDArray[np.int64]", "NDArray[np.int64]"]


def _word_spans(space: NDArray[np.bool_], owner: NDArray[np.int64]) -> tuple[Span, Span]:
    """Where words, and pairs of neighbouring words of one text, start and end."""
    starts = np.flatnonzero(~space[1:] & space[:-1]) + 1
    ends = np.flatnonzero(space[1:] & ~space[:-1]) + 1
    same = owner[starts[1:]] == owner[starts[:-1]]
    return (starts, ends), (starts[:-1][same], ends[1:][same])


def _character_spans(space: NDArray[np.bool_]) -> list[Span]:
    """Where runs of characters without a space inside them start and end; a space may be at either end."""
    spaces = np.concatenate([np.zeros(1, np.int64), np.cumsum(space)])
    spans = []
    for length in _CHARACTERS:
        starts = np.arange(max(len(space) - length + 1, 0))
        starts = starts[spaces[starts + length - 1] == spaces[starts + 1]]
        spans.append((starts, starts + length))
    return spans


def _count(documents: NDArray[np.int64], hashes: NDArray[np.uint64], rows: int) -> Grams:
    """Count equal (document, bucket) pairs; values are ``1 + log(count)``."""
    keys = np.sort((documents.astype(np.uint64) << np.uint64(BITS)) | _mixed(hashes))
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]])) if len(keys) else np.zeros(0, np.int64)
    counts = np.diff(np.concatenate([first, [len(keys)]]))
    kept = keys[first]
    starts = np.searchsorted(kept >> np.uint64(BITS), np.arange(rows + 1, dtype=np.uint64))
    return Grams(
        starts=starts.astype(np.int64),
        buckets=(kept & np.uint64(BUCKETS - 1)).astype(np.int64),
        values=(1 + np.log(counts)).astype(np.float32),
    )


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread hashes over the buckets (the finaliser of splitmix64, Steele, Lea and Flood 2014)."""
    mixed = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (mixed ^ (mixed >> np.uint64(31))) >> np.uint64(64 - BITS)


def _hash_values(name: str, values: pl.Series) -> NDArray[np.uint64]:
    """Hash ``name=value`` of each row, looking at each distinct value once."""
    codes, unique = _codes(values)
    hashes = np.fromiter((_hash_text(f"{name}={value}") for value in unique), dtype=np.uint64, count=len(unique))
    return hashes[codes] + np.uint64(_SALT["column"])


def _codes(values: pl.Series) -> tuple[NDArray[np.int64], list[str]]:
    filled = values.cast(pl.String).fill_null("")
    unique = filled.unique(maintain_order=True)
    places = filled.replace_strict(unique, pl.Series(range(len(unique)), dtype=pl.Int64))
    return places.to_numpy(), unique.to_list()


def _hash_text(text: str) -> int:
    total = 0
    for character in text:
        total = (total * BASE + ord(character) + 1) & 0xFFFFFFFFFFFFFFFF
    return total
