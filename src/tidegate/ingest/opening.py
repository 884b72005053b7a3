"""From a path, a stream or bytes to text that a reader can take: unpacked, decoded, bounded."""

from __future__ import annotations

import io
import re
import zlib
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import BinaryIO, Final

from tidegate.tables.errors import InputError

LIMIT: Final = 4 << 30
"""Bytes that one file may have or unpack to: far above any export, far below what a crafted archive can claim."""

_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_FOREIGN: Final = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF document",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"SQLite format 3": "an SQLite database",
}
_UTF32: Final = {b"\xff\xfe\x00\x00": "utf-32-le", b"\x00\x00\xfe\xff": "utf-32-be"}
_UTF16: Final = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_BOM: Final = b"\xef\xbb\xbf"
_MEND: Final = "Export the tickets as CSV, TSV, JSON, NDJSON or Parquet, each also gzipped."
_SAMPLE: Final = 1 << 16
_CHUNK: Final = 1 << 26
_SOMETHING: Final = re.compile(rb"[^\x00\s]")


@dataclass(slots=True)
class Content:
    """A file's bytes, ready to be read: valid UTF-8 without a mark for text, unchanged for Parquet."""

    name: str
    data: bytes
    parquet: bool = False
    notes: list[str] = field(default_factory=list)


def open_content(source: str | Path | bytes | BinaryIO, *, limit: int = LIMIT) -> Content:
    """Read, unpack and decode one source.

    Parameters
    ----------
    source
        A path, "-" for standard input, bytes, or a binary stream.
    limit
        Bytes that it may have, and may unpack to.

    Raises
    ------
    InputError
        The file is missing, a folder, unreadable, empty, cut short, too large, or of a kind that holds no table.
    """
    name, data = _bytes(source, limit)
    if len(data) > limit:
        raise InputError(f"the file is larger than {limit:,} bytes", file=name, mend="Split it.")
    if data.startswith(_GZIP):
        data = _unpack(data, name, limit)
    if not _SOMETHING.search(data.removeprefix(_BOM)):
        raise InputError("the file is empty", file=name, mend=_MEND)
    if data.startswith(_PARQUET):
        return Content(name, data, parquet=True)
    for mark, kind in _FOREIGN.items():
        if data.startswith(mark):
            raise InputError(f"this is {kind}", file=name, mend=_MEND)
    return _decode(name, data)


def _bytes(source: str | Path | bytes | BinaryIO, limit: int) -> tuple[str, bytes]:
    """Return a source's name and bytes; of what has more than the limit, only so many that it shows."""
    if isinstance(source, bytes):
        return "<bytes>", source
    if source == "-":
        import sys

        return "<standard input>", _most(sys.stdin.buffer, limit)
    if not isinstance(source, str | Path):
        return str(getattr(source, "name", "<stream>")), _most(source, limit)
    path = Path(source)
    try:
        with path.open("rb") as stream:
            return path.name, _most(stream, limit)
    except IsADirectoryError:
        raise InputError("this is a folder, not a file", file=str(path), mend="Name the files in it.") from None
    except (FileNotFoundError, NotADirectoryError):
        raise InputError("there is no such file", file=str(path), mend=_nearest(path)) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"the file cannot be read: {reason}", file=str(path)) from error


def _most(stream: BinaryIO, limit: int) -> bytes:
    """Read a stream to its end, or to the first byte behind the limit; a pipe or a device may never end."""
    parts, left = [], limit + 1
    while left > 0 and (part := stream.read(min(left, _CHUNK))):
        if isinstance(part, str):
            raise InputError("the stream gives text", mend="Open it in binary mode: open(path, 'rb').")
        parts.append(part)
        left -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _nearest(path: Path) -> str | None:
    try:
        names = [entry.name for entry in path.parent.iterdir() if entry.is_file()]
    except OSError:
        return f"The folder {str(path.parent)!r} does not exist either."
    close = get_close_matches(path.name, names, n=1)
    return f"Did you mean {str(path.parent / close[0])!r}?" if close else None


def _unpack(data: bytes, name: str, limit: int) -> bytes:
    """Gunzip, one member after another, and stop at the limit instead of filling the memory."""
    result, rest = io.BytesIO(), data
    while rest.startswith(_GZIP):
        unpacker = zlib.decompressobj(wbits=31)
        try:
            result.write(unpacker.decompress(rest, max(1, limit - result.tell() + 1)))
        except zlib.error as error:
            raise InputError(f"the gzip data is damaged: {error}", file=name, mend="Export or copy it again.") from None
        if result.tell() > limit:
            raise InputError(
                f"the file unpacks to more than {limit:,} bytes", file=name, mend="Split it, or unpack it yourself."
            )
        if not unpacker.eof:
            raise InputError(
                "the gzip data ends too early: the file was cut short", file=name, mend="Export or copy it again."
            )
        rest = unpacker.unused_data
    return result.getvalue()


def _decode(name: str, data: bytes) -> Content:
    content = Content(name, data)
    encoding = _wide(data)
    if encoding:
        content.data = data.decode(encoding, errors="replace").lstrip("\ufeff").encode()
        content.notes.append(f"{name} was read as {encoding.upper()}")
    content.data = content.data.removeprefix(_BOM)
    if not _SOMETHING.search(content.data):
        raise InputError("the file is empty", file=name, mend=_MEND)
    if 0 in content.data:
        _refuse_binary(name, content.data)
        zeros = content.data.count(0)
        content.data = content.data.replace(b"\x00", b"")
        content.notes.append(f"{name}: {zeros:,} NUL bytes were left out")
    if content.data.isascii():  # ten times as fast as decoding, and most exports are
        return content
    try:
        content.data.decode()
    except UnicodeDecodeError as error:
        _refuse_binary(name, content.data)
        content.data, how = _broken(content.data, error)
        content.notes.append(f"{name}: {how}")
    return content


def _wide(data: bytes) -> str | None:
    """Tell UTF-16 and UTF-32 by their mark, or UTF-16 by its pattern of NUL bytes."""
    for marks in (_UTF32, _UTF16):
        for mark, encoding in marks.items():
            if data.startswith(mark):
                return encoding
    sample = data[:_SAMPLE]
    odd, even = sample[1::2].count(0), sample[::2].count(0)
    half = len(sample) // 2
    if half > 1 and max(odd, even) > 0.4 * half and min(odd, even) < 0.05 * half:
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


def _refuse_binary(name: str, data: bytes) -> None:
    sample = data[:_SAMPLE]
    odd = sum(sample.count(code) for code in range(32) if code not in b"\t\n\r\x0b\x0c\x1b")
    if odd > len(sample) // 20:  # text has next to no control characters; machine code about one in eight
        raise InputError("this is binary data, not text", file=name, mend=_MEND)


def _broken(data: bytes, error: UnicodeDecodeError) -> tuple[bytes, str]:
    """Decode bytes that are no UTF-8: damaged UTF-8 where most of it reads so, else a Western code page."""
    text = data.decode(errors="replace")
    lost = text.count("\ufffd")
    good = sum(1 for sign in text if sign > "\x7f") - lost
    if good > lost:
        return text.encode(), f"{lost:,} broken characters (the first at byte {error.start:,}) were replaced by \ufffd"
    try:
        return data.decode("cp1252").encode(), "the text is not UTF-8 and was read as Windows-1252"
    except UnicodeDecodeError:
        return data.decode("latin-1").encode(), "the text is not UTF-8 and was read as Latin-1"
