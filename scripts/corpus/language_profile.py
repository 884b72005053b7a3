"""Make the language profile that ships with the reader: hashed character trigrams and words of our own text.

    python scripts/corpus/language_profile.py

Reads the lexicon, the corpus's sentences and ``words.toml``; writes
``src/tidegate/read/lexicon/language.npz``. The same inputs give the same bytes.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tidegate.read import language, phrases

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
OUT = HERE.parents[1] / "src/tidegate/read/lexicon/language.npz"
REPEAT_EVERYDAY = 12
"""How often an everyday word counts as seen; a word of a sentence counts once."""
SMOOTH = 0.5
MASS = 12_000
"""Every language counts as if so many grams of it had been seen: no language is likelier for having more text."""


def texts() -> Iterator[tuple[str, str]]:
    """Pairs of language and text."""
    for code in phrases.LANGUAGES:
        for line in (HERE / "seeds" / f"{code}.txt").read_text("utf-8").splitlines():
            yield code, line if line[:1].isdigit() else ""
        for name, grades in phrases.data(code).items():
            if name not in ("macros", "words"):
                for each in (phrase for listed in grades.values() for phrase in listed):
                    yield code, each.replace("|", " ").replace("{", " ").replace("}", " ")


def main() -> None:
    """Count, smooth, save."""
    everyday = tomllib.loads((HERE / "words.toml").read_text("utf-8"))
    rows = [
        *((code, everyday[code]) for code in language.KNOWN),
        *(("other", line) for line in everyday["other"].split("\n") if line),
    ]
    counts = np.zeros((len(rows), language.BUCKETS))
    for at, (_, line) in enumerate(rows):
        add(counts[at], line.split(), REPEAT_EVERYDAY)
    for code, text in texts():
        add(counts[language.KNOWN.index(code)], language.words_of(text), 1)
    counts = counts / counts.sum(axis=1, keepdims=True) * MASS + SMOOTH
    logs = np.log(counts / counts.sum(axis=1, keepdims=True))
    logs -= logs.mean(axis=0, keepdims=True)
    np.savez_compressed(OUT, logs=logs.T.astype(np.float16))
    sys.stdout.write(f"{OUT.name}: {OUT.stat().st_size:,} bytes\n")


def add(counts: np.ndarray, words: list[str], times: int) -> None:
    """Count the grams of words."""
    if words:
        grams, valid = language.grams(words)
        np.add.at(counts, grams[valid], times)


if __name__ == "__main__":
    main()
