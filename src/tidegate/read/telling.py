"""The sentence that says most clearly what a ticket is about: the evidence that its intent rests on.

Each sentence is read as if it were the whole text. The one in which the intent stands out most from the others is the
telling one; a text of one sentence needs no second look.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

SENTENCES: Final = 12
"""Sentences of a text that are looked at: what it is about is said before that."""
LONGEST: Final = 200
"""Characters of a sentence that are quoted."""

_END: Final = re.compile(
    r"[.!?](?=\s)|\n|\Z"
)  # one mark at a time: a long run of them must not be tried at each length
_WORD: Final = re.compile(r"[^\W\d_]{2}")
_BEGIN: Final = re.compile(r"\w")


def telling(
    masked: Sequence[str], chosen: NDArray[np.int64], score: Callable[[pl.Series], NDArray[np.floating]]
) -> pl.DataFrame:
    """Find the telling sentence of every text.

    Parameters
    ----------
    masked
        Texts as `mail.clean` masks them: what does not count is blank, offsets are those of the original.
    chosen
        Place of each text's intent among the columns of ``score``.
    score
        From texts to logits of every intent, shape (texts, intents).

    Returns
    -------
    polars.DataFrame
        ``start`` and ``end`` in characters of the original, one row a text; null where a text has no sentence. Ties go
        to the earlier sentence.
    """
    spans = [list(islice(_spans(text), SENTENCES)) for text in masked]
    counts = np.array([len(each) for each in spans], dtype=np.int64)
    best = np.zeros(len(masked), dtype=np.int64)
    several = np.flatnonzero(counts > 1)
    if len(several):
        pieces = [masked[row][start:end] for row in several for start, end in spans[row]]
        owner = np.repeat(several, counts[several])
        logits = score(pl.Series(pieces).str.replace_all(r"\s+", " "))
        clear = logits[np.arange(len(owner)), chosen[owner]] - logits.mean(axis=1)
        order = np.lexsort((-clear, owner))
        first = np.ones(len(order), dtype=bool)
        first[1:] = owner[order][1:] != owner[order][:-1]
        begins = np.cumsum(counts[several]) - counts[several]
        best[several] = order[first] - begins
    found = [each[at] if each else (None, None) for each, at in zip(spans, best.tolist(), strict=True)]
    return pl.DataFrame(found, schema={"start": pl.Int32, "end": pl.Int32}, orient="row")


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Sentences of a text that hold words, without the blanks and marks before them and the blanks after."""
    begin = 0
    for mark in _END.finditer(text):
        if _WORD.search(text, begin, mark.end()) and (first := _BEGIN.search(text, begin, mark.end())):
            whole = text[first.start() : min(mark.end(), first.start() + LONGEST)]
            yield first.start(), first.start() + len(whole.rstrip())
        begin = mark.end()
