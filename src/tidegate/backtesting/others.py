"""How many other tickets a requester or an account opened in the last 90 days: many tickets, each at its own moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.enrich import history as counted
from tidegate.tables.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]
    Micros = NDArray[np.int64]

FACTS: Final = ("requester_tickets_90d", "account_tickets_90d")

MOST: Final = 20_000_000
"""Changes of these facts, over all tickets, beyond which a history is refused: each needs a look."""


class Others:
    """The other tickets with the same key.

    Parameters
    ----------
    created, key
        Opening of n tickets in UTC microseconds, and their requesters or accounts, null where not known.
    past, past_key
        The same of all tickets of the history, the n among them.
    """

    def __init__(self, created: Micros, key: pl.Series, past: Micros, past_key: pl.Series) -> None:
        codes = pl.concat([key, past_key]).cast(pl.Categorical).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        self._created, self._code = created, codes[: created.size]
        code = codes[created.size :]
        known = code >= 0
        self._moments = np.unique(past)
        self._stride = self._moments.size + 1
        order = np.lexsort((past[known], code[known]))
        self._past = past[known][order]
        self._stamps = code[known][order] * self._stride + np.searchsorted(self._moments, self._past)
        self._window = counted.WINDOW // timedelta(microseconds=1)

    def _before(self, code: Rows, moments: Micros, side: str) -> Rows:
        """Count those of all tickets, by key and then time, that stand before each key's moment."""
        place = np.searchsorted(self._moments, moments, side="right" if side == "right" else "left")
        return np.searchsorted(self._stamps, code * self._stride + place)

    def at(self, rows: Rows, moments: Micros) -> Rows:
        """Count the others for some tickets, each at a moment of its own, not before its opening."""
        code = self._code[rows]
        inside = self._before(code, moments, "right") - self._before(code, moments - self._window, "left")
        own = self._created[rows] >= moments - self._window
        return np.where(code >= 0, inside - own, 0)

    def steps(self) -> tuple[Rows, Micros]:
        """Tickets and the moments after their opening at which their count changes.

        Raises
        ------
        InputError
            If there are more than `MOST`.
        """
        known = np.flatnonzero(self._code >= 0)
        code, created = self._code[known], self._created[known]
        end = np.searchsorted(self._stamps, (code + 1) * self._stride)
        comes, goes = self._before(code, created, "right"), self._before(code, created - self._window, "left")
        if (total := int((end - comes).sum() + (end - goes).sum())) > MOST:
            raise InputError(
                "too many tickets of the same customers to follow a rule about them through time",
                value=total,
                expected=f"at most {MOST:,} changes",
                mend="replay a shorter history, or leave the rule out",
            )
        found = [self._between(known, comes, end, 0), self._between(known, goes, end, self._window + 1)]
        rows, moments = (np.concatenate(parts) for parts in zip(*found, strict=True))
        later = moments > self._created[rows]
        return rows[later], moments[later]

    def _between(self, rows: Rows, first: Rows, end: Rows, after: int) -> tuple[Rows, Micros]:
        """List the openings from the first until the end of each ticket's key, so long after."""
        sizes = end - first
        places = np.arange(sizes.sum()) + np.repeat(first - np.cumsum(sizes) + sizes, sizes)
        return np.repeat(rows, sizes), self._past[places] + after
