"""`tidegate rank` and `tidegate explain` as a script or a person runs them."""

from __future__ import annotations

import csv
import gzip
import io
import json
from typing import TYPE_CHECKING

import polars as pl
import pytest
from typer.testing import CliRunner

from tidegate.cli import app

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

NOW = "2026-03-02T09:00:00Z"
HEADER = "id,created_at,status,priority,subject,requester_email,company\n"
ROWS = [
    "7,2026-03-02T08:00:00Z,open,low,how do I export,a@one.example,One",
    "8,2026-03-02T08:30:00Z,open,urgent,site down,b@two.example,Two",
    "9,2026-03-01T08:30:00Z,pending,high,waiting for you,b@two.example,Two",
    "10,2026-02-01T08:30:00Z,closed,high,done,b@two.example,Two",
]


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments], input=stdin)  # type: ignore[arg-type]


@pytest.fixture
def tickets(tmp_path: Path) -> Path:
    path = tmp_path / "tickets.csv"
    path.write_text(HEADER + "\n".join(ROWS) + "\n")
    return path


def ranked(path: Path, *more: str) -> dict:
    done = run("rank", str(path), "--now", NOW, "--format", "json", *more)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_json_has_everything_and_adds_up(tickets: Path) -> None:
    document = ranked(tickets)
    assert set(document) == {"now", "policy", "counts", "rejected", "queue"}
    assert document["now"] == NOW
    assert set(document["policy"]) == {"name", "version", "hash"}
    assert document["counts"] == {"read": 4, "ranked": 2, "waiting": 1, "closed": 1, "rejected": 0}
    assert [entry["ticket_id"] for entry in document["queue"]] == ["8", "7"]
    for entry in document["queue"]:
        parts = entry["parts"]
        rules = parts.pop("rules")
        assert sum(parts.values()) + sum(rules.values()) == pytest.approx(entry["points"], abs=1e-6)
        assert sum(entry["level_probabilities"].values()) == pytest.approx(1)
        assert {"kind", "text", "points"} == set(entry["reasons"][0])
        assert isinstance(entry["review"], bool)
        assert isinstance(entry["escalate"], bool)


def test_the_same_input_gives_the_same_bytes(tickets: Path) -> None:
    one, other = (run("rank", str(tickets), "--now", NOW, "--format", "json").stdout for _ in range(2))
    assert one == other


@pytest.mark.parametrize("shape", ["csv", "ndjson", "parquet", "json"])
def test_every_format_holds_the_same_queue(tickets: Path, tmp_path: Path, shape: str) -> None:
    out = tmp_path / f"queue.{shape}"
    done = run("rank", str(tickets), "--now", NOW, "--out", str(out))
    assert done.exit_code == 0, done.output
    assert identifiers(out) == ["8", "7"]


def identifiers(out: Path) -> list[str]:
    if out.suffix == ".csv":
        return pl.read_csv(out, infer_schema=False)["ticket_id"].to_list()
    if out.suffix == ".parquet":
        return pl.read_parquet(out)["ticket_id"].to_list()
    text = out.read_text()
    entries = json.loads(text)["queue"] if out.suffix == ".json" else map(json.loads, text.splitlines())
    return [entry["ticket_id"] for entry in entries]


def test_the_table_says_what_and_why(tickets: Path) -> None:
    done = run("rank", str(tickets), "--now", NOW)
    assert done.exit_code == 0
    assert "4 tickets = 2 ranked + 1 waiting + 1 closed + 0 rejected" in done.stdout
    assert "site down" in done.stdout
    assert "filed as urgent" in done.stdout
    assert "ticket_id from id" in done.stderr


def test_top_cuts_the_list_but_not_the_counts(tickets: Path) -> None:
    document = ranked(tickets, "--top", "1")
    assert [entry["position"] for entry in document["queue"]] == [1]
    assert document["counts"]["ranked"] == 2


def test_standard_input_and_gzip(tickets: Path, tmp_path: Path) -> None:
    packed = tmp_path / "tickets.csv.gz"
    packed.write_bytes(gzip.compress(tickets.read_bytes()))
    piped = run("rank", "-", "--now", NOW, "--format", "json", stdin=tickets.read_bytes())
    assert json.loads(piped.stdout)["queue"] == ranked(packed)["queue"]


