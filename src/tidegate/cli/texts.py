"""Files whose texts are read or learned from: any table with a text in it, a help desk's export or not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.ingest import Mapping, read_tickets
from tidegate.ingest.intake import read_raw
from tidegate.ingest.mapping import nearest
from tidegate.ingest.raw import ROW
from tidegate.ingest.recognise import recognise
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from pathlib import Path

    from tidegate.ingest import Intake

_TEXT, _NUMBER, _AT = "(text)", "(row)", "(now)"
_FILED: Final = "(level)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file's rows and what its columns mean.

    Parameters
    ----------
    name
        The file's name, for errors.
    rows
        As the file has them, with columns added for what it lacks.
    mapping
        From those columns to tickets.
    """

    name: str
    rows: pl.DataFrame
    mapping: Mapping

    def tickets(self, now: datetime, timezone: str | None, *, first: bool = False) -> Intake:
        """Make tickets of the rows: as they are known now or, with ``first``, as each ticket's first row had them."""
        rows = self.rows.unique(self.identifier, keep="first", maintain_order=True) if first else self.rows
        return read_tickets(rows, mapping=self.mapping, now=now, timezone=timezone)

    @property
    def identifier(self) -> str:
        """Column with the ticket's identifier."""
        return self.mapping.columns["ticket_id"][0]

    def last(self, column: str, tickets: pl.DataFrame) -> pl.Series:
        """Give a column's last non-empty value for each ticket, as text; null where it has none."""
        self.check(column)
        values = self.rows.select(
            ticket_id=pl.col(self.identifier).cast(pl.String).str.strip_chars(),
            value=pl.col(column).cast(pl.String).str.strip_chars().replace("", None),
        )
        last = values.drop_nulls().unique("ticket_id", keep="last")
        return tickets.select("ticket_id").join(last, on="ticket_id", how="left", maintain_order="left")["value"]

    def with_level(self, column: str) -> Source:
        """Take the level from a column instead of the one recognised as priority."""
        self.check(column)
        return replace(self, mapping=replace(self.mapping, columns=self.mapping.columns | {"priority": (column,)}))

    def without(self, columns: Sequence[str]) -> Source:
        """Forget what some source columns mean: answers must not be among what is looked at."""
        needed = ("ticket_id", "created_at")
        kept = {
            name: theirs
            for name, theirs in self.mapping.columns.items()
            if name in needed or not {*theirs} & {*columns}
        }
        return replace(self, mapping=replace(self.mapping, columns=kept))

    @property
    def is_log(self) -> bool:
        """Whether a ticket has several rows."""
        return self.rows.height > self.rows[self.identifier].n_unique()

    def check(self, column: str) -> None:
        """Raise an `InputError` that lists near names if there is no such column."""
        if column not in self.rows.columns:
            near = " or ".join(map(repr, nearest(column, [name for name in self.rows.columns if name[0] != "("])))
            raise InputError("there is no such column", file=self.name, value=column, expected=near)


def as_first_known(source: Source, answer: str) -> Source:
    """Forget a column that holds the answer, unless the file is a log: its first rows are from before it was known."""
    source.check(answer)
    return source if source.is_log else source.without([answer])


def open_source(file: Path, *, texts: Sequence[str], map_file: Path | None, now: datetime) -> Source:
    """Read a file and say which of its columns hold the text.

    Parameters
    ----------
    file
        Any table that `tidegate rank` reads; ``-`` for standard input.
    texts
        Columns to read: the first of several is the subject, the others make the body. None takes those recognised.
    map_file
        A column mapping.
    now
        Stands in as creation time in a table that has none; row numbers stand in for identifiers.

    Raises
    ------
    InputError
        If the file holds no table, a column is not in it, or no text is recognised.
    """
    raw = read_raw(str(file))
    rows = raw.frame.drop(ROW)
    mapping = Mapping.load(map_file) if map_file else recognise(rows.columns, "tickets")
    columns = dict(mapping.columns)
    source = Source(name=raw.name, rows=rows, mapping=mapping)
    for column in texts:
        source.check(column)
    if texts:
        subject, body = (texts[:1], texts[1:]) if len(texts) > 1 else ((), texts)
        rows = rows.with_columns(
            pl.concat_str([pl.col(name).fill_null("") for name in body], separator="\n").alias(_TEXT)
        )
        columns = {name: theirs for name, theirs in columns.items() if not {*theirs} & {*texts}}
        columns |= {"body": (_TEXT,)} | ({"subject": tuple(subject)} if subject else {})
        if not subject:
            columns.pop("subject", None)
    if not {"subject", "body"} & columns.keys():
        raise InputError("no column is recognised as text", file=raw.name, mend="Name one with --text COLUMN.")
    if "ticket_id" not in columns:
        rows = rows.with_columns(pl.int_range(1, pl.len() + 1).cast(pl.String).alias(_NUMBER))
        columns["ticket_id"] = (_NUMBER,)
    if "created_at" not in columns:
        rows = rows.with_columns(pl.lit(now.isoformat()).alias(_AT))
        columns["created_at"] = (_AT,)
    return Source(name=raw.name, rows=rows, mapping=replace(mapping, columns=columns, log=mapping.log))
