"""What a sentence transformer adds to reading, and what it costs, beside the packaged table in the same run.

    python evals/reading_onnx.py FOLDER [--write]

FOLDER holds ``model.onnx`` and ``tokenizer.json``; `scripts/export_minilm.py` makes one of all-MiniLM-L6-v2. Needs the
extras ``train`` and ``onnx``. `--write` replaces the rows of evals/results/reading.md.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import polars as pl
import reading_data as data
from reading_accuracy import Row, write

from tidegate.read import mail
from tidegate.read.embedding import Encoder, load_embedding
from tidegate.read.onnx import load_encoder
from tidegate.read.training import Design, Question, fit

EACH, HELD_OUT, DRAWS = 5, 600, 3


def accuracy(case: data.Case, encoder: Encoder, seed: int) -> tuple[float, float]:
    """Accuracy after `EACH` examples a class on `HELD_OUT` other rows, and seconds of processor time a text."""
    random = np.random.default_rng(seed)
    whole = Question(name="intent", labels=case.labels)
    codes = whole.codes()
    seen = np.concatenate([
        random.choice(np.flatnonzero(codes == code), EACH, replace=False) for code in range(len(whole.answers()))
    ])  # fmt: skip
    rest = random.permutation(np.setdiff1d(np.arange(len(codes)), seen))[:HELD_OUT]
    rows = np.concatenate([seen, rest])
    texts = mail.clean(case.texts[rows])["text"]
    start = time.process_time()
    design = Design.of(texts, pl.DataFrame(), encoder)
    taken = (time.process_time() - start) / len(rows)
    question = Question(name="intent", labels=case.labels[rows], classes=whole.answers())
    logits = design.logits(fit(design, [question], np.arange(len(seen))), np.arange(len(seen), len(rows)))
    return float((logits.argmax(1) == question.codes()[len(seen) :]).mean()), taken


def main() -> None:
    case, rows = data.banking(), list[Row]()
    for name, encoder in (
        ("packaged table", load_embedding()),
        (Path(sys.argv[1]).name, load_encoder(Path(sys.argv[1]))),
    ):
        tried = [accuracy(case, encoder, seed) for seed in range(DRAWS)]
        reached, seconds = (np.array(column) for column in zip(*tried, strict=True))
        said = f"{reached.mean():.3f} ± {reached.std():.3f}; {seconds.min() * 1000:.2f} ms"
        rows.append(
            (f"banking77, {DRAWS} draws, {name}", f"accuracy, {EACH} a class, {HELD_OUT} rows; a text", said, "-")
        )
    lines = [f"| {' | '.join(row)} |" for row in rows]
    print("\n".join(lines))
    if "--write" in sys.argv:
        write("onnx", lines)


if __name__ == "__main__":
    main()
