from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from tidegate.policy.loading import load
from tidegate.policy.model import Policy
from tidegate.read.embedding import MODELS
from tidegate.read.model import load_model
from tidegate.read.reader import RESTS_ON, StaticReader, default_reader, load_reader
from tidegate.read.teaching import Lessons, teach
from tidegate.tables import InputError, ModelError, Readings, Tickets
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CHANCES = [f"level_{level.lower()}" for level in LEVELS]


def tickets(*rows: dict[str, Any]) -> pl.DataFrame:
    blank = dict.fromkeys(Tickets.column_names()) | {"created_at": NOON, "status": "open"}
    filled = [blank | {"ticket_id": str(number)} | row for number, row in enumerate(rows)]
    return pl.DataFrame(filled, schema=Tickets.create_empty().schema)


def said(*bodies: str, reader: StaticReader | None = None, **columns: Any) -> pl.DataFrame:
    reader = reader or default_reader(load("starter"))
    return reader.read(tickets(*({"body": body, **columns} for body in bodies)), now=NOON)


@pytest.mark.parametrize(
    ("body", "intent"),
    [
        ("I was charged twice this month, please correct the invoice", "billing"),
        ("Ich kann mich nicht einloggen, mein Passwort wird abgelehnt", "access"),
        ("Nada funciona, el servicio está caído para todos nosotros", "outage"),
        ("Je voudrais résilier mon abonnement et être remboursé", "cancellation_or_refund"),
        ("Sarebbe bello poter esportare i grafici in PDF, potete aggiungerlo?", "feature_request"),
        ("Someone broke into our account and data was leaked", "security"),
    ],
)
def test_plain_cases_are_read_in_their_language(body: str, intent: str) -> None:
    assert said(body)["intent"].to_list() == [intent]


def test_a_reading_rests_on_the_columns_that_are_named_and_no_others() -> None:
    whole = tickets(
        {"body": "Data breach! Customer records leaked", "given_level": "P3", "status": "solved", "solved_at": NOON},
        {"subject": "Rechnung", "type": "incident", "given_impact": 1, "vip": True, "updated_at": NOON},
        {"body": "hello", "assignee": "ari", "tags": ["x"], "csat": 1.0},
    )
    reader = default_reader(load("starter"))
    assert reader.read(whole.select("ticket_id", *RESTS_ON), now=NOON).equals(reader.read(whole, now=NOON))


def test_a_grave_text_raises_the_level_and_a_mild_one_does_not() -> None:
    grave, mild = said("Data breach! Customer records leaked, everything is down", "How do I change my avatar?").rows(
        named=True
    )
    assert grave["level_p0"] + grave["level_p1"] > 0.5
    assert mild["level_p0"] + mild["level_p1"] < 0.05
    assert grave["level_source"] == "text and base rate"


def test_a_foreign_or_strange_text_is_for_a_person() -> None:
    readings = said("שלום, אני צריך עזרה עם החשבון שלי בבקשה", "How do I change the billing address?")
    assert readings["unsure"].to_list() == [True, False]


def test_the_policy_may_distrust_a_language() -> None:
    policy = load("starter")
    wary = policy.model_copy(update={"review": policy.review.model_copy(update={"languages": ("de",)})})
    body = "How do I change the billing address?"
    assert said(body)["unsure"].to_list() == [False]
    assert said(body, reader=default_reader(wary))["unsure"].to_list() == [True]


def test_level_sets_hold_the_coverage_and_grow_with_it() -> None:
    policy = load("starter")

    def sets(coverage: float) -> list[int]:
        strict = policy.model_copy(update={"review": policy.review.model_copy(update={"coverage": coverage})})
        return said("The export is broken", "hello", reader=default_reader(strict))["level_set"].list.len().to_list()

    assert all(few <= many for few, many in zip(sets(0.6), sets(0.99), strict=True))


def test_evidence_quotes_the_original_text() -> None:
    table = tickets({"subject": "Urgent", "body": "We cannot work at all.\n> old quote"})
    row = default_reader(load("starter")).read(table, now=NOON).row(0, named=True)
    original = "Urgent\nWe cannot work at all.\n> old quote"
    assert row["blocked_workflow"]
    assert all(original[entry["start"] : entry["end"]] == entry["quote"] for entry in row["evidence"])


