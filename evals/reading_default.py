"""How well the packaged reader names the default intents on desks that it has not seen: labels by hand, ids only."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import reading_data as data

from tidegate.read import mail
from tidegate.read.calibration import calibration_error, softmax
from tidegate.read.embedding import MODELS, load_embedding
from tidegate.read.learning import learn_by_folds
from tidegate.read.mix import settle
from tidegate.read.model import load_model
from tidegate.read.training import Design, Question

if TYPE_CHECKING:
    from tidegate.read.heads import Head
    from tidegate.read.model import Model

LABELS = Path(__file__).parent / "labels"
TARGET = 0.70
Row = tuple[str, str, str, str]


def default() -> list[Row]:
    """The packaged reader on 300 questions that no reader was chosen by, and on two desks that readers were chosen by.

    The truth of the 300 is the second reading, of whole texts; a row says how far the first, of openings, agrees.
    """
    labels = read_labels("thunderbird_2023").join(questions(2023), on="id", how="inner", maintain_order="left")
    truth, first = labels["second_reading"].to_numpy(), labels["intent"].to_numpy()
    said, error = read(labels["text"], truth)
    f1, same = data.macro_f1(said, truth), truth == first
    name = f"default taxonomy, {labels.height} thunderbird questions"
    met = "yes" if f1 >= TARGET else f"no, by {TARGET - f1:.3f}"
    return [
        (name, "macro-F1 over classes that occur; accuracy", f"{scores(said, truth)} (0.70)", met),
        (f"{name}, labels of the first reading", "macro-F1; accuracy", scores(said, first), "no target"),
        (
            f"default taxonomy, {same.sum()} of them on which both readings agree",
            "macro-F1; accuracy",
            scores(said[same], truth[same]),
            "no target",
        ),
        (name, "macro-F1 of the first reading; agreement; Cohen's kappa", f"{agreement(first, truth)}", "-"),
        (name, "calibration error", f"{error:.3f}", "no target"),
        *desk("thunderbird questions of two years", "thunderbird_desk", pl.concat([questions(2023), questions(2024)])),
        *desk("first messages to companies", "tweetsumm_desk", dialogues()),
    ]


def desk(name: str, labels: str, texts: pl.DataFrame) -> list[Row]:
    """The packaged reader on a desk; and heads that learned four fifths of its labels, on the last, fold by fold."""
    joined = read_labels(labels).join(texts, on="id", how="inner", maintain_order="left")
    truth, second = joined["intent"].to_numpy(), joined["second"].fill_null("").to_numpy()
    said, error = read(joined["text"], truth)
    either = float(((said == truth) | (said == second)).mean())
    features = Design.of(mail.clean(joined["text"])["text"], pl.DataFrame(), load_embedding())
    question = Question(name="intent", labels=joined["intent"])
    judged = learn_by_folds(features, [question], 5).judged["intent"]
    learned = np.array(question.answers())[judged.logits.argmax(1)]
    known = np.array(question.answers())[judged.truth.astype(int)]
    name = f"default taxonomy, {joined.height:,} {name}"
    return [
        (name, "macro-F1; accuracy; either label", f"{scores(said, truth)}; {either:.3f}", "no target"),
        (name, "calibration error", f"{error:.3f}", "no target"),
        (f"{name}, mix learned from the other half", "macro-F1; accuracy", scores(mixed(joined), truth), "-"),
        (f"{name}, trained on four fifths of them", "macro-F1; accuracy", scores(learned, known), "-"),
    ]


def mixed(desk: pl.DataFrame) -> np.ndarray:
    """What the packaged reader says of each half once it has the mix of intents that the other half has, unlabelled."""
    said = np.empty(desk.height, dtype=object)
    first = np.arange(desk.height) % 2 == 0
    for half in (first, ~first):
        other = pl.DataFrame(
            {"subject": desk["text"].filter(~half), "body": None}, schema_overrides={"body": pl.String}
        )
        model, _ = settle(load_model(MODELS), other)
        logits = model.heads.text_logits(mail.clean(desk["text"].filter(half))["text"], model.embedding)
        head, own = model.heads.split(logits)["intent"]
        said[half] = np.array(head.classes)[own.argmax(1)]
    return said


def read(texts: pl.Series, truth: np.ndarray) -> tuple[np.ndarray, float]:
    """What the packaged reader says, and the calibration error of its confidence."""
    head, own = intents(load_model(MODELS), texts)
    codes = np.array([head.classes.index(name) for name in truth])
    error = calibration_error(softmax(own, head.temperature), codes)
    return np.array(head.classes)[own.argmax(1)], error


def intents(model: Model, texts: pl.Series) -> tuple[Head, np.ndarray]:
    """Head and logits of the intents of texts."""
    return model.heads.split(model.heads.text_logits(mail.clean(texts)["text"], model.embedding))["intent"]


def read_labels(name: str) -> pl.DataFrame:
    return pl.read_csv(LABELS / f"{name}.csv", infer_schema=False, comment_prefix="#")


def questions(year: int) -> pl.DataFrame:
    """Id and text (title, newline, body) of a year's forum questions."""
    frame = data.table(f"thunderbird_support/questions_{year}.csv.gz").unique("id", keep="first", maintain_order=True)
    return frame.select("id", text=pl.concat_str(pl.col("title", "content").fill_null(""), separator="\n"))


def dialogues() -> pl.DataFrame:
    """Id and first turn, the customer's, of each dialogue."""
    lines = gzip.decompress((data.DATA / "tweetsumm" / "train_valid.jsonl.gz").read_bytes()).decode().splitlines()
    rows = [(said["conversation_id"], said["turns"][0]) for said in map(json.loads, lines)]
    return pl.DataFrame(rows, schema=["id", "text"], orient="row")


def scores(said: np.ndarray, truth: np.ndarray) -> str:
    return f"{data.macro_f1(said, truth):.3f}; {(said == truth).mean():.3f}"


def agreement(one: np.ndarray, other: np.ndarray) -> str:
    """Macro-F1 of one reading by the other, how often they agree, and that beyond what chance gives (Cohen 1960)."""
    same = float((one == other).mean())
    chance = sum(float((one == name).mean() * (other == name).mean()) for name in np.unique(one))
    return f"{data.macro_f1(one, other):.3f}; {same:.3f}; {(same - chance) / (1 - chance):.2f}"
