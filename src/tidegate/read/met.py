"""What was worked out of the words met, so that a word that comes again costs a look-up."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

MOST: Final = 1 << 17
"""Characters of words from which all are forgotten: some 20,000 words, a few megabytes."""


class Met:
    """Words, and the bytes that each stands for. Threads may share one."""

    def __init__(self) -> None:
        """Begin with no words."""
        self._known: dict[str, bytes] = {}
        self._characters = 0

    def joined(self, texts: Sequence[Sequence[str]], make: Callable[[list[str]], Iterable[bytes]]) -> list[bytes]:
        """Join the bytes of the words of each text.

        Parameters
        ----------
        texts
            Words of each.
        make
            From words that are not known to the bytes of each: it rests on nothing but the word.
        """
        known = self._known
        fresh = set(chain.from_iterable(texts)).difference(known)
        if fresh and self._characters > MOST:
            self._known = known = {}  # a thread that reads the words before keeps them
            self._characters = 0
            fresh = set(chain.from_iterable(texts))
        if fresh:
            words = list(fresh)
            known.update(zip(words, make(words), strict=True))
            self._characters += sum(map(len, words))
        return [b"".join(map(known.__getitem__, words)) for words in texts]
