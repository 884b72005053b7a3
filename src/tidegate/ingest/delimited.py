"""CSV and its kin: Polars' reader for what is clean, a tolerant one that finds the bad rows for what is not.

Polars pads a short row with nulls and keeps a blank line as a row, both silently. So the clean path is trusted only
when the bytes add up: every byte of the file is part of a value, a separator, a line end or a quote. When they do not,
the file is read again, record by record, and every record that does not fit is rejected with its number.
"""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.ingest.headers import distinct
from tidegate.ingest.raw import ROW, Raw, Rejection, with_rows

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

SEPARATORS: Final = (",", ";", "\t", "|")
_HEAD: Final = 1 << 20
_CELL: Final = (1 << 31) - 1
_REPAIRS: Final = 1000
_UNCLOSED: Final = "a quote is opened and never closed"


def read_delimited(name: str, data: bytes, separator: str | None = None) -> Raw:
    """Read comma-, semicolon-, tab- or bar-separated text as a table of texts.

    Parameters
    ----------
    name
        The file's name, for messages.
    data
        UTF-8 without a mark.
    separator
        The separator; found out from the first line when not given.

    Returns
    -------
    Raw
        Empty cells are null. Records with too many or too few fields, or with a quote that is never closed, are
        rejected; blank lines are no rows.
    """
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")  # line ends of the old Macintosh
    data = data.lstrip(b"\r\n")
    separator, data = _separator(data, separator)
    header, end = _header(data, separator)
    names = distinct(header)
    frame = _clean(data, names, separator, end)
    if frame is not None:
        return Raw(name, with_rows(frame))
    return _tolerant(name, data, names, separator)


def _separator(data: bytes, given: str | None) -> tuple[str, bytes]:
    """Find the separator that splits the first line into most fields; honour Excel's "sep=;" line."""
    if data[:4].lower() == b"sep=" and data[5:6] in b"\r\n":
        return chr(data[4]), data[5:].lstrip(b"\r\n")
    if given:
        return given, data
    head = data[:_HEAD].decode(errors="ignore")
    return max(SEPARATORS, key=lambda sign: len(_first(head, sign)[0])), data


def _first(text: str, separator: str) -> tuple[list[str], int]:
    """Return the first record and the number of lines that it takes."""
    with _wide_cells():
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        return next(reader, []), reader.line_num


def _header(data: bytes, separator: str) -> tuple[list[str], int]:
    head = data[:_HEAD]
    names, lines = _first(head.decode(errors="ignore"), separator)
    end = 0
    for _ in range(lines):
        end = head.find(b"\n", end) + 1 or len(head)
    return names, end


@contextmanager
def _wide_cells() -> Generator[None]:
    """Let the csv module take cells of any length, and put its limit back."""
    limit = csv.field_size_limit(_CELL)
    try:
        yield
    finally:
        csv.field_size_limit(limit)


def _clean(data: bytes, names: list[str], separator: str, end: int) -> pl.DataFrame | None:
    """Read with Polars; None unless every byte is accounted for."""
    try:
        frame = pl.read_csv(
            data, separator=separator, infer_schema=False, schema=dict.fromkeys(names, pl.String), raise_if_empty=False
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError):
        return None
    return frame if frame.width == len(names) and _adds_up(frame, data, end) else None


def _adds_up(frame: pl.DataFrame, data: bytes, end: int) -> bool:
    """Tell whether values, separators, line ends and quotes make up all bytes after the header."""
    line_end = 2 if data[:end].endswith(b"\r\n") else 1
    ends = frame.height * line_end - (0 if data.endswith(b"\n") or not frame.height else line_end)
    values = sum(int(column.str.len_bytes().sum()) for column in frame)
    rest = len(data) - end - values - ends - frame.height * (frame.width - 1)
    quotes = data.count(b'"', end) if b'"' in data else 0  # looking for one is much faster than counting none
    if rest == quotes or not quotes:
        return rest == quotes
    return rest == quotes - sum(frame.select(pl.all().str.count_matches('"', literal=True).sum()).row(0))


def _tolerant(name: str, data: bytes, names: list[str], separator: str) -> Raw:
    """Read record by record, and reject what does not fit."""
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    rejected: list[Rejection] = []
    with _wide_cells():
        records = _records(list(io.StringIO(data.decode(), newline="")), separator, len(names))
        for number, (record, why) in enumerate(records, start=1):
            if why is None:
                rows.append([cell or None for cell in record])
                numbers.append(number)
            else:
                rejected.append(Rejection(name, number, None, separator.join(record).strip()[:200], why))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row")
    return Raw(name, frame.insert_column(0, pl.Series(ROW, numbers, dtype=pl.UInt32)), rejected)


def _records(lines: list[str], separator: str, width: int) -> Iterator[tuple[list[str], str | None]]:
    """Yield every record after the header, with the reason why it cannot be used, or None.

    After a quote that swallows the lines behind it, reading starts again at the next line, so one stray quote costs
    one row and not the rest of the file.
    """
    _, start = next(_numbered(lines, 0, separator), ([], len(lines)))
    repairs = 0
    while start < len(lines):
        for found, end in _numbered(lines, start, separator):
            record = found if any(found[width:]) else found[:width]
            swallowed = _swallows(lines[start:end], record, separator, width, last=end == len(lines))
            if swallowed and end > start + 1 and repairs < _REPAIRS:
                repairs += 1
                yield lines[start].split(separator), _UNCLOSED
                start += 1
                break
            start = end
            if record:
                yield record, _misfit(record, width, swallowed=swallowed)


def _numbered(lines: list[str], start: int, separator: str) -> Iterator[tuple[list[str], int]]:
    """Yield each record from a line on, with the line after it."""
    reader = csv.reader((lines[place] for place in range(start, len(lines))), delimiter=separator)
    for record in reader:
        yield record, start + reader.line_num


def _swallows(lines: list[str], record: list[str], separator: str, width: int, *, last: bool) -> bool:
    """Tell whether these lines' record has a quote that is never closed, or closed only by a later row's quote."""
    if last and sum(line.count('"') for line in lines) % 2:
        return True
    if len(lines) == 1 or len(record) == width:
        return False
    return len(lines[1].split(separator)) == width and lines[1].count('"') % 2 == 0  # the next line is a row of its own


def _misfit(record: list[str], width: int, *, swallowed: bool) -> str | None:
    if swallowed:
        return _UNCLOSED
    return None if len(record) == width else f"the row has {len(record)} fields, the header {width}"
