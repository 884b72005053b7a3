"""How well reading learns, on public data, beside a peer in the same run where the issue names one.

    python evals/reading_accuracy.py [banking] [airline] [thunderbird] [hadoop] [incidents] [default] [--write]

`--write` replaces the rows of evals/results/reading.md. Everything is learned with the same functions, settings and
defaults as `tidegate train`. Those settings were chosen while looking at some of these sets: the results say which.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import polars as pl
import reading_data as data
from reading_default import default

from tidegate.read import mail
from tidegate.read.calibration import calibration_error, fit_temperature, log_loss, softmax
from tidegate.read.conformal import Window
from tidegate.read.embedding import load_embedding
from tidegate.read.learning import Judged, learn_by_folds, learn_by_time
from tidegate.read.training import Design, Question, fit
from tidegate.tables.words import LEVELS

RESULTS = Path(__file__).parent / "results" / "reading.md"
COVERAGE = 0.9
Row = tuple[str, str, str, str]


def design(case: data.Case) -> Design:
    return Design.of(mail.clean(case.texts)["text"], case.context, load_embedding())


def held(value: float, target: float, *, low: bool = False) -> str:
    return "yes" if (value <= target if low else value >= target) else f"no, by {abs(value - target):.3f}"


def sets_and_error(name: str, judged: Judged) -> list[Row]:
    """Calibrate on 1,000 held-out rows (half of them, if there are fewer than 2,000), measure on the rest."""
    count = len(judged.rows)
    tune = np.linspace(0, count - 1, min(1000, count // 2)).astype(int)
    rest = np.setdiff1d(np.arange(count), tune)
    truth = judged.truth.astype(int)
    probabilities = softmax(judged.logits, fit_temperature(judged.logits[tune], truth[tune]))
    name = f"{name}, {len(tune):,} calibration rows"
    inside = Window.of(probabilities[tune], truth[tune]).sets(probabilities[rest], COVERAGE)
    seen = float(inside[np.arange(len(rest)), truth[rest]].mean())
    error = calibration_error(probabilities[rest], truth[rest])
    good = "yes" if 0.88 <= seen <= 0.92 else f"no, by {max(0.88 - seen, seen - 0.92):.3f}"
    return [
        (name, "calibration error", f"{error:.3f} (0.03)", held(error, 0.03, low=True)),
        (name, "coverage of 90% sets; mean size", f"{seen:.3f}; {inside.sum(1).mean():.2f} (0.88 to 0.92)", good),
    ]


def banking() -> list[Row]:
    case = data.banking()
    features = design(case)
    question = Question(name="intent", labels=case.labels)
    judged = learn_by_folds(features, [question], 5).judged["intent"]
    full = float((judged.logits.argmax(1) == judged.truth).mean())
    rows = [("banking77, 5-fold", "accuracy, full", f"{full:.3f} (0.92)", held(full, 0.92))]
    return (
        rows
        + [row for each, target in ((20, 0.86), (5, 0.75)) for row in scarce(case, question, each, target)]
        + (sets_and_error("banking77, 5-fold", judged))
    )


def scarce(case: data.Case, question: Question, each: int, target: float) -> list[Row]:
    """Learn from a few examples a class alone; with the label names; and with the rest of a history unlabelled."""
    answers = question.answers()
    names = pl.Series([name.replace("_", " ") for name in answers])
    named = design(data.Case(texts=pl.concat([case.texts, names]), labels=names, context=pl.DataFrame()))
    labels = pl.concat([case.labels, pl.Series(answers)])
    ways = {"": (False, False), " and label names": (True, False), ", label names, unlabelled history": (True, True)}
    rows = []
    for how, (described, more) in ways.items():
        reached = [few(named, labels, each, seed, described=described, more=more) for seed in range(5)]
        mean, spread = float(np.mean(reached)), float(np.std(reached))
        shown = f"{mean:.3f} ± {spread:.3f} ({target})"
        rows.append((f"banking77, 5 draws{how}", f"accuracy, {each} a class", shown, held(mean, target)))
    return rows


def few(features: Design, labels: pl.Series, each: int, seed: int, *, described: bool, more: bool) -> float:
    """Accuracy after a few examples a class.

    The last rows are the labels' names, one a class. With ``more``, four fifths of the tickets that were not drawn are
    learned from without their labels, and only the last fifth is judged; else all that were not drawn are.
    """
    question = Question(name="intent", labels=labels)
    codes = question.codes()
    body, last = np.split(np.arange(len(codes)), [len(codes) - len(question.answers())])
    random = np.random.default_rng(seed)
    drawn = [random.choice(body[codes[body] == code], each, replace=False) for code in range(len(question.answers()))]
    train = np.concatenate([*drawn, last]) if described else np.concatenate(drawn)
    rest = np.setdiff1d(body, train)
    if more:
        unlabelled, rest = np.split(random.permutation(rest), [len(rest) * 4 // 5])
        hidden = labels.clone().scatter(unlabelled, None)
        question = Question(name="intent", labels=hidden, classes=question.answers())
        train = np.concatenate([train, unlabelled])
    logits = features.logits(fit(features, [question], train), rest)
    return float((logits.argmax(1) == codes[rest]).mean())


def airline() -> list[Row]:
    case = data.airline()
    judged = learn_by_folds(design(case), [Question(name="sentiment", labels=case.labels)], 5).judged["sentiment"]
    f1 = data.macro_f1(judged.logits.argmax(1), judged.truth)
    area = data.auc(judged.probabilities[:, 0], judged.truth == 0)
    return [
        ("airline tweets, 5-fold", "macro-F1", f"{f1:.3f} (0.76)", held(f1, 0.76)),
        ("airline tweets, 5-fold", "AUC of negative", f"{area:.3f} (0.92)", held(area, 0.92)),
        *sets_and_error("airline tweets", judged),
    ]


def thunderbird() -> list[Row]:
    """Learn from 2023, judge on 2024; the peer is scikit-learn's own pipeline on the same cleaned text."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    case, first = data.thunderbird()
    cleaned = mail.clean(case.texts)["text"]
    features = Design.of(cleaned, case.context, load_embedding())
    question = Question(name="topic", labels=case.labels)
    codes = question.codes()
    count = len(codes)
    logits = features.logits(fit(features, [question], np.arange(first)), np.arange(first, count))
    ours = data.macro_f1(logits.argmax(1), codes[first:])
    words = TfidfVectorizer(sublinear_tf=True, min_df=2)
    peer = LogisticRegression(C=10, max_iter=300).fit(words.fit_transform(cleaned[:first].to_list()), codes[:first])
    theirs = data.macro_f1(peer.predict(words.transform(cleaned[first:].to_list())), codes[first:])
    gap = ours - theirs
    judged = learn_by_time(features, [question], np.arange(count)).judged["topic"]
    return [
        (
            "thunderbird 2023 to 2024, topic",
            "macro-F1; word TF-IDF with logistic regression",
            f"{ours:.3f}; {theirs:.3f} (+0.03)",
            held(gap, 0.03),
        ),
        *sets_and_error("thunderbird, last fifth by time", judged),
    ]


