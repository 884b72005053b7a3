"""A fitted model and its folder: heads, the table they were fitted on, and what is known of how well they do."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tidegate.read.conformal import Window
from tidegate.read.embedding import MODELS, Encoder, load_embedding
from tidegate.read.heads import Heads
from tidegate.read.onnx import OnnxEncoder, load_encoder
from tidegate.tables.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl
    from numpy.typing import NDArray

    from tidegate.read.heads import Head
    from tidegate.read.telling import Sentences


PACKAGED = ("intent", "nature", "level")
"""What the packaged heads answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """A fitted model, as its folder holds it.

    Parameters
    ----------
    heads
        The questions it answers.
    embedding
        What they were fitted on: the packaged table, or a sentence transformer.
    version
        Changes whenever the model or the table does.
    languages
        ISO 639-1 codes that it was trained on.
    scope
        Max logit of ``intent`` below which a text is outside the taxonomy.
    windows
        Held-out outcomes of the team's own past, by head; none for the packaged model.
    base
        Shares of P0 to P3 among the tickets that the level head was trained on.
    rest
        Packaged heads, which answer what this model was not taught; None where it answers all that they do.
    mix
        Shares of the intents that its confidence assumes; empty where nobody knows.
    """

    heads: Heads
    embedding: Encoder
    version: str
    languages: tuple[str, ...]
    scope: float
    windows: dict[str, Window] = field(default_factory=dict)
    base: tuple[float, ...] = (0.25, 0.25, 0.25, 0.25)
    rest: Heads | None = None
    mix: tuple[float, ...] = ()

    def text_logits(self, texts: pl.Series) -> NDArray[np.float32]:
        """Logits of all heads that rest on the texts: the model's own, then the packaged ones that fill in."""
        return np.concatenate([heads.text_logits(texts, encoder) for heads, encoder in self._readers()], axis=1)

    def parted_logits(
        self, texts: Sequence[str], sentences: Sentences
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Logits of texts, and those of the pieces of texts of several sentences; see `text_logits`."""
        whole, parts = [], []
        for heads, encoder in self._readers():
            vectors = np.concatenate(encoder.embed_parted(texts, sentences))
            logits = heads.vector_logits([*texts, *sentences.pieces], vectors)
            whole.append(logits[: len(texts)])
            parts.append(logits[len(texts) :])
        return np.concatenate(whole, axis=1), np.concatenate(parts, axis=1)

    def _readers(self) -> list[tuple[Heads, Encoder]]:
        own: tuple[Heads, Encoder] = (self.heads, self.embedding)
        return [own] if self.rest is None else [own, (self.rest, load_embedding(MODELS))]

    def answers(
        self, text_logits: NDArray[np.float32], context: pl.DataFrame
    ) -> dict[str, tuple[Head, NDArray[np.floating]]]:
        """Each question's head and logits, the columns' part added; a question of the model's own goes first."""
        width = len(self.heads.bias)
        own = self.heads.split(text_logits[:, :width] + self.heads.column_logits(context))
        return own if self.rest is None else self.rest.split(text_logits[:, width:]) | own

    def intents(self, text_logits: NDArray[np.float32]) -> NDArray[np.floating]:
        """Take the logits of every intent as far as they rest on the texts, shape (texts, intents)."""
        width = len(self.heads.bias)
        own = self.heads.split(text_logits[:, :width])
        return (own if "intent" in own or self.rest is None else self.rest.split(text_logits[:, width:]))["intent"][1]

    @property
    def intent_names(self) -> tuple[str, ...]:
        """The intents that it tells apart: its own, or the packaged ones where it was not taught any."""
        heads = [*self.heads.heads, *(self.rest.heads if self.rest else ())]
        return next(head.classes for head in heads if head.name == "intent")

    def save(self, folder: Path) -> None:
        """Write the model into a folder, which is made if it is not there."""
        folder.mkdir(parents=True, exist_ok=True)
        self.heads.save(folder / "heads.npz")
        scores: dict[str, Any] = {name: window.scores for name, window in self.windows.items()}
        np.savez_compressed(folder / "windows.npz", **scores)
        about: dict[str, Any] = {"languages": self.languages, "scope": self.scope, "base": self.base}
        about |= {"mix": self.mix, "table": _table(MODELS)}
        if isinstance(self.embedding, OnnxEncoder):
            about["encoder"] = {"folder": str(self.embedding.folder.resolve()), "sha256": self.embedding.digest}
        (folder / "model.json").write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")


def load_model(folder: Path) -> Model:
    """Load a model that `Model.save` wrote.

    Raises
    ------
    ModelError
        If the folder is not a model, is damaged, or was trained on another embedding table or sentence transformer.
    MissingExtraError
        If it rests on a sentence transformer and onnxruntime is not installed.
    """
    if not (folder / "model.json").is_file():
        raise ModelError(f"{folder}: no model here (model.json is missing); tidegate train writes one with --out")
    try:
        about = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        languages, scope, table = tuple(about["languages"]), float(about["scope"]), about["table"]
        base = tuple(float(share) for share in about["base"])
        mix = tuple(float(share) for share in about.get("mix", ()))
        encoder = about.get("encoder")
        wanted = None if encoder is None else (Path(encoder["folder"]), str(encoder["sha256"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{folder}: model.json cannot be read: {error}") from None
    if table != _table(MODELS):
        raise ModelError(f"{folder}: trained on another version's embedding table; train it anew")
    heads = Heads.load(folder / "heads.npz")
    taught = {head.name for head in heads.heads}
    rest = None if taught.issuperset(PACKAGED) else Heads.load(MODELS / "heads.npz")
    made_of = table if wanted is None else table + wanted[1]
    digest = hashlib.blake2b((folder / "heads.npz").read_bytes() + made_of.encode(), digest_size=8).hexdigest()
    return Model(
        heads=heads,
        embedding=load_embedding(MODELS) if wanted is None else _encoder(folder, *wanted),
        version=digest,
        languages=languages,
        scope=scope,
        windows=_windows(folder / "windows.npz"),
        base=base,
        rest=rest,
        mix=mix,
    )


def _encoder(folder: Path, where: Path, digest: str) -> OnnxEncoder:
    """Load the sentence transformer that a model was fitted on."""
    encoder = load_encoder(where)
    if encoder.digest != digest:
        raise ModelError(f"{folder}: trained on another sentence transformer than the one in {where}; train it anew")
    return encoder


def _table(folder: Path) -> str:
    """Fingerprint of an embedding table, from its ``config.json``."""
    try:
        return str(json.loads((folder / "config.json").read_text(encoding="utf-8"))["sha256"])
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"{folder.name}: config.json of the embedding table cannot be read: {error}") from None


def _windows(path: Path) -> dict[str, Window]:
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            contents: dict[str, Any] = dict(arrays)
    except Exception as error:  # noqa: BLE001 -- a damaged zip raises errors of many kinds
        raise ModelError(f"{path.name} in {path.parent.name} cannot be read: {error}") from None
    return {name: Window(scores) for name, scores in contents.items()}