def test_strict_exits_with_one_if_a_row_was_rejected(tickets: Path) -> None:
    assert run("rank", str(tickets), "--now", NOW, "--strict").exit_code == 0
    tickets.write_text(tickets.read_text() + "11,whenever,open,low,when,a@one.example,One\n")
    document = ranked(tickets)
    assert document["counts"]["rejected"] == 1
    rejected = document["rejected"][0]
    assert (rejected["row"], rejected["column"], rejected["value"]) == (5, "created_at", "whenever")
    assert sum(document["counts"][name] for name in ("ranked", "waiting", "closed", "rejected")) == 5
    assert run("rank", str(tickets), "--now", NOW, "--strict").exit_code == 1


def test_csv_output_runs_no_formula(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("id,created_at,status,priority\n=1+1,2026-03-02,open,@SUM(A1)\n+7,2026-03-02,open,-2+3\n")
    done = run("rank", str(path), "--now", NOW, "--format", "csv")
    cells = [cell for row in csv.reader(io.StringIO(done.stdout)) for cell in row]
    assert "'=1+1" in cells
    assert "'+7" in cells
    numbers = {cell for cell in cells if cell.startswith(("=", "+", "-", "@"))}
    assert all(float(cell) <= 0 for cell in numbers)


def test_control_characters_never_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text("id,created_at,status,subject\n1,2026-03-02,open,\x1b]0;owned\x07\x1b[31m[bold]red[/bold]\n")
    done = run("rank", str(path), "--now", NOW)
    assert "\x1b]0;" not in done.output
    assert "\x07" not in done.output
    assert "[bold]red[/bold]" in done.output


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (gzip.compress(HEADER.encode() * 500, mtime=0)[:40], "gzip"),
        (b"{not json", "JSON"),
    ],
    ids=["empty", "truncated gzip", "not JSON"],
)
def test_bad_files_are_an_error_with_exit_code_two(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / ("tickets.json" if content.startswith(b"{") else "tickets.csv.gz" if content else "tickets.csv")
    path.write_bytes(content)
    done = run("rank", str(path), "--now", NOW)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert done.stdout == ""


def test_a_directory_and_a_missing_file_are_errors(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        done = run("rank", str(path), "--now", NOW)
        assert done.exit_code == 2
        assert str(path.name) in done.stderr


def test_no_rows_is_an_empty_queue(tmp_path: Path) -> None:
    path = tmp_path / "tickets.csv"
    path.write_text(HEADER)
    assert ranked(path)["counts"] == {"read": 0, "ranked": 0, "waiting": 0, "closed": 0, "rejected": 0}
    assert "Nothing to rank" in run("rank", str(path), "--now", NOW).stdout


def test_an_output_that_cannot_be_written_is_an_error(tickets: Path, tmp_path: Path) -> None:
    done = run("rank", str(tickets), "--now", NOW, "--out", str(tmp_path / "no" / "queue.csv"))
    assert done.exit_code == 2
    assert "cannot be written" in done.stderr


def test_a_bad_now_and_a_bad_policy_are_errors(tickets: Path) -> None:
    assert "ISO 8601" in run("rank", str(tickets), "--now", "tomorrow").stderr
    assert run("rank", str(tickets), "--now", NOW, "--policy", "none.yml").exit_code == 2


def test_accounts_and_incidents_count(tickets: Path, tmp_path: Path) -> None:
    accounts = tmp_path / "accounts.csv"
    accounts.write_text("account_id,name,domain,tier,contract_value\na1,One,one.example,strategic,900000\n")
    document = ranked(tickets, "--accounts", str(accounts))
    texts = [reason["text"] for reason in document["queue"][1]["reasons"]]
    assert "strategic account" in texts
    assert "contract of 900k a year" in texts


def test_explain_opens_a_ticket(tickets: Path) -> None:
    done = run("explain", str(tickets), "8", "--now", NOW, "--format", "json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["ticket"]["ticket_id"] == "8"
    assert document["above_next"]["next_id"] == "7"
    assert [past["ticket_id"] for past in document["customer"]["last_tickets"]] == ["9", "10"]
    for move in document["would_change"]:
        assert move["level"][0] != move["level"][1] or move["lane"][0] != move["lane"][1]
    page = run("explain", str(tickets), "7", "--now", NOW).stdout
    assert "What would change it" in page
    assert "The customer at a glance" in page
    assert "a@one.example" in page


def test_explain_says_where_a_ticket_went(tickets: Path) -> None:
    closed = run("explain", str(tickets), "10", "--now", NOW)
    assert closed.exit_code == 2
    assert "this one is closed" in closed.stderr
    assert "such as 8" in run("explain", str(tickets), "88", "--now", NOW).stderr
