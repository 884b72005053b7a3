"""Waiting deliveries to rows: many at once where they are plain, one by one where they are not.

Every object of a delivery is in the rows or among its rejected ones. What becomes of one delivery never depends on
which others are read with it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import polars as pl

from tidegate.ingest import read_table
from tidegate.ingest.convert import convert
from tidegate.ingest.intake import complete, required, with_status
from tidegate.ingest.mapping import SCHEMAS, Mapping
from tidegate.ingest.raw import ROW, Raw
from tidegate.ingest.settle import without_impossible, without_required
from tidegate.server.desk.inbox.payloads import KEYS, LONGEST_KEY, plain
from tidegate.tables.errors import InputError
from tidegate.tables.words import LEVELS, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.ingest.mapping import Table
    from tidegate.server.desk.inbox.payloads import Shape

DELIVERY: Final = "\x00delivery"
RECEIVED: Final = "\x00received"
CLOCKS_DIFFER: Final = timedelta(hours=36)
"""By how much a sender's clock may be ahead of ours before its times count as times to come: more than a wrong zone, or
a clock of ours that was set wrongly for a day, since a ticket that was accepted must not be lost for it."""
_NAMELESS: Final = "\x00nameless"
_OWN_LEVELS: Final[dict[str, dict[str, str]]] = {"priority": {str(level).lower(): level for level in LEVELS}}
_VALUE: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery to read."""

    id: int
    kind: Table
    body: str
    received_at: datetime

    @property
    def latest(self) -> datetime:
        """The last moment that it may speak of."""
        return self.received_at + CLOCKS_DIFFER


class _Placed(NamedTuple):
    """A plain object, the delivery that it came in, and its number there."""

    delivery: Waiting
    number: int
    row: Shape


@dataclass(slots=True)
class Arrived:
    """What deliveries of one kind hold.

    Parameters
    ----------
    rows
        Valid by the kind's contract, with the columns `DELIVERY` and `RECEIVED` after it.
    read
        How many rows each delivery had: those in ``rows`` and those in ``rejected``.
    rejected
        By delivery: row, column, value, why.
    unreadable
        By delivery: why nothing of it can be used.
    """

    rows: pl.DataFrame
    read: dict[int, int] = field(default_factory=dict)
    rejected: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    unreadable: dict[int, str] = field(default_factory=dict)


def arrive(kind: Table, deliveries: Sequence[Waiting]) -> Arrived:
    """Read deliveries of one kind."""
    schema = {name: column.dtype for name, column in SCHEMAS[kind].columns().items()}
    arrived = Arrived(pl.DataFrame(schema={**schema, DELIVERY: pl.Int64, RECEIVED: TIME}))
    together: dict[bool, list[_Placed]] = {}
    frames = []
    for delivery in deliveries:
        rows = plain(kind, delivery.body, delivery.latest)
        if rows is None:
            frames.append(_alone(delivery, arrived))
        else:
            arrived.read[delivery.id] = len(rows)
            levelled = any("given_level" in row.model_fields_set for row in rows)  # else it is read from the priority
            placed = [_Placed(delivery, number, row) for number, row in enumerate(rows, 1)]
            together.setdefault(levelled, []).extend(placed)
    frames += [_together(kind, those, arrived, levelled=levelled) for levelled, those in together.items() if those]
    arrived.rows = pl.concat([arrived.rows, *frames])
    return arrived


def _together(kind: Table, rows: list[_Placed], arrived: Arrived, *, levelled: bool) -> pl.DataFrame:
    """Read plain objects of many deliveries, whole columns at a time."""
    columns = {name: _given(column.dtype) for name, column in SCHEMAS[kind].columns().items()}
    frame = pl.DataFrame([placed.row.__dict__ for placed in rows], schema=columns, orient="row")
    frame = frame.with_columns(pl.when(pl.col(pl.String) != "").then(pl.col(pl.String)))
    names = [column.name for column in frame if column.null_count() < frame.height]
    frame = frame.select(name for name in frame.columns if name in names or (levelled and name == "given_level"))
    mapping = Mapping(table=kind, columns={name: (name,) for name in frame.columns}, values=_OWN_LEVELS)
    raw = Raw("", frame.with_row_index(ROW))
    needed = [name for name in required(kind) if name in frame.columns]
    converted, empty = without_required(convert(raw, mapping, "UTC").frame, raw, mapping, needed)
    for rejection in empty:
        placed = rows[rejection.row]
        _reject(arrived, placed.delivery.id, placed.number, rejection.column, rejection.value, rejection.why)
    if kind == "tickets":
        converted = with_status(without_impossible(converted)[0])
    origin = converted.get_column(ROW).to_list()
    table = _named(kind, complete(_with_key(converted, kind), kind))
    return table.with_columns(
        pl.Series(DELIVERY, [rows[place].delivery.id for place in origin], dtype=pl.Int64),
        pl.Series(RECEIVED, [rows[place].delivery.received_at for place in origin], dtype=TIME),
    )


