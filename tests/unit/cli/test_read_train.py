"""`tidegate read` and `tidegate train` as a script or a person runs them."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from helpers.tiny_onnx import write_encoder
from tidegate.cli.rank import rank
from tidegate.cli.read import read
from tidegate.cli.train import train
from tidegate.tables import Readings

if TYPE_CHECKING:
    from click.testing import Result

NOW = "2026-03-02T09:00:00Z"
app = typer.Typer(pretty_exceptions_enable=False)
app.command()(rank)
app.command()(read)
app.command()(train)


def run(*words: object) -> Result:
    return CliRunner().invoke(app, [str(word) for word in words])


def table(path: Path, header: str, *rows: str) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def test_any_table_with_a_text_can_be_read(tmp_path: Path) -> None:
    file = table(
        tmp_path / "a.csv", "said", "I cannot log in [bold]now[/bold]", '"Please refund me, or my lawyer calls"'
    )
    result = run("read", file, "--text", "said", "--format", "ndjson", "--now", NOW)
    assert result.exit_code == 0, result.output
    first, second = (json.loads(line) for line in result.stdout.splitlines())
    assert (first["ticket_id"], first["intent"]) == ("1", "access")
    assert sum(first["intent_probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert sum(first["level_probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert [signal["name"] for signal in second["signals"]] == ["legal"]
    assert second["signals"][0]["quote"] == "lawyer"
    shown = run("read", file, "--text", "said", "--now", NOW)
    assert "access" in shown.stdout
    assert "legal" in shown.stdout


def test_readings_are_written_as_a_valid_table(tmp_path: Path) -> None:
    file = table(
        tmp_path / "a.csv",
        "id,created_at,subject,body",
        "7,2026-03-01T09:00Z,Invoice,The total is wrong",
        "8,2026-03-01T09:00Z,,",
    )
    result = run("read", file, "--format", "parquet", "--out", tmp_path / "out.parquet", "--now", NOW)
    assert result.exit_code == 0, result.output
    readings = Readings.validate(pl.read_parquet(tmp_path / "out.parquet").select(Readings.column_names()), cast=True)
    assert readings.select("ticket_id", "intent", "unread").rows() == [("7", "billing", None), ("8", None, "no text")]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("--text", "sayd"), "expected 'said'"),
        (("--text", "said", "--format", "parquet"), "--out"),
        (("--text", "said", "--model", "nowhere"), "model.json is missing"),
        ((), "--text COLUMN"),
    ],
)
def test_bad_input_is_a_clear_error(tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    result = run("read", table(tmp_path / "a.csv", "said", "help"), *words)
    assert result.exit_code == 2
    assert expected in result.output


@pytest.fixture
def history(tmp_path: Path) -> Path:
    words = {"router": "high", "invoice": "low", "laptop": "normal"}
    with (tmp_path / "history.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "category", "final", "minutes", "opened"])
        for at in range(60):
            for word, level in words.items():
                opened = f"2026-01-{1 + at // 3:02d}T{8 + at % 3:02d}:00Z"
                writer.writerow([f"my {word} number {at} needs a look", f"{word}s", level, 10 + len(word), opened])
    return tmp_path / "history.csv"


@pytest.mark.slow
def test_a_model_is_trained_shown_and_read_with(history: Path, tmp_path: Path) -> None:
    options = ("--text", "text", "--intent", "category", "--level", "final", "--effort", "minutes")
    out = tmp_path / "model"
    result = run(
        "train", history, *options, "--split-by-time", "opened", "--out", out, "--now", NOW, "--format", "json"
    )
    assert result.exit_code == 0, result.output
    card = json.loads(result.stdout)
    assert card["about"]["held_out"] == "by time"
    assert card["intent"]["rows"] == 36
    assert card["intent"]["accuracy"] > 0.9
    assert card == json.loads((out / "card.json").read_text("utf-8"))
    assert (out / "card.svg").stat().st_size > 1000
    file = table(tmp_path / "new.csv", "text", "the router in room 4 needs a look")
    answer = json.loads(run("read", file, "--text", "text", "--model", out, "--format", "ndjson").stdout)
    assert answer["intent"] == "routers"
    assert answer["level_source"] == "text and columns"
    assert answer["level_probabilities"]["P1"] > 0.5


@pytest.mark.slow
def test_the_answer_is_never_among_what_is_looked_at(history: Path, tmp_path: Path) -> None:
    """A column that is named as an answer would otherwise be recognised as the ticket's category, and learned from."""
    lines = history.read_text("utf-8").splitlines()
    blind = [",".join([f"ticket {place}", *line.split(",")[1:]]) for place, line in enumerate(lines[1:])]
    file = table(tmp_path / "blind.csv", lines[0], *blind)
    result = run(
        "train",
        file,
        "--text",
        "text",
        "--intent",
        "category",
        "--folds",
        "3",
        "--out",
        tmp_path / "m",
        "--format",
        "json",
    )
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["intent"]["accuracy"] < 0.6


