"""The sentences: complete in every language, expanded to the end, labelled by what they say."""

from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tidegate import demo
from tidegate.demo.scale import INTENT_NAMES, LANGUAGES
from tidegate.demo.texts import compose
from tidegate.demo.texts.bank import bank, load
from tidegate.tables import InputError
from tidegate.tables.words import LEVELS, SIGNALS

ENGLISH = {name for _, name in bank(("en",)).pools}


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_every_pool_and_knows_its_slots(code: str) -> None:
    stock = bank((code,))
    assert {name for _, name in stock.pools} == ENGLISH
    left = {slot for text in stock.sentences for slot in re.findall(r"[{\[][^}\]]*[}\]]", text)}
    assert left <= {"{ref}", "{users}", "{name}"}
    assert len(stock.sentences) > 1_500


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_intent_can_be_said_in_many_ways(code: str) -> None:
    stock = bank((code,))
    for intent in INTENT_NAMES:
        ways = sum(stock.pools[code, f"intents/{intent}/{part}"][1] for part in ("grave", "plain", "mild", "detail"))
        assert ways >= 12, intent
        assert len(load(code)["intents"][intent]["subject"]) >= 5


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("intent", INTENT_NAMES)
def test_compose_writes_every_intent_in_every_language(intent: str, language: str) -> None:
    subject, body = compose(np.random.default_rng(1), intent, language, "P1", affected=40, frustration=0.9, again=True)
    assert subject
    assert len(body) > 20
    assert not re.search(r"[{}\[\]]", subject + body)


@pytest.mark.parametrize("wrong", [("nonsense", "en", "P1"), ("bug", "xx", "P1"), ("bug", "en", "P9")])
def test_compose_names_what_it_cannot_write(wrong: tuple[str, str, str]) -> None:
    with pytest.raises(InputError, match="expected"):
        compose(np.random.default_rng(1), *wrong)


def test_labelled_texts_are_balanced_varied_and_prefixes_of_each_other() -> None:
    many = demo.labelled_texts(6_000, seed=3)
    assert_frame_equal(demo.labelled_texts(500, seed=3), many.head(500))
    assert not demo.labelled_texts(500, seed=4).equals(many.head(500))
    assert many["intent"].value_counts()["count"].min() > 300  # ty: ignore[unsupported-operator]
    assert set(many["language"].unique()) == set(LANGUAGES)
    assert set(many["level"].unique()) == set(LEVELS)
    assert many["body"].n_unique() > 0.95 * many.height
    assert set(SIGNALS) < set(many.columns)
    assert (many["text"] == many["subject"] + "\n" + many["body"]).all()


def test_labels_say_what_the_text_says() -> None:
    texts = demo.labelled_texts(4_000, seed=8, languages=("en",))
    stated = texts.filter(pl.col("stated_users") > 1, pl.col("body").str.to_lowercase() == pl.col("body"))
    counted = texts.filter(pl.col("stated_users") > 1)
    assert stated.height < counted.height
    found = counted.select(pl.col("body").str.contains(pl.col("stated_users").cast(pl.String), literal=True).all())
    assert found.item()
    lower = pl.col("body").str.to_lowercase()
    churn = texts.select(
        said=lower.str.contains("cancelling|not renew|ending our subscription").filter("churn_threat").mean(),
        silent=lower.str.contains("this close to cancelling|ending our subscription")
        .filter(~pl.col("churn_threat"))
        .mean(),
    ).row(0)
    assert churn[0] > 0.4
    assert churn[1] == 0.0


def test_grave_tickets_read_graver_but_not_always() -> None:
    texts = demo.labelled_texts(8_000, seed=2, languages=("en",), balanced=False)
    blocked = dict(texts.group_by("level").agg(pl.mean("blocked_workflow")).iter_rows())
    assert blocked["P0"] > blocked["P1"] > blocked["P2"] > blocked["P3"]
    assert blocked["P0"] < 0.8


def test_tone_hardly_tells_the_level() -> None:
    texts = demo.labelled_texts(8_000, seed=2, languages=("en",))
    means = texts.group_by("level").agg(pl.mean("frustration"))["frustration"]
    assert means.max() - means.min() < 0.05  # ty: ignore[unsupported-operator]


def test_legal_questions_are_not_threats() -> None:
    texts = demo.labelled_texts(6_000, seed=5, languages=("en",)).filter(pl.col("intent") == "legal_or_procurement")
    assert texts["legal"].all()
    threats = texts["body"].str.to_lowercase().str.contains("claim damages|report this to the regulator")
    assert not threats.any()
