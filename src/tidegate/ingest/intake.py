"""The one way in: any source to one valid table, with every row accounted for."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import polars as pl

from tidegate.ingest import fold as folding
from tidegate.ingest import settle
from tidegate.ingest.convert import Converted, convert
from tidegate.ingest.delimited import read_delimited
from tidegate.ingest.mapping import SCHEMAS, Mapping, Table
from tidegate.ingest.nested import looks_like_json, read_json
from tidegate.ingest.opening import open_content
from tidegate.ingest.raw import FILE, REJECTED, ROW, Raw, Rejection, with_rows
from tidegate.ingest.recognise import recognise, system_of
from tidegate.ingest.systems import SYSTEMS
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    Source = str | Path | bytes | BinaryIO | pl.DataFrame | pl.LazyFrame
    Sources = Source | Sequence[Source]
    Progress = Callable[[int, int], object]

KEYS: Final = {name: schema.primary_key()[0] for name, schema in SCHEMAS.items()}
_DEFAULTS: Final = {"status": "open", "author_kind": "other", "actor_kind": "other", "public": True}
_SIDES: Final = {key: side for system in SYSTEMS for key, side in system.sides.items()}
_NUMBERED: Final = ("messages", "events")  # tables whose rows may come without an identifier of their own


class ColumnMissingError(InputError):
    """No column was recognised as one that a table cannot be without.

    ``mapping`` is what was recognised, ``hint`` what usually helps with that system's exports, or empty.
    """

    def __init__(self, message: str, *, mapping: Mapping, hint: str, **place: Any) -> None:  # noqa: ANN401 - as InputError
        super().__init__(message, **place)
        self.mapping, self.hint = mapping, hint


@dataclass(frozen=True, slots=True)
class Intake:
    """A table that keeps its contract, and an account of every row that was read.

    Parameters
    ----------
    table
        Valid by its contract in `tidegate.tables`.
    rejected
        file, row (1-based data row), column, value, why: one line a row that could not be used, sorted.
    read
        Rows read (of a log, tickets): always ``table.height + rejected.height``.
    mapping
        What was recognised.
    notes
        Plain sentences worth showing.
    """

    table: pl.DataFrame
    rejected: pl.DataFrame
    read: int
    mapping: Mapping
    notes: tuple[str, ...] = ()


def read_table(
    source: Sources,
    table: Table,
    *,
    mapping: Mapping | None = None,
    now: datetime | None = None,
    timezone: str | None = None,
    progress: Progress | None = None,
) -> Intake:
    """Read one or several sources as one table; see `read_tickets`, which all the readers are like."""
    sources = list(source) if isinstance(source, list | tuple) else [source]
    if not sources:
        raise InputError("there is nothing to read", mend="Name at least one file.")
    _check(now, timezone)
    rejected: list[Rejection] = []
    notes: list[str] = []
    frames: list[pl.DataFrame] = []
    mappings: list[Mapping] = []
    for done, one in enumerate(sources):
        if progress:
            progress(done, len(sources))
        raw = read_raw(one)
        converted, bad = _usable(raw, table, mapping, timezone)
        frames.append(converted.frame.with_columns(pl.lit(raw.name).alias(FILE)))
        mappings.append(converted.mapping)
        rejected += [*raw.rejected, *bad]
        notes += [*raw.notes, *converted.notes]
    if progress:
        progress(len(sources), len(sources))
    rows = pl.concat(frames, how="diagonal") if len(frames) > 1 else frames[0]
    rows, more, said = _settle(rows, table, mappings[0], now)
    spelled = {name: sources[0] for name, sources in mappings[0].columns.items()}
    rejected += [rejection._replace(column=spelled.get(rejection.column or "")) for rejection in more]
    valid = complete(rows, table)
    return Intake(valid, _account(rejected), valid.height + len(rejected), mappings[0], (*notes, *said))


def _check(now: datetime | None, timezone: str | None) -> None:
    if now is not None and now.tzinfo is None:
        raise InputError(
            "now has no time zone", value=now, mend="Give an aware datetime, such as datetime.now(tz=UTC)."
        )
    if timezone is not None:
        from zoneinfo import ZoneInfo

        try:
            ZoneInfo(timezone)
        except (KeyError, ValueError, OSError):
            raise InputError(
                "there is no such time zone", value=timezone, expected="an IANA name such as Europe/London"
            ) from None


def read_raw(source: Source) -> Raw:
    """Read one source without understanding its columns.

    Raises
    ------
    InputError
        It holds no table.
    """
    if isinstance(source, pl.LazyFrame):
        source = source.collect()
    if isinstance(source, pl.DataFrame):
        return Raw("<table>", with_rows(_flat(source)))
    content = open_content(source)
    if content.parquet:
        raw = _parquet(content.name, content.data)
    elif looks_like_json(content.data):
        raw = read_json(content.name, content.data, _SIDES)
    else:
        raw = read_delimited(content.name, content.data)
    raw.notes[:0] = content.notes
    return raw


def _parquet(name: str, data: bytes) -> Raw:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"the Parquet file is damaged: {reason}", file=name, mend="Export it again.") from None
    return Raw(name, with_rows(_flat(frame)))


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Open structs to dotted columns; binary and other foreign types become text where they can."""
    while structs := [name for name, dtype in frame.schema.items() if isinstance(dtype, pl.Struct)]:
        frame = frame.unnest(structs, separator=".")
    return frame