def test_too_little_history_is_refused_with_numbers(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", "said,topic", *(f"text {n},t{n % 2}" for n in range(20)))
    result = run("train", file, "--text", "said", "--intent", "topic", "--out", tmp_path / "m")
    assert result.exit_code == 2
    assert "20 labelled tickets, 30 short of the 50" in result.output
    nothing = run("train", file, "--text", "said", "--out", tmp_path / "m")
    assert nothing.exit_code == 2
    assert "20 tickets have text, 180 fewer than are needed" in nothing.output


def test_a_history_without_answers_teaches_the_mix_alone(tmp_path: Path) -> None:
    asked = (
        "Where is my parcel {}?",
        "Parcel {} has not come",
        "Tracking of parcel {} stands still",
        "I cannot log in {}",
    )
    file = table(tmp_path / "a.csv", "said", *(asked[n % 4].format(n) for n in range(240)))
    result = run("train", file, "--text", "said", "--out", tmp_path / "m", "--now", NOW)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines()[1].startswith("shipping")
    assert "240 tickets, none with an answer" in result.stdout
    shares = {share["intent"]: share["here"] for share in json.loads((tmp_path / "m" / "card.json").read_text())["mix"]}
    assert sum(shares.values()) == pytest.approx(1, abs=0.01)
    assert shares["shipping"] > shares["access"] > shares["bug"] / 2
    again = run("read", file, "--text", "said", "--model", tmp_path / "m", "--format", "ndjson", "--now", NOW)
    assert json.loads(again.stdout.splitlines()[0])["intent"] == "shipping"


def test_a_model_whose_sets_no_longer_hold_the_truth_raises_the_alarm(tmp_path: Path) -> None:
    """Sets of the packaged reader for calm questions hold P3; told that all of them were P0, it says so and exits 1."""
    calm = [f"{n},how do I change the colour of sheet {n}" for n in range(60)]
    words = ("--text", "said", "--level", "final", "--now", NOW, "--format", "ndjson")
    right = table(tmp_path / "right.csv", "id,said,final", *(f"{row},low" for row in calm))
    held = run("read", right, *words)
    wrong = table(tmp_path / "wrong.csv", "id,said,final", *(f"{row},urgent" for row in calm))
    missed = run("read", wrong, *words)
    assert "100.0% of 60 tickets, 90% was promised: no drift" in held.stderr
    assert (held.exit_code, missed.exit_code) == (0, 1)
    assert "0.0% of 60 tickets, 90% was promised: drifted, train anew" in missed.stderr
    assert len(missed.stdout.splitlines()) == 60
    few = run("read", table(tmp_path / "few.csv", "id,said,final", f"{calm[0]},low"), *words)
    assert "49 more outcomes are needed" in few.stderr
    assert few.exit_code == 0


def test_the_final_level_is_not_read(tmp_path: Path) -> None:
    """The column that is compared with must not be taken for the filed priority."""
    file = table(tmp_path / "a.csv", "id,said,priority", "1,the list is empty,urgent")
    said = [json.loads(run("read", file, "--text", "said", *more, "--format", "ndjson", "--now", NOW).stdout)
            for more in ((), ("--level", "priority"))]  # fmt: skip
    assert said[0]["level_source"] == "text and priority"
    assert said[1]["level_source"] == "text and base rate"


@pytest.mark.slow
def test_a_second_model_reads_what_the_first_is_unsure_of(history: Path, tmp_path: Path) -> None:
    encoder = write_encoder(tmp_path / "encoder")
    trained = run("train", history, "--text", "text", "--intent", "category", "--split-by-time", "opened",
                  "--encoder", encoder, "--out", tmp_path / "second", "--now", NOW)  # fmt: skip
    assert trained.exit_code == 0, trained.output
    file = table(tmp_path / "new.csv", "text", "I was charged twice please correct the invoice", "router hm")
    lines = run(
        "read", file, "--text", "text", "--second", tmp_path / "second", "--format", "ndjson"
    ).stdout.splitlines()
    sure, unsure = (json.loads(line) for line in lines)
    assert sure["intent"] == "billing"
    assert unsure["intent"] == "routers"
    assert set(unsure["intent_probabilities"]) == {"routers", "invoices", "laptops"}
    assert "billing" in sure["intent_probabilities"]
    export = tmp_path / "tickets.csv"
    texts = ("I was charged twice please correct the invoice", "router hm")
    rows = [f"{number},2026-03-01T08:00:00Z,open,{text}" for number, text in enumerate(texts)]
    export.write_text("\n".join(["id,created_at,status,subject", *rows]))
    once, twice = (
        {row["ticket_id"]: row["level_probabilities"] for row in json.loads(ranked.stdout)["queue"]}
        for ranked in (
            run("rank", export, "--now", NOW, "--format", "json", *more)
            for more in ((), ("--second", tmp_path / "second"))
        )
    )
    assert once["0"] == twice["0"]
    assert once["1"] != twice["1"]
    refused = run("rank", export, "--model", "columns", "--second", tmp_path / "second", "--now", NOW)
    assert refused.exit_code == 2
    assert "leaves them unread" in refused.stderr


def test_every_field_is_documented(tmp_path: Path) -> None:
    file = table(tmp_path / "a.csv", "said", "I cannot log in")
    fields = json.loads(run("read", file, "--text", "said", "--format", "ndjson", "--now", NOW).stdout)
    page = (Path(__file__).parents[3] / "docs" / "reference" / "output.md").read_text("utf-8")
    rows = [row.split(" | ")[0] for row in page.split("# Output of `tidegate read`")[1].splitlines()]
    named = {name for row in rows if row.startswith("| `") for name in re.findall(r"`(\w+)`", row)}
    assert set(fields) <= named
    assert named - set(fields) == {"effort_minutes", "escalation_risk", "expected_csat"}
