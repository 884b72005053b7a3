"""Shapes that results can be written in."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """Shapes of a queue."""

    table = "table"
    csv = "csv"
    json = "json"
    ndjson = "ndjson"
    parquet = "parquet"


class Page(StrEnum):
    """Shapes of one thing: a page to read, or JSON."""

    table = "table"
    json = "json"
