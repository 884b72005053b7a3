"""What a ticket's events say about its clock: the states it went through, its merges, its changes of level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

import numpy as np
import polars as pl

from tidegate.tables.words import EVENT_KINDS, STATUS, STATUSES

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

STATES: Final = (*STATUSES, "merged")
"""What a log can say of a ticket: the statuses, and that it lives on in another."""

_STATE_OF: Final = {
    "created": "new",
    "reopened": "open",
    "merged": "merged",
    "waiting_customer": "waiting",
    "waiting_internal": "hold",
}
_SAID: Final = len(STATES)
"""The event's `new` value says the state."""
_NO_STATE: Final = _SAID + 1
_REPLIED: Final = _SAID + 2
"""The requester wrote: opens a ticket that waits for that, and changes no other."""
_CODE_OF_KIND: Final = np.array(
    [
        _SAID if kind == "status" else STATES.index(_STATE_OF[kind]) if kind in _STATE_OF else _NO_STATE
        for kind in EVENT_KINDS
    ],
    np.uint8,
)
_PLACE_BITS: Final = 32
"""A row and a place in the log fit one integer, and sorting those is the fastest stable sort there is."""
_WAITING: Final = STATES.index("waiting")
_OPEN: Final = STATES.index("open")


@dataclass(frozen=True, slots=True, eq=False)
class States:
    """The states that tickets went through, by ticket and time.

    Parameters
    ----------
    row
        Position of the ticket, ascending.
    at
        UTC microseconds at which the state began; ascending within a ticket.
    state
        Position in `STATES`.
    later
        By ticket: whether the log goes on after the moment of asking, so that the ticket's own status is from later.
    """

    row: NDArray[np.uint32]
    at: NDArray[np.int64]
    state: NDArray[np.uint8]
    later: NDArray[np.bool_]

    @classmethod
    def of(
        cls, placed: pl.DataFrame, created: NDArray[np.int64], now: int, replies: pl.DataFrame | None = None
    ) -> Self:
        """Read the states out of a log.

        Events of one moment count in the order of the log, so that the last one holds.

        Parameters
        ----------
        placed
            Events with their ticket's ``row``, as `place` gives them.
        created
            When each ticket was opened; what is logged before that is left out.
        now
            The moment of asking.
        replies
            ``row`` and ``at`` of the requester's messages.
        """
        code = pl.Series("state", _CODE_OF_KIND[placed["kind"].to_physical().to_numpy()])
        said = placed.with_columns(code).filter(pl.col("state") != _NO_STATE)
        said = said.select(
            "row",
            at=pl.col("at").to_physical(),
            state=pl.when(pl.col("state") == _SAID)
            .then(pl.col("new").cast(STATUS, strict=False).to_physical())
            .otherwise("state")
            .cast(pl.UInt8),
        ).drop_nulls("state")
        if replies is not None:
            wrote = replies.select("row", at=pl.col("at").to_physical(), state=pl.lit(_REPLIED, pl.UInt8))
            said = pl.concat([said, wrote])
        row, at, state = (column.to_numpy() for column in _in_order(said))
        later = np.zeros(len(created), bool)
        later[row[at > now]] = True
        kept = (at <= now) & (at >= created[row])
        row, at, state = row[kept], at[kept], state[kept]
        return cls(row, at, state if replies is None else _after_replies(row, state), later)

    def ends(self, now: int) -> NDArray[np.int64]:
        """When each state ended: at the next one of its ticket, or now."""
        ends = np.full_like(self.at, now)
        ends[:-1] = self.at[1:]
        ends[self.last] = now
        return ends

    @property
    def last(self) -> NDArray[np.bool_]:
        """Which states are the last ones of their tickets."""
        last = np.ones(len(self.row), bool)
        last[:-1] = self.row[1:] != self.row[:-1]
        return last


def place(log: pl.DataFrame, tickets: pl.DataFrame) -> pl.DataFrame:
    """Give each row of a log its ticket's position as ``row``; rows of unknown tickets are left out.

    Logs mostly come grouped by ticket, so that one look-up serves a run of rows.
    """
    run = log["ticket_id"].rle_id()
    starts = np.flatnonzero(np.diff(run.to_numpy(), prepend=np.uint32(len(log))))
    found = positions(log["ticket_id"].gather(starts), tickets["ticket_id"])
    placed = log.drop("ticket_id").with_columns(found.gather(run))
    return placed.drop_nulls("row") if found.null_count() else placed


