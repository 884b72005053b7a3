"""Whole columns of text as arrays: one lower-case ASCII byte a character, and where the words stand.

A block of texts is one string, turned into numbers once. Byte offsets in a row are therefore character offsets in the
original, whatever was in it. Words are hashed by prefix sums, as n-grams are in `features`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SIZE: Final = 1 << 18
"""Characters of a block, beyond which no further text is added to it: arrays of that size stay in the cache."""

FLAT: Final = {
    character: base
    for character in map(chr, range(0xA0, 0x250))
    if len(base := unicodedata.normalize("NFD", character)[0]) == 1 and base.isascii() and base != character
} | dict(zip("ßøØłŁæÆœŒ\u0131đ\u2019", "soOlLaAoOid'", strict=True))
"""Letters with an ASCII form, and that form."""

PARTED: Final = "\n\n"
"""What stands between the rows of a block: no phrase reaches over it."""

BASE: Final = 0x9E3779B97F4A7C15
"""Of the polynomial by which words and n-grams are hashed."""
_INVERSE: Final = pow(BASE, -1, 1 << 64)
_MIX: Final = np.uint64(0xBF58476D1CE4E5B9)
_MARKS: Final = ".!?;:,"
_LETTER, _CAPITAL, _MARK = b"a", b"A", b"!"
_LOUD: Final = re.compile(b"!{2,}")
_TABLE: Final = 0x2100
_CASED: Final = 0x590
"""Code points up to here are looked up by case; letters of later scripts have none."""
_SYMBOLS: Final = (0x2000, 0x2E7F)
_PICTURES: Final = 0xD800
"""Punctuation and arrows, and what is beyond the basic plane, mostly pictures: no letters."""


def _flat_table() -> NDArray[np.uint8]:
    """Say what stands for each character; the last entry is for those beyond the table."""
    table = np.full(_TABLE + 1, ord(" "), dtype=np.uint8)
    for code in range(0x80):
        table[code] = ord(chr(code).lower())
    for character, base in FLAT.items():
        table[ord(character)] = ord(base.lower())
    return table


def _case_table() -> NDArray[np.uint8]:
    """Say which characters are letters, capitals, and ``!`` or ``?``; the last entry is for the rest."""
    kinds = [unicodedata.category(chr(code)) for code in range(_CASED)]
    table = [_CAPITAL if kind in ("Lu", "Lt") else _LETTER if kind.startswith("L") else b" " for kind in kinds]
    table[ord("!")] = table[ord("?")] = _MARK
    return np.frombuffer(b"".join([*table, b" "]), dtype=np.uint8)


_AS_FLAT: Final = _flat_table()
_CASE: Final = _case_table()
_IS_WORD: Final = np.array([chr(code).isalnum() and chr(code).isascii() for code in range(256)])
_BARS: Final = np.array([2 if chr(code) in _MARKS else int(chr(code) == "\n") for code in range(256)], dtype=np.int32)
"""How much a character parts the words around it: a sentence mark wholly, one line break not yet."""


@dataclass(frozen=True, slots=False, kw_only=True)
class View:
    """A block of texts, one after the other.

    Parameters
    ----------
    codes
        Shape (characters,): code points, uint32.
    flat
        Shape (characters,): each as one lower-case ASCII byte; accents are off, what has no ASCII form is a space.
    starts
        Shape (rows,): where each row begins.
    ends
        Shape (rows,): where it ends.
    """

    codes: NDArray[np.uint32]
    flat: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Self:
        """Join texts into a block."""
        codes = np.frombuffer(PARTED.join(texts).encode("utf-32-le"), dtype=np.uint32)
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        ends = (lengths + len(PARTED)).cumsum() - len(PARTED)
        return cls(codes=codes, flat=_AS_FLAT[np.minimum(codes, _TABLE)], starts=ends - lengths, ends=ends)

    def __len__(self) -> int:
        """Count the rows."""
        return len(self.starts)

    @cached_property
    def words(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Starts and ends of all words: runs of letters and figures."""
        inside = np.zeros(len(self.flat) + 2, dtype=bool)
        inside[1:-1] = _IS_WORD[self.flat]
        edges = (inside[1:] != inside[:-1]).nonzero()[0]
        return edges[::2], edges[1::2]

    @cached_property
    def joins(self) -> NDArray[np.bool_]:
        """Whether a phrase may go on from the word before to each word: no sentence mark, one line break at most.

        A single character of any kind parts the words of a phrase as a space does: ``log-in``, ``e.g``. Nothing goes
        on after the last word, for which there is one entry more.
        """
        starts, ends = self.words
        bars = _BARS[self.flat].cumsum(dtype=np.int32)
        joined = np.zeros(len(starts) + 1, dtype=bool)
        before, after = ends[:-1], starts[1:]
        joined[1:-1] = (bars[after - 1] - bars[before - 1] <= 1) | (after - before == 1)
        return joined

    @cached_property
    def marks(self) -> NDArray[np.int64]:
        """Places of sentence marks and line breaks."""
        return _BARS[self.flat].nonzero()[0]

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """Hash of every word, of its characters alone."""
        starts, ends = self.words
        lifts, inverses = powers(len(self.flat))
        sums = np.zeros(len(self.flat) + 1, dtype=np.uint64)
        (self.flat * lifts).cumsum(out=sums[1:])
        return mixed((sums[ends] - sums[starts]) * inverses[starts])

    @cached_property
    def figures(self) -> NDArray[np.int64]:
        """Places of figures."""
        return ((self.flat >= ord("0")) & (self.flat <= ord("9"))).nonzero()[0]

    def rows_of(self, places: NDArray[np.int64]) -> NDArray[np.int64]:
        """Row that each place is in."""
        return self.starts.searchsorted(places, side="right") - 1

    def text(self, row: int) -> str:
        """One row of the flat view, as a string."""
        return self.flat[self.starts[row] : self.ends[row]].tobytes().decode("ascii")

    def cases(self) -> list[tuple[int, int, int]]:
        """Count letters, capitals, and runs of two or more ``!`` and ``?`` of each row."""
        kinds = _CASE[np.minimum(self.codes, _CASED)]
        if self.codes.max(initial=0) >= _CASED:
            kinds[self._late()] = ord(_LETTER)
        marks = kinds.tobytes()
        return [_cased(marks[start:end]) for start, end in zip(self.starts.tolist(), self.ends.tolist(), strict=True)]

    def _late(self) -> NDArray[np.bool_]:
        """Say which characters are letters of scripts without capitals."""
        symbols = (self.codes >= _SYMBOLS[0]) & (self.codes <= _SYMBOLS[1])
        return (self.codes >= _CASED) & (self.codes < _PICTURES) & ~symbols


