from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tidegate.read.embedding import MODELS, load_embedding, read_safetensors, write_safetensors
from tidegate.read.features import BUCKETS, joined, text_grams
from tidegate.read.heads import Head, Heads, Sparse
from tidegate.tables import ModelError

if TYPE_CHECKING:
    from pathlib import Path


def test_packaged_embeddings_bring_the_same_question_together_in_six_languages() -> None:
    embedding = load_embedding()
    invoice = ["The invoice is wrong", "Die Rechnung ist falsch", "La facture est fausse", "La factura es incorrecta"]
    vectors = embedding.embed([*invoice, "A fatura está errada", "La fattura è sbagliata", "I cannot log in"])
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(7), abs=1e-5)
    near, far = vectors[0] @ vectors[1:6].T, vectors[6] @ vectors[:6].T
    assert near.min() > far.max() + 0.1


def test_a_text_without_tokens_is_all_zeros_and_disturbs_no_neighbour() -> None:
    embedding = load_embedding()
    alone = embedding.embed(["hello there"])
    among = embedding.embed(["", "hello there", " "])
    assert not among[[0, 2]].any()
    assert among[1] == pytest.approx(alone[0], abs=1e-6)


def test_the_table_fits_its_budget() -> None:
    size = sum((MODELS / name).stat().st_size for name in ("model.safetensors", "tokenizer.json", "config.json"))
    assert size < 8_000_000
    assert load_embedding().vectors.dtype == np.int8
    assert load_embedding().dimensions == 256


def test_tensors_come_back_as_they_were(tmp_path: Path) -> None:
    tensors = {"embeddings": np.arange(6, dtype=np.int8).reshape(3, 2), "weights": np.ones(3, dtype=np.float32)}
    write_safetensors(tmp_path / "x.safetensors", tensors)
    for name, tensor in read_safetensors(tmp_path / "x.safetensors").items():
        assert np.array_equal(tensor, tensors[name])


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}", b"\x10\0\0\0\0\0\0\0[1]             "])
def test_a_damaged_table_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "model.safetensors").write_bytes(content)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelError):
        load_embedding(tmp_path)


def test_a_table_that_is_cut_short_is_a_clear_error(tmp_path: Path) -> None:
    write_safetensors(tmp_path / "whole", {"embeddings": np.zeros((4, 4), dtype=np.int8)})
    (tmp_path / "model.safetensors").write_bytes((tmp_path / "whole").read_bytes()[:-3])
    with pytest.raises(ModelError, match="ends before"):
        load_embedding(tmp_path)


def made(random: np.random.Generator) -> Heads:
    grams = joined(list(text_grams(["refund my order", "app crashed"])))
    buckets = np.unique(grams.buckets).astype(np.int32)
    inverse = np.zeros(BUCKETS, dtype=np.float32)
    inverse[buckets] = random.random(len(buckets)).astype(np.float32)
    return Heads(
        heads=(Head(name="intent", classes=("a", "b"), temperature=2.0), Head(name="effort")),
        dense=random.normal(size=(256, 3)).astype(np.float32),
        bias=random.normal(size=3).astype(np.float32),
        inverse=inverse,
        text=Sparse(buckets=buckets, weights=random.normal(size=(len(buckets), 3)).astype(np.float16)),
    )


def test_logits_are_the_sums_that_the_coefficients_say() -> None:
    heads = made(np.random.default_rng(1))
    embedding, texts = load_embedding(), pl.Series(["refund the app", "", None, "unknown words only"])
    expected = embedding.embed([text or "" for text in texts]) @ heads.dense + heads.bias
    assert heads.text is not None
    assert heads.inverse is not None
    grams = joined(list(text_grams([text or "" for text in texts]))).weighted(heads.inverse)
    places = {int(bucket): place for place, bucket in enumerate(heads.text.buckets)}
    for row in range(4):
        for at in range(grams.starts[row], grams.starts[row + 1]):
            if int(grams.buckets[at]) in places:
                expected[row] += (
                    heads.text.weights[places[int(grams.buckets[at])]].astype(np.float32) * grams.values[at]
                )
    assert heads.text_logits(texts, embedding) == pytest.approx(expected, abs=1e-4)


def test_heads_come_back_as_they_were(tmp_path: Path) -> None:
    heads = made(np.random.default_rng(2))
    heads.save(tmp_path / "heads.npz")
    again, texts = Heads.load(tmp_path / "heads.npz"), pl.Series(["refund the app"])
    assert again.heads == heads.heads
    embedding = load_embedding()
    assert again.text_logits(texts, embedding) == pytest.approx(heads.text_logits(texts, embedding), abs=1e-3)
    head, logits = again.split(again.text_logits(texts, embedding))["intent"]
    assert head.probabilities(logits).sum(axis=1) == pytest.approx([1.0])


def test_a_damaged_or_foreign_model_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "heads.npz").write_bytes(b"PK\x03\x04 spoilt")
    with pytest.raises(ModelError, match="not a readable model"):
        Heads.load(tmp_path / "heads.npz")
    np.savez(tmp_path / "heads.npz", about=np.array('{"format": 99}'))
    with pytest.raises(ModelError, match="format 99"):
        Heads.load(tmp_path / "heads.npz")


def test_pickles_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "heads.npz", about=np.array([{"a": 1}], dtype=object))
    with pytest.raises(ModelError):
        Heads.load(tmp_path / "heads.npz")
