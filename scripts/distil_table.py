"""Makes the embedding table that the package ships, in model2vec's format, from all-MiniLM-L6-v2.

    python scripts/distil_table.py --text sentences.txt --text more.txt --out src/tidegate/read/models

1. Every token of MiniLM's vocabulary goes through the model alone; its output is projected on the 256 main directions
   of sentence embeddings and weighted by smooth inverse frequency (model2vec; Arora, Liang and Ma 2017).
2. Whole words of our own German, French, Spanish, Portuguese and Italian sentences join the vocabulary; tokens that
   no European language needs leave it.
3. All vectors are then moved so that the mean of a sentence's tokens points where the model's embedding of the sentence
   does ("tokenlearn"). A sentence of ours in another language is moved to where its English original points.
4. Vectors are rounded to int8, each with its own scale.

``--text`` files hold one English sentence a line. The shipped table used the utterances of CLINC150 (clinc/oos-eval at
828f8093932c8fe6ca7936c3d2e52903b1c523de, CC BY 3.0) and of NLU-Evaluation-Data (xliuhw/NLU-Evaluation-Data at
f6071b496b17d71e6eb43f543af0707f4ff30557, CC BY 4.0) beside our own; none of that text is in the package.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import unicodedata
import zlib
from collections import Counter
from pathlib import Path

import numpy as np
from corpus.examples import sentences
from distil_teacher import Teacher
from tokenizers import Tokenizer

from tidegate.demo.texts.bank import _one, load
from tidegate.demo.texts.bank import _pools as pools_of
from tidegate.read.embedding import write_safetensors

DIMENSIONS = 256
EPOCHS, RATE, BATCH = 12, 1e-3, 512
SMOOTH = 1e-3
OTHERS = ("de", "fr", "es", "pt", "it")
EACH = 8
COMMON = 28_200
"""MiniLM's tokens stand in order of frequency: those from here on are rare, and are read in pieces instead."""


def own_sentences() -> tuple[list[str], list[tuple[str, list[str]]]]:
    """Return our English sentences, and each sentence in another language with its English originals."""
    english = list(_pools("en"))
    by_place = dict(english)
    foreign = [
        (text, by_place[place])
        for code in OTHERS
        for place, texts in _pools(code)
        if place in by_place
        for text in texts
    ]
    plain = [sentence.text for sentence in sentences("en")]
    return [*plain, *(text for _, texts in english for text in texts)], foreign


def _pools(code: str) -> list[tuple[tuple[str, int], list[str]]]:
    grammar = load(code)
    out = []
    for name, templates in pools_of(grammar):
        for place, template in enumerate(templates):
            random = np.random.default_rng(zlib.crc32(f"{code}/{name}/{place}".encode()))
            drawn = dict.fromkeys(_one(template, grammar["slots"], random).strip() for _ in range(EACH))
            out.append(((name, place), list(drawn)))
    return out


def flat(word: str) -> str:
    """Write a word as MiniLM's tokenizer does: lower case, accents off."""
    return "".join(c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))