def _cased(marks: bytes) -> tuple[int, int, int]:
    capitals = marks.count(_CAPITAL)
    runs = len(_LOUD.findall(marks)) if _MARK * 2 in marks else 0
    return marks.count(_LETTER) + capitals, capitals, runs


def blocks(texts: Sequence[str]) -> Iterator[tuple[int, View]]:
    """Split texts into blocks of about `SIZE` characters: the first row's number, and the block."""
    first = size = 0
    for row, text in enumerate(texts):
        size += len(text)
        if size >= SIZE:
            yield first, View.of(texts[first : row + 1])
            first, size = row + 1, 0
    if first < len(texts) or not texts:
        yield first, View.of(texts[first:])


def mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread hashes over all 64 bits (a step of splitmix64, Steele, Lea and Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX
    return hashes ^ (hashes >> np.uint64(27))


_POWERS: list[tuple[NDArray[np.uint64], NDArray[np.uint64]]] = []


def powers(length: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the base and of its inverse modulo 2**64, kept for the next block."""
    lifts, inverses = _POWERS[0] if _POWERS else (np.zeros(0, np.uint64), np.zeros(0, np.uint64))
    if len(lifts) < length:
        count = max(length, SIZE // 16)
        lifts, inverses = (np.cumprod(np.full(count, base, dtype=np.uint64)) for base in (BASE, _INVERSE))
        _POWERS[:] = [(lifts, inverses)]
    return lifts[:length], inverses[:length]
