"""The telling sentence: the one that speaks for the intent, quoted as it stands, in bounded time."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.policy.loading import load
from tidegate.read.embedding import load_embedding
from tidegate.read.reader import default_reader
from tidegate.read.telling import LONGEST, SENTENCES, Sentences
from tidegate.tables import Tickets

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def score(texts: pl.Series) -> np.ndarray:
    """Two intents, as sure as a text says ``money`` and ``door``."""
    counts = [texts.str.count_matches(word).to_numpy().astype(float) for word in ("money", "door")]
    return np.stack(counts, axis=1)


def telling(texts: list[str], chosen: np.ndarray) -> list[tuple[int, int] | tuple[None, None]]:
    sentences = Sentences.of(texts)
    return sentences.telling(chosen, score(pl.Series(sentences.pieces, dtype=pl.String)))


@pytest.mark.parametrize(
    ("text", "intent", "quote"),
    [
        ("Hello. I want my money back! The door is fine.", 0, "I want my money back!"),
        ("Hello. I want my money back! The door is fine.", 1, "The door is fine."),
        ("Subject line\nthe door, version 3.2, is open   \n\n", 1, "the door, version 3.2, is open"),
        ("one sentence alone", 0, "one sentence alone"),
        ("nothing here. nothing there.", 0, "nothing here."),
        ("I like 7.", 0, "I like 7."),
    ],
)
def test_the_sentence_that_speaks_for_the_intent(text: str, intent: int, quote: str) -> None:
    start, end = telling([text], np.array([intent]))[0]
    assert text[start:end] == quote


def test_a_text_without_words_has_none() -> None:
    found = telling(["", " \n ", "12. 13.", "?!"], np.zeros(4, dtype=np.int64))
    assert found == [(None, None)] * 4


@given(st.lists(st.text(max_size=120), max_size=5))
@settings(max_examples=60, deadline=None)
def test_spans_are_inside_the_text_and_hold_a_word(texts: list[str]) -> None:
    found = telling(texts, np.zeros(len(texts), dtype=np.int64))
    assert len(found) == len(texts)
    for text, (start, end) in zip(texts, found, strict=True):
        if start is not None:
            assert 0 <= start < end <= len(text)
            assert end - start <= LONGEST
            assert text[start:end] == text[start:end].rstrip()


@pytest.mark.parametrize("food", ["!" * 20_000 + "x", "a." * 10_000, "1 " * 10_000, "\n" * 20_000, "ab! " * 5_000])
def test_hostile_food_gives_few_sentences(food: str) -> None:
    assert len(Sentences.of([food]).pieces) <= SENTENCES


@given(st.lists(st.text(st.sampled_from("ab .!?\n\t\u0301é🔥-"), max_size=90), max_size=4))
@settings(max_examples=80, deadline=None)
def test_a_text_embeds_alike_in_parts_and_whole(texts: list[str]) -> None:
    table = load_embedding()
    sentences = Sentences.of(texts)
    whole, pieces = table.embed_parted(texts, sentences)
    assert whole == pytest.approx(table.embed(texts), abs=1e-5)
    assert pieces == pytest.approx(table.embed(sentences.pieces), abs=1e-5)


def test_a_reading_quotes_what_its_intent_rests_on() -> None:
    body = "Hi there.\n\nThe weather is nice here. I was charged twice, please correct the invoice.\n\nRegards\nBob"
    blank = dict.fromkeys(Tickets.column_names()) | {"created_at": NOON, "status": "open", "ticket_id": "1"}
    table = pl.DataFrame([blank | {"subject": "Hello", "body": body}], schema=Tickets.create_empty().schema)
    reading = default_reader(load("starter")).read(table, now=NOON).row(0, named=True)
    (span,) = [entry for entry in reading["evidence"] if entry["name"] == "intent"]
    assert reading["intent"] == "billing"
    assert span["quote"] == "I was charged twice, please correct the invoice."
    assert ("Hello\n" + body)[span["start"] : span["end"]] == span["quote"]
    assert span["confidence"] == reading["intent_confidence"]