def history(each: int = 60) -> Lessons:
    words = {"router": "P1", "invoice": "P3", "laptop": "P2"}
    rows = [
        {"body": f"my {word} number {at} needs a look", "category": "vip desk" if word == "router" else "desk"}
        for at in range(each)
        for word in words
    ]
    labels = {
        "intent": pl.Series([f"{word}_trouble" for _ in range(each) for word in words]),
        "level": pl.Series([level for _ in range(each) for level in words.values()]),
        "effort": pl.Series([30.0, 10.0, 20.0] * each),
        "escalated": pl.Series(["Yes", "no", None] * each),
        "csat": pl.Series([0.0, 1.0, None] * each),
    }
    table = tickets(*rows)
    return Lessons(tickets=table, labels=labels, order=pl.Series(range(table.height)), hindsight=True)


@pytest.mark.slow
def test_a_team_model_is_taught_saved_and_read_with(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    model, card = teach(history(), coverage=0.9, progress=lambda *step: seen.append(step))
    assert seen == [(1, 3), (2, 3), (3, 3)]
    assert set(card) == {"about", "intent", "level", "effort", "escalated", "csat"}
    assert card["intent"]["accuracy"] > 0.95
    assert card["effort"]["validated"]
    json.dumps(card)
    model.save(tmp_path / "model")
    reader = load_reader(tmp_path / "model", load("starter"))
    table = tickets({"body": "the router is dead", "category": "vip desk"}, {"body": ""})
    readings = reader.read_fully(table, now=NOON)
    Readings.validate(readings.select(Readings.column_names()))
    assert readings["intent"].to_list() == ["router_trouble", None]
    assert readings.select(pl.sum_horizontal(CHANCES)).to_series().to_list() == pytest.approx([1.0, 1.0])
    assert readings["level_source"].to_list() == ["text and columns", "columns"]
    assert readings["nature"][0] is not None  # the packaged reader answers what the model was not taught
    assert readings["escalation_risk"][0] > 0.5 > readings["expected_csat"][0]
    assert readings["effort_minutes"][0] == pytest.approx(30, rel=0.5)


def test_too_little_history_is_said_with_numbers() -> None:
    with pytest.raises(InputError, match="9 labelled tickets, 41 short of the 50"):
        teach(history(3), coverage=0.9)


def test_a_folder_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json is missing"):
        load_reader(tmp_path, load("starter"))


@pytest.mark.parametrize("spoil", ["model.json", "heads.npz", "windows.npz", "table"])
def test_a_spoilt_model_is_a_clear_error(tmp_path: Path, spoil: str) -> None:
    load_model(MODELS).save(tmp_path)
    if spoil == "table":
        about = json.loads((tmp_path / "model.json").read_text())
        (tmp_path / "model.json").write_text(json.dumps(about | {"table": "another"}))
    else:
        (tmp_path / spoil).write_bytes(b"spoilt")
    with pytest.raises(ModelError):
        load_model(tmp_path)


def test_a_saved_model_has_the_version_of_its_content(tmp_path: Path) -> None:
    model = load_model(MODELS)
    model.save(tmp_path / "a")
    first = load_model(tmp_path / "a")
    assert first.version == load_model(tmp_path / "a").version
    assert np.isfinite(first.scope)
    assert isinstance(load("starter"), Policy)


def test_batches_side_by_side_read_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the number of batches and threads: the same readings in the same order, and progress that only grows."""
    bodies = [f"The export number {n} is wrong" if n % 2 else f"Please cancel order {n}" for n in range(140)]
    table = tickets(*({"body": body} for body in bodies))
    reader = default_reader(load("starter"))
    whole = reader.read(table, now=NOON)
    monkeypatch.setattr("tidegate.read.reader._BATCH", 30)
    seen: list[int] = []
    for threads in (1, 4):
        monkeypatch.setattr(pl, "thread_pool_size", lambda threads=threads: threads)
        parts = reader.read(table, now=NOON, progress=lambda done, _total: seen.append(done))
        assert parts["ticket_id"].to_list() == whole["ticket_id"].to_list()
        assert parts.select("intent", "evidence", "unsure").equals(whole.select("intent", "evidence", "unsure"))
    assert seen == [30, 60, 90, 120, 140] * 2
