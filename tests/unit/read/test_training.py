from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest

from tidegate.read.embedding import load_embedding
from tidegate.read.features import text_grams
from tidegate.read.heads import Heads
from tidegate.read.learning import learn_by_folds, learn_by_time, shortfalls, stratified
from tidegate.read.training import JOINT_FROM, MANY, MARGIN_FROM, Design, Question, fit

if TYPE_CHECKING:
    from pathlib import Path

TOPICS = {
    "billing": ("the invoice shows {} euros too much", "my card was charged {} twice", "refund of {} euros is missing"),
    "access": ("cannot log in since {} days", "password reset number {} never came", "account {} is locked"),
    "bug": ("page {} crashes on save", "export {} gives an empty file", "error {} on the dashboard"),
}


def history(each: int) -> tuple[pl.Series, pl.Series]:
    rows = [(TOPICS[name][at % 3].format(at), name) for at in range(each) for name in TOPICS]
    return pl.Series([text for text, _ in rows]), pl.Series([name for _, name in rows])


@pytest.mark.parametrize("each", [5, JOINT_FROM + 10, MARGIN_FROM + 10])
def test_heads_learn_topics_from_few_and_from_many_examples(each: int) -> None:
    texts, labels = history(each)
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    question = Question(name="intent", labels=labels)
    heads = fit(design, [question], np.arange(len(texts)))
    fresh = pl.Series(["please refund 99 euros", "I am locked out of account 7", "the export crashes"])
    split = heads.split(heads.text_logits(fresh, load_embedding()))
    head, logits = split["intent"]
    assert [head.classes[at] for at in logits.argmax(axis=1)] == ["billing", "access", "bug"]


def test_the_arrays_answer_as_the_design_does() -> None:
    texts, labels = history(30)
    context = pl.DataFrame({"group": ["a", "b", None] * 30})
    design = Design.of(texts, context, load_embedding())
    heads = fit(design, [Question(name="intent", labels=labels)], np.arange(60))
    rows = np.array([80, 3, 61])
    direct = heads.text_logits(texts[rows], load_embedding()) + heads.column_logits(context[rows])
    assert design.logits(heads, rows) == pytest.approx(direct, abs=1e-3)


def test_an_answer_that_never_occurs_is_next_to_impossible() -> None:
    texts, labels = history(10)
    question = Question(name="intent", labels=labels, classes=("billing", "access", "bug", "never"))
    heads = fit(Design.of(texts, pl.DataFrame(), load_embedding()), [question], np.arange(30))
    head, logits = heads.split(heads.text_logits(texts, load_embedding()))["intent"]
    assert head.probabilities(logits)[:, 3].max() < 1e-6


def test_columns_alone_can_be_learned_from() -> None:
    group = ["network"] * 60 + ["desk"] * 60
    labels = pl.Series(["P1"] * 60 + ["P3"] * 60)
    context = pl.DataFrame({"group": group})
    design = Design.of(pl.Series([""] * 120), context, load_embedding())
    question = Question(name="level", labels=labels, classes=("P0", "P1", "P2", "P3"), kind="probability")
    heads = fit(design, [question], np.arange(120))
    chances = heads.heads[0].probabilities(design.logits(heads, np.array([0, 119])))
    assert chances[0, 1] > 0.9
    assert chances[1, 3] > 0.9


def test_a_number_is_learned() -> None:
    texts, labels = history(60)
    minutes = labels.replace_strict({"billing": 1.0, "access": 2.0, "bug": 3.0})
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    heads = fit(design, [Question(name="effort", labels=minutes, kind="number")], np.arange(180))
    assert design.logits(heads, np.arange(180))[:, 0] == pytest.approx(minutes.to_numpy(), abs=0.3)


def test_the_last_fifth_is_judged_and_the_future_is_not_looked_at() -> None:
    texts, labels = history(60)
    spoilt = pl.concat([labels[:144], pl.Series(["bug"] * 36)])
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    judged = {
        name: learn_by_time(design, [Question(name="intent", labels=known)], np.arange(180)).judged["intent"]
        for name, known in (("true", labels), ("spoilt", spoilt))
    }
    assert judged["true"].rows.tolist() == list(range(144, 180))
    assert np.array_equal(judged["true"].logits, judged["spoilt"].logits)
    assert (judged["true"].logits.argmax(axis=1) == judged["true"].truth).mean() > 0.9


def test_folds_judge_every_labelled_row_once() -> None:
    texts, labels = history(30)
    known = labels.to_list()
    known[7] = None
    question = Question(name="intent", labels=pl.Series(known))
    learned = learn_by_folds(Design.of(texts, pl.DataFrame(), load_embedding()), [question], 3)
    assert learned.judged["intent"].rows.tolist() == [row for row in range(90) if row != 7]
    assert len(learned.windows["intent"].scores) == 89
    folds = stratified(question, 3, 0)
    assert max(np.bincount(folds)) - min(np.bincount(folds)) <= 1


