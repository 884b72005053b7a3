"""Signals: right on sentences that nothing was tuned on, exact in their evidence, bounded on hostile text."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read import mail, phrases
from tidegate.read.signals import BATCH, signals
from tidegate.read.views import View
from tidegate.tables.words import SIGNALS

LABELLED = Path(__file__).parent / "data" / "signals.txt"
WRITTEN_AT = datetime(2024, 3, 5, 10, tzinfo=UTC)


def read(*bodies: str | None, subject: str | None = None) -> pl.DataFrame:
    return signals(
        pl.DataFrame(
            {"subject": [subject] * len(bodies), "body": list(bodies), "created_at": [WRITTEN_AT] * len(bodies)},
            schema={"subject": pl.String, "body": pl.String, "created_at": pl.Datetime("us", "UTC")},
        )
    )


def labelled() -> pl.DataFrame:
    rows: list[tuple[str, bool, str, bool]] = []
    counts: dict[tuple[str, str], int] = {}
    signal = ""
    for line in LABELLED.read_text("utf-8").splitlines():
        if line.startswith("["):
            signal = line[1:-1]
        elif line[:1] in ("+", "-"):
            key = (signal, line[0])
            counts[key] = counts.get(key, 0) + 1
            rows.append((signal, line[0] == "+", line[5:], counts[key] % 2 == 0))
    return pl.DataFrame(rows, schema=["signal", "there", "body", "held_out"], orient="row")


def test_held_out_sentences_are_read_right() -> None:
    sentences = labelled().filter("held_out")
    found = read(*sentences["body"])
    said = pl.Series("said", [found[name][at] for at, name in enumerate(sentences["signal"])])
    counts = sentences.with_columns(said).select(
        hit=(pl.col("there") & pl.col("said")).sum(),
        missed=(pl.col("there") & ~pl.col("said")).sum(),
        false=(~pl.col("there") & pl.col("said")).sum(),
    )
    hit, missed, false = counts.row(0)
    assert set(sentences["signal"]) == set(SIGNALS)
    assert hit / (hit + false) > 0.93
    assert hit / (hit + missed) > 0.93


@pytest.mark.parametrize(
    ("plain", "turned"),
    [
        ("There was a data leak.", "There was no data leak."),
        ("This is urgent.", "This is not urgent."),
        ("Es gab ein Datenleck.", "Es gab kein Datenleck."),
        ("Il y a eu une fuite de données.", "Il n'y a pas eu de fuite de données."),
    ],
)
def test_negation_turns_a_signal(plain: str, turned: str) -> None:
    found = read(plain, turned)
    strength = found.select(pl.max_horizontal("security_confidence", "urgency"))
    assert strength.item(0, 0) > 0.5 > strength.item(1, 0)


def test_doubt_lowers_confidence() -> None:
    sure, doubted, supposed = read(
        "We had a data breach.", "It might be a data breach.", "How do I report a data breach?"
    )["security_confidence"]
    assert sure > doubted > supposed


def test_anger_is_not_urgency() -> None:
    found = read(
        "Your service is ridiculous, I am furious!!! The worst ever.", "Please call back by 11:30, it's urgent."
    )
    assert found["frustration"][0] > 0.7
    assert found["frustration"][1] < 0.2
    assert found["urgency"][1] > 0.7
    assert found["urgency"][0] < 0.2


def test_sentiment_has_a_sign() -> None:
    bad, neutral, good, denied = read(
        "Terrible, nothing works, very disappointed.",
        "My number is 12.",
        "Great support, thank you so much!",
        "I am not happy.",
    )["sentiment"]
    assert bad < -0.5
    assert neutral == 0
    assert good > 0.5
    assert denied < 0


def test_nature() -> None:
    natures = read(
        "Where is my parcel? What is the status?",
        "Please reset my password.",
        "Which plan do you recommend?",
        "I am furious and disgusted.",
    )["nature"]
    assert natures.to_list() == ["lookup", "process", "advisory", "emotional"]


def test_areas_are_the_teams_own() -> None:
    frame = pl.DataFrame(
        {"subject": ["x", "x"], "body": ["The export wizard and again the Export-Wizard, billing too", "nothing"]}
    )
    areas = {"exports": ["export wizard"], "billing": ["billing", "<>"]}
    assert signals(frame, areas=areas)["product_area"].to_list() == ["exports", None]


def test_english_in_another_language_counts_for_less() -> None:
    mixed, english = read(
        "Guten Tag, wir haben seit gestern leider einen data breach und wissen nicht weiter.", "We had a data breach."
    )["security_confidence"]
    assert english > mixed > 0.5


def test_words_of_a_third_language_do_not_count() -> None:
    """``concurrent`` is a competitor in French."""
    english, french = read(
        "The job fails when concurrent tasks write to the same block, please have a look at the log.",
        "Nous allons passer chez votre concurrent si cela continue.",
    )["competitor"]
    assert french
    assert not english


MEANT_AND_NOT = {
    "payment_failure": [
        ("Meine Kreditkarte wird ständig abgelehnt.", "Mein Zwei-Faktor-Code wird abgelehnt."),
        ("My card is not accepted at checkout.", "The new SIM card is not accepted by the phone."),
    ],
    "churn_threat": [
        ("If this goes on we will leave the platform.", "I will leave it at that for today."),
        ("We plan to switch to another vendor.", "It crashes when I switch to another folder."),
        ("Si esto sigue así, nos vamos.", "Me voy a opciones y no hay nada."),
        ("Stiamo valutando alternative e altre opzioni.", "Avete soluzioni alternative?"),
    ],
    "legal": [
        ("Dropping our data like this is illegal.", "The import stops with an illegal character in row 7."),
        ("Pondremos una queja en la oficina de consumo.", "El consumo de memoria es muy alto."),
        ("Il nostro avvocato vi scriverà.", "L'ora legale sposta tutti gli appuntamenti."),
        ("Falarei com meu advogado.", "Ficou muito legal a nova tela!"),
    ],
    "follow_up": [
        ("Any update on my case?", "It broke right after I installed an update."),
        ("Ci sono aggiornamenti sulla mia richiesta?", "Dopo l'aggiornamento non si apre più."),
        ("Avez-vous une mise à jour sur mon dossier ?", "Cela plante depuis une mise à jour."),
        ("How much longer do we have to wait?", "How long is the delivery to Norway?"),
    ],
    "executive": [
        ("Nuestra dirección pregunta por ello.", "¿Cómo cambio la dirección de facturación?"),
        ("Il nostro titolare chiede spiegazioni.", "Sono titolare di un account di prova."),
        ("O presidente da empresa perguntou.", "Entrei como administrador do sistema."),
        ("Il CEO vuole sapere.", "Fatto ciò, il problema resta."),
    ],
    "security": [
        ("Unser Konto wurde gehackt.", "Der Rechnungsbetrag betrug 40 Euro zu viel."),
        ("We found a virus in the file.", "I have turned the anti-virus off."),
        ("Mon compte est compromis.", "Trouvons un compromis sur le prix."),
    ],
    "workaround": [
        ("Per ora usiamo un foglio di calcolo.", "Ho spostato manualmente i file e non va."),
        ("I can still print from the old screen.", "How do I keep them so I can still read them later?"),
    ],
}  # fmt: skip
"""Sentences that say a signal, each beside one that only sounds like it."""


@pytest.mark.parametrize(
    ("signal", "meant", "not_meant"), [(name, *two) for name, all_ in MEANT_AND_NOT.items() for two in all_]
)
def test_what_only_sounds_like_a_signal_is_none(signal: str, meant: str, not_meant: str) -> None:
    assert read(meant, not_meant)[signal].to_list() == [True, False]


@pytest.mark.parametrize(
    "text", ["", None, "\x00\x01", "😀" * 50, "مرحبا لا أستطيع الدخول", "﷽", "a\u0301\u0327", "İstanbul ẞ ǅ"]
)
def test_odd_texts_are_read(text: str | None) -> None:
    found = read(text)
    assert found.height == 1
    assert found.select(SIGNALS).null_count().sum_horizontal().item() == 0


PIECES = st.sampled_from(
    [
        "can't log in",
        "équipe bloquée",
        "40 users",
        "by Friday 5pm",
        "😀",
        "ß",
        "\u00a0",
        "İ",
        "\n",
        "\r\n",
        "> urgent",
        "-- ",
        "<b>",
        "&amp;",
        "lawyer",
        "data leak",
        "no",
        "our CEO",
        "مرحبا",
        "e\u0301",
        "CAN'T",
        "ﬁ",
        "\u2028",
        "Straße gesperrt",
    ]
)
TEXTS = st.one_of(st.text(max_size=200), st.lists(st.one_of(PIECES, st.text(max_size=12)), max_size=25).map(" ".join))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.one_of(st.none(), TEXTS), st.one_of(st.none(), TEXTS)), min_size=1, max_size=6))
def test_evidence_quotes_the_original(tickets: list[tuple[str | None, str | None]]) -> None:
    frame = pl.DataFrame(
        [{"subject": subject, "body": body, "created_at": WRITTEN_AT} for subject, body in tickets],
        schema={"subject": pl.String, "body": pl.String, "created_at": pl.Datetime("us", "UTC")},
    )
    found = signals(frame)
    assert found.height == frame.height
    for (subject, body), spans in zip(tickets, found["evidence"], strict=True):
        original = f"{subject or ''}\n{body or ''}"
        for span in spans:
            assert original[span["start"] : span["end"]] == span["quote"]
            assert span["quote"].strip()
            assert 0.5 <= span["confidence"] <= 1


SAID: list[Any] = [
    "We can't work, it is urgent.",
    "Any news on my refund?",
    "The export is wrong since the update.",
    "Danke, alles gut.",
]
QUOTES: list[Any] = [
    "\n\nOn Mon, 4 Mar 2024, Support <help@example.com> wrote:\n> our lawyer says: a data leak\n> by Friday 5pm",
    "\n> my card was declined and our CEO is furious",
    "\n\n-----Original Message-----\nFrom: Support\nSent: Monday\nWe will cancel our contract, 40 users are blocked",
    "\n\nAm 04.03.2024 um 10:12 schrieb Hilfe <h@example.com>:\n\n> Das ist ein Datenleck, dringend",
]


@given(st.sampled_from(SAID), st.sampled_from(QUOTES))
@settings(max_examples=20, deadline=None)
def test_quoted_mail_changes_nothing(said: str, quoted: str) -> None:
    alone, below = read(said), read(said + quoted)
    assert alone.drop("evidence", "masked").equals(below.drop("evidence", "masked"))
    assert alone["evidence"].to_list() == below["evidence"].to_list()


@pytest.mark.parametrize(
    "food",
    [
        "a" * 400_000,
        "can't " * 60_000,
        "<" * 300_000,
        "<a" * 150_000,
        "&" * 300_000,
        "no not " * 50_000,
        "by by " * 50_000,
        "> " * 100_000,
        "\n" * 300_000,
        "1 " * 150_000,
        "QUJD" * 70_000,
        "😀" * 100_000,
        "On " * 90_000 + "wrote:",
        "<script>" * 30_000,
    ],
)
def test_hostile_food_is_bounded(food: str) -> None:
    found = read(food)
    assert "only the first" in found["unread"][0]
    assert found["text"].str.len_chars()[0] <= mail.LONGEST
    assert found["evidence"].list.len()[0] <= 2 * len(SIGNALS)


def test_work_grows_with_the_text_and_no_faster() -> None:
    """Hits per character are bounded, so all that follows the linear search is linear too."""

    def hits(times: int) -> int:
        view = View.of(["we can't log in again, still waiting, urgent! " * times])
        return len(phrases.find(view, phrases.lexicon()).phrase)

    small, large = hits(10), hits(200)
    assert small > 0
    assert large <= 20 * small + 40


def test_a_long_text_says_what_was_not_read_and_keeps_its_offsets() -> None:
    found = read("é" * 100 + " our lawyer " + "x " * mail.LONGEST, "short")
    assert found["unread"].to_list() == [f"only the first {mail.LONGEST:,} characters were read", None]
    span = next(span for span in found["evidence"][0] if span["name"] == "legal")
    assert (span["start"], span["end"], span["quote"]) == (106, 112, "lawyer")


def test_batches_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    bodies = [f"We can't log in, {number} users affected. Urgent!" for number in range(2, 40)]
    whole = read(*bodies)
    monkeypatch.setattr("tidegate.read.signals.BATCH", 7)
    assert read(*bodies).equals(whole)
    assert BATCH > 7


def test_no_rows_give_no_rows() -> None:
    found = signals(pl.DataFrame(schema={"subject": pl.String, "body": pl.String}))
    assert found.height == 0
    assert set(SIGNALS) <= set(found.columns)
