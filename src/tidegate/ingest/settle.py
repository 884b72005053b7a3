"""Rows that cannot be used, rows that occur twice, times that cannot be: told apart, never dropped in silence."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.ingest.raw import FILE, ROW, Raw, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from tidegate.ingest.mapping import Mapping

_AFTER_CREATED: Final = ("first_response_at", "last_requester_at", "solved_at", "closed_at")
_PLACE: Final = "\x00place"
_NOT_YET: Final = (*_AFTER_CREATED, "updated_at")


def without_required(
    frame: pl.DataFrame, raw: Raw, mapping: Mapping, required: Iterable[str]
) -> tuple[pl.DataFrame, list[Rejection]]:
    """Take out the rows in which a required cell is empty or unreadable; the first such column is the reason."""
    rejected: list[Rejection] = []
    for name in required:
        missing = frame.get_column(name).is_null()
        if not missing.any():
            continue
        sources = mapping.columns[name]
        rows = frame.filter(missing).select(ROW)
        cells = rows.join(raw.frame.select(ROW, *sources), on=ROW, how="left", maintain_order="left")
        for row, *values in cells.rows():
            place = next((place for place, value in enumerate(values) if value is not None), 0)
            value = values[place]
            why = f"there is no {name}" if value is None or not str(value).strip() else f"this is no {name}"
            rejected.append(Rejection(raw.name, row, sources[place], None if value is None else str(value)[:200], why))
        frame = frame.filter(~missing)
    return frame, rejected


def without_repeats(frame: pl.DataFrame, key: str) -> tuple[pl.DataFrame, list[Rejection]]:
    """Keep one row a key: the last by update time, else the first in the file."""
    ranked = frame.with_row_index(_PLACE)
    if "updated_at" in frame.columns:
        ranked = ranked.sort("updated_at", descending=True, nulls_last=True, maintain_order=True)
    kept = ranked.unique(key, keep="first", maintain_order=True).sort(_PLACE)
    others = ranked.join(kept.select(_PLACE), on=_PLACE, how="anti")
    found = others.select(FILE, ROW, key).join(kept.select(key, FILE, ROW), on=key, suffix="_kept")
    rejected = [
        Rejection(file, row, key, str(value), f"{key} occurs again in row {kept_row} of {kept_file}, which was kept")
        for file, row, value, kept_file, kept_row in found.select(FILE, ROW, key, f"{FILE}_kept", f"{ROW}_kept").rows()
    ]
    return kept.drop(_PLACE), rejected


def without_future(frame: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, list[Rejection], list[str]]:
    """Take out tickets created after now: at that moment they were not there."""
    later = frame.get_column("created_at") > now
    if not later.any():
        return frame, [], []
    shown = pl.col("created_at").dt.strftime("%Y-%m-%d %H:%M:%S UTC")
    gone = frame.filter(later).select(FILE, ROW, shown).rows()
    rejected = [Rejection(file, row, "created_at", at, "it was created after now") for file, row, at in gone]
    note = f"{len(gone):,} tickets were created after now, {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC, and are rejected; "
    return frame.filter(~later), rejected, [f"{note}a wrong --timezone or --now does this too"]


def as_known(frame: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, list[str]]:
    """Take back what a table says about the time after now: later times are null, later solutions open again."""
    times = [name for name in _NOT_YET if name in frame.columns]
    later = {name: (pl.col(name) > now).fill_null(value=False) for name in times}
    if not times or not any(frame.select(test.any() for test in later.values()).row(0)):
        return frame, []
    ends = [later[name] for name in ("solved_at", "closed_at") if name in later]
    notes = [f"{count:,} tickets have times after now; these were left out" for count in [_any(frame, later.values())]]
    changes: dict[str, pl.Expr] = {name: pl.when(~test).then(name) for name, test in later.items()}
    if ends and "status" in frame.columns:
        undone = pl.any_horizontal(ends) & pl.col("status").is_in(["solved", "closed"])
        solved = (
            pl.col("solved_at").is_not_null() & ~later["solved_at"] if "solved_at" in later else pl.lit(value=False)
        )
        status = pl.when(undone & solved).then(pl.lit("solved")).when(undone).then(pl.lit("open"))
        changes["status"] = status.otherwise("status").cast(frame.schema["status"])
        count = frame.select(undone.sum()).item()
        notes.append(f"{count:,} tickets were solved or closed only after now and are taken as they stood before")
    return frame.with_columns(**changes), notes


def without_impossible(frame: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """Empty the times that lie before the ticket's own creation, and say how many."""
    tests = {name: pl.col(name) < pl.col("created_at") for name in _AFTER_CREATED if name in frame.columns}
    if not tests:
        return frame, []
    counts = frame.select(test.sum().alias(name) for name, test in tests.items()).row(0, named=True)
    bad = {name: tests[name] for name, count in counts.items() if count}
    notes = [f"{counts[name]:,} cells of {name} lie before created_at, which cannot be; left empty" for name in bad]
    cleared = {name: pl.when(~test.fill_null(value=False)).then(name) for name, test in bad.items()}
    return (frame.with_columns(**cleared) if cleared else frame), notes


def _any(frame: pl.DataFrame, tests: Iterable[pl.Expr]) -> int:
    return frame.select(pl.any_horizontal(list(tests)).sum()).item()