def _usable(raw: Raw, table: Table, given: Mapping | None, timezone: str | None) -> tuple[Converted, list[Rejection]]:
    columns = [name for name in raw.frame.columns if name != ROW]
    mapping = given.settled(columns, raw.name) if given else recognise(columns, table)
    needed = required(table)
    if not columns and raw.frame.is_empty():
        return _nothing(table, mapping), []
    for name in needed:
        if name not in mapping.columns:
            raise _unrecognised(name, columns, raw.name, mapping)
    converted = convert(raw, mapping, timezone)
    frame, rejected = settle.without_required(converted.frame, raw, mapping, needed)
    return replace(converted, frame=frame), rejected


def _nothing(table: Table, mapping: Mapping) -> Converted:
    schema = {name: column.dtype for name, column in SCHEMAS[table].columns().items()}
    return Converted(pl.DataFrame(schema={ROW: pl.UInt32, **schema}), mapping)


def required(table: Table) -> list[str]:
    """Name the columns that a row of a table cannot be without."""
    key = {KEYS[table]} if table in _NUMBERED else set()
    return [
        name
        for name, column in SCHEMAS[table].columns().items()
        if not column.nullable and name not in _DEFAULTS and name not in key
    ]


def _unrecognised(name: str, columns: list[str], file: str, mapping: Mapping) -> ColumnMissingError:
    system = system_of(mapping)
    usual = system.columns.get(name, ())
    hint = system.hint if name == "created_at" else ""
    return ColumnMissingError(
        f"no column was recognised as {name}",
        file=file,
        value=", ".join(columns[:20]),
        expected=f"a column such as {', '.join(usual[:4])}",
        mend=hint or "`tidegate map FILE --out map.yml` writes a mapping file to say it in; then use --map map.yml.",
        mapping=mapping,
        hint=hint,
    )


def _settle(
    rows: pl.DataFrame, table: Table, mapping: Mapping, now: datetime | None
) -> tuple[pl.DataFrame, list[Rejection], list[str]]:
    key = KEYS[table]
    if key not in rows.columns:
        rows = rows.with_columns(pl.format("{}:{}", FILE, ROW).alias(key))
    elif table in _NUMBERED:
        rows = rows.with_columns(pl.col(key).fill_null(pl.format("{}:{}", FILE, ROW)))
    repeats = rows.get_column(key).n_unique() < rows.height
    if table != "tickets" or now is None:
        rows, repeated = settle.without_repeats(rows, key) if repeats else (rows, [])
        return rows, repeated, []
    if mapping.log or (mapping.log is None and repeats and folding.is_log(rows)):
        return _fold(rows, now)
    rows, repeated = settle.without_repeats(rows, key) if repeats else (rows, [])
    rows, future, late = settle.without_future(rows, now)
    rows, unknown = settle.as_known(rows, now)
    rows, impossible = settle.without_impossible(rows)
    return with_status(rows), [*repeated, *future], [*late, *unknown, *impossible]


def _fold(rows: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, list[Rejection], list[str]]:
    undated = rows.filter(pl.col("updated_at").is_null())
    rejected = [
        Rejection(file, row, "updated_at", None, "a row of a log needs the time of its change")
        for file, row in undated.select(FILE, ROW).rows()
    ]
    folded = folding.fold(rows.filter(pl.col("updated_at").is_not_null()), now)
    table, impossible = settle.without_impossible(folded.table)
    read = rows.height - undated.height - folded.later_rows
    moment = f"{now:%Y-%m-%d %H:%M} UTC"
    notes = [f"{read:,} rows of changes were folded into {table.height:,} tickets as known at {moment}"]
    if folded.later_rows:
        notes.append(
            f"{folded.later_rows:,} rows were written after that and were not read; "
            f"{folded.later_tickets:,} tickets have no earlier row and are not there"
        )
    if folded.unknown_times:
        notes.append(f"{folded.unknown_times:,} times lie after their own row's change and were left out")
    return with_status(table), rejected, [*notes, *impossible]


def with_status(rows: pl.DataFrame) -> pl.DataFrame:
    """Where no status is known, a ticket with a closing or solving time is closed or solved, any other open."""
    dtype = SCHEMAS["tickets"].columns()["status"].dtype
    known = pl.col("status") if "status" in rows.columns else pl.lit(None, dtype=dtype)
    guess = pl.lit("open", dtype=dtype)
    for status, time in (("solved", "solved_at"), ("closed", "closed_at")):
        if time in rows.columns:
            guess = pl.when(pl.col(time).is_not_null()).then(pl.lit(status, dtype=dtype)).otherwise(guess)
    return rows.with_columns(known.fill_null(guess).alias("status"))


def complete(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Bring the columns into the order and types of the contract; what no source fills is null, or its default."""
    columns = []
    for name, column in SCHEMAS[table].columns().items():
        values = pl.col(name) if name in rows.columns else pl.lit(None, dtype=column.dtype)
        default = _DEFAULTS.get(name) if not column.nullable else None
        values = values if default is None else values.fill_null(pl.lit(default, dtype=column.dtype))
        columns.append(values.cast(column.dtype).alias(name))
    return rows.select(columns)


def _account(rejected: list[Rejection]) -> pl.DataFrame:
    return pl.DataFrame(rejected, schema=REJECTED, orient="row").sort("file", "row", nulls_last=True)
