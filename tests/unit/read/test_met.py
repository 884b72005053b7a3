"""Words met: worked out once, and the same as if a text were looked at whole."""

from __future__ import annotations

from array import array

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.embedding import load_embedding
from tidegate.read.met import MOST, Met


def test_a_word_is_worked_out_once() -> None:
    asked: list[str] = []

    def make(words: list[str]) -> list[bytes]:
        asked.extend(words)
        return [word.encode() for word in words]

    met = Met()
    assert met.joined([["a", "b"], [], ["a", "a"]], make) == [b"ab", b"", b"aa"]
    assert met.joined([["b", "c"]], make) == [b"bc"]
    assert sorted(asked) == ["a", "b", "c"]


def test_what_is_kept_is_bounded_and_what_was_forgotten_is_worked_out_anew() -> None:
    asked: list[str] = []

    def make(words: list[str]) -> list[bytes]:
        asked.extend(words)
        return [word[:1].encode() for word in words]

    met = Met()
    met.joined([["a", "x" * (MOST + 1)]], make)
    assert met.joined([["b", "a"]], make) == [b"ba"]
    met.joined([["b", "a"]], make)
    assert asked.count("a") == 2
    assert asked.count("b") == 1


TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["[UNK] [CLS]", "can't  e.g.\n你好"])


@settings(deadline=None)
@given(st.lists(TEXTS))
def test_tokens_of_words_are_the_tokens_of_the_text(texts: list[str]) -> None:
    embedding = load_embedding()
    whole = embedding.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    vectors = embedding.embed(texts)
    for encoding, vector in zip(whole, vectors, strict=True):
        ids = array("i", encoding.ids)
        expected = embedding.weights[ids] @ embedding.vectors[ids].astype(np.float32) if ids else np.zeros(256)
        np.testing.assert_allclose(vector, expected / max(float(np.linalg.norm(expected)), 1e-12), atol=1e-5)
