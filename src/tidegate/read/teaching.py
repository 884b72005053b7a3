"""Makes a team's own model from its history: questions, features, fits and the card, in one call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from tidegate.read import mail
from tidegate.read.card import card
from tidegate.read.context import context_of
from tidegate.read.embedding import load_embedding
from tidegate.read.learning import FEWEST, learn_by_folds, learn_by_time, shortfalls
from tidegate.read.model import Model
from tidegate.read.training import JOINT_FROM, Design, Question
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tidegate.read.embedding import Encoder
    from tidegate.read.learning import Learned

    Progress = Callable[[int, int], None]

YES: Final = ("yes", "true", "1", "y", "t", "escalated")
OUTSIDE: Final = 0.02
"""Share of held-out tickets that may fall below the scope."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lessons:
    """What a history teaches: tickets in their first state, and what came of them.

    Parameters
    ----------
    tickets
        Valid by `tables.Tickets`, as first known.
    labels
        Any of ``intent``, ``level`` (P0 to P3), ``effort`` (minutes), ``escalated`` and ``csat`` (0 to 1), one value a
        ticket, null where it isn't known.
    order
        By what the tickets stand in time; None to hold out by folds.
    hindsight
        The tickets' columns are those of their end, see `context.context_of`.
    """

    tickets: pl.DataFrame
    labels: dict[str, pl.Series]
    order: pl.Series | None
    hindsight: bool


def teach(
    lessons: Lessons,
    *,
    coverage: float,
    folds: int = 5,
    encoder: Encoder | None = None,
    progress: Progress | None = None,
) -> tuple[Model, dict[str, Any]]:
    """Fit and judge a model.

    Parameters
    ----------
    lessons
        What there is to learn.
    coverage
        What level sets shall hold.
    folds
        Used where ``lessons.order`` is None.
    encoder
        What turns texts into vectors; None for the packaged table.
    progress
        Called with steps done and steps in all.

    Returns
    -------
    tuple
        The model, and its card: see `card.card`, with a part ``about``.

    Raises
    ------
    InputError
        If no question has `FEWEST` labels; the message says how many are missing.
    """
    asked = [question for question in questions(lessons.labels) if len(question.labels.drop_nulls()) >= FEWEST]
    notes = {question.name: shortfalls(question) for question in questions(lessons.labels)}
    if not asked:
        raise InputError(f"too little to learn from: {'; '.join(note for said in notes.values() for note in said)}")
    texts = mail.clean(mail.original(lessons.tickets))["text"]
    context = context_of(lessons.tickets, first_only=lessons.hindsight)
    context = context.select(name for name in context.columns if context[name].n_unique() > 1)
    described = _descriptions(asked)
    width = len(described)
    texts_and = pl.concat([texts, pl.Series(described["text"], dtype=pl.String)])
    blank = pl.DataFrame({name: [None] * width for name in context.columns}, schema=context.schema)
    design = Design.of(texts_and, pl.concat([context, blank]), encoder or load_embedding())
    taught = [_with_descriptions(question, described) for question in asked]
    rows = np.arange(len(texts))
    always = np.arange(len(texts), len(texts) + width)
    if lessons.order is None:
        learned = learn_by_folds(design, taught, folds, always=always, progress=progress)
    else:
        order = rows[lessons.order.arg_sort().to_numpy()]
        learned = learn_by_time(design, taught, order, always=always, progress=progress)
    about = {
        "tickets": len(texts),
        "held_out": "by time" if lessons.order is not None else f"{folds} folds",
        "context": list(learned.heads.context),
        "with_descriptions": width > 0,
    }
    return _model(learned, lessons, encoder or load_embedding()), {"about": about} | card(
        learned, texts, coverage, notes
    )


def questions(labels: dict[str, pl.Series]) -> list[Question]:
    """Turn columns of labels into questions, in a fixed order."""
    made = {
        "intent": lambda column: Question(name="intent", labels=column.cast(pl.String)),
        "level": lambda column: Question(
            name="level", labels=column.cast(pl.String), classes=LEVELS, kind="probability"
        ),
        "escalated": lambda column: Question(
            name="escalated", labels=yes_or_no(column), classes=("no", "yes"), kind="probability"
        ),
        "effort": lambda column: Question(name="effort", labels=column.cast(pl.Float64).log1p(), kind="number"),
        "csat": lambda column: Question(name="csat", labels=column.cast(pl.Float64), kind="number"),
    }
    return [make(labels[name]) for name, make in made.items() if name in labels]


def yes_or_no(column: pl.Series) -> pl.Series:
    """Read a column of words or flags: one of `YES` is yes, any other value no, null stays null."""
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    return pl.select(
        pl.when(words.is_not_null()).then(pl.when(words.is_in(YES)).then(pl.lit("yes")).otherwise(pl.lit("no")))
    ).to_series()


def _descriptions(asked: list[Question]) -> pl.DataFrame:
    """Names of intents as texts, while there are too few examples for them to be needless."""
    for question in asked:
        if question.name == "intent" and _examples(question) < JOINT_FROM:
            names = pl.Series("intent", question.answers(), dtype=pl.String)
            return pl.DataFrame({"intent": names, "text": names.str.replace_all(r"[_\-./]+", " ")})
    return pl.DataFrame(schema={"intent": pl.String, "text": pl.String})


def _examples(question: Question) -> float:
    """Median number of examples of an answer."""
    return float(np.median(question.labels.drop_nulls().value_counts()["count"].to_numpy()))


def _with_descriptions(question: Question, described: pl.DataFrame) -> Question:
    more = described["intent"] if question.name == "intent" else pl.Series([None] * len(described))
    labels = pl.concat([question.labels, more.cast(question.labels.dtype)])
    return Question(name=question.name, labels=labels, classes=question.answers(), kind=question.kind)


def _model(learned: Learned, lessons: Lessons, encoder: Encoder) -> Model:
    from tidegate.read.language import identify

    names = identify(mail.clean(mail.original(lessons.tickets.head(5000)))["text"])["language"]
    counts = names.filter(~names.is_in(["unknown", "other"])).value_counts()
    least = max(20, 0.01 * int(counts["count"].sum()))
    spoken = counts.filter(pl.col("count") >= least)["language"].sort().to_list()
    scope = -np.inf
    if "intent" in learned.judged and len(learned.judged["intent"].rows):
        scope = float(np.quantile(learned.judged["intent"].logits.max(axis=1), OUTSIDE))
    base = (0.25, 0.25, 0.25, 0.25)
    if "level" in learned.judged:
        counted = np.bincount(learned.judged["level"].truth.astype(int), minlength=len(LEVELS)) + 1
        base = tuple((counted / counted.sum()).tolist())
    return Model(
        heads=learned.heads,
        embedding=encoder,
        version="",
        languages=tuple(spoken) or ("en",),
        scope=max(scope, -1e9),
        windows=learned.windows,
        base=base,
    )
