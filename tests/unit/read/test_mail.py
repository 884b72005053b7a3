"""Mail: what nobody wrote on purpose is blanked, what was written stays where it stood."""

from __future__ import annotations

import html
import re

import nh3
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.mail import LONGEST, clean, original


def text(*lines: str) -> str:
    return clean(pl.Series(["\n".join(lines)]))["text"][0]


def test_original_joins_subject_and_body() -> None:
    frame = pl.DataFrame({"subject": ["a", None, None], "body": ["b", "c", None]})
    assert original(frame).to_list() == ["a\nb", "\nc", "\n"]
    assert original(pl.DataFrame({"body": ["b"]})).to_list() == ["\nb"]


@pytest.mark.parametrize(
    "header",
    [
        "On Mon, 4 Mar 2024 at 10:12, Support <help@example.com> wrote:",
        "Am 04.03.2024 um 10:12 schrieb Support <hilfe@example.com>:",
        "Le lun. 4 mars 2024 à 10:12, Support <aide@example.com> a écrit :",
        "El lun, 4 mar 2024 a las 10:12, Soporte <ayuda@example.com> escribió:",
        "Em seg., 4 de mar. de 2024 às 10:12, Suporte <ajuda@example.com> escreveu:",
        "Il giorno lun 4 mar 2024 alle ore 10:12 Supporto <aiuto@example.com> ha scritto:",
        "-----Original Message-----",
        "-----Ursprüngliche Nachricht-----",
        "From: Support\nSent: Monday\nTo: me\nSubject: your case",
        "Von: Support\nGesendet: Montag",
        "De : Support\nEnvoyé : lundi",
        "On Mon, 4 Mar 2024 at 10:12, a person with a very long name\n<help@example.com> wrote:",
    ],
)
def test_a_reply_header_hides_what_stands_below(header: str) -> None:
    assert text("Re: case", "Still broken.", "", header, "", "older words", "more of them") == "Re: case Still broken."


def test_answers_below_marked_quotes_stay() -> None:
    assert (
        text("Re: x", "See below.", "On Monday, A <a@example.com> wrote:", "> question?", "", "My answer.")
        == "Re: x See below. My answer."
    )


def test_a_forwarded_mail_without_comment_is_the_message() -> None:
    kept = text(
        "Fwd: help",
        "",
        "---------- Forwarded message ---------",
        "From: Bob <b@example.com>",
        "Date: Mon",
        "",
        "We are down.",
    )
    assert "We are down." in kept


@pytest.mark.parametrize(
    ("tail", "stays"),
    [
        (["Best regards,", "Jane Doe", "ACME", "+44 20 1234"], False),
        (["Mit freundlichen Grüßen", "Petra"], False),
        (["-- ", "Jane", "long " * 60], False),
        (["Sent from my iPhone"], False),
        (["CONFIDENTIALITY NOTICE: this is secret", "and so on"], False),
        (["Thanks,", "but the printer is broken too, can you look at it?"], True),
        (["Thanks", "P.S. the printer is broken too"], True),
    ],
)
def test_tails(tail: list[str], stays: bool) -> None:
    kept = text("Help", "It does not work.", "", *tail)
    assert kept.startswith("Help It does not work.")
    assert ("printer" in kept) is stays
    assert "Jane" not in kept
    assert "Petra" not in kept


def test_greetings_and_blobs_go() -> None:
    assert text("S", "Dear support team,", "it hangs", "QUJD" * 40, "Hallo zusammen", "done") == "S it hangs done"


def test_html_is_read_as_text() -> None:
    head = "<html><head><style>p{color:red}</style></head><body>"
    markup = head + "<p>It&nbsp;is <b>down</b> &amp; slow</p><script>alert('urgent')</script></body></html>"
    assert text("S", markup) == "S It is down & slow"


WORDS = st.lists(st.sampled_from(["down", "slow", "invoice", "a&b", "größer", "x<y"]), min_size=1, max_size=5).map(
    " ".join
)
TAGS = st.sampled_from(["p", "div", "b", "span", "li"])


@given(st.lists(st.tuples(TAGS, WORDS), min_size=1, max_size=6))
@settings(max_examples=50, deadline=None)
def test_markup_keeps_the_words_that_a_sanitiser_keeps(parts: list[tuple[str, str]]) -> None:
    markup = "".join(f"<{tag}>{html.escape(words)}</{tag}>" for tag, words in parts)
    twin = html.unescape(nh3.clean(markup.replace("</", " </"), tags=set()))
    squeezed = re.sub(r"\s+", "", text("", markup))
    assert squeezed == re.sub(r"\s+", "", twin)


LINES = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "> q",
                "On x y z wrote:",
                "-- ",
                "Thanks",
                "<p>a</p>",
                "&lt;",
                "",
                "From: a",
                "Sent: b",
                "\r",
                "QUJD" * 30,
                "Hi all,",
            ]
        ),
        st.text(max_size=30),
    ),
    max_size=12,
).map("\n".join)


@given(st.lists(LINES, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_cleaning_keeps_places_and_invents_nothing(texts: list[str]) -> None:
    cleaned = clean(pl.Series(texts))
    for before, after in zip(texts, cleaned["masked"], strict=True):
        assert len(after) == len(before)
        for at, (old, new) in enumerate(zip(before, after, strict=True)):
            assert new in (old, " ", "\n") or (old == "&" and before[at : at + 6].partition(";")[1])


@given(
    st.sampled_from(["It is broken.", "a\nb\nc", "Please help, the export fails"]),
    st.lists(st.text("abc <@>", max_size=20), max_size=5),
)
@settings(deadline=None)
def test_marked_quotes_below_leave_the_message_alone(message: str, quoted: list[str]) -> None:
    below = "".join(f"\n> {line}" for line in quoted)
    assert text("S", message + below) == text("S", message)


def test_long_texts_are_read_in_part() -> None:
    cleaned = clean(pl.Series(["é" * LONGEST, "é" * (LONGEST + 1), None]))
    assert cleaned["masked"].str.len_chars().to_list() == [LONGEST, LONGEST, 0]
    assert cleaned["unread"].is_null().to_list() == [True, False, True]
