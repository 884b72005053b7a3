"""A sentence transformer in ONNX that the user has on disk, in the place of the packaged embedding table.

The folder is as sentence transformers are published: ``model.onnx`` (or ``onnx/model.onnx``) and ``tokenizer.json``.
The graph takes ``input_ids`` and ``attention_mask`` (and ``token_type_ids``, if it asks for them) and gives either one
vector a token, which are averaged, or one a text. It is run by onnxruntime, the extra ``onnx``; nothing is ever
downloaded.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from tidegate.tables.errors import MissingExtraError, ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from tidegate.read.telling import Sentences

TOKENS: Final = 256
"""Tokens of a text that are read: what the models are made for, and a bound on time."""
_BATCH: Final = 32
_WHERE: Final = ("model.onnx", "onnx/model.onnx")
_PER_TOKEN: Final = 3
_INPUTS: Final = ("input_ids", "attention_mask", "token_type_ids")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OnnxEncoder:
    """Texts to vectors by a sentence transformer; see `load_encoder`.

    Parameters
    ----------
    tokenizer
        From texts to token numbers, padded and cut to `TOKENS`.
    session
        An ``onnxruntime.InferenceSession``.
    digest
        SHA-256 of the graph and the tokenizer: models fitted on another encoder say so.
    dimensions
        Length of an embedding.
    folder
        Where it lies.
    """

    tokenizer: Tokenizer
    session: Any
    digest: str
    dimensions: int
    folder: Path

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts, each scaled to length 1; shape (texts, dimensions), float32. An empty text is all zeros."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        order = sorted((at for at, text in enumerate(texts) if text.strip()), key=lambda at: len(texts[at]))
        for start in range(0, len(order), _BATCH):
            rows = order[start : start + _BATCH]
            out[rows] = _run(self.session, self.tokenizer, [texts[at] for at in rows])
        return out

    def embed_parted(
        self, texts: Sequence[str], sentences: Sentences
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embed texts, and the pieces of those of several sentences: each is read in its own right."""
        return self.embed(texts), self.embed(sentences.pieces)


@cache
def load_encoder(folder: Path) -> OnnxEncoder:
    """Load a sentence transformer; the same folder is loaded once.

    Raises
    ------
    MissingExtraError
        If onnxruntime is not installed.
    ModelError
        If a file is missing, is not what its name says, or the graph is not a sentence transformer's.
    """
    try:
        import onnxruntime
    except ImportError:
        raise MissingExtraError("onnx", "reading with a sentence transformer") from None
    from tokenizers import Tokenizer

    graph = next((folder / name for name in _WHERE if (folder / name).is_file()), None)
    words = folder / "tokenizer.json"
    if graph is None or not words.is_file():
        raise ModelError(f"{folder}: a sentence transformer needs {' or '.join(_WHERE)}, and tokenizer.json")
    try:
        tokenizer = Tokenizer.from_str(words.read_text(encoding="utf-8"))
        session = onnxruntime.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
        tokenizer.enable_truncation(TOKENS)
        tokenizer.enable_padding()
        width = _run(session, tokenizer, ["a"]).shape[1]
    except Exception as error:  # noqa: BLE001 -- tokenizers and onnxruntime raise errors of many kinds for a bad file
        raise ModelError(f"{folder}: not a sentence transformer that can be run: {error}") from None
    digest = hashlib.sha256(graph.read_bytes() + words.read_bytes()).hexdigest()
    return OnnxEncoder(tokenizer=tokenizer, session=session, digest=digest, dimensions=width, folder=folder)


def _run(session: Any, tokenizer: Tokenizer, texts: Sequence[str]) -> NDArray[np.float32]:  # noqa: ANN401 -- onnxruntime is imported late
    """Embed one batch."""
    encoded = tokenizer.encode_batch(list(texts))
    mask = np.array([entry.attention_mask for entry in encoded], dtype=np.int64)
    ids = np.array([entry.ids for entry in encoded], dtype=np.int64)
    given = dict(zip(_INPUTS, (ids, mask, np.zeros_like(ids)), strict=True))
    asked = {entry.name for entry in session.get_inputs()}
    (vectors, *_) = session.run(None, {name: value for name, value in given.items() if name in asked})
    if vectors.ndim == _PER_TOKEN:
        weights = mask[:, :, None].astype(np.float32)
        vectors = (vectors * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1)
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.maximum(norms, np.float32(1e-12))).astype(np.float32)
