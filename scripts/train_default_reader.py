"""Fits the heads that the package ships, on tickets and sentences that we wrote and generated.

    python scripts/train_default_reader.py --out src/tidegate/read/models

Four kinds of text: tickets written one by one by several writers (written_tickets.py); the labelled examples of
``scripts/corpus`` and the descriptions in the default taxonomy; tickets of the demo's generator (balanced over intents
and six languages); and posts about everyday software (everyday_examples.py). To calibrate, the tickets, the posts and
a quarter of the hand-written sentences are read by heads that have seen none of them, for a reader's own desk is as
strange to it as that; the temperature is the most modest of theirs. The heads that are shipped have then seen all of
it. Needs scikit-learn and the table (distil_table.py).
docs/decisions/written-examples.md says how the settings were chosen.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from corpus.examples import examples
from everyday_examples import everyday
from written_tickets import written_tickets

from tidegate.demo.labelled import labelled_texts
from tidegate.read import mail, taxonomy
from tidegate.read.calibration import calibration_error, fit_temperature, log_loss
from tidegate.read.embedding import load_embedding
from tidegate.read.heads import Heads, Sparse
from tidegate.read.model import Model
from tidegate.read.training import Design, Question, fit
from tidegate.tables.words import LEVELS, NATURES

SEED = 20260101
GENERATED, POSTS, SENTENCES = 6_000, 12_000, 8_000
"""How many texts are composed of each kind."""
WRITTEN = 3.0
"""What a ticket that somebody wrote counts for beside a composed one."""
SCALE = 0.25
"""Length of an embedding beside that of the n-grams where an intent is asked for: longer ones drown them."""
STRENGTH = 0.3
"""Inverse strength of the intents' regularisation: composed texts are far easier than a desk's."""
LANGUAGES = ("en", "de", "fr", "es", "pt", "it")
APART = 4
"""One hand-written sentence in so many is calibrated on, with all its variants."""
UNSEEN = ("written", "sentences", "posts")
"""Kinds of text that are calibrated on."""

COLUMNS = ("text", "intent", "nature", "level")
USUAL = {
    "bug": 0.27, "how_to": 0.19, "access": 0.10, "onboarding": 0.08, "billing": 0.08, "feature_request": 0.05,
    "complaint": 0.05, "shipping": 0.04, "cancellation_or_refund": 0.04, "order_change": 0.03, "outage": 0.02,
    "security": 0.02, "other": 0.02, "legal_or_procurement": 0.01,
}  # fmt: skip
"""What a desk's tickets are about when nothing is known of it: our estimate. Training texts are spread more evenly."""

PART = 0.75
"""How far the intents are moved to the usual mix: rare ones are seldom said after all of the way."""

OUTSIDE = 0.02
"""Share of texts of a kind not seen that may fall below the scope: what is stranger than those is for a person."""


def generated(count: int = GENERATED) -> pl.DataFrame:
    """Texts of the demo's generator: whole tickets, and their first sentences alone (people are terse)."""
    made = labelled_texts(count, SEED).select(
        "subject", "body", "text", "intent", pl.col("nature").cast(pl.String), pl.col("level").cast(pl.String)
    )
    subjects = made.sample(fraction=0.2, seed=SEED).select(
        pl.col("subject").alias("text"), "intent", "nature", level=pl.lit(None, pl.String)
    )
    return pl.concat([made.select(COLUMNS), subjects]).drop_nulls("text")


def posts(count: int = POSTS) -> pl.DataFrame:
    """Posts about everyday software and devices; their nature and level are not known."""
    nothing = pl.lit(None, pl.String)
    return everyday(count, SEED).select("text", "intent", nature=nothing, level=nothing)


