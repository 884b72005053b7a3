"""A ranked queue as people and programs want it: a table, CSV, JSON, NDJSON or Parquet."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate import pipeline
from tidegate.cli.formats import Format
from tidegate.cli.inputs import rejection
from tidegate.cli.queue_table import print_queue
from tidegate.cli.reasons_line import headline
from tidegate.cli.support import writing
from tidegate.tables.errors import InputError
from tidegate.tables.spreadsheet import without_formulas
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    from tidegate.cli.inputs import Inputs

_ENDINGS: Final = {
    ".csv": Format.csv,
    ".json": Format.json,
    ".ndjson": Format.ndjson,
    ".jsonl": Format.ndjson,
    ".parquet": Format.parquet,
}
_OTHERS: Final = {".xlsx", ".xls", ".ods", ".tsv", ".html", ".pdf", ".gz", ".yml", ".yaml", ".xml"}
"""Endings that would promise what the file does not hold."""
_TABLE_ROWS: Final = 50
_REASONS: Final = 4


def by_ending(out: Path | None) -> Format:
    """Choose a format from the name of the file.

    Raises
    ------
    InputError
        If the file would be named after a format that is not written.
    """
    ending = out.suffix.lower() if out else ""
    if ending in _OTHERS:
        raise InputError(
            "is no format of a queue",
            column="--out",
            value=ending,
            expected=", ".join(_ENDINGS),
            mend="Spreadsheets open .csv; --format table writes the table itself.",
        )
    return _ENDINGS.get(ending, Format.table)


def write(got: Inputs, chosen: Format, *, top: int | None, out: Path | None) -> None:
    """Rank and write.

    Raises
    ------
    InputError
        If the file cannot be written.
    """
    if chosen is Format.table:
        rows = _TABLE_ROWS if top is None else top
        print_queue(got, pipeline.queue(got.ready, top=rows), out)
        return
    queue = pipeline.queue(got.ready, top=top)
    if out is None or str(out) == "-":
        _write_to(sys.stdout.buffer, got, queue, chosen)
        sys.stdout.buffer.flush()
        return
    with writing(out), out.open("wb") as file:
        _write_to(file, got, queue, chosen)


def _write_to(file: IO[bytes], got: Inputs, queue: pl.DataFrame, chosen: Format) -> None:
    if chosen is Format.csv:
        flat(queue).write_csv(file, datetime_format="%Y-%m-%dT%H:%M:%SZ")
    elif chosen is Format.parquet:
        queue.write_parquet(file)
    elif chosen is Format.ndjson:
        file.writelines(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries(queue))
    else:
        file.write((json.dumps(document(got, queue), ensure_ascii=False, indent=1) + "\n").encode())


def document(got: Inputs, queue: pl.DataFrame) -> dict[str, object]:
    """Return the whole result as one JSON object."""
    rejected = [
        {**row, "said": rejection(row)}
        for intake in (got.tickets, *got.sides.values())
        for row in intake.rejected.iter_rows(named=True)
    ]
    return {
        "now": got.now.isoformat().replace("+00:00", "Z"),
        "policy": {"name": got.policy.name, "version": got.policy.version, "hash": got.policy.hash},
        "counts": got.counts,
        "rejected": rejected,
        "queue": list(entries(queue)),
    }


def entries(queue: pl.DataFrame) -> Iterator[dict[str, object]]:
    """Yield one JSON object a ticket, best first."""
    times = queue.with_columns(pl.col("due_at").dt.to_string("%Y-%m-%dT%H:%M:%SZ"))
    for row in times.iter_rows(named=True):
        yield {
            "position": row["position"],
            "ticket_id": row["ticket_id"],
            "level": row["level"],
            "level_probabilities": {level: row[f"level_p{k}"] for k, level in enumerate(LEVELS)},
            "points": row["points"],
            "lane": row["lane"],
            "clock": row["clock"],
            "due_at": row["due_at"],
            "minutes_left": row["minutes_left"],
            "parts": {**row["parts"], "rules": {rule["name"]: rule["points"] for rule in row["rules"]}},
            "reasons": row["reasons"],
            "review": row["review"],
            "escalate": row["escalate"],
        }


def flat(queue: pl.DataFrame) -> pl.DataFrame:
    """Lay the queue out in plain columns, the reasons as one text, with nothing that a spreadsheet would run."""
    rules = pl.col("rules").list.eval(pl.element().struct.field("points")).list.sum()
    plain = queue.select(
        pl.exclude("parts", "rules", "reasons"),
        *(pl.col("parts").struct.field(name).name.prefix("points_") for name in queue["parts"].struct.fields),
        rules.alias("points_rules"),
        headline(_REASONS),
    )
    return without_formulas(plain)
