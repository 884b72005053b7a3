"""A desk's mix of intents, estimated without labels: against a slow twin, and end to end on texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidegate.demo.labelled import labelled_texts
from tidegate.read.embedding import MODELS
from tidegate.read.mix import FEWEST, estimate, settle
from tidegate.read.model import load_model
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.read.model import Model

CHANCE = st.floats(0.01, 1.0)


def _shares(values: list[float]) -> np.ndarray:
    return np.array(values) / np.sum(values)


@st.composite
def desks(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    intents = draw(st.integers(2, 5))
    some = st.lists(CHANCE, min_size=intents, max_size=intents).map(_shares)
    return np.array(draw(st.lists(some, min_size=1, max_size=30))), draw(some)


def slow(chances: np.ndarray, assumed: np.ndarray) -> list[float]:
    """Ticket by ticket, intent by intent, for as long as anything moves."""
    found = list(assumed)
    for _ in range(3000):
        counted = [0.0] * len(found)
        for row in chances:
            moved = [row[k] * found[k] / assumed[k] for k in range(len(found))]
            for k in range(len(found)):
                counted[k] += moved[k] / sum(moved) / len(chances)
        found = [(counted[k] + assumed[k]) / 2 for k in range(len(found))]
    return found


@given(desks())
def test_the_estimate_is_a_mix_that_keeps_half_of_what_was_assumed(desk: tuple[np.ndarray, np.ndarray]) -> None:
    chances, assumed = desk
    found = estimate(chances, assumed)
    assert found.sum() == pytest.approx(1)
    assert (found >= assumed / 2 - 1e-12).all()


def test_the_estimate_equals_a_slow_twin() -> None:
    random = np.random.default_rng(1)
    chances, assumed = random.dirichlet(np.ones(4), 40), random.dirichlet(np.ones(4))
    assert estimate(chances, assumed) == pytest.approx(slow(chances, assumed), abs=1e-5)


def test_tickets_that_say_nothing_move_nothing() -> None:
    assumed = np.array([0.5, 0.3, 0.2])
    assert estimate(np.tile(assumed, (10, 1)), assumed) == pytest.approx(assumed)


def test_a_desk_of_mostly_parcels_is_found_out_and_doubt_is_read_so(tmp_path: Path) -> None:
    texts = labelled_texts(4000, 3).filter(pl.col("text").is_not_null())
    many = texts.filter(pl.col("intent") == "shipping").head(200)
    desk = pl.concat([many, texts.filter(pl.col("intent") != "shipping").head(60)])
    tickets = pl.DataFrame({"subject": desk["subject"], "body": desk["body"]})
    model = load_model(MODELS)
    settled, card = settle(model, tickets)
    shares = {share["intent"]: share for share in card["mix"]}
    assert shares["shipping"]["here"] > 4 * shares["shipping"]["assumed"]
    settled.save(tmp_path)
    again = load_model(tmp_path)
    assert again.rest is None
    assert again.mix == pytest.approx(settled.mix)
    vague = [_chances(each, "It is still not here, what now?")["shipping"] for each in (model, again)]
    assert vague[1] > vague[0] + 0.2


def _chances(model: Model, text: str) -> dict[str, float]:
    head, logits = model.heads.split(model.text_logits(pl.Series([text])))["intent"]
    return dict(zip(head.classes, head.probabilities(logits)[0].tolist(), strict=True))


def test_too_few_tickets_say_how_many_are_missing() -> None:
    tickets = pl.DataFrame(
        {"subject": ["It is broken"] * 30 + [""] * 300, "body": [None] * 330}, schema_overrides={"body": pl.String}
    )
    with pytest.raises(InputError, match=f"30 tickets have text, {FEWEST - 30} fewer"):
        settle(load_model(MODELS), tickets)
