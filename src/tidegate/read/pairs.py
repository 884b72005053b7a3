"""Pairs of texts that share telling terms, found without comparing every text with every other.

A term brings a text together with its neighbours in order of time that have the term too: the work grows with the
number of texts, not with its square. It is done for some texts at a time, which bounds the memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]

_BITS: Final = 20
_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio: multiplying by it scatters (Knuth 6.4)
_ROUNDING: Final = 1e-9


class Listed:
    """Which texts each term is in, term by term in order of time; and where each text stands in that list.

    Parameters
    ----------
    weighed
        ``row``, ``term``, ``weight``.
    when
        Position of each text in time.
    """

    def __init__(self, weighed: pl.DataFrame, when: NDArray[np.int64]) -> None:
        listed = weighed.with_columns(when=pl.Series(when).gather(weighed["row"])).sort("term", "when", "row")
        self.rows = listed["row"].to_numpy().astype(np.int64)
        self.weights = listed["weight"].to_numpy()
        self.codes = listed["term"].rle_id().to_numpy()
        self.height = len(when)
        self.places = np.argsort(self.rows, kind="stable")
        self.bounds = np.searchsorted(self.rows[self.places], np.arange(self.height + 1))

    def of(self, start: int, stop: int) -> NDArray[np.int64]:
        """Places of some texts in the list, in its order."""
        return np.sort(self.places[self.bounds[start] : self.bounds[min(stop, self.height)]])

    def sharing(self, places: NDArray[np.int64], window: int, way: int) -> Iterator[Pairs]:
        """Yield, step by step, the texts at places and those so many steps on or back that have the same term.

        With them the product of both weights.
        """
        for step in range(way, way * (window + 1), way):
            places = places[(places + step >= 0) & (places + step < len(self.rows))]
            places = places[self.codes[places] == self.codes[places + step]]  # who has no neighbour has none further on
            if not len(places):
                return
            others = places + step
            yield self.rows[places], self.rows[others], self.weights[places] * self.weights[others]


def meetings(listed: Listed, start: int, count: int, window: int) -> Pairs:
    """Return pairs of some rows with any that a term brings together, and the sum of their products over shared terms.

    Parameters
    ----------
    listed
        All texts.
    start, count
        The first of the rows, and how many.
    window
        Neighbours in order of time, on either side.
    """
    places = listed.of(start, start + count)
    return _summed(listed, [*listed.sharing(places, window, 1), *listed.sharing(places, window, -1)])


def close(listed: Listed, start: int, count: int, window: int, least: float) -> Pairs:
    """Return as `meetings` the pairs that come to ``least`` or more; each once, the text that is earlier first.

    Most pairs share a word or two and come to nothing. They are told by sums over cells, of which several pairs may
    share one: no product is negative, so a cell with less than ``least`` has no pair that reaches it. The other pairs
    alone are sorted.
    """
    parts = list(listed.sharing(listed.of(start, start + count), window, 1))
    if not parts:
        return _summed(listed, parts)
    left, right, product = (np.concatenate(column) for column in zip(*parts, strict=True))
    scattered = (left * listed.height + right).view(np.uint64) * _GOLDEN
    cell = (scattered >> np.uint64(64 - _BITS)).astype(np.int64)
    may = (np.bincount(cell, weights=product) >= least - _ROUNDING)[cell]
    left, right, score = _summed(listed, [(left[may], right[may], product[may])])
    enough = score >= least
    return left[enough], right[enough], score[enough]


def _summed(listed: Listed, parts: list[Pairs]) -> Pairs:
    if not parts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    left, right, product = (np.concatenate(column) for column in zip(*parts, strict=True))
    pairs, at = np.unique(left * listed.height + right, return_inverse=True)
    score = np.bincount(at, weights=product, minlength=len(pairs))
    return pairs // listed.height, pairs % listed.height, np.minimum(score, 1.0)


__all__ = ["Listed", "close", "meetings"]
