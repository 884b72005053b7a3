from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl

from tidegate.read.cache import ReadingCache, keys

if TYPE_CHECKING:
    from pathlib import Path

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def texts(*bodies: str | None) -> pl.DataFrame:
    return pl.DataFrame(
        {"subject": [None] * len(bodies), "body": list(bodies), "created_at": [NOON] * len(bodies)},
        schema={"subject": pl.String, "body": pl.String, "created_at": pl.Datetime("us", "UTC")},
    )


class Counting:
    """Reads the length of a text, and notes what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str | None]] = []

    def __call__(self, rows: pl.DataFrame) -> pl.DataFrame:
        self.asked.append(rows["body"].to_list())
        return rows.select(length=pl.col("body").str.len_chars().cast(pl.Int64))


def test_only_new_texts_are_read(tmp_path: Path) -> None:
    cache, read = ReadingCache(tmp_path), Counting()
    first, anew = cache.through("v1", texts("a", "bb", "a"), read)
    assert (first["length"].to_list(), anew) == ([1, 2, 1], 2)
    grown, anew = cache.through("v1", texts("bb", "ccc", "a", None), read)
    assert (grown["length"].to_list(), anew) == ([2, 3, 1, None], 2)
    assert read.asked == [["a", "bb"], ["ccc", None]]
    again, anew = cache.through("v1", texts("ccc"), read)
    assert (again["length"].to_list(), anew) == ([3], 0)


def test_another_model_version_reads_anew(tmp_path: Path) -> None:
    cache, read = ReadingCache(tmp_path), Counting()
    cache.through("v1", texts("a"), read)
    _, anew = cache.through("v2", texts("a"), read)
    assert anew == 1


def test_a_spoilt_file_counts_as_absent(tmp_path: Path) -> None:
    cache, read = ReadingCache(tmp_path), Counting()
    cache.through("v1", texts("a"), read)
    for path in (tmp_path / "v1").iterdir():
        path.write_bytes(b"spoilt")
    found, anew = cache.through("v1", texts("a"), read)
    assert (found["length"].to_list(), anew) == ([1], 1)


def test_files_are_merged_before_they_are_many(tmp_path: Path) -> None:
    cache, read = ReadingCache(tmp_path), Counting()
    for number in range(40):
        cache.through("v1", texts(f"text {number}"), read)
    assert len(list((tmp_path / "v1").iterdir())) <= 17
    _, anew = cache.through("v1", texts(*(f"text {number}" for number in range(40))), read)
    assert anew == 0


def test_keys_tell_subject_body_absence_and_time_apart() -> None:
    rows = pl.concat([
        texts("a"),
        texts("a").with_columns(subject=pl.lit("")),
        texts("").with_columns(subject=pl.lit("a")),
        texts("a").with_columns(created_at=pl.lit(None, pl.Datetime("us", "UTC"))),
    ])  # fmt: skip
    assert keys(rows).n_unique() == 4