def sentences(count: int = SENTENCES) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Texts around sentences written by hand: those of one sentence in `APART`, and those of the others.

    What the taxonomy says each intent means is among the others.
    """
    known = taxonomy.default()
    means = [(text, intent, known.nature(intent), None) for intent, _, text in known.phrases()]
    described = pl.DataFrame(means, schema=list(COLUMNS), schema_overrides={"level": pl.String}, orient="row")
    around = examples(SEED).sample(count, seed=SEED)
    apart = around["sentence"].rank("dense").cast(pl.Int64) % APART == 0
    return around.filter(apart).select(COLUMNS), pl.concat([around.filter(~apart).select(COLUMNS), described])


def tickets() -> pl.DataFrame:
    """Tickets written one by one; how urgent they are was not judged as a desk would."""
    return written_tickets().select("text", "intent", "nature", level=pl.lit(None, pl.String))


def questions(frame: pl.DataFrame) -> list[Question]:
    """What the packaged heads answer."""
    classes = taxonomy.default().names
    return [
        Question(name="intent", labels=frame["intent"], classes=classes, strength=STRENGTH, rarity=0.0),
        Question(name="nature", labels=frame["nature"], classes=NATURES, strength=STRENGTH, rarity=0.0),
        Question(name="level", labels=frame["level"], classes=LEVELS, kind="probability"),
    ]


def fitted(design: Design, asked: list[Question], rows: np.ndarray, weights: np.ndarray) -> Heads:
    """Fit intent and nature on embeddings at `SCALE` and the level on whole ones, as one model."""
    short = fit(replace(design, dense=design.dense * np.float32(SCALE)), asked[:2], rows, weights)
    return beside(replace(short, dense=short.dense * np.float32(SCALE)), fit(design, asked[2:], rows, weights))


def beside(one: Heads, other: Heads) -> Heads:
    """Put the heads of two fits on the same rows, which share their n-grams, into one model."""
    if one.text is None or other.text is None or not np.array_equal(one.text.buckets, other.text.buckets):
        raise ValueError("the two fits did not see the same n-grams: fit them on the same rows")
    weights = np.hstack([one.text.weights, other.text.weights])
    return replace(
        one,
        heads=one.heads + other.heads,
        dense=np.hstack([one.dense, other.dense]),
        bias=np.concatenate([one.bias, other.bias]),
        text=Sparse(buckets=one.text.buckets, weights=weights),
    )


def unseen_logits(design: Design, asked: list[Question], kinds: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Logits of each kind in `UNSEEN` by heads that have seen none of it; 0 for the others."""
    out = np.zeros((len(kinds), sum(len(question.classes) for question in asked)), dtype=np.float32)
    for kind in UNSEEN:
        theirs = kinds == kind
        heads = fitted(design, asked, np.flatnonzero(~theirs), weights)
        out[theirs] = design.logits(heads, np.flatnonzero(theirs))
    return out


def calibrated(heads: Heads, logits: np.ndarray, asked: list[Question], kinds: np.ndarray) -> Heads:
    """Give each head the temperature that is honest about the kind of text that it is least sure of, unseen."""
    tuned = []
    for question in asked:
        head, own = heads.split(logits)[question.name]
        codes = question.codes()
        found = {}
        for kind in (kind for kind in UNSEEN if (codes[kinds == kind] >= 0).any()):
            rows = (codes >= 0) & (kinds == kind)
            found[kind] = fit_temperature(own[rows], codes[rows])
            after = replace(head, temperature=found[kind]).probabilities(own[rows])
            print(
                f"{question.name:8} {kind:9} {rows.sum():6,} unseen  accuracy "
                f"{(own[rows].argmax(1) == codes[rows]).mean():.3f}  log loss {log_loss(after, codes[rows]):.3f}  "
                f"calibration error {calibration_error(after, codes[rows]):.3f}  T {found[kind]:.2f}",
                flush=True,
            )
        tuned.append(replace(head, temperature=max(found.values())))
    return replace(heads, heads=tuple(tuned))


def as_usual(heads: Heads, asked: Question, weights: np.ndarray) -> tuple[Heads, np.ndarray]:
    """Move the intents from the shares that they were trained on towards a usual desk's, and give the mix."""
    shares = np.bincount(asked.codes(), weights=weights) / weights.sum()
    mix = np.array([USUAL[name] for name in asked.answers()]) ** PART
    mix /= mix.sum()
    return heads.moved(asked.name, np.log(mix / shares)), mix


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    some, others = sentences()
    parts = {"written": tickets(), "sentences": some, "others": others, "generated": generated(), "posts": posts()}
    frame = pl.concat(parts.values())
    kinds = np.repeat([*parts], [part.height for part in parts.values()])
    weights = np.where(kinds == "written", WRITTEN, 1.0)
    embedding = load_embedding()
    design = Design.of(mail.clean(frame["text"])["text"], pl.DataFrame(), embedding)
    asked = questions(frame)
    unseen = unseen_logits(design, asked, kinds, weights)
    plain = calibrated(fitted(design, asked, np.arange(frame.height), weights), unseen, asked, kinds)
    heads, mix = as_usual(plain, asked[0], weights)
    judged = np.isin(kinds, UNSEEN)
    scores = heads.split(unseen[judged] + heads.bias - plain.bias)["intent"][1].max(axis=1)
    levels = np.bincount(asked[-1].codes()[asked[-1].codes() >= 0], minlength=len(LEVELS))
    Model(
        heads=heads,
        mix=tuple(mix.round(6).tolist()),
        embedding=embedding,
        version="",
        languages=LANGUAGES,
        scope=float(np.quantile(scores, OUTSIDE)),
        base=tuple((levels / levels.sum()).round(4).tolist()),
    ).save(given.out)
    size = sum(path.stat().st_size for path in given.out.glob("*.npz"))
    print(f"{len(parts['written']):,} written tickets, {frame.height:,} texts in all; {size / 1e6:.2f} MB of heads")


if __name__ == "__main__":
    main()