def test_too_little_is_said_and_by_how_much() -> None:
    few = Question(name="intent", labels=pl.Series(["a"] * 20 + [None] * 50))
    assert shortfalls(few) == ["intent: 20 labelled tickets, 30 short of the 50 needed to learn it"]
    scarce = Question(name="intent", labels=pl.Series(["a"] * 5997 + ["b"] * 3))
    assert shortfalls(scarce) == ["intent: b has 3 examples, 2 short of 5"]


def test_saved_models_are_small(tmp_path: Path) -> None:
    texts, labels = history(30)
    heads = fit(
        Design.of(texts, pl.DataFrame(), load_embedding()), [Question(name="intent", labels=labels)], np.arange(90)
    )
    heads.save(tmp_path / "heads.npz")
    assert (tmp_path / "heads.npz").stat().st_size < 50_000


def test_tickets_without_an_answer_help_where_there_are_few_with_one() -> None:
    texts, labels = history(40)
    few = pl.Series([name if at < 9 else None for at, name in enumerate(labels)])
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    asked = Question(name="intent", labels=few)
    alone, helped = (fit(design, [asked], np.arange(end)) for end in (9, 120))
    right = np.array([asked.answers().index(name) for name in labels])[9:]
    given = [
        heads.heads[0].probabilities(design.logits(heads, np.arange(9, 120)))[np.arange(111), right].mean()
        for heads in (alone, helped)
    ]
    assert given[1] > given[0]


def test_a_word_of_one_ticket_is_learned_where_labels_are_few_and_that_ticket_has_one() -> None:
    met = {}
    for each in (5, MARGIN_FROM + 10):
        texts, labels = history(each)
        texts = pl.concat([texts, pl.Series(["the invoice shows a zebra", "what a walrus"])])
        labels = pl.concat([labels, pl.Series(["billing", None])])
        design = Design.of(texts, pl.DataFrame(), load_embedding())
        text = fit(design, [Question(name="intent", labels=labels)], np.arange(len(texts))).text
        assert text is not None
        grams = {word: next(iter(text_grams([word]))).buckets for word in ("zebra", "walrus")}
        met[each] = [bool(np.isin(grams[word], text.buckets).all()) for word in grams]
    assert met == {5: [True, False], MARGIN_FROM + 10: [False, False]}


def test_many_answers_of_middling_number_look_at_waves_beside_the_embedding() -> None:
    things = [f"thing {place}" for place in range(MANY)]
    rows = [(f"about the {thing}, case {at}", thing) for at in range(JOINT_FROM) for thing in things]
    texts, labels = pl.Series([text for text, _ in rows]), pl.Series([thing for _, thing in rows])
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    looks = {}
    for answers in (MANY, MANY - 1):
        question = Question(name="intent", labels=labels, classes=tuple(things))
        taken = np.flatnonzero(question.codes() < answers)
        heads = fit(design, [question], taken)
        looks[answers] = (heads.waves is not None, bool(heads.dense.any()))
    assert looks == {MANY: (True, True), MANY - 1: (False, True)}


def test_a_rare_answer_counts_for_more_unless_told_otherwise() -> None:
    texts, labels = history(60)
    scarce = pl.Series([None if name == "bug" and row > 30 else name for row, name in enumerate(labels)])
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    said = {}
    for rarity in (0.0, 0.5, 1.0):
        question = Question(name="intent", labels=scarce, rarity=rarity)
        logits = design.logits(fit(design, [question], np.arange(180)), np.arange(180))
        place = question.answers().index("bug")
        said[rarity] = float((logits[:, place] - np.delete(logits, place, axis=1).max(axis=1)).mean())
    assert said[0.0] < said[0.5] < said[1.0]


def test_many_answers_are_told_apart_by_waves_which_come_back_from_disk(tmp_path: Path) -> None:
    colours, nouns = ("red", "old", "new", "big", "wet", "hot"), ("bus", "cat", "sun", "map", "key")
    things = [f"{colour} {noun}" for colour in colours for noun in nouns]
    assert len(things) == MANY
    rows = [(f"about the {thing}, case {at}", thing) for at in range(MARGIN_FROM) for thing in things]
    texts, labels = pl.Series([text for text, _ in rows]), pl.Series([thing for _, thing in rows])
    design = Design.of(texts, pl.DataFrame(), load_embedding())
    level = pl.Series(["P1" if thing.startswith("hot") else "P3" for _, thing in rows])
    asked = [Question(name="intent", labels=labels), Question(name="level", labels=level, kind="probability")]
    heads = fit(design, asked, np.arange(len(rows)))
    assert heads.waves is not None
    assert heads.heights is not None
    assert not heads.dense[:, :MANY].any()
    assert not heads.heights[:, MANY:].any()
    heads.save(tmp_path / "heads.npz")
    read = Heads.load(tmp_path / "heads.npz").text_logits(texts[:60], load_embedding())
    assert read == pytest.approx(design.logits(heads, np.arange(60)), abs=2e-3)
    assert (read[:, :MANY].argmax(axis=1) == asked[0].codes()[:60]).all()
