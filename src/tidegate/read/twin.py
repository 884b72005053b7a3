"""An in-memory reader that keeps the contract with a handful of words: for tests and for trying the pipeline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate.read.given import given_levels
from tidegate.read.mail import original
from tidegate.tables.contracts import Readings

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tidegate.policy.model import Policy

WORDS: Final = {"invoice": "billing", "down": "outage", "password": "access", "refund": "cancellation_or_refund"}
"""A word, and the intent that it stands for; the first of them that a text has counts."""


@dataclass(frozen=True, slots=True)
class KeywordReader:
    """Reads the words of `WORDS`, and the level from the filed priority.

    Parameters
    ----------
    policy
        Gives the level posterior.
    """

    policy: Policy

    def read(
        self, tickets: pl.DataFrame, *, now: datetime, progress: Callable[[int, int], None] | None = None
    ) -> pl.DataFrame:
        """Read tickets; see `reader.Reader.read`."""
        del now
        text = pl.Series("text", original(tickets)).str.to_lowercase().to_frame()
        has = pl.col("text").str.contains
        found = pl.coalesce(pl.when(has(word, literal=True)).then(pl.lit(intent)) for word, intent in WORDS.items())
        silent = pl.col("text").str.strip_chars() == ""
        read = text.select(
            intent=pl.when(~silent).then(found.fill_null("other")),
            unread=pl.when(silent).then(pl.lit("no text")),
        )
        levels = pl.concat([given_levels(tickets, self.policy), read], how="horizontal")
        if progress is not None:
            progress(tickets.height, tickets.height)
        schema = Readings.create_empty().schema
        return levels.select(
            (pl.col(name) if name in levels.columns else pl.lit(None)).cast(dtype).alias(name)
            for name, dtype in schema.items()
        )
