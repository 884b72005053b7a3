"""Shapes that results can be written in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path


class Format(StrEnum):
    """Shapes of a queue."""

    table = "table"
    csv = "csv"
    json = "json"
    ndjson = "ndjson"
    parquet = "parquet"


class Listing(StrEnum):
    """Shapes of a list that is no queue."""

    table = "table"
    csv = "csv"
    json = "json"

    @classmethod
    def by_ending(cls, out: Path | None) -> Listing:
        """Choose by the name of the file."""
        return {".csv": cls.csv, ".json": cls.json}.get(out.suffix.lower(), cls.table) if out else cls.table


class Page(StrEnum):
    """Shapes of one thing: a page to read, or JSON."""

    table = "table"
    json = "json"


class Report(StrEnum):
    """Shapes of a report: in the terminal, for programs, or a page with charts."""

    table = "table"
    json = "json"
    html = "html"

    @classmethod
    def by_ending(cls, out: Path | None) -> Report:
        """Choose by the name of the file."""
        return {".json": cls.json, ".html": cls.html}.get(out.suffix.lower(), cls.table) if out else cls.table
