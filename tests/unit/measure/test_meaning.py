from __future__ import annotations

import polars as pl
import pytest

from tidegate.measure.meaning import LONG, meaningful


def says(text: str | None) -> bool:
    return meaningful(pl.Series([text], dtype=pl.String))[0]


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "   \n",
        "Thanks for reaching out, we are looking into it.",
        "Hi Ann,\nthank you for your message.\nKind regards\nBen Miller, Support",
        "This is an automated message. Your request #12 has been received and somebody will answer within two days.",
        "> Which version do you use?\nThank you!",
        "Vielen Dank für Ihre Nachricht. Wir prüfen das.",
        "Merci pour votre message. Nous reviendrons vers vous.",
        "Gracias por escribir. Estamos revisando su caso.",
        "Grazie per averci scritto. Stiamo verificando.",
        "Obrigado pela mensagem. Estamos analisando.",
        "Sorry to hear this. Please send us a DM so we can help.",
    ],
)
def test_an_acknowledgement_says_nothing(text: str | None) -> None:
    assert not says(text)


@pytest.mark.parametrize(
    "text",
    [
        "Open the settings, choose Billing and press Retry.",
        "Sorry about that, please travel on the 21:24 and speak to the staff.",
        "Thanks. Which version do you use?",
        "https://example.org/help/billing",
        "Bitte starten Sie das Programm im abgesicherten Modus.",
        "Desactive los complementos uno por uno.",
        "x" * (LONG + 1),
    ],
)
def test_an_answer_a_question_or_a_link_says_something(text: str) -> None:
    assert says(text)


def test_a_long_text_can_still_be_automatic() -> None:
    assert not says("This is an automated reply. " + "Our opening hours are long and varied. " * 20)
