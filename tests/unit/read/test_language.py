"""Language: six languages told apart, others and too little text said to be so."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.language import CLASSES, KNOWN, UNKNOWN, identify

SENTENCES = {
    "en": [
        "The meeting was moved to the large room upstairs.",
        "She would rather have the smaller size.",
        "we tried it twice, same result",
    ],
    "de": [
        "Das Treffen wurde in den großen Raum verlegt.",
        "Sie hätte lieber die kleinere Größe.",
        "wir haben es zweimal versucht, gleiches Ergebnis",
    ],
    "fr": [
        "La réunion a été déplacée dans la grande salle.",
        "Elle préférerait la petite taille.",
        "on a essayé deux fois, même résultat",
    ],
    "es": [
        "La reunión se cambió a la sala grande.",
        "Ella prefiere la talla pequeña.",
        "lo intentamos dos veces, mismo resultado",
    ],
    "pt": [
        "A reunião foi mudada para a sala grande.",
        "Ela prefere o tamanho pequeno.",
        "tentamos duas vezes, mesmo resultado",
    ],
    "it": [
        "La riunione è stata spostata nella sala grande.",
        "Lei preferisce la taglia piccola.",
        "abbiamo provato due volte, stesso risultato",
    ],
    "other": [
        "De vergadering is verplaatst naar de grote zaal.",
        "Mötet flyttades till det stora rummet.",
        "Spotkanie przeniesiono do dużej sali.",
        "Совещание перенесли в большой зал.",
        "会议改到大会议室了",
        "تم نقل الاجتماع إلى القاعة الكبيرة",
    ],
}


def test_sentences_of_each_language() -> None:
    pairs = [(code, sentence) for code, sentences in SENTENCES.items() for sentence in sentences]
    assert identify(pl.Series([text for _, text in pairs]))["language"].to_list() == [code for code, _ in pairs]


@pytest.mark.parametrize("text", ["", None, "12345 67", "😀😀", "?!"])
def test_nothing_to_go_by_is_unknown(text: str | None) -> None:
    assert identify(pl.Series([text], dtype=pl.String)).row(0) == (UNKNOWN, 0.0)


def test_confidence_falls_where_languages_share_a_word() -> None:
    told = identify(pl.Series(["Marketing Manager Berlin", SENTENCES["de"][0]]))
    assert told["language_confidence"][0] < told["language_confidence"][1]


def test_neighbours_do_not_matter() -> None:
    alone = identify(pl.Series([SENTENCES["it"][2]])).row(0)
    among = identify(pl.Series(SENTENCES["de"] + [SENTENCES["it"][2], ""])).row(3)
    assert alone[0] == among[0]
    assert alone[1] == pytest.approx(among[1])


@given(st.lists(st.one_of(st.none(), st.text(max_size=60)), max_size=8))
@settings(max_examples=60, deadline=None)
def test_any_text_gets_an_answer(texts: list[str | None]) -> None:
    told = identify(pl.Series(texts, dtype=pl.String))
    assert told.height == len(texts)
    assert set(told["language"]) <= {*CLASSES, UNKNOWN}
    assert told["language_confidence"].is_between(0, 1).all()
    assert set(KNOWN) < set(CLASSES)
