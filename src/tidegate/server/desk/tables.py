"""Rows to frames and frames to rows: with services and selectors the only place where the two meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.db import connection

from tidegate.server.desk import models
from tidegate.tables import contracts

if TYPE_CHECKING:
    from collections.abc import Sequence

    import dataframely as dy
    from django.db.models import Model

CONTRACTS: Final[dict[str, tuple[type[Model], type[dy.Schema]]]] = {
    "tickets": (models.Ticket, contracts.Tickets),
    "messages": (models.Message, contracts.Messages),
    "events": (models.Event, contracts.Events),
    "accounts": (models.Account, contracts.Accounts),
    "incidents": (models.Incident, contracts.Incidents),
    "agents": (models.Agent, contracts.Agents),
}
"""The tables of facts: model and contract by name."""

APPENDED: Final = frozenset({"messages", "events"})
_NEWEST: Final = {"tickets": "updated_at"}
"""The column by which the later of two versions of a row is told; without one the last to come wins."""
_MICROSECONDS: Final = '(extract(epoch FROM "{0}") * 1000000)::bigint AS "{0}"'
"""Times cross as numbers: a Python datetime of each costs several times as much."""
_EDGE: Final = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
_FETCHED: Final = 10_000
"""Rows that are Python's own at a time; as such they take ten times the memory of columns."""
_ROWS: Final = 20_000
"""Rows a statement."""


def read(
    name: str, where: str = "", parameters: Sequence[Any] = (), *, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Read a table of facts.

    Parameters
    ----------
    name
        One of `CONTRACTS`.
    where
        What stands after WHERE, with placeholders; never text from outside.
    parameters
        For the placeholders.
    columns
        Only these; None is all of the contract.

    Returns
    -------
    DataFrame valid by the contract, as far as its columns go
    """
    model, contract = CONTRACTS[name]
    schema = {column: spec.dtype for column, spec in contract.columns().items()}
    if columns is not None:
        schema = {column: schema[column] for column in columns}
    times = [column for column, dtype in schema.items() if isinstance(dtype, pl.Datetime)]
    listed = ", ".join(_MICROSECONDS.format(column) if column in times else f'"{column}"' for column in schema)
    what = f"{listed} FROM {model._meta.db_table}"  # noqa: SLF001 - Django's
    frame = select(what, schema | dict.fromkeys(times, pl.Int64()), where, parameters)
    return frame.with_columns(pl.col(column).cast(schema[column]) for column in times)


def select(what: str, schema: dict[str, Any], where: str = "", parameters: Sequence[Any] = ()) -> pl.DataFrame:
    """Run ``SELECT what WHERE where`` and lay the rows out by a schema, in order."""
    sql = f"SELECT {what}{' WHERE ' if where else ''}{where}"
    parts = []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        while not parts or parts[-1].height == _FETCHED:
            parts.append(pl.DataFrame(cursor.fetchmany(_FETCHED), schema=schema, orient="row", strict=False))
    return pl.concat(parts, rechunk=True)


def upsert(name: str, frame: pl.DataFrame) -> int:
    """Write a frame of facts: rows that are new are added, known ones replaced unless they are newer already.

    Messages and events are appended: one that is known stays as it is. The same frame twice leaves the same rows.

    Parameters
    ----------
    name
        One of `CONTRACTS`.
    frame
        Valid by its contract.

    Returns
    -------
    int
        How many rows were added or replaced.
    """
    model, contract = CONTRACTS[name]
    key, columns = contract.primary_key()[0], contract.column_names()
    table = model._meta.db_table  # noqa: SLF001 - Django's
    written = 0
    statement = (
        f"INSERT INTO {table} AS known ({_listed(columns)}, changed) "  # noqa: S608 - names of our own
        f"SELECT {_listed(columns)}, 0 FROM json_populate_recordset(NULL::{table}, %s::json) "
        f"ON CONFLICT ({key}) {_on_conflict(name, key, columns)}"
    )
    ordered = frame.select(columns).sort(key)
    for start in range(0, ordered.height, _ROWS):
        with connection.cursor() as cursor:
            cursor.execute(statement, [as_json(ordered.slice(start, _ROWS))])
            written += cursor.rowcount
    return written


def as_json(frame: pl.DataFrame) -> str:
    """Write a frame as a JSON array that PostgreSQL reads: ISO times, no NUL, no infinite number."""
    texts, floats = pl.col(pl.String), pl.col(pl.Float64)
    lists = [name for name, dtype in frame.schema.items() if dtype == pl.List(pl.String)]
    return frame.with_columns(
        texts.str.replace_all("\0", "\ufffd", literal=True),
        pl.when(floats.is_finite()).then(floats),
        pl.col(pl.Datetime).dt.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00"),
        *(pl.col(name).list.eval(pl.element().str.replace_all("\0", "\ufffd", literal=True)) for name in lists),
    ).write_json()


def _on_conflict(name: str, key: str, columns: Sequence[str]) -> str:
    if name in APPENDED:
        return "DO NOTHING"
    others = [column for column in columns if column != key]
    update = "DO UPDATE SET " + ", ".join(f'"{column}" = EXCLUDED."{column}"' for column in others)
    newest = _NEWEST.get(name)
    if newest is None:
        return update
    return f"{update} WHERE known.{newest} IS NULL OR EXCLUDED.{newest} >= known.{newest}"


def _listed(columns: Sequence[str] | dict[str, Any]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def snapshot_edge() -> int:
    """Return the oldest transaction that may still be under way: whatever is older has been seen by who reads now."""
    return _row(_EDGE)[0]


def written_since(edge: int, names: Sequence[str]) -> tuple[int, bool]:
    """Return the edge now, and whether a row of these database tables was written by a transaction from ``edge`` on."""
    looks = " OR ".join(f"EXISTS (SELECT FROM {name} WHERE changed >= %s)" for name in names)
    now, written = _row(f"{_EDGE}, {looks}", [edge] * len(names))
    return now, written


def _row(sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchone() or ()
