"""Readings of texts in the database, so that none of several processes reads again what one has read."""

from __future__ import annotations

import io
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import polars as pl
from django.db import connection

from tidegate.read.cache import KEY, keys

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

_PART: Final = 5_000
MANY: Final = 500
"""Texts whose reading is worth waiting for, where another process may be at them."""
_ADVISORY_LOCK: Final = 7_302_117
_NARROW: Final = (pl.Int8, pl.Int16, pl.UInt8, pl.UInt16)
"""Polars 2.1 panics where it should read one of these from NDJSON."""


class StoredReadings:
    """Keeps what was read from texts by content and model; stands where `read.cache.ReadingCache` stands."""

    def through(
        self, version: str, texts: pl.DataFrame, read: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> tuple[pl.DataFrame, int]:
        """Read texts, looking at those alone that this version has not read before; as `ReadingCache.through`."""
        keyed = texts.select(key=keys(texts))
        shape = read(texts.head(0)).schema
        known = self._known(version, keyed[KEY].unique().to_list(), shape)
        rows = _missing(keyed, known)
        if rows.height < MANY:
            return self._completed(version, texts, keyed, known, read)
        with _alone():  # processes start together: one reads, the others find what it has read
            known = self._known(version, keyed[KEY].unique().to_list(), shape)
            return self._completed(version, texts, keyed, known, read)

    def knows(self, version: str, texts: pl.DataFrame) -> pl.Series:
        """Say of each text whether this version has read it."""
        keyed = keys(texts)
        found: list[str] = []
        with connection.cursor() as cursor:
            for start in range(0, keyed.len(), _PART):
                part = keyed.slice(start, _PART).to_list()
                cursor.execute("SELECT key FROM desk_reading WHERE model = %s AND key = ANY(%s)", [version, part])
                found.extend(key for (key,) in cursor.fetchall())
        return keyed.is_in(pl.Series(found, dtype=pl.String).implode())

    def _completed(
        self,
        version: str,
        texts: pl.DataFrame,
        keyed: pl.DataFrame,
        known: pl.DataFrame,
        read: Callable[[pl.DataFrame], pl.DataFrame],
    ) -> tuple[pl.DataFrame, int]:
        rows, parts = _missing(keyed, known), [known]
        for start in range(0, rows.height, _PART):  # a part that was read stays, whatever happens to the next one
            part = rows.slice(start, _PART)
            parts.append(read(texts[part["row"]]).insert_column(0, part[KEY]))
            self._keep(version, parts[-1])
        return keyed.join(pl.concat(parts), on=KEY, how="left", maintain_order="left").drop(KEY), rows.height

    def _known(self, version: str, wanted: list[str], schema: pl.Schema) -> pl.DataFrame:
        shape = {KEY: pl.String(), **schema}
        parts = [pl.DataFrame(schema=shape)]
        with connection.cursor() as cursor:
            for start in range(0, len(wanted), _PART):
                cursor.execute(
                    "SELECT values FROM desk_reading WHERE model = %s AND key = ANY(%s)",
                    [version, wanted[start : start + _PART]],
                )
                parts.append(_parsed([line for (line,) in cursor.fetchall()], shape))
        return pl.concat(parts)

    def _keep(self, version: str, fresh: pl.DataFrame) -> None:
        lines = fresh.write_ndjson().splitlines()
        with connection.cursor() as cursor:
            for start in range(0, len(lines), _PART):
                part = slice(start, start + _PART)
                cursor.execute(
                    "INSERT INTO desk_reading (model, key, values) SELECT %s, * FROM unnest(%s::text[], %s::text[]) "
                    "ON CONFLICT DO NOTHING",
                    [version, fresh[KEY][part].to_list(), lines[part]],
                )


def _parsed(lines: list[str], shape: dict[str, Any]) -> pl.DataFrame:
    """Read lines as they are kept; some thousand at a time, since as text they are several times as large."""
    if not lines:
        return pl.DataFrame(schema=shape)
    wide = {name: pl.Int32() if dtype in _NARROW else dtype for name, dtype in shape.items()}
    return pl.read_ndjson(io.StringIO("\n".join(lines)), schema=wide).select(*shape).cast(shape)  # ty: ignore[invalid-argument-type]


def _missing(keyed: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Return the texts that have not been read, each once, by their row."""
    rows = keyed.with_row_index("row").unique(KEY, keep="first")
    return rows.join(known.select(KEY), on=KEY, how="anti").sort("row")


@contextmanager
def _alone() -> Generator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY_LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [_ADVISORY_LOCK])
