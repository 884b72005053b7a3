"""Sentiment and loudness: bounded, and only as loud as the writing."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.sentiment import shouting
from tidegate.read.signals import signals
from tidegate.read.views import View


def test_shouting_needs_capitals_or_marks() -> None:
    loud = shouting(
        View.of(["please help me with the export", "PLEASE HELP ME WITH THE EXPORT", "why?!?! why!!", "API SSO"])
    )
    assert loud[0] == loud[3] == 0
    assert loud[1] > 0.2
    assert loud[2] > 0.1


def test_a_text_without_a_word_of_feeling_feels_nothing() -> None:
    found = signals(pl.DataFrame({"body": ["My number is 12.", "WHERE IS MY PARCEL NUMBER TWELVE"]}))
    assert found["sentiment"].to_list() == [0, 0]
    assert found["frustration"][0] == 0 < found["frustration"][1]


@given(st.lists(st.text(max_size=80), min_size=1, max_size=5))
@settings(max_examples=20, deadline=None)
def test_scores_stay_in_bounds(texts: list[str]) -> None:
    found = signals(pl.DataFrame({"body": texts}))
    assert found["sentiment"].is_between(-1, 1).all()
    assert found["frustration"].is_between(0, 1).all()
    assert found["urgency"].is_between(0, 1).all()


def test_capitals_make_the_same_words_angrier() -> None:
    calm, loud = signals(
        pl.DataFrame({"body": ["this is a disgrace, fix my account", "THIS IS A DISGRACE, FIX MY ACCOUNT"]})
    )["frustration"]
    assert loud > calm > 0
