"""People affected: counted where a text counts them, guessed with less confidence where it is vague."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read import phrases
from tidegate.read.affected import MOST, affected
from tidegate.read.hits import hinted
from tidegate.read.views import View


def read(text: str) -> tuple[int | None, float]:
    view = View.of([text])
    found = affected(hinted(view, phrases.find(view, phrases.lexicon()), phrases.lexicon())[0])
    return (found[0].users, found[0].confidence) if found else (None, 0.0)


@pytest.mark.parametrize(
    ("text", "users"),
    [
        ("40 users cannot log in", 40),
        ("about 1,200 customers are hit", 1200),
        ("three colleagues have the same", 3),
        ("Betrifft 25 Mitarbeiter", 25),
        ("cela touche 12 personnes", 12),
        ("afecta a 30 usuarios", 30),
        ("são 15 funcionários", 15),
        ("succede a 8 colleghi", 8),
        ("20 of our agents are stuck", 20),
        ("2 users and then 90 employees", 2),
        ("Login\n40 users are stuck", 40),
        ("40+ users cannot log in", 40),
        ("30 co-workers wait", 30),
    ],
)
def test_numbers(text: str, users: int) -> None:
    assert read(text) == (users, 0.9)


@pytest.mark.parametrize(
    "text",
    ["the whole team is down", "das ganze Team", "toute l'équipe", "all our customers complain", "dozens of users"],
)
def test_crowds_are_guesses(text: str) -> None:
    users, confidence = read(text)
    assert users is not None
    assert users >= 10
    assert confidence < 0.9


@pytest.mark.parametrize(
    "text",
    [
        "please add 5 users",
        "upgrade to 50 seats",
        "error 40",
        "I am the user",
        "",
        "we want 10 more users",
        "something users may like",
    ],
)
def test_seats_to_buy_are_not_people_who_are_hit(text: str) -> None:
    assert read(text) == (None, 0.0)


@pytest.mark.parametrize(
    ("heard", "unheard"),
    [
        ("Nobody can log in", "Nobody calls me back"),
        ("Niemand kommt ins System", "Niemand hat mir geantwortet"),
        ("Personne ne peut se connecter", "Personne ne me répond"),
        ("Nadie puede entrar", "Nadie me contesta"),
    ],
)
def test_nobody_who_answers_is_no_crowd(heard: str, unheard: str) -> None:
    assert read(heard) == (10, 0.6)
    assert read(unheard) == (None, 0.0)


@given(st.integers(1, MOST - 1))
@settings(max_examples=30, deadline=None)
def test_any_number_is_read_back(count: int) -> None:
    assert read(f"it hits {count} users") == (count, 0.9)
