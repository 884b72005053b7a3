"""Writes a sentence transformer of a few kilobytes: one vector a word, in a graph of one node.

The format is protocol buffers, of which an ONNX graph needs little: fields, lengths and variable-length numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from tokenizers import Tokenizer, models, pre_tokenizers

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [
    "invoice",
    "charged",
    "card",
    "payment",
    "refund",
    "password",
    "login",
    "locked",
    "code",
    "account",
    "parcel",
    "order",
    "delivery",
    "crash",
    "error",
    "broken",
    "export",
    "slow",
    "how",
    "can",
    "change",
    "setting",
    "please",
    "cancel",
    "everything",
    "down",
    "nobody",
    "works",
    "the",
    "is",
    "was",
    "my",
    "a",
    "i",
    "not",
    "me",
]
DIMENSIONS = 16
_FLOAT, _INT64 = 1, 7


def write_encoder(folder: Path, *, seed: int = 0) -> Path:
    """Write ``model.onnx`` and ``tokenizer.json`` into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106 -- a token, no secret
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace()])
    tokenizer.save(str(folder / "tokenizer.json"))
    table = np.random.default_rng(seed).normal(size=(len(vocabulary), DIMENSIONS)).astype(np.float32)
    table[1] = 0.01
    (folder / "model.onnx").write_bytes(_model(table))
    return folder


def _model(table: np.ndarray) -> bytes:
    """Build a graph that looks up ``input_ids`` in the table, and asks for the mask without using it."""
    node = _text(1, "table") + _text(1, "input_ids") + _text(2, "last_hidden_state") + _text(4, "Gather")
    tensor = b"".join(_number(1, size) for size in table.shape) + _number(2, _FLOAT) + _text(8, "table")
    tensor += _bytes(9, table.tobytes())
    two, three = ("batch", "tokens"), ("batch", "tokens", "vector")
    graph = _bytes(1, node) + _text(2, "tiny") + _bytes(5, tensor)
    graph += _bytes(11, _value("input_ids", _INT64, two)) + _bytes(11, _value("attention_mask", _INT64, two))
    graph += _bytes(12, _value("last_hidden_state", _FLOAT, three))
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _text(1, "") + _number(2, 13))


def _value(name: str, kind: int, axes: tuple[str, ...]) -> bytes:
    shape = b"".join(_bytes(1, _text(2, axis)) for axis in axes)
    return _text(1, name) + _bytes(2, _bytes(1, _number(1, kind) + _bytes(2, shape)))


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _text(field: int, value: str) -> bytes:
    return _bytes(field, value.encode())