def vocabulary(teacher: Teacher, foreign: list[str]) -> tuple[dict[str, int], Tokenizer, np.ndarray]:
    """Choose the tokens: those of MiniLM that are Latin, and whole foreign words; return also where each came from."""
    old = teacher.tokenizer.get_vocab()
    special = [token for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") if token in old]
    kept = [
        token
        for token, place in sorted(old.items(), key=lambda entry: entry[1])
        if place < COMMON and token not in special and not token.startswith("[unused") and _latin(token)
    ]
    words = Counter(flat(w) for text in foreign for w in "".join(c if c.isalpha() else " " for c in text).split())
    new = sorted(w for w, count in words.items() if len(w) > 2 and count > 1 and w not in old)
    tokens = [*special, *kept, *new]
    places = {token: place for place, token in enumerate(tokens)}
    saved = json.loads(teacher.tokenizer.to_str())
    saved["model"]["vocab"] = places
    saved["added_tokens"] = [
        entry | {"id": places[entry["content"]]} for entry in saved["added_tokens"] if entry["content"] in places
    ]
    saved["truncation"] = saved["padding"] = saved["post_processor"] = None
    origin = np.array([old.get(token, -1) for token in tokens])
    return places, Tokenizer.from_str(json.dumps(saved)), origin


_SIGNS = "\u20ac\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022"


def _latin(token: str) -> bool:
    return all(ord(c) < 0x250 or c in _SIGNS for c in token.removeprefix("##"))


def start_vectors(
    teacher: Teacher, words: np.ndarray, places: dict[str, int], origin: np.ndarray, axes: np.ndarray
) -> np.ndarray:
    """Project the teacher's tokens; a new word starts as the mean of the pieces that the teacher would see."""
    words = (words - words.mean(axis=0)) @ axes
    out = words[np.maximum(origin, 0)]
    teacher.tokenizer.no_truncation()
    for token, place in places.items():
        if origin[place] < 0:
            out[place] = words[teacher.tokenizer.encode(token, add_special_tokens=False).ids].mean(axis=0)
    return out.astype(np.float32)


def sif(origin: np.ndarray, tokens: list[list[int]]) -> np.ndarray:
    """Smooth inverse frequency: counted in the sentences, and by Zipf's law where there are too few."""
    counts = np.bincount(np.concatenate([np.asarray(ids, dtype=np.int64) for ids in tokens]), minlength=len(origin))
    zipf = np.where(origin >= 0, 1 / (origin + 2.0), 1 / 20_000)
    chance = counts + 20_000 * zipf / zipf.sum()
    return (SMOOTH / (SMOOTH + chance / chance.sum())).astype(np.float32)


def moved(start: np.ndarray, tokens: list[list[int]], targets: np.ndarray) -> np.ndarray:
    """Raise the cosine of each sentence's sum of vectors and its target (Adam on the rows that a batch has)."""
    random = np.random.default_rng(7)
    vectors, first, second = start.copy(), np.zeros_like(start), np.zeros_like(start)
    order, step = np.flatnonzero([len(ids) > 0 for ids in tokens]), 0
    for epoch in range(EPOCHS):
        random.shuffle(order)
        loss = 0.0
        for begin in range(0, len(order), BATCH):
            rows = order[begin : begin + BATCH]
            counts = np.array([len(tokens[row]) for row in rows])
            ids = np.concatenate([tokens[row] for row in rows]).astype(np.int64)
            sums = np.add.reduceat(vectors[ids], np.cumsum(counts) - counts, axis=0)
            length = np.linalg.norm(sums, axis=1, keepdims=True) + 1e-9
            cosine = (sums / length * targets[rows]).sum(axis=1, keepdims=True)
            loss += float((1 - cosine).sum())
            slope = np.repeat(-(targets[rows] - cosine * sums / length) / length / len(rows), counts, axis=0)
            met, where = np.unique(ids, return_inverse=True)
            total = np.zeros((len(met), start.shape[1]), dtype=np.float32)
            np.add.at(total, where, slope.astype(np.float32))
            step += 1
            first[met] = 0.9 * first[met] + 0.1 * total
            second[met] = 0.99 * second[met] + 0.01 * total * total
            rate = RATE * (1 - 0.9 * (epoch / EPOCHS))
            vectors[met] -= rate * (first[met] / (1 - 0.9**step)) / (np.sqrt(second[met] / (1 - 0.99**step)) + 1e-8)
        print(f"epoch {epoch + 1}: mean distance {loss / len(order):.4f}", flush=True)
    return vectors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--text", type=Path, action="append", default=[], help="English sentences, one a line")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, help="folder for the teacher's embeddings, to try again faster")
    given = parser.parse_args()
    teacher = Teacher()
    ours, foreign = own_sentences()
    english = list(
        dict.fromkeys([*ours, *(line for path in given.text for line in path.read_text("utf-8").splitlines() if line)])
    )
    embedded = cached(given.cache, english, teacher)
    mean = embedded.mean(axis=0)
    _, axes = np.linalg.eigh(np.cov((embedded - mean).T))
    axes = axes[:, ::-1][:, :DIMENSIONS].astype(np.float32)
    targets = _unit((embedded - mean) @ axes)
    rows = {text: row for row, text in enumerate(english)}
    aligned = np.stack(
        [_unit(targets[[rows[t] for t in originals]].mean(axis=0, keepdims=True))[0] for _, originals in foreign]
    )
    places, tokenizer, origin = vocabulary(teacher, [text for text, _ in foreign])
    texts = [*english, *(text for text, _ in foreign)]
    tokens = [encoding.ids for encoding in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    vectors = (
        start_vectors(teacher, words_of(given.cache, teacher), places, origin, axes) * sif(origin, tokens)[:, None]
    )
    vectors /= np.linalg.norm(vectors, axis=1).mean()
    vectors[[places["[UNK]"], places["[PAD]"]]] = 0
    vectors = moved(vectors @ mapping(vectors, tokens[: len(english)], targets), tokens, np.vstack([targets, aligned]))
    write(given.out, vectors, tokenizer, len(english), len(foreign))


def mapping(vectors: np.ndarray, tokens: list[list[int]], targets: np.ndarray) -> np.ndarray:
    """Map sums of token vectors to the teacher's embeddings (ridge): moves tokens that no sentence has too."""
    sums = _unit(np.stack([vectors[ids].sum(axis=0) for ids in tokens]))
    square = sums.T @ sums + 5 * np.eye(sums.shape[1], dtype=np.float32)
    fitted = np.linalg.solve(square, sums.T @ targets).astype(np.float32)
    return fitted / np.linalg.norm(vectors @ fitted, axis=1).mean()


def cached(folder: Path | None, texts: list[str], teacher: Teacher) -> np.ndarray:
    if folder is None:
        return teacher.encode(texts)
    known = (
        dict(np.load(folder / "teacher.npz", allow_pickle=False))
        if (folder / "teacher.npz").exists()
        else {"texts": [], "vectors": np.zeros((0, 384))}
    )
    places = {str(text): row for row, text in enumerate(known["texts"])}
    missing = [text for text in texts if text not in places]
    if missing:
        vectors = np.vstack([known["vectors"], teacher.encode(missing).astype(np.float16)])
        names = [*map(str, known["texts"]), *missing]
        np.savez(folder / "teacher.npz", texts=np.array(names), vectors=vectors.astype(np.float16))
        return cached(folder, texts, teacher)
    return known["vectors"][[places[text] for text in texts]].astype(np.float32)


def words_of(folder: Path | None, teacher: Teacher) -> np.ndarray:
    path = folder / "words.npy" if folder else None
    if path is None or not path.exists():
        words = teacher.words()
        if path is None:
            return words
        np.save(path, words)
    return np.load(path)


def write(out: Path, vectors: np.ndarray, tokenizer: Tokenizer, english: int, foreign: int) -> None:
    scales = np.maximum(np.abs(vectors).max(axis=1), 1e-12) / 127
    whole = np.rint(vectors / scales[:, None]).astype(np.int8)
    out.mkdir(parents=True, exist_ok=True)
    write_safetensors(out / "model.safetensors", {"embeddings": whole, "weights": scales.astype(np.float32)})
    (out / "tokenizer.json").write_text(
        json.dumps(json.loads(tokenizer.to_str()), ensure_ascii=False, separators=(",", ":")), "utf-8"
    )
    config = {
        "sha256": hashlib.sha256((out / "model.safetensors").read_bytes()).hexdigest(),
        "model_type": "model2vec",
        "architectures": ["StaticModel"],
        "tokenizer_name": "sentence-transformers/all-MiniLM-L6-v2",
        "hidden_dim": DIMENSIONS,
        "normalize": True,
        "sentences": {"english": english, "others": foreign},
    }
    (out / "config.json").write_text(json.dumps(config, indent=1) + "\n", "utf-8")
    size = sum((out / name).stat().st_size for name in ("model.safetensors", "tokenizer.json", "config.json"))
    print(f"{len(whole):,} tokens, {size / 1e6:.2f} MB in {out.name}")


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


if __name__ == "__main__":
    main()
