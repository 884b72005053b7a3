"""Two readers: the second sees what the first is unsure of, and no ticket else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from tidegate.policy.loading import load
from tidegate.read.cascade import CascadeReader
from tidegate.read.model import load_model
from tidegate.read.onnx import load_encoder
from tidegate.read.reader import default_reader, load_reader
from tidegate.read.teaching import Lessons, teach
from tidegate.tables import ModelError, Readings, Tickets

if TYPE_CHECKING:
    from pathlib import Path

    from tidegate.policy.model import Policy

from helpers.tiny_onnx import write_encoder

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS = ("I was charged twice, please correct the invoice", "hm", "", "blue seven", "I forgot my password")


def tickets(*bodies: str) -> pl.DataFrame:
    blank = dict.fromkeys(Tickets.column_names()) | {"created_at": NOON, "status": "open"}
    rows = [blank | {"ticket_id": str(number), "body": body} for number, body in enumerate(bodies)]
    return pl.DataFrame(rows, schema=Tickets.create_empty().schema)


class Counting:
    """A reader that notes what it was given, and says that every ticket is about one thing."""

    def __init__(self, policy: Policy, intent: str = "noted") -> None:
        self.inner, self.intent, self.seen = default_reader(policy), intent, []  # type: ignore[var-annotated]

    def read(self, tickets: pl.DataFrame, *, now: datetime, progress: Any = None) -> pl.DataFrame:
        self.seen += tickets["ticket_id"].to_list()
        return self.inner.read(tickets, now=now, progress=progress).with_columns(intent=pl.lit(self.intent))

    def read_fully(self, tickets: pl.DataFrame, *, now: datetime, progress: Any = None) -> pl.DataFrame:
        full = self.inner.read_fully(tickets, now=now, progress=progress)
        self.seen += tickets["ticket_id"].to_list()
        chances = pl.struct(pl.lit(1.0).alias(self.intent)).alias("intent_probabilities")
        return full.with_columns(chances, intent=pl.lit(self.intent))


def cascade(below: float) -> tuple[CascadeReader, Counting]:
    policy = load("starter")
    policy = policy.model_copy(update={"review": policy.review.model_copy(update={"second_below": below})})
    second = Counting(policy)
    return CascadeReader(first=default_reader(policy), second=second, policy=policy), second


@pytest.mark.parametrize("below", [0.0, 0.5, 0.9, 1.0])
def test_the_second_reads_what_is_below_the_threshold_and_no_more(below: float) -> None:
    reader, second = cascade(below)
    table = tickets(*TEXTS)
    first = reader.first.read(table, now=NOON)
    doubtful = first.filter(pl.col("intent_confidence") < below)["ticket_id"].to_list()
    readings = Readings.validate(reader.read(table, now=NOON))
    assert second.seen == doubtful
    assert readings["ticket_id"].to_list() == table["ticket_id"].to_list()
    assert readings.filter(pl.col("intent") == "noted")["ticket_id"].to_list() == doubtful
    kept = ~pl.col("ticket_id").is_in(doubtful)
    assert readings.filter(kept).equals(first.filter(kept))


def test_a_ticket_without_text_is_not_read_again() -> None:
    reader, second = cascade(1.0)
    reader.read(tickets(""), now=NOON)
    assert second.seen == []


def test_probabilities_of_two_taxonomies_stand_side_by_side() -> None:
    reader, _ = cascade(0.9)
    full = reader.read_fully(tickets(*TEXTS), now=NOON)
    for row in full.iter_rows(named=True):
        if row["intent"] == "noted":
            assert row["intent_probabilities"]["noted"] == 1.0
            assert row["intent_probabilities"]["billing"] is None
        elif row["intent"] is not None:
            assert row["intent_probabilities"]["noted"] is None
            assert row["intent_probabilities"][row["intent"]] == pytest.approx(row["intent_confidence"])


def test_a_model_on_a_sentence_transformer_is_saved_and_knows_its_encoder(tmp_path: Path) -> None:
    folder = write_encoder(tmp_path / "encoder")
    said = {"billing": "my invoice was charged", "access": "password login locked"}
    bodies = [f"{text} {number}" for number in range(30) for text in said.values()]
    lessons = Lessons(tickets=tickets(*bodies), labels={"intent": pl.Series([*said] * 30)}, order=None, hindsight=False)
    model, _ = teach(lessons, coverage=0.9, folds=2, encoder=load_encoder(folder))
    model.save(tmp_path / "model")
    reader = load_reader(tmp_path / "model", load("starter"))
    again = reader.read(tickets("the invoice", "my password is locked"), now=NOON)
    assert again["intent"].to_list() == ["billing", "access"]
    (folder / "model.onnx").write_bytes((write_encoder(tmp_path / "other", seed=1) / "model.onnx").read_bytes())
    load_encoder.cache_clear()
    with pytest.raises(ModelError, match="another sentence transformer"):
        load_model(tmp_path / "model")
