"""The sentence that says most clearly what a ticket is about: the evidence that its intent rests on.

Each sentence is read as if it were the whole text. The one in which the intent stands out most from the others is the
telling one; a text of one sentence needs no second look.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

SENTENCES: Final = 12
"""Sentences of a text that are looked at: what it is about is said before that."""
LONGEST: Final = 200
"""Characters of a sentence that are quoted."""

_SENTENCE: Final = re.compile(r"\w[^.!?\n]*(?:[.!?](?=\S)[^.!?\n]*)*[.!?]?")
_WORD: Final = re.compile(r"[^\W\d_]{2}")
_APART: Final = re.compile(r"[\s!-/:-@\[-`{-~]")
"""Beside such a character every tokenizer of ours parts words: white space and ASCII marks."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sentences:
    """The first sentences of texts.

    Parameters
    ----------
    spans
        Of each text, start and end of its first `SENTENCES` sentences, in characters of the text.
    owner
        Shape (pieces,): the text that each piece is of, ascending. Texts of one sentence have no pieces.
    pieces
        The sentences of the other texts, white space made one.
    rests
        Of each text with pieces, what is left of it; None where its words can't be had from those of the parts.
    """

    spans: list[list[tuple[int, int]]]
    owner: NDArray[np.int64]
    pieces: list[str]
    rests: dict[int, str | None]

    @classmethod
    def of(cls, masked: Sequence[str]) -> Self:
        """Part texts as `mail.clean` masks them: what does not count is blank, offsets are those of the original."""
        spans = [list(islice(_spans(text), SENTENCES)) for text in masked]
        several = [row for row, each in enumerate(spans) if len(each) > 1]
        return cls(
            spans=spans,
            owner=np.array([row for row in several for _ in spans[row]], dtype=np.int64),
            pieces=[" ".join(masked[row][start:end].split()) for row in several for start, end in spans[row]],
            rests={row: _rest(masked[row], spans[row]) for row in several},
        )

    def telling(
        self, chosen: NDArray[np.int64], logits: NDArray[np.floating]
    ) -> list[tuple[int, int] | tuple[None, None]]:
        """Find the telling sentence of every text.

        Parameters
        ----------
        chosen
            Place of each text's intent among the columns of ``logits``.
        logits
            Shape (pieces, intents).

        Returns
        -------
        list
            Start and end, one pair a text; None where a text has no sentence. Ties go to the earlier sentence.
        """
        clear = logits[np.arange(len(self.owner)), chosen[self.owner]] - logits.sum(axis=1) / logits.shape[1]
        values = iter(clear.tolist())
        return [_clearest(each, values) if len(each) > 1 else each[0] if each else (None, None) for each in self.spans]


def _clearest(spans: list[tuple[int, int]], values: Iterator[float]) -> tuple[int, int]:
    """Take the span with the largest value, the first of equal ones."""
    mine = list(islice(values, len(spans)))
    return spans[mine.index(max(mine))]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    """Sentences of a text that hold words, without the blanks and marks before them and the blanks after."""
    for found in _SENTENCE.finditer(text):
        begin, end = found.span()
        if _WORD.search(text, begin, end):
            yield begin, begin + len(_quoted(text[begin:end]))


def _quoted(sentence: str) -> str:
    """Cut a sentence to `LONGEST` characters, between words if there is a space."""
    sentence = sentence.rstrip()
    if len(sentence) <= LONGEST:
        return sentence
    at = sentence.rfind(" ", 1, LONGEST + 1)
    return (sentence[:at] if at > 0 else sentence[:LONGEST]).rstrip()


def _rest(text: str, spans: Sequence[tuple[int, int]]) -> str | None:
    """Text outside the spans; None where a span begins or ends inside a word."""
    gaps, last = [], 0
    for start, end in spans:
        if not (_apart(text, start) and _apart(text, end)):
            return None
        gaps.append(text[last:start])
        last = end
    return " ".join([*gaps, text[last:]]).strip()


def _apart(text: str, place: int) -> bool:
    """Whether words are parted at a place: at either end, or where one of its two neighbours parts words."""
    return place in (0, len(text)) or _APART.search(text, place - 1, place + 1) is not None
