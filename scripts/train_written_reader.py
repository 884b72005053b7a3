"""Fits heads for the default taxonomy on tickets written one by one; a candidate, not what the package ships.

    python scripts/train_written_reader.py --out models/written

Five sources: tickets written one by one by several writers (written_tickets.py); the demo's generator (balanced over
intents and six languages); the labelled examples of ``scripts/corpus``; posts about everyday software
(everyday_examples.py); and the descriptions in the default taxonomy. Written tickets count for half of all. To
calibrate, the texts of one source, or of three writers, are read by heads that have seen none of them: a reader's own
desk is as strange to it as that. The heads that are saved have then seen all of it. Needs scikit-learn and the table
(distil_table.py); docs/decisions/written-examples.md says how good it is and why it waits.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from corpus.examples import examples
from train_default_reader import COLUMNS, LANGUAGES, SEED, USUAL, generated, posts
from written_tickets import written_tickets

from tidegate.read import mail, taxonomy
from tidegate.read.calibration import calibration_error, fit_temperature, log_loss, softmax
from tidegate.read.embedding import load_embedding
from tidegate.read.model import Model
from tidegate.read.training import Design, Question, fit
from tidegate.tables.words import LEVELS, NATURES

if TYPE_CHECKING:
    from tidegate.read.heads import Head, Heads

COMPOSED = {"sentences": (8_000, 2.0), "generated": (3_000, 2.4), "posts": (8_000, 3.6)}
"""How many texts are composed of each kind, and what each counts for."""
WEIGHT = 5.0
"""What a written ticket counts for."""
SCALE = 0.25
"""Length of an embedding beside that of the n-grams: longer ones drown them."""
STRENGTH = 0.2
"""Inverse strength of the intents' regularisation. These three were chosen by leaving writers out."""

PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""How far the intents may be moved to the usual mix: all the way is best for accuracy, less for rare intents."""
OUTSIDE = 0.02
"""Share of tickets by unseen writers that may fall below the scope: what is stranger than those is for a person."""


def sentences() -> pl.DataFrame:
    """Texts around sentences written by hand, and what the taxonomy says each intent means."""
    known = taxonomy.default()
    means = [(text, intent, known.nature(intent), None) for intent, _, text in known.phrases()]
    described = pl.DataFrame(means, schema=list(COLUMNS), schema_overrides={"level": pl.String}, orient="row")
    return pl.concat([examples(SEED).sample(COMPOSED["sentences"][0], seed=SEED).select(*COLUMNS), described])


def questions(frame: pl.DataFrame) -> list[Question]:
    """What the packaged heads answer."""
    return [
        Question(
            name="intent", labels=frame["intent"], classes=taxonomy.default().names, strength=STRENGTH, rarity=0.0
        ),
        Question(name="nature", labels=frame["nature"], classes=NATURES, strength=STRENGTH, rarity=0.0),
        Question(name="level", labels=frame["level"], classes=LEVELS, kind="probability"),
    ]


def fitted(design: Design, asked: list[Question], rows: np.ndarray, weights: np.ndarray) -> Heads:
    """Fit heads with embeddings at `SCALE`, so that the coefficients are for embeddings of length 1."""
    heads = fit(replace(design, dense=design.dense * np.float32(SCALE)), asked, rows, weights)
    return replace(heads, dense=heads.dense * np.float32(SCALE))


def unseen_logits(design: Design, asked: list[Question], sources: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Logits of each source's texts, of three writers' at a time, by heads that have seen none of them."""
    out = np.zeros((len(sources), sum(len(question.classes) for question in asked)), dtype=np.float32)
    writers = sorted({*sources.tolist()} - {*COMPOSED})
    for group in (writers[::2], writers[1::2], *([name] for name in COMPOSED)):
        theirs = np.isin(sources, group)
        heads = fitted(design, asked, np.flatnonzero(~theirs), weights)
        out[theirs] = design.logits(heads, np.flatnonzero(theirs))
        own = heads.split(out[theirs])["intent"][1].argmax(axis=1)
        truth = asked[0].codes()[theirs]
        print(f"unseen {', '.join(group):32} {len(own):6,} texts  intent {(own == truth).mean():.3f}", flush=True)
    return out


def fair(sources: np.ndarray, codes: np.ndarray, *, balanced: bool) -> np.ndarray:
    """Weights by which every source counts the same, and every class too if they shall be ``balanced``."""
    known = codes >= 0
    _, places = np.unique(sources, return_inverse=True)
    weights = known / np.maximum(np.bincount(places, weights=known), 1)[places]
    if balanced:
        weights /= np.bincount(codes[known], weights=weights[known])[np.maximum(codes, 0)]
    return weights / weights.sum()


def tempered(head: Head, logits: np.ndarray, codes: np.ndarray, weights: np.ndarray) -> tuple[Head, np.ndarray]:
    """Give a head the temperature, and its logits the biases, that make it honest about the rows given."""
    from scipy.optimize import minimize

    rows = np.arange(len(codes))

    def loss(point: np.ndarray) -> float:
        chances = softmax(logits * np.exp(point[0]) + point[1:])[rows, codes]
        return float(-(weights * np.log(np.maximum(chances, 1e-12))).sum() + 1e-3 * np.sum(point[1:] ** 2))

    found = minimize(loss, np.zeros(logits.shape[1] + 1), method="L-BFGS-B").x
    temperature = float(np.exp(-found[0]))
    return replace(head, temperature=temperature), found[1:] * temperature


