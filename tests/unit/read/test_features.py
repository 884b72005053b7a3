from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.features import BUCKETS, Grams, clean, column_grams, joined, text_grams


def dense(grams: Grams) -> np.ndarray:
    out = np.zeros((len(grams), BUCKETS), dtype=np.float32)
    out[np.repeat(np.arange(len(grams)), np.diff(grams.starts)), grams.buckets] = grams.values
    return out


def grams_of(*texts: str) -> Grams:
    return joined(list(text_grams(texts)))


def twin(text: str) -> int:
    """Number of grams of a cleaned text, counted one by one."""
    words = text.split(" ") if text else []
    runs = [f" {word} "[at : at + size] for word in words for size in (3, 4, 5) for at in range(len(word) + 3 - size)]
    return len(
        {("w", word) for word in words} | {("p", pair) for pair in itertools.pairwise(words)} | {("c", r) for r in runs}
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(alphabet="abcé !?ß", max_size=30), min_size=1, max_size=5))
def test_a_text_has_the_grams_that_a_count_by_hand_finds(texts: list[str]) -> None:
    cleaned = [clean(text) for text in texts]
    found = np.diff(grams_of(*texts).starts)
    for text, count in zip(cleaned, found, strict=True):
        assert twin(text) - 2 <= count <= twin(text)  # two buckets in 2**18 may meet


@settings(deadline=None, max_examples=40)
@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
def test_grams_of_a_text_do_not_depend_on_its_neighbours(texts: list[str]) -> None:
    together = dense(grams_of(*texts))
    for place, text in enumerate(texts):
        assert np.array_equal(together[place], dense(grams_of(text))[0])


def test_blocks_are_seamless() -> None:
    texts = [f"word{number} again" for number in range(1100)]
    grams = grams_of(*texts)
    assert len(grams) == 1100
    assert np.array_equal(dense(grams.taken(np.array([700])))[0], dense(grams_of(texts[700]))[0])


def test_a_repeated_word_weighs_by_the_logarithm_of_its_count() -> None:
    once, twice = dense(grams_of("help")), dense(grams_of("help x help"))
    shared = (once > 0) & (twice > 0)
    assert twice[shared] == pytest.approx(1 + np.log(2))


def test_inverse_frequency_scales_rows_to_length_one() -> None:
    inverse = np.ones(BUCKETS, dtype=np.float32)
    lengths = np.linalg.norm(dense(grams_of("a long text with words", "").weighted(inverse)), axis=1)
    assert lengths == pytest.approx([1.0, 0.0])


def test_rows_may_be_taken_in_any_order() -> None:
    grams = grams_of("one", "", "two three", "four")
    rows = np.array([3, 1, 0, 3])
    assert np.array_equal(dense(grams.taken(rows)), dense(grams)[rows])


def test_column_values_are_told_apart_by_their_column() -> None:
    grams = column_grams([("group", pl.Series(["a", "b", None])), ("product", pl.Series(["a", "a", None]))])
    counts = Counter(grams.buckets.tolist())
    assert np.diff(grams.starts).tolist() == [2, 2, 2]
    assert sorted(counts.values()) == [1, 1, 1, 1, 2]


def test_hashes_stay_the_same_across_versions() -> None:
    """Saved models hold bucket numbers: a change of hashing must be a new format."""
    assert grams_of("Hi!").buckets.tolist() == sorted(grams_of("hi !").buckets.tolist())
    assert int(grams_of("refund please").buckets.sum()) == SUM_OF_BUCKETS


SUM_OF_BUCKETS = 4689016
