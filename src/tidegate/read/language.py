"""Which language a text is in: one of six, another, or too little to say.

Naive Bayes over hashed character trigrams and whole words, in NumPy, over the distinct words of a batch. The profile
is made by ``scripts/corpus/language_profile.py`` from our own text.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.read.met import Met

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

CLASSES: Final = ("en", "de", "fr", "es", "pt", "it", "other")
"""What the profile tells apart. ``other`` stands for every further language."""
UNKNOWN: Final = "unknown"
"""Too little text to say, or no language stands out."""
KNOWN: Final = CLASSES[:-1]
"""Languages that the lexicon and the default taxonomy are written in."""

BUCKETS: Final = 1 << 14
WIDTH: Final = 14  # characters of a word that count
WORDS: Final = 48  # words of a text that count: more change nothing
ENOUGH: Final = 0.6  # posterior below which no language stands out
_TEMPER: Final = 0.35  # grams of a word are not independent: full weight would be overconfident
_WORD: Final = re.compile(r"[^\W\d_]{1,40}")


def words_of(text: str) -> list[str]:
    """Lower-case words of one text, as the profile sees them."""
    return _WORD.findall(text.lower())


def grams(words: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Buckets of each word's trigrams, with both ends marked, and of the word itself.

    Returns
    -------
    tuple
        Two arrays of shape (words, grams): the bucket, and whether there is such a gram.
    """
    padded = np.array([f"^{word[: WIDTH - 2]}$" for word in words], dtype=f"<U{WIDTH}")
    codes = padded.view(np.uint32).reshape(len(words), WIDTH).astype(np.int64)
    triples = codes[:, :-2] * 961 + codes[:, 1:-1] * 31 * 7 + codes[:, 2:] * 13 + 5
    whole = (codes * (np.arange(1, WIDTH + 1) ** 3 * 131)).sum(axis=1, keepdims=True) + 77
    buckets = np.concatenate([triples, whole], axis=1) * 2_654_435_761 % (1 << 32) >> 18
    valid = np.concatenate([codes[:, 2:] > 0, np.ones_like(whole, dtype=bool)], axis=1)
    return buckets, valid


@cache
def _profile() -> np.ndarray:
    """Log-likelihood of every bucket under each of `KNOWN`, then under each of the other languages."""
    with files("tidegate.read").joinpath("lexicon", "language.npz").open("rb") as file, np.load(file) as arrays:
        return arrays["logs"].astype(np.float32)


_MET: Final = Met()
"""Scores of the words met."""


def _word_scores(words: list[str]) -> Iterator[bytes]:
    """Score each word under each language of the profile, as float32."""
    buckets, valid = grams(words)
    scores = (_profile()[buckets] * valid[:, :, None]).sum(axis=1)
    return (row.tobytes() for row in scores)


def _posterior(texts: list[list[str]]) -> np.ndarray:
    """Posterior over `CLASSES` of every text, from its words: one at least."""
    scores = np.frombuffer(b"".join(_MET.joined(texts, _word_scores)), dtype=np.float32)
    per_word = scores.reshape(-1, _profile().shape[1]).astype(np.float64)
    total = np.add.reduceat(per_word, [0, *accumulate(map(len, texts[:-1]))])
    total = (total - total.max(axis=1, keepdims=True)) * _TEMPER
    odds = np.exp(total)
    known, others = odds[:, : len(KNOWN)], odds[:, len(KNOWN) :].sum(axis=1, keepdims=True)
    return np.concatenate([known, others], axis=1) / odds.sum(axis=1, keepdims=True)


def _foreign(samples: list[str]) -> list[int]:
    """Rows in another script: most of their letters are not Latin."""
    odd = [row for row, text in enumerate(samples) if not text.isascii() and len(text.encode()) * 3 > len(text) * 4]
    if not odd:  # Latin letters rarely take two bytes
        return []
    text = pl.col("text")
    frame = pl.DataFrame({"row": odd, "text": [samples[row] for row in odd]})
    return frame.filter(text.str.count_matches(r"\p{L}") > 2 * text.str.count_matches(r"\p{Latin}"))["row"].to_list()


def identify(texts: pl.Series) -> pl.DataFrame:
    """Say the language of every text.

    Parameters
    ----------
    texts
        Text, null counted as empty. Only the first `WORDS` words are looked at.

    Returns
    -------
    pl.DataFrame
        ``language``: one of `KNOWN`, ``other`` or ``unknown``; ``language_confidence``: its posterior, 0 to 1; for
        ``unknown`` the posterior of the likeliest one. Ties go to the first of `CLASSES`.
    """
    names, sure = languages([text or "" for text in texts.cast(pl.String).to_list()])
    return pl.DataFrame({"language": pl.Series(names, dtype=pl.String), "language_confidence": sure})


def languages(texts: Sequence[str]) -> tuple[list[str], NDArray[np.float64]]:
    """Say the language of every text, and how sure that is; see `identify`."""
    samples = [text[: WORDS * 10] for text in texts]
    words = [words_of(sample)[:WORDS] for sample in samples]
    names, sure = [UNKNOWN] * len(samples), np.zeros(len(samples))
    spoken = [row for row, each in enumerate(words) if each]
    if not spoken:
        return names, sure
    posterior = _posterior([words[row] for row in spoken])
    sure[spoken] = posterior.max(axis=1)
    for row, best in zip(spoken, posterior.argmax(axis=1).tolist(), strict=True):
        if sure[row] >= ENOUGH:
            names[row] = CLASSES[best]
    for row in _foreign(samples):
        if words[row]:
            names[row], sure[row] = "other", 1.0
    return names, sure
