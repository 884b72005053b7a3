"""Readings of the tickets that a board holds: what was read before is there at once, the worker reads the rest.

After an import that was cut short, or with another model, a start finds many texts that nobody has read. The queue does
not wait for them: until they are read those tickets stand by what their columns say, and the page says so.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.server.desk.board.stored_readings import StoredReadings

if TYPE_CHECKING:
    from datetime import datetime

    from tidegate.read.reader import StaticReader
    from tidegate.server.desk.board.held import Held

MANY: Final = 500
"""Texts that nobody has read from which on a board leaves them to the worker."""
PART: Final = 2_000
"""Texts that the worker reads and boards look for at a time."""
WAITS: Final = "its text has yet to be read"
_READ: Final = 20_000
_SILENT: Final = pl.lit(None, pl.String)


def read(reader: StaticReader, tickets: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, pl.Series]:
    """Read tickets, but for texts that nobody has read if there are many of them.

    Returns
    -------
    tuple
        A reading of each ticket, in any order; and the tickets whose texts wait to be read, the newest first.
    """
    known = _known(reader, tickets)
    waiting = tickets.filter(~known)
    if waiting.height < MANY:
        return _in_parts(reader, tickets, now), tickets["ticket_id"].clear()
    blank = _in_parts(replace(reader, cache=None), waiting.with_columns(subject=_SILENT, body=_SILENT), now)
    readings = [_in_parts(reader, tickets.filter(known), now), blank.with_columns(unread=pl.lit(WAITS))]
    return pl.concat(readings, rechunk=True), waiting.sort("created_at", "ticket_id", descending=True)["ticket_id"]


def _known(reader: StaticReader, tickets: pl.DataFrame) -> pl.Series:
    return StoredReadings().knows(reader.kept_under(), tickets)


def _in_parts(reader: StaticReader, tickets: pl.DataFrame, now: datetime) -> pl.DataFrame:
    """Read many tickets some at a time: what is kept of each is small beside what reading it takes."""
    starts = range(0, max(tickets.height, 1), _READ)
    return pl.concat([reader.read(tickets.slice(start, _READ), now=now) for start in starts], rechunk=True)


def read_meanwhile(held: Held, now: datetime) -> pl.DataFrame:
    """Return readings of the next tickets that wait, as far as somebody has read them since."""
    some = _next(held, held.waiting)
    return held.reader.read(some.filter(_known(held.reader, some)), now=now)


def read_waiting(held: Held, now: datetime, *, seconds: float) -> int:
    """Read the texts that wait and keep what was read, for so long at most; returns how many."""
    end, done = time.monotonic() + seconds, 0
    while done < held.waiting.len() and time.monotonic() < end:
        some = _next(held, held.waiting.slice(done))
        held.reader.read(some.filter(~_known(held.reader, some)), now=now)
        done += PART
    return min(done, held.waiting.len())


def _next(held: Held, waiting: pl.Series) -> pl.DataFrame:
    return held.tickets.filter(pl.col("ticket_id").is_in(waiting.head(PART).implode()))


__all__ = ["MANY", "PART", "WAITS", "read", "read_meanwhile", "read_waiting"]
