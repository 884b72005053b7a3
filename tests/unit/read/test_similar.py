"""Groups of tickets with one cause: found, named, counted, the same whatever the order of the rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tidegate.read.pairs import Listed, close, meetings
from tidegate.read.similar import grouped, nearest, similar, terms

NOW = datetime(2024, 3, 5, 12, tzinfo=UTC)
BODIES = [
    "Checkout shows error 502 for every cart since this morning",
    "error 502 at checkout, every cart is lost",
    "Our checkout: error 502, cart lost",
    "Please send the invoice for March again",
    "The invoice for March is missing, send it please",
    "A dark theme would be lovely",
    "A DARK theme would be lovely",
    "12",
    "13",
    "",
]


def tickets(bodies: list[str], *, hours: int = 5, status: str = "open") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "ticket_id": [f"T{at}" for at in range(len(bodies))],
            "subject": [None] * len(bodies),
            "body": bodies,
            "created_at": [NOW - timedelta(hours=hours * at) for at in range(len(bodies))],
            "status": [status] * len(bodies),
        },
        schema_overrides={"subject": pl.String, "body": pl.String, "created_at": pl.Datetime("us", "UTC")},
    )


def groups(found: pl.DataFrame) -> set[frozenset[str]]:
    listed = found.drop_nulls("group_id").group_by("group_id").agg("ticket_id")["ticket_id"]
    return {frozenset(members) for members in listed}


def test_groups_are_found_and_named_by_their_words() -> None:
    found = similar(tickets(BODIES), now=NOW)
    assert groups(found) == {frozenset({"T0", "T1", "T2"}), frozenset({"T3", "T4"}), frozenset({"T5", "T6"})}
    name = dict(found.select("ticket_id", "group_name").iter_rows())
    assert {"checkout", "502", "cart"} & set(name["T0"].split())
    assert "invoice" in name["T3"]
    assert name["T9"] is None


def test_counts_are_of_others() -> None:
    frame = tickets(BODIES, hours=20).with_columns(
        status=pl.when(pl.col("ticket_id") == "T1").then(pl.lit("solved")).otherwise("status")
    )
    counts = dict(zip(BODIES, similar(frame, now=NOW).select("similar_open", "similar_last_24h").rows(), strict=True))
    assert counts[BODIES[0]] == (1, 1)
    assert counts[BODIES[1]] == (2, 1)
    assert counts[BODIES[2]] == (1, 2)
    assert counts[""] == (0, 0)


def test_the_future_does_not_count() -> None:
    frame = tickets(["the same failing export", "the same failing export"]).with_columns(
        created_at=pl.col("created_at") + timedelta(days=2)
    )
    assert similar(frame, now=NOW).select("similar_open", "similar_last_24h").rows() == [(0, 0), (0, 0)]


def test_copies_point_at_each_other() -> None:
    found = similar(tickets(BODIES), now=NOW)
    assert found.row(5)[-2:] == ("T6", 1.0)
    assert found.row(6)[-2:] == ("T5", 1.0)


def test_an_embedding_brings_other_words_together() -> None:
    bodies = ["kaputt printer hall", "broken printer lobby", "printer toner order", "tea and cake"]
    meaning = {"kaputt": 0, "broken": 0, "toner": 1, "tea": 2}

    def embed(texts: pl.Series) -> np.ndarray:
        codes = [next((at for word, at in meaning.items() if word in text), 3) for text in texts]
        return np.eye(4)[codes]

    best = nearest(pl.Series(bodies), 1, embed=embed)
    assert dict(best.select("row", "other").iter_rows())[0] == 1


def test_nearest_agrees_with_a_slow_twin() -> None:
    random = np.random.default_rng(3)
    texts = pl.Series([" ".join(random.choice([f"word{at:x}z" for at in range(40)], 6)) for _ in range(60)])
    weights = np.zeros((60, 60))
    weighed = terms(texts)
    codes = {term: at for at, term in enumerate(weighed["term"].unique().sort())}
    matrix = np.zeros((60, len(codes)))
    for row, term, weight in weighed.rows():
        matrix[row, codes[term]] = weight
    weights = matrix @ matrix.T
    np.fill_diagonal(weights, 0)
    found = nearest(texts, 3, window=60)
    for row, scores in found.group_by("row").agg("score").rows():
        assert scores == pytest.approx(np.sort(weights[row])[::-1][:3], abs=1e-9)


@pytest.mark.parametrize("block", [1, 7, 60])
@pytest.mark.parametrize("embedded", [False, True])
def test_texts_that_are_compared_block_by_block_are_compared_the_same(
    monkeypatch: pytest.MonkeyPatch, block: int, embedded: bool
) -> None:
    random = np.random.default_rng(5)
    texts = pl.Series([" ".join(random.choice([f"word{at:x}z" for at in range(30)], 5)) for _ in range(60)])
    vectors = random.normal(size=(60, 4))
    embed = (lambda _: vectors / np.linalg.norm(vectors, axis=1, keepdims=True)) if embedded else None
    order = pl.Series(random.permutation(60) + 1)
    whole = nearest(texts, 4, window=5, embed=embed, order=order)
    monkeypatch.setattr("tidegate.read.similar.BLOCK", block)
    assert nearest(texts, 4, window=5, embed=embed, order=order).equals(whole)
    assert whole["row"].n_unique() > 40


def some_texts(seed: int, words: int) -> pl.Series:
    """Texts of seven words, many of them with most words in common."""
    random = np.random.default_rng(seed)
    vocabulary = [f"word{at:x}z" for at in range(words)]
    kinds = random.choice(vocabulary, (12, 7))
    picked = kinds[random.integers(0, 12, 200)]
    other = random.choice(vocabulary, picked.shape)
    return pl.Series([" ".join(row) for row in np.where(random.random(picked.shape) < 0.3, other, picked)])


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("least", [0.3, 0.5])
def test_close_pairs_are_those_of_all_pairs_that_reach_the_score(seed: int, least: float) -> None:
    texts = some_texts(seed, 40)
    listed = Listed(terms(texts), np.random.default_rng(seed).permutation(200))
    every, found = set(), set()
    for start in range(0, 200, 64):
        left, right, score = meetings(listed, start, 64, 20)
        every |= {
            (frozenset((one, other)), at)
            for one, other, at in zip(left.tolist(), right.tolist(), score.tolist(), strict=True)
            if at >= least
        }
        left, right, score = close(listed, start, 64, 20, least)
        pairs = list(zip(left.tolist(), right.tolist(), score.tolist(), strict=True))
        assert len({frozenset(pair[:2]) for pair in pairs} | {pair for pair, _ in found}) == len(pairs) + len(found)
        found |= {(frozenset((one, other)), at) for one, other, at in pairs}
    assert found == every
    assert len(every) > 100


@pytest.mark.parametrize("seed", range(4))
def test_groups_alone_are_those_that_are_found_with_everything_else(monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setattr("tidegate.read.similar.WINDOW", 30)
    monkeypatch.setattr("tidegate.read.similar.BLOCK", 50)
    frame = tickets(some_texts(seed, 90).to_list(), hours=1)
    found = similar(frame, now=NOW).select("ticket_id", "group_id")
    assert grouped(frame).equals(found, null_equal=True)
    assert 3 < found["group_id"].n_unique() < 150


@given(st.lists(st.one_of(st.just("same text here"), st.text(max_size=30)), max_size=8))
@settings(max_examples=40, deadline=None)
def test_groups_alone_of_any_texts(bodies: list[str]) -> None:
    frame = tickets(bodies)
    assert grouped(frame).equals(similar(frame, now=NOW).select("ticket_id", "group_id"), null_equal=True)


@given(st.permutations(range(len(BODIES))))
@settings(max_examples=15, deadline=None)
def test_the_order_of_rows_does_not_matter(order: list[int]) -> None:
    frame = tickets(BODIES)
    assert (
        similar(frame[order], now=NOW)
        .sort("ticket_id")
        .drop("nearest")
        .equals(similar(frame, now=NOW).sort("ticket_id").drop("nearest"), null_equal=True)
    )


@given(st.lists(st.one_of(st.just("same text here"), st.text(max_size=30)), max_size=8))
@settings(max_examples=40, deadline=None)
def test_any_texts_are_grouped(bodies: list[str]) -> None:
    found = similar(tickets(bodies), now=NOW)
    assert found["ticket_id"].to_list() == [f"T{at}" for at in range(len(bodies))]
    assert found["score"].drop_nulls().is_between(0, 1).all()
    sizes = found.drop_nulls("group_id").group_by("group_id").len()["len"]
    assert (sizes > 1).all()


def test_work_grows_with_the_number_of_texts() -> None:
    """A word that everybody writes brings a text together with its neighbours only."""
    texts = pl.Series([f"login {at % 97:x}q fails {at % 89:x}w" for at in range(3000)])
    found = nearest(texts, 1_000, window=8)
    assert found.height <= 3000 * 2 * 8 * terms(texts).group_by("row").len()["len"].max()
