"""Keeps what was read from texts, so that ranking a grown export reads only what is new.

One folder a model version, one Parquet file a run that read something new. What is kept rests on the text and the time
of writing alone: a changed priority, policy or ``now`` never makes it stale, another model version never finds it.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Callable

KEY: Final = "key"
_SEPARATOR: Final = b"\x00"
_FILES: Final = 16
"""Files from which a run merges them into one."""


@dataclass(frozen=True, slots=True)
class ReadingCache:
    """Text readings on disk.

    Parameters
    ----------
    folder
        Where they are kept; made when something is first kept. A file in it that cannot be read counts as absent.
    """

    folder: Path

    def through(
        self, version: str, texts: pl.DataFrame, read: Callable[[pl.DataFrame], pl.DataFrame]
    ) -> tuple[pl.DataFrame, int]:
        """Read texts, looking at those alone that this version has not read before.

        Parameters
        ----------
        version
            Of the model; part of a folder's name, so letters and digits.
        texts
            Columns ``subject``, ``body`` and ``created_at``.
        read
            From some rows of ``texts`` to as many rows of readings.

        Returns
        -------
        tuple
            The readings, in the order of ``texts``, and how many rows were read anew.
        """
        keyed = texts.select(key=keys(texts))
        known = self._known(version)
        found = keyed.filter(~pl.col(KEY).is_in(known[KEY].implode())) if known is not None else keyed
        new = found.unique(maintain_order=True)
        if new.is_empty() and known is not None:
            return _in_order(keyed, known), 0
        rows = keyed.with_row_index("row").unique(KEY, keep="first").join(new, on=KEY, how="semi").sort("row")
        fresh = read(texts[rows["row"]]).insert_column(0, rows[KEY])
        everything = fresh if known is None else pl.concat([known, fresh])
        self._keep(version, fresh, everything)
        return _in_order(keyed, everything), fresh.height

    def _known(self, version: str) -> pl.DataFrame | None:
        parts = []
        for path in sorted((self.folder / version).glob("*.parquet")):
            try:
                parts.append(pl.read_parquet(path))
            except (OSError, pl.exceptions.PolarsError):
                continue
        return pl.concat(parts).unique(KEY, keep="first") if parts else None

    def _keep(self, version: str, fresh: pl.DataFrame, everything: pl.DataFrame) -> None:
        """Add a file under a temporary name and move it in place: two runs at a time cannot spoil each other's."""
        folder = self.folder / version
        folder.mkdir(parents=True, exist_ok=True)
        old = sorted(folder.glob("*.parquet"))
        merge = len(old) >= _FILES
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        os.close(handle)
        (everything if merge else fresh).write_parquet(name, compression="zstd")
        digest = hashlib.blake2b("".join(sorted(fresh[KEY])).encode(), digest_size=8).hexdigest()
        Path(name).replace(folder / f"{digest}.parquet")
        for path in old if merge else ():
            path.unlink(missing_ok=True)


def keys(texts: pl.DataFrame) -> pl.Series:
    """Digest of subject, body and time of writing of each row, 32 hexadecimal digits."""
    created = texts["created_at"].dt.epoch("us").fill_null(0).to_list()
    rows = zip(texts["subject"].to_list(), texts["body"].to_list(), created, strict=True)
    return pl.Series(KEY, [_digest(subject, body, at) for subject, body, at in rows], dtype=pl.String)


def _digest(subject: str | None, body: str | None, created: int) -> str:
    parts = (b"-" if text is None else b"+" + text.encode() for text in (subject, body))
    return hashlib.blake2b(_SEPARATOR.join([*parts, str(created).encode()]), digest_size=16).hexdigest()


def _in_order(keyed: pl.DataFrame, readings: pl.DataFrame) -> pl.DataFrame:
    return keyed.join(readings, on=KEY, how="left", maintain_order="left").drop(KEY)
