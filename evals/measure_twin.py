"""Runs the plain-SQL measures on the tables that the ledger is built from."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import polars as pl

from tidegate.measure import meaning
from tidegate.measure.ledger import NEEDED
from tidegate.tables.contracts import Events, Messages

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.measure.measures import Period

SCRIPT = Path(__file__).with_name("measures.sql")
COLUMNS = {
    "name": pl.String,
    "segment": pl.String,
    "value": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
}
PHRASES = {
    "acknowledges": meaning.ACKNOWLEDGING_SENTENCE,
    "courteous": meaning.COURTEOUS_CLAUSE,
    "automatic": meaning.SAYS_AUTOMATIC,
    "quoted": meaning.QUOTED,
    "closing": meaning.CLOSING,
    "greeting": meaning.GREETING,
}


def _plain(table: pl.DataFrame) -> pl.DataFrame:
    """Enums as texts: SQL compares values of one type."""
    return (
        table.with_columns(pl.selectors.enum().cast(pl.String))
        .rename({"at": "moment"}, strict=False)
        .with_row_index("place")
    )


def tables(
    tickets: pl.DataFrame, messages: pl.DataFrame | None, events: pl.DataFrame | None
) -> dict[str, pl.DataFrame]:
    """The three tables as the script expects them."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in NEEDED.items() if name not in tickets.columns]
    own = "level" if "level" in tickets.columns else "given_level"
    complete = tickets.with_columns(absent)
    nature = pl.col("nature").cast(pl.String) if "nature" in tickets.columns else pl.lit(None, pl.String)
    shaped = complete.with_columns(
        level=pl.col(own).cast(pl.String).fill_null("unknown"),
        similar_to=pl.col("similar").cast(pl.String),
        nature=nature,
    ).drop("subject", "body", strict=False)
    return {
        "tickets": _plain(shaped),
        "messages": _plain(Messages.create_empty() if messages is None else messages),
        "events": _plain(Events.create_empty() if events is None else events),
    }


def run(
    shaped: dict[str, pl.DataFrame], *, as_of: datetime, period: Period, window_days: float, targets: pl.DataFrame
) -> pl.DataFrame:
    """Run the script on one thread: name, segment, value, low, high, n."""
    with connect(shaped, as_of=as_of, period=period, window_days=window_days, targets=targets) as connection:
        return compute(connection)


def connect(
    shaped: dict[str, pl.DataFrame], *, as_of: datetime, period: Period, window_days: float, targets: pl.DataFrame
) -> duckdb.DuckDBPyConnection:
    """Load the tables into a database in memory, so that reading files is no part of what is measured."""
    params = pl.DataFrame(
        {"as_of": [as_of], "start": [period.start], "stop": [period.end], "window_days": [window_days]}
    ).with_columns(pl.col("as_of", "start", "stop").cast(pl.Datetime("us", "UTC")))
    connection = duckdb.connect()
    connection.execute("set threads = 1; set timezone = 'UTC'")
    for name, pattern in PHRASES.items():
        connection.execute(f"set variable {name} = $1", [pattern.replace(r"(?-u:\b)", r"\b")])
    with tempfile.TemporaryDirectory() as folder:
        for name, table in {**shaped, "params": params, "targets": targets}.items():
            path = Path(folder) / f"{name}.parquet"
            table.write_parquet(path)
            connection.execute(f"create table {name} as select * from read_parquet('{path}')")
    return connection


def compute(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Run the script over loaded tables."""
    for statement in connection.extract_statements(SCRIPT.read_text(encoding="utf-8")):
        connection.execute(statement)
    rows = connection.execute("select name, segment, value, low, high, n from result").fetchall()
    return pl.DataFrame(rows, schema=COLUMNS, orient="row")