def calibrated(heads: Heads, logits: np.ndarray, asked: list[Question], sources: np.ndarray) -> Heads:
    """Make every head honest on texts of sources that it has not seen, and say how good it is on them."""
    tuned, bias = [], []
    for question in asked:
        head, own = heads.split(logits)[question.name]
        codes = question.codes()
        weights = fair(sources, codes, balanced=question.name == "intent")
        known = codes >= 0
        warm, shift = tempered(head, own[known], codes[known], weights[known])
        composed = np.isin(sources, [*COMPOSED])
        if question.name == "intent":  # the writers are alike: only another kind of text is as strange as a new desk
            strange = known & composed
            warm = replace(warm, temperature=fit_temperature((own + shift)[strange], codes[strange]))
        after = softmax(own + shift, warm.temperature)
        for name, rows in (("composed", composed), ("written", ~composed)):
            truth, said = codes[known & rows], after[known & rows]
            print(
                f"{question.name:8} {name:9} {len(truth):6,} unseen  accuracy {(said.argmax(1) == truth).mean():.3f}  "
                f"macro-F1 {macro_f1(truth, said.argmax(1)):.3f}  log loss {log_loss(said, truth):.3f}  "
                f"calibration error {calibration_error(said, truth):.3f}  T {warm.temperature:.2f}"
            )
        tuned.append(warm)
        bias.append(shift)
    return replace(heads, heads=tuple(tuned), bias=heads.bias + np.concatenate(bias).astype(np.float32))


def macro_f1(truth: np.ndarray, said: np.ndarray, weights: np.ndarray | None = None) -> float:
    from sklearn.metrics import f1_score

    return float(f1_score(truth, said, average="macro", sample_weight=weights))


def as_usual(heads: Heads, part: float) -> Heads:
    """Move the intent's bias from equal shares, on which it was calibrated, a part of the way to a usual desk's."""
    place = [head.name for head in heads.heads].index("intent")
    head = heads.heads[place]
    start = sum(each.width for each in heads.heads[:place])
    bias = heads.bias.copy()
    bias[start : start + head.width] += part * head.temperature * np.log([USUAL[name] for name in head.classes])
    return replace(heads, bias=bias)


def best_part(plain: Heads, honest: Heads, unseen: np.ndarray, question: Question, sources: np.ndarray) -> float:
    """Choose how far to move: most macro-F1 on texts of unseen sources that are weighed as a usual desk's."""
    codes = question.codes()
    weights = fair(sources, codes, balanced=True) * np.array([USUAL[name] for name in question.classes])[codes]
    scores = {}
    for part in PARTS:
        logits = unseen + (as_usual(honest, part).bias - plain.bias)
        said = honest.split(logits)[question.name][1].argmax(axis=1)
        scores[part] = macro_f1(codes, said, weights)
        right = float((weights * (said == codes)).sum() / weights.sum())
        print(f"moved by {part:.2f} to the usual mix: macro-F1 {scores[part]:.4f}  accuracy {right:.4f}")
    return max(PARTS, key=lambda part: scores[part])


def shares(question: Question, weights: np.ndarray) -> tuple[float, ...]:
    """Shares of a question's answers among the rows that it was learned from."""
    codes = question.codes()
    counts = np.bincount(codes[codes >= 0], weights=weights[codes >= 0], minlength=len(question.classes))
    return tuple((counts / counts.sum()).round(4).tolist())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    written = written_tickets()
    made = {
        "sentences": sentences(),
        "generated": generated(COMPOSED["generated"][0]),
        "posts": posts(COMPOSED["posts"][0]),
    }
    frame = pl.concat([written.select(*COLUMNS), *(part.select(*COLUMNS) for part in made.values())])
    sources = np.array([*written["writer"], *(name for name, part in made.items() for _ in range(part.height))])
    weights = np.array([COMPOSED[name][1] if name in COMPOSED else WEIGHT for name in sources.tolist()])
    texts = mail.clean(frame["text"])["text"]
    embedding = load_embedding()
    design = Design.of(texts, pl.DataFrame(), embedding)
    asked = questions(frame)
    unseen = unseen_logits(design, asked, sources, weights)
    plain = fitted(design, asked, np.arange(frame.height), weights)
    honest = calibrated(plain, unseen, asked, sources)
    heads = as_usual(honest, best_part(plain, honest, unseen, asked[0], sources))
    scores = heads.split(unseen[: written.height] + heads.bias - plain.bias)["intent"][1].max(axis=1)
    Model(
        heads=heads,
        embedding=embedding,
        version="",
        languages=LANGUAGES,
        scope=float(np.quantile(scores, OUTSIDE)),
        base=shares(asked[-1], weights),
    ).save(given.out)
    size = sum(path.stat().st_size for path in given.out.glob("*.npz"))
    print(f"{written.height:,} written tickets, {len(frame) - len(written):,} composed; {size / 1e6:.2f} MB of heads")


if __name__ == "__main__":
    main()
