"""Fits the heads that the package ships, on sentences that we wrote and generated.

    python scripts/train_default_reader.py --out src/tidegate/read/models

Four sources: the demo's generator (balanced over intents and six languages), the labelled examples of
``scripts/corpus``, posts about everyday software (everyday_examples.py) and the descriptions in the default taxonomy.
To calibrate, a quarter of the hand-written sentences is held back with all its variants; one temperature a head makes
confidence honest on them. The heads that are shipped have then seen all of it. Needs scikit-learn and the table
(distil_table.py).
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from corpus.examples import examples
from everyday_examples import everyday

from tidegate.demo.labelled import labelled_texts
from tidegate.read import mail, taxonomy
from tidegate.read.calibration import calibration_error, fit_temperature, log_loss
from tidegate.read.embedding import load_embedding
from tidegate.read.heads import Head, Heads
from tidegate.read.model import Model
from tidegate.read.training import Design, Question, fit
from tidegate.tables.words import LEVELS, NATURES

SEED = 20260101
GENERATED = 6_000
EVERYDAY = 30_000
LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
UNSEEN = 4
"""One hand-written sentence in so many is held back, with all its variants, to calibrate on."""

COLUMNS = ("text", "intent", "nature", "level")
USUAL = {
    "bug": 0.27, "how_to": 0.19, "access": 0.10, "onboarding": 0.08, "billing": 0.08, "feature_request": 0.05,
    "complaint": 0.05, "shipping": 0.04, "cancellation_or_refund": 0.04, "order_change": 0.03, "outage": 0.02,
    "security": 0.02, "other": 0.02, "legal_or_procurement": 0.01,
}  # fmt: skip
"""What a desk's tickets are about when nothing is known of it: our estimate. Training texts are spread more evenly."""

OUTSIDE = 0.02
"""Share of our own hand-written texts that may fall below the scope: what is stranger than those is for a person."""


def generated(count: int = GENERATED) -> pl.DataFrame:
    """Texts of the demo's generator: whole tickets, and their first sentences alone (people are terse)."""
    made = labelled_texts(count, SEED).select(
        "subject", "body", "text", "intent", pl.col("nature").cast(pl.String), pl.col("level").cast(pl.String)
    )
    subjects = made.sample(fraction=0.2, seed=SEED).select(
        pl.col("subject").alias("text"), "intent", "nature", level=pl.lit(None, pl.String)
    )
    return pl.concat([made.select("text", "intent", "nature", "level"), subjects]).drop_nulls("text")


def posts(count: int = EVERYDAY) -> pl.DataFrame:
    """Posts about everyday software and devices; their nature and level are not known."""
    nothing = pl.lit(None, pl.String)
    return everyday(count, SEED).select("text", "intent", nature=nothing, level=nothing)


def written() -> pl.DataFrame:
    """Texts around sentences written by hand, and what the taxonomy says each intent means."""
    known = taxonomy.default()
    means = [(text, intent, known.nature(intent), None, text) for intent, _, text in known.phrases()]
    return pl.concat([
        examples(SEED).select(*COLUMNS, "sentence"),
        pl.DataFrame(means, schema=[*COLUMNS, "sentence"], schema_overrides={"level": pl.String}, orient="row"),
    ])  # fmt: skip


def questions(frame: pl.DataFrame) -> list[Question]:
    """What the packaged heads answer."""
    return [
        Question(name="intent", labels=frame["intent"], classes=taxonomy.default().names, rarity=0.0),
        Question(name="nature", labels=frame["nature"], classes=NATURES, rarity=0.0),
        Question(name="level", labels=frame["level"], classes=LEVELS, kind="probability"),
    ]


def calibrated(heads: Heads, logits: np.ndarray, asked: list[Question]) -> Heads:
    """Give each head the temperature that makes it honest on texts that it has not seen."""
    tuned = []
    for question in asked:
        head, own = heads.split(logits)[question.name]
        codes = question.codes()
        own, codes = own[codes >= 0], codes[codes >= 0]
        temperature = fit_temperature(own, codes)
        before, after = (
            head.probabilities(own),
            Head(name="", classes=head.classes, temperature=temperature).probabilities(own),
        )
        print(
            f"{question.name:8} {len(codes):6,} unseen texts  accuracy {(own.argmax(1) == codes).mean():.3f}  "
            f"log loss {log_loss(before, codes):.3f} -> {log_loss(after, codes):.3f}  "
            f"calibration error {calibration_error(before, codes):.3f} -> {calibration_error(after, codes):.3f}  "
            f"T {temperature:.2f}"
        )
        tuned.append(Head(name=head.name, classes=head.classes, temperature=temperature))
    return with_heads(heads, tuned)


def as_usual(heads: Heads, intents: pl.Series) -> Heads:
    """Move the intent's bias from the shares that it was trained on to those of a usual desk (Bayes' rule)."""
    place = [head.name for head in heads.heads].index("intent")
    head = heads.heads[place]
    counts = dict(intents.value_counts().iter_rows())
    ratio = np.array([USUAL[name] * len(intents) / counts[name] for name in head.classes])
    start = sum(each.width for each in heads.heads[:place])
    bias = heads.bias.copy()
    bias[start : start + head.width] += head.temperature * np.log(ratio)
    return replace(heads, bias=bias)


def with_heads(heads: Heads, tuned: list[Head]) -> Heads:
    return replace(heads, heads=tuple(tuned))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    made, hand = pl.concat([generated(), posts()]), written()
    frame = pl.concat([hand.drop("sentence"), made])
    texts = mail.clean(frame["text"])["text"]
    embedding = load_embedding()
    design = Design.of(texts, pl.DataFrame(), embedding)
    asked = questions(frame)
    folds = hand["sentence"].rank("dense").to_numpy().astype(int) * 7919 % 101 % UNSEEN
    unseen = np.flatnonzero(folds == 0)
    seen = np.setdiff1d(np.arange(frame.height), unseen)
    trial = fit(design, asked, seen)
    tuned = calibrated(
        trial, trial.text_logits(texts[unseen], embedding), [question.taken(unseen) for question in asked]
    )
    trial = as_usual(tuned, frame["intent"])
    scores = trial.split(trial.text_logits(texts[unseen], embedding))["intent"][1].max(axis=1)
    heads = as_usual(with_heads(fit(design, asked, np.arange(frame.height)), list(tuned.heads)), frame["intent"])
    counts = np.bincount(asked[-1].codes()[asked[-1].codes() >= 0], minlength=len(LEVELS))
    base = tuple((counts / counts.sum()).round(4).tolist())
    Model(
        heads=heads,
        embedding=embedding,
        version="",
        languages=LANGUAGES,
        scope=float(np.quantile(scores, OUTSIDE)),
        base=base,
    ).save(given.out)
    size = sum(path.stat().st_size for path in given.out.glob("*.npz"))
    print(f"{made.height:,} generated and {hand.height:,} written texts; {size / 1e6:.2f} MB of heads")


if __name__ == "__main__":
    main()
