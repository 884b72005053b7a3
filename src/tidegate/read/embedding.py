"""Static word embeddings: a table of token vectors on disk, and the mean of a text's tokens.

The folder is in model2vec's format: ``model.safetensors`` with ``embeddings`` (int8, one row a token) and ``weights``
(float32, one a token: its scale times its smooth inverse frequency), ``tokenizer.json`` and ``config.json``. It is read
with `tokenizers` and NumPy alone, and the vectors stay on disk until a token is met.

The weighting is that of Arora, Liang and Ma 2017, "A simple but tough-to-beat baseline for sentence embeddings".
"""

from __future__ import annotations

import json
from array import array
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from tidegate.read.met import Met
from tidegate.tables.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from tokenizers import Tokenizer

    from tidegate.read.telling import Sentences

MODELS: Final = Path(__file__).parent / "models"
"""Folder of the packaged table and heads."""

_TYPES: Final = {"I8": np.int8, "F16": np.float16, "F32": np.float32}
_ROWS: Final = 128
"""Texts pooled at a time: bounds the table of their token counts."""


class Encoder(Protocol):
    """Anything that turns texts into vectors: the packaged table, or a sentence transformer on disk."""

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        ...

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts, each scaled to length 1; shape (texts, dimensions), float32."""
        ...

    def embed_parted(
        self, texts: Sequence[str], sentences: Sentences
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embed texts, and the pieces of those of several sentences; see `embed`."""
        ...


@dataclass(frozen=True, slots=True)
class Embedding:
    """Token vectors and the tokenizer that goes with them.

    Parameters
    ----------
    tokenizer
        From text to token numbers.
    vectors
        Shape (tokens, dimensions), int8 or float; may be memory-mapped.
    weights
        Shape (tokens,), float32: what a token counts for in the mean, its scale included.
    """

    tokenizer: Tokenizer
    vectors: NDArray[Any]
    weights: NDArray[np.float32]
    _met: Met = field(default_factory=Met, init=False, repr=False, compare=False)

    @property
    def dimensions(self) -> int:
        """Length of an embedding."""
        return self.vectors.shape[1]

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Embed texts: the weighted mean of their tokens' vectors, scaled to length 1.

        Parameters
        ----------
        texts
            Any strings; the caller bounds their length.

        Returns
        -------
        numpy.ndarray
            Shape (texts, dimensions), float32. A text without a known token is all zeros.
        """
        return _scaled(self._sums(texts))

    def embed_parted(
        self, texts: Sequence[str], sentences: Sentences
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Embed texts, and the pieces of those of several sentences, looking at every word once.

        Notes
        -----
        A sum of token vectors is the sum of its parts', where the parts end between words.
        """
        rest = [text if (left := sentences.rests.get(row)) is None else left for row, text in enumerate(texts)]
        places = [row for row, text in enumerate(rest) if text]
        sums = self._sums([*sentences.pieces, *(rest[row] for row in places)])
        pieces = sums[: len(sentences.pieces)]
        whole = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        whole[places] = sums[len(pieces) :]
        if len(pieces):
            *begins, _ = accumulate((len(sentences.spans[row]) for row in sentences.rests), initial=0)
            parted = np.array([rest is not None for rest in sentences.rests.values()])
            whole[[*sentences.rests]] += np.add.reduceat(pieces, begins, axis=0) * parted[:, None]
        scaled = _scaled(np.concatenate([whole, pieces]))
        return scaled[: len(texts)], scaled[len(texts) :]

    def _sums(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Sum the weighted token vectors of texts, shape (texts, dimensions)."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _ROWS):
            words = [text.split(" ") for text in texts[start : start + _ROWS]]  # no token spans a space
            tokens = self._met.joined(words, self._tokens)
            ids = np.frombuffer(b"".join(tokens), dtype=np.int32)
            counts = np.fromiter(map(len, tokens), dtype=np.int64, count=len(tokens)) // ids.itemsize
            out[start : start + len(tokens)] = self._pool(ids, counts)
        return out

    def _tokens(self, words: list[str]) -> Iterator[bytes]:
        """Give the numbers of each word's tokens, as int32."""
        encodings = self.tokenizer.encode_batch_fast(words, add_special_tokens=False)
        return (array("i", each.ids).tobytes() for each in encodings)

    def _pool(self, ids: NDArray[np.integer], counts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Sum token vectors by text, as one product of token counts and the vectors of the tokens met."""
        met, places = np.unique(ids, return_inverse=True)
        cells = np.arange(len(counts)).repeat(counts) * len(met) + places
        table = np.bincount(cells, minlength=len(counts) * len(met)).astype(np.float32)
        return table.reshape(len(counts), len(met)) @ (self.vectors[met] * self.weights[met][:, None])


def _scaled(sums: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale rows to length 1; rows of zeros stay."""
    return sums / np.maximum(np.sqrt((sums * sums).sum(axis=1, keepdims=True)), np.float32(1e-12))


@cache
def load_embedding(folder: Path = MODELS) -> Embedding:
    """Load a table; the same folder is loaded once.

    Parameters
    ----------
    folder
        Holds ``model.safetensors`` and ``tokenizer.json``.

    Raises
    ------
    ModelError
        If a file is missing, is not what its name says, or the two do not fit together.
    """
    from tokenizers import Tokenizer

    tensors = read_safetensors(folder / "model.safetensors")
    vectors = tensors.get("embeddings")
    if vectors is None or vectors.ndim != 2:  # noqa: PLR2004 -- a table has two axes
        raise ModelError(f"{folder.name}: model.safetensors holds no table named 'embeddings'")
    weights = tensors.get("weights", np.ones(len(vectors), dtype=np.float32))
    try:
        tokenizer = Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8"))
    except Exception as error:  # noqa: BLE001 -- tokenizers raises bare Exception for a bad file
        raise ModelError(f"{folder.name}: tokenizer.json cannot be read: {error}") from None
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if tokenizer.get_vocab_size() > len(vectors) or len(weights) != len(vectors):
        raise ModelError(f"{folder.name}: tokenizer.json and model.safetensors are of different models")
    return Embedding(tokenizer, np.asarray(vectors), np.asarray(weights, dtype=np.float32))


def read_safetensors(path: Path) -> dict[str, NDArray[Any]]:
    """Map the tensors of a safetensors file into memory, without copying them.

    Parameters
    ----------
    path
        A file of one little-endian length, one JSON header and the tensors' bytes.

    Raises
    ------
    ModelError
        If it is missing, cut short, or holds a type other than int8, float16 and float32.
    """
    try:
        data = np.memmap(path, dtype=np.uint8, mode="r")
        length = int.from_bytes(data[:8].tobytes(), "little")
        header = json.loads(data[8 : 8 + length].tobytes())
        body = data[8 + length :]
        return {name: _tensor(body, entry) for name, entry in header.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{path.name} in {path.parent.name} is not a readable table: {error}") from None


def write_safetensors(path: Path, tensors: dict[str, NDArray[Any]]) -> None:
    """Write arrays of int8, float16 or float32 as a safetensors file, in the order given."""
    names = {np.dtype(kind): name for name, kind in _TYPES.items()}
    header, offset = {}, 0
    for name, tensor in tensors.items():
        end = offset + tensor.nbytes
        header[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    blocks = [np.ascontiguousarray(tensor).tobytes() for tensor in tensors.values()]
    path.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blocks))


def _tensor(body: NDArray[np.uint8], entry: dict[str, Any]) -> NDArray[Any]:
    start, end = entry["data_offsets"]
    if not 0 <= start <= end <= len(body):
        raise ValueError("it ends before its last tensor does")
    return body[start:end].view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
