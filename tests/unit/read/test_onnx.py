"""A sentence transformer on disk: what it gives, what it refuses, and a model that was fitted on it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from helpers.tiny_onnx import DIMENSIONS, write_encoder
from tidegate.read.onnx import TOKENS, load_encoder
from tidegate.tables import MissingExtraError, ModelError

if TYPE_CHECKING:
    from pathlib import Path


def test_embeddings_are_means_of_their_words_and_of_length_one(tmp_path: Path) -> None:
    encoder = load_encoder(write_encoder(tmp_path))
    invoice, card, both, nothing = encoder.embed(["invoice", "card", "invoice card", "  "])
    assert encoder.dimensions == DIMENSIONS
    assert np.linalg.norm([invoice, card, both], axis=1) == pytest.approx(1.0)
    assert not nothing.any()
    assert float(both @ invoice) > float(card @ invoice)


def test_a_text_embeds_the_same_in_any_company(tmp_path: Path) -> None:
    encoder = load_encoder(write_encoder(tmp_path))
    texts = [" ".join(["invoice", "card", "parcel"][: 1 + number % 3] * (1 + number % 7)) for number in range(70)]
    together = encoder.embed(texts)
    for number in (0, 33, 69):
        assert together[number] == pytest.approx(encoder.embed([texts[number]])[0], abs=1e-5)


def test_long_texts_are_cut(tmp_path: Path) -> None:
    encoder = load_encoder(write_encoder(tmp_path))
    head, longer = encoder.embed(["card " * TOKENS, "card " * TOKENS + "parcel " * 5000])
    assert head == pytest.approx(longer, abs=1e-5)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: (folder / "model.onnx").unlink(), "needs model.onnx"),
        (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer.json"),
        (lambda folder: (folder / "model.onnx").write_bytes(b"no graph"), "not a sentence transformer"),
        (lambda folder: (folder / "tokenizer.json").write_text("{}"), "not a sentence transformer"),
    ],
)
def test_a_damaged_folder_is_refused(tmp_path: Path, spoil: object, said: str) -> None:
    write_encoder(tmp_path)
    spoil(tmp_path)  # ty: ignore[call-non-callable]
    with pytest.raises(ModelError, match=said):
        load_encoder(tmp_path)


def test_without_onnxruntime_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"tidegate\[onnx\]"):
        load_encoder(write_encoder(tmp_path / "unseen"))