def positions(names: pl.Series, ids: pl.Series, digest: Callable[[pl.Series], pl.Series] = pl.Series.hash) -> pl.Series:
    """Find each name among distinct identifiers: ``row`` UInt32, null where it is not there.

    Comparing 64-bit digests takes half the time of comparing texts. Every hit is then checked, and should two texts
    ever share a digest, texts are compared after all.
    """
    found = _joined(digest(names), digest(ids))
    if len(found) == len(names) and (ids.gather(found) == names).fill_null(value=True).all():
        return found
    return _joined(names, ids)


def _joined(names: pl.Series, ids: pl.Series) -> pl.Series:
    rows = ids.alias("key").to_frame().with_row_index("row")
    return names.alias("key").to_frame().join(rows, on="key", how="left", maintain_order="left")["row"]


def _in_order(said: pl.DataFrame) -> pl.DataFrame:
    """Sort by ticket and time where the log is not sorted already; equal times keep the order of the log."""
    row, at = said["row"].to_numpy(), said["at"].to_numpy()
    same = row[:-1] == row[1:]
    if bool(((row[:-1] < row[1:]) | (same & (at[:-1] <= at[1:]))).all()):
        return said
    by_time = np.argsort(at, kind="stable") if (at[:-1] > at[1:]).any() else np.arange(len(at))
    packed = np.sort((row[by_time].astype(np.int64) << _PLACE_BITS) | np.arange(len(at)))
    return said[by_time[packed & ((1 << _PLACE_BITS) - 1)]]


def _after_replies(row: NDArray[np.uint32], state: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Turn the requester's replies into states: open where the ticket waited for one, else what it was."""
    replied = state == _REPLIED
    place_of = np.arange(len(state))
    known = np.maximum.accumulate(np.where(replied, -1, place_of))
    before = np.where((known >= 0) & (row[known] == row), state[known], 0)
    return np.where(replied & (before == _WAITING), _OPEN, before).astype(np.uint8)


def level_changed(placed: pl.DataFrame, since: NDArray[np.int64], now: int) -> NDArray[np.int64]:
    """When each ticket was last moved from one level to another; `since` where it never was."""
    moved = pl.col("kind").is_in(["priority", "override"]) & (pl.col("old") != pl.col("new"))
    moves = placed.filter(moved).select("row", at=pl.col("at").to_physical()).filter(pl.col("at") <= now)
    latest = since.copy()
    np.maximum.at(latest, moves["row"].to_numpy(), moves["at"].to_numpy())
    return latest


@dataclass(frozen=True, slots=True, eq=False)
class Merges:
    """Tickets that were merged into others: rows of both, and when, in UTC microseconds."""

    merged: NDArray[np.uint32]
    into: NDArray[np.uint32]
    at: NDArray[np.int64]

    @classmethod
    def of(cls, placed: pl.DataFrame, tickets: pl.DataFrame, now: int) -> Self:
        """Read the merges out of a log; a merge into a ticket that is not known, or into itself, is none."""
        rows = tickets.lazy().select("ticket_id").with_row_index("into")
        merges = (
            placed.lazy()
            .filter((pl.col("kind") == "merged") & (pl.col("at").to_physical() <= now))
            .select("row", "new", at=pl.col("at").to_physical())
            .join(rows, left_on="new", right_on="ticket_id", how="inner")
            .filter(pl.col("row") != pl.col("into"))
            .sort("row", "at", "into")
            .unique("row", keep="first", maintain_order=True)
            .collect()
        )
        return cls(*(merges[column].to_numpy() for column in ("row", "into", "at")))

    def lend(self, start: NDArray[np.int64], lends: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Give every surviving ticket the earliest start of those merged into it, directly or through others.

        Parameters
        ----------
        start
            Start of each ticket.
        lends
            By merge: whether its merged ticket's start counts.
        """
        earliest = start.copy()
        for _ in range(len(self.merged)):
            before = earliest.copy()
            np.minimum.at(earliest, self.into[lends], earliest[self.merged[lends]])
            if np.array_equal(before, earliest):
                break
        return earliest


__all__ = ["STATES", "Merges", "States", "level_changed", "place", "positions"]
