"""Columns on their way to a table: lists or arrays, until one table is made of them at the end.

Every Polars call costs the same few microseconds for one row as for thousands, and a reading has dozens of columns.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Column = pl.Series | NDArray[Any] | list[Any]

FEW_ROWS: Final = 128
"""Rows up to which a table is made of rows: it costs less than dozens of columns."""


def listed(column: Column) -> list[Any]:
    """Take a column's values as a list."""
    if isinstance(column, list):
        return column
    return column.tolist() if isinstance(column, np.ndarray) else column.to_list()


def array(column: Column) -> NDArray[Any]:
    """Take a column's values as an array."""
    return column.to_numpy() if isinstance(column, pl.Series) else np.asarray(column)


def table(columns: Mapping[str, Column], schema: Mapping[str, pl.DataType], *, few: int = FEW_ROWS) -> pl.DataFrame:
    """Make a table of the columns that a schema names.

    Parameters
    ----------
    columns
        Of one length; arrays without missing values.
    schema
        Names and types, in the order of the table.
    few
        Rows up to which it is made of rows.
    """
    if 0 < len(columns[next(iter(schema))]) <= few:
        rows = zip(*(listed(columns[name]) for name in schema), strict=True)
        return pl.from_dicts([dict(zip(schema, row, strict=True)) for row in rows], schema=schema)
    return pl.DataFrame([_series(name, columns[name], dtype) for name, dtype in schema.items()])


def _series(name: str, column: Column, dtype: pl.DataType) -> pl.Series:
    if isinstance(column, list):
        return pl.Series(name, column, dtype=dtype)
    made = pl.Series(name, column) if isinstance(column, np.ndarray) else column.alias(name)
    return made if made.dtype == dtype else made.cast(dtype)
