"""What was found wrong with a history, as a table that every stage lays out alike."""

from __future__ import annotations

from typing import Final

import polars as pl

FINDINGS: Final = pl.Schema(
    {
        "finding": pl.String(),
        "table": pl.String(),
        "count": pl.Int64(),
        "of": pl.Int64(),
        "meaning": pl.String(),
        "repair": pl.String(),
        "examples": pl.List(pl.String()),
    }
)
"""A row a finding: ``count`` of ``of`` rows of ``table``, what it means, what is made of it, and some identifiers."""