def _given(dtype: pl.DataType) -> pl.DataType:
    return pl.String() if isinstance(dtype, pl.Enum) else dtype


def _with_key(frame: pl.DataFrame, kind: Table) -> pl.DataFrame:
    key = SCHEMAS[kind].primary_key()[0]
    return frame if key in frame.columns else frame.with_columns(pl.lit(None, pl.String).alias(key))


def _alone(delivery: Waiting, arrived: Arrived) -> pl.DataFrame:
    """Read one delivery as a file of that name."""
    source = io.BytesIO(delivery.body.encode())
    source.name = _NAMELESS  # the engine asks streams for their name
    now = delivery.latest if delivery.kind == "tickets" else None
    try:
        intake = read_table(source, delivery.kind, now=now)
    except InputError as error:
        arrived.unreadable[delivery.id] = str(error).replace(f"{_NAMELESS}: ", "")
        return arrived.rows.clear()
    arrived.read[delivery.id] = intake.read
    for row in intake.rejected.iter_rows(named=True):
        why = row["why"].replace(f" of {_NAMELESS}", "")
        _reject(arrived, delivery.id, row["row"], row["column"], row["value"], why)
    table = _short(intake.table, delivery, arrived)
    key = pl.col(SCHEMAS[delivery.kind].primary_key()[0])
    nameless = table.with_columns(pl.when(~key.str.starts_with(_NAMELESS)).then(key))
    return _named(delivery.kind, nameless).with_columns(
        pl.lit(delivery.id, pl.Int64).alias(DELIVERY), pl.lit(delivery.received_at, TIME).alias(RECEIVED)
    )


def _short(table: pl.DataFrame, delivery: Waiting, arrived: Arrived) -> pl.DataFrame:
    """Reject rows whose identifiers are longer than an index can hold."""
    keys = [name for name in KEYS if name in table.columns]
    long = table.select(pl.col(keys).str.len_chars() > LONGEST_KEY)
    found = long.select(pl.any_horizontal(pl.all()).fill_null(value=False)).to_series()
    if not found.any():
        return table
    for values, flags in zip(table.filter(found).select(keys).rows(), long.filter(found).rows(), strict=True):
        place = flags.index(True)
        why = f"an identifier has at most {LONGEST_KEY} characters"
        _reject(arrived, delivery.id, None, keys[place], values[place], why)
    return table.filter(~found)


def _named(kind: Table, table: pl.DataFrame) -> pl.DataFrame:
    """Give rows of a ledger that came without an identifier one made from what they say: twice the same is once."""
    key = SCHEMAS[kind].primary_key()[0]
    nameless = table.get_column(key).is_null()
    if not nameless.any():
        return table
    said = table.filter(nameless).drop(key).select(pl.all().cast(pl.String).fill_null("\x00"))
    names = [hashlib.sha256("\x1f".join(row).encode()).hexdigest()[:32] for row in said.iter_rows()]
    filled = pl.Series(key, [None] * table.height, dtype=pl.String)
    filled = filled.scatter(nameless.arg_true(), names)
    return table.with_columns(pl.col(key).fill_null(filled))


def _reject(arrived: Arrived, delivery: int, row: int | None, column: str | None, told: str | None, why: str) -> None:  # noqa: PLR0917 - a row of a table
    shown = None if told is None else told[:_VALUE].replace("\0", "\ufffd")
    arrived.rejected.setdefault(delivery, []).append({"row": row, "column": column, "value": shown, "why": why})
