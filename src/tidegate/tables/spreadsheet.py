"""Tables that a spreadsheet will open: no text in them is something that it would run."""

from __future__ import annotations

from typing import Final

import polars as pl

_FORMULA: Final = r"^[=+\-@\t\r]"


def without_formulas(frame: pl.DataFrame) -> pl.DataFrame:
    """Write an apostrophe before every text that a spreadsheet would take for a formula; numbers stay numbers."""
    return frame.with_columns(_plain(name) for name, dtype in frame.schema.items() if dtype == pl.String)


def _plain(name: str) -> pl.Expr:
    text = pl.col(name)
    return pl.when(text.str.contains(_FORMULA)).then(pl.concat_str(pl.lit("'"), text)).otherwise(text).alias(name)