def hadoop() -> list[Row]:
    case = data.hadoop()
    question = Question(name="level", labels=case.labels, classes=LEVELS, kind="probability")
    judged = learn_by_time(design(case), [question], np.arange(len(case.labels))).judged["level"]
    truth = judged.truth.astype(int)
    seen = question.codes()[: int(len(case.labels) * 0.8)]
    prior = np.bincount(seen, minlength=4) / len(seen)
    ours, theirs = log_loss(judged.probabilities, truth), log_loss(np.tile(prior, (len(truth), 1)), truth)
    area = data.auc(judged.probabilities[:, :2].sum(1), truth <= 1)
    return [
        (
            "hadoop issues, by time",
            "log loss; class prior",
            f"{ours:.3f}; {theirs:.3f} (below)",
            held(ours, theirs, low=True),
        ),
        ("hadoop issues, by time", "AUROC of urgent", f"{area:.3f} (0.65)", held(area, 0.65)),
        *sets_and_error("hadoop issues", judged),
    ]


def incidents() -> list[Row]:
    """Final priority from the first row; the label's own confusion table is counted on the same past."""
    case, first = data.incidents()
    question = Question(name="level", labels=case.labels, classes=LEVELS, kind="probability")
    count = len(case.labels)
    judged = learn_by_time(design(case), [question], np.arange(count)).judged["level"]
    truth, probabilities = judged.truth.astype(int), judged.probabilities
    filed, codes, past = np.array([LEVELS.index(level) for level in first]), question.codes(), int(count * 0.8)
    table = np.full((4, 4), 0.5)
    np.add.at(table, (filed[:past], codes[:past]), 1)
    label = (table / table.sum(1, keepdims=True))[filed[judged.rows]]
    ours, theirs = log_loss(probabilities, truth), log_loss(label, truth)
    area = data.auc(probabilities[:, :2].sum(1), truth <= 1)
    error = calibration_error(probabilities, truth)
    alone = data.auc(label[:, :2].sum(1), truth <= 1)
    return [
        (
            "uci incidents, by time",
            "log loss; label's confusion table",
            f"{ours:.4f}; {theirs:.4f} (5% below)",
            held(ours / theirs, 0.95, low=True),
        ),
        ("uci incidents, by time", "AUROC of urgent; label alone", f"{area:.3f}; {alone:.3f} (0.88)", held(area, 0.88)),
        ("uci incidents, by time", "calibration error", f"{error:.3f} (0.03)", held(error, 0.03, low=True)),
        *sets_and_error("uci incidents, last fifth by time", judged)[1:],
    ]


SETS = {
    "banking": banking,
    "airline": airline,
    "thunderbird": thunderbird,
    "hadoop": hadoop,
    "incidents": incidents,
    "default": default,
}


def main() -> None:
    chosen = [name for name in sys.argv[1:] if not name.startswith("-")] or list(SETS)
    for name in chosen:
        rows = SETS[name]()
        lines = [f"| {' | '.join(row)} |" for row in rows]
        print("\n".join(lines), flush=True)
        if "--write" in sys.argv:
            write(name, lines)


def write(name: str, lines: list[str]) -> None:
    """Put the rows of one set between its markers."""
    text = RESULTS.read_text("utf-8")
    start, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
    before, rest = text.split(start)
    RESULTS.write_text(before + start + "\n".join(lines) + "\n" + end + rest.split(end, 1)[1], "utf-8")


if __name__ == "__main__":
    main()
