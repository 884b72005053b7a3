"""Files: the same bytes for a seed, the same rows as in memory, blocks that do not depend on each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
import typer
from polars.testing import assert_frame_equal
from typer.testing import CliRunner

from tidegate import demo
from tidegate.cli.demo import demo as verb
from tidegate.demo.block import build
from tidegate.demo.plan import plan
from tidegate.demo.scale import BLOCK
from tidegate.demo.writing import STREAMED

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("tickets", "messages", "events", "truth", "accounts", "agents", "incidents")


def digest(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_same_seed_same_bytes(tmp_path: Path, kind: str) -> None:
    for name, seed in (("first", 3), ("again", 3), ("other", 4)):
        paths = demo.write(tmp_path / name, 300, seed, format=kind)  # ty: ignore[invalid-argument-type]
        assert {path.name for path in paths} == {f"{name}.{kind}" for name in FILES} | {"now.txt"}
    first, again, other = (digest(tmp_path / name) for name in ("first", "again", "other"))
    assert first == again
    assert first[f"tickets.{kind}"] != other[f"tickets.{kind}"]


def test_parquet_holds_what_memory_holds(tmp_path: Path) -> None:
    demo.write(tmp_path, 500, 9, format="parquet")
    company = demo.generate(tickets=500, seed=9)
    for name in FILES:
        assert_frame_equal(pl.read_parquet(tmp_path / f"{name}.parquet"), getattr(company, name))


def test_csv_has_one_header_lists_as_text_and_utc_times(tmp_path: Path) -> None:
    demo.write(tmp_path, 500, 9)
    company = demo.generate(tickets=500, seed=9)
    tickets = pl.read_csv(tmp_path / "tickets.csv", infer_schema=False)
    assert tickets.columns == company.tickets.columns
    assert tickets["ticket_id"].equals(company.tickets["ticket_id"])
    assert tickets["created_at"][0] == company.tickets["created_at"][0].strftime("%Y-%m-%dT%H:%M:%SZ")
    skills = pl.read_csv(tmp_path / "agents.csv")["skills"]
    assert skills.str.split(";").to_list() == company.agents["skills"].to_list()
    assert (tmp_path / "now.txt").read_text() == "2026-03-02T09:00:00+00:00\n"


@pytest.mark.slow
def test_a_block_is_the_same_whichever_were_built_before(tmp_path: Path) -> None:
    size = BLOCK + 700
    layout = plan(size, 5, days=365, now=demo.NOW, agents=None, load=0.95, languages=("en",))
    alone = build(layout, 1)
    seen: list[tuple[int, int]] = []
    demo.write(
        tmp_path, size, 5, format="parquet", languages=("en",), progress=lambda done, of: seen.append((done, of))
    )
    assert seen == [(BLOCK, size), (size, size)]
    for name in STREAMED:
        frame = getattr(alone, name)
        assert_frame_equal(pl.read_parquet(tmp_path / f"{name}.parquet").tail(frame.height), frame)
    tickets = pl.read_parquet(tmp_path / "tickets.parquet")
    assert tickets["ticket_id"].n_unique() == size
    assert tickets["created_at"].is_sorted()


def test_the_verb_writes_and_says_what_is_wrong(tmp_path: Path) -> None:
    app = typer.Typer()
    app.command()(verb)
    good = CliRunner().invoke(app, ["--tickets", "50", "--seed", "1", "--out", str(tmp_path), "--languages", "en,fr"])
    assert good.exit_code == 0, good.output
    assert (tmp_path / "tickets.csv").exists()
    bad = CliRunner().invoke(app, ["--out", str(tmp_path), "--languages", "xx"])
    assert bad.exit_code == 2
    assert "xx" in bad.output
