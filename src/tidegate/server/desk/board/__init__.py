"""The board: the open tickets of a process, ranked at the moment of asking.

Ranking is a pure function of facts, policy and now, so nothing that is derived is stored. One board a process holds the
columns (`held`), follows the database and ranks again when something changed, or when time alone has passed.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import numpy as np
import polars as pl

from tidegate import pipeline
from tidegate.policy.loading import load as load_policy
from tidegate.ranking.explain import what_would_change, why_above
from tidegate.server import memory
from tidegate.server.desk.board import held as holding
from tidegate.server.desk.board.rows import Filters, Reason, Row
from tidegate.server.desk.models import PolicyVersion
from tidegate.server.desk.policies import policy_ensure
from tidegate.server.metrics import board_refreshed
from tidegate.tables.words import LANE, LANES, LEVEL

Value = TypeVar("Value")

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from tidegate.pipeline import Ready
    from tidegate.ranking.board import Board as Ranked
    from tidegate.ranking.explain import Lead, Move
    from tidegate.server.desk.board.held import Held
    from tidegate.server.people.models import Person

FRESH: Final = 0.25
"""Seconds for which a snapshot is taken as it is; a look that finds nothing new takes some milliseconds."""
REST: Final = 2.0
"""Where a look found something and ranked, as many times as long as that took, so that work without end leaves time,"""
STALE: Final = 1.0
"""but no longer than this."""
AGAIN: Final = 10.0
"""Seconds after which tickets are ranked again although nothing changed but the time."""
RELOAD: Final = 24 * 3600.0
"""Seconds after which everything is read anew: what history teaches the reader moves slowly."""
_KEPT: Final = 64


class Opened(NamedTuple):
    """Why a ticket stands above the next one, None for the last, and the smallest single changes that would move it."""

    lead: Lead | None
    moves: tuple[Move, ...]


@dataclass(frozen=True, eq=False)
class Snapshot:
    """The queue at one moment.

    Attributes
    ----------
    version
        Another one means that the queue may differ; grows within a process.
    now
        The moment of asking.
    policy
        The version in force.
    held
        What the process knew.
    """

    version: int
    now: datetime
    policy: PolicyVersion
    held: Held
    ready: Ready
    order: NDArray[np.int64]
    ranked: Ranked
    _kept: OrderedDict[object, object] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def counts(self) -> dict[str, int]:
        """Tickets ranked, waiting and closed among those held."""
        return self.ready.counts

    @cached_property
    def index(self) -> pl.DataFrame:
        """A row a ticket that is not finished: the ranked ones in order, then those that wait, the oldest first."""
        scores = self.ranked.scores
        facts = self.ranked.facts
        place = pl.DataFrame(
            {
                "ticket_id": facts["ticket_id"].gather(self.order),
                "position": np.arange(1, self.order.size + 1, dtype=np.uint32),
                "lane": pl.Series(scores.lane[self.order]).cat.to(LANE),
                "level": pl.Series(scores.level[self.order]).cat.to(LEVEL),
                "asleep": scores.asleep[self.order],
            }
        )
        intents = self.held.readings_said.select("ticket_id", "intent")
        snoozed = self.held.snoozed(self.now).select("ticket_id", "until", wanted=pl.lit(value=True))
        about = (
            self.held.tickets.filter(~pl.col("status").is_in(holding.FINISHED))
            .join(intents, on="ticket_id", how="left")
            .join(snoozed, on="ticket_id", how="left")
            .select(
                "ticket_id", "status", "assignee", "group", "account_id", "account_name", "created_at", "intent",
                "until", "wanted",
                sought=pl.concat_str("ticket_id", "subject", "account_name", separator="\n", ignore_nulls=True)
                .str.to_lowercase(),
            )
        )  # fmt: skip
        ranked = place.join(about, on="ticket_id", how="left", maintain_order="left")
        waiting = about.join(place, on="ticket_id", how="anti").sort("created_at", "ticket_id")
        every = pl.concat([ranked, waiting.with_columns(lane=pl.lit("waiting", LANE))], how="diagonal")
        asleep = pl.col("wanted").fill_null(value=False) & pl.col("asleep").fill_null(value=True)
        until = pl.when(asleep).then("until")
        return every.with_columns(snoozed=asleep, snoozed_until=until).drop("asleep", "wanted", "until")

    def visible(self, person: Person | None, filters: Filters | None = None) -> pl.DataFrame:
        """Rows of the index that a person sees; None is the policy itself, which sees all."""
        groups = () if person is None else tuple(sorted(person.groups_seen))
        chosen = filters or Filters()
        return self.remembered(("visible", groups, chosen), lambda: self._visible(groups, chosen))

    def _visible(self, groups: tuple[str, ...], filters: Filters) -> pl.DataFrame:
        scope = pl.col("group").is_in(groups).fill_null(value=False) if groups else pl.lit(True)  # noqa: FBT003
        return self.index.filter(scope & filters.condition())

    def lanes(self, person: Person | None) -> dict[str, int]:
        """Tickets a lane, as far as the person sees them; every lane is named."""
        counted = self.visible(person)["lane"].value_counts()
        found = dict(zip(counted["lane"].to_list(), counted["count"].to_list(), strict=True))
        return {lane: found.get(lane, 0) for lane in LANES}

    def total(self, person: Person | None, filters: Filters) -> int:
        """Count the tickets that the filters choose."""
        return self.visible(person, filters).height

    def rows(self, person: Person | None, filters: Filters, offset: int = 0, limit: int = 50) -> list[Row]:
        """Lay out some of the tickets that the filters choose, best first."""
        index = self.visible(person, filters).slice(offset, limit)
        return self.remembered(("rows", tuple(index["ticket_id"])), lambda: self.shown(index))

    def row(self, ticket_id: str) -> Row | None:
        """Lay out one ticket; None if it is finished or unknown. Whether somebody may see it is for the caller."""
        return self.remembered(("row", ticket_id), lambda: self._alone(ticket_id))

    def _alone(self, ticket_id: str) -> Row | None:
        found = self.shown(self.index.filter(pl.col("ticket_id") == ticket_id))
        return found[0] if found else None

    def shown(self, index: pl.DataFrame) -> list[Row]:
        """Lay out rows of the index."""
        ranked = index.filter(pl.col("position").is_not_null())
        places = ranked["position"].to_numpy().astype(np.int64) - 1
        frame = pipeline.shown(self.ready, self.ranked, self.order[places], ranked["position"])
        about = self._about(index)
        queued = {row["ticket_id"]: row for row in frame.iter_rows(named=True)}
        return [_row(row, queued.get(row["ticket_id"])) for row in about.iter_rows(named=True)]

    def _about(self, index: pl.DataFrame) -> pl.DataFrame:
        wanted = index.select("ticket_id", "snoozed", "snoozed_until")
        readings = self.held.readings_said.select("ticket_id", "intent", "intent_confidence", "level_set", "evidence")
        columns = ("ticket_id", "subject", "status", "assignee", "group", "account_id", "account_name", "created_at")
        tickets = self.held.tickets.select(*columns, requester=pl.coalesce("requester_email", "requester_id"))
        accounts = self.held.sides["accounts"].select("account_id", "tier", known_name="name")
        return (
            wanted.join(tickets, on="ticket_id", how="left", maintain_order="left")
            .join(readings, on="ticket_id", how="left", maintain_order="left")
            .join(accounts, on="account_id", how="left", maintain_order="left")
            .with_columns(account_name=pl.coalesce("account_name", "known_name"))
        )

    def explain(self, ticket_id: str) -> Opened | None:
        """Open one ticket up; None if it is not ranked."""
        row = self.ranked.facts["ticket_id"].index_of(ticket_id)
        if row is None:
            return None
        place = int(np.flatnonzero(self.order == row)[0])
        following = int(self.order[place + 1]) if place + 1 < self.order.size else None
        return Opened(
            lead=None if following is None else why_above(self.ranked, row, following),
            moves=tuple(what_would_change(self.ranked, row)),
        )

    def remembered(self, key: object, make: Callable[[], Value]) -> Value:
        """Return what was made for this snapshot under a key; the last few are kept."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # ty: ignore[invalid-explicit-return]
        made = make()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


def _row(about: dict[str, Any], queued: dict[str, Any] | None) -> Row:
    place = queued or {}
    return Row(
        position=place.get("position"),
        ticket_id=about["ticket_id"],
        level=place.get("level"),
        points=place.get("points"),
        lane=place.get("lane", "waiting"),
        review=place.get("review", False),
        escalate=place.get("escalate", False),
        parts=tuple((place.get("parts") or {}).items()),
        rules=tuple((rule["name"], rule["points"]) for rule in place.get("rules") or ()),
        reasons=tuple(Reason(**reason) for reason in place.get("reasons") or ()),
        due_at=place.get("due_at"),
        minutes_left=place.get("minutes_left"),
        clock=place.get("clock"),
        probabilities=tuple(place[f"level_p{k}"] for k in range(4)) if place else (),
        subject=about["subject"],
        status=about["status"],
        assignee=about["assignee"],
        group=about["group"],
        account_id=about["account_id"],
        account_name=about["account_name"],
        tier=about["tier"],
        requester=about["requester"],
        created_at=about["created_at"],
        intent=about["intent"],
        intent_confidence=about["intent_confidence"],
        level_set=tuple(about["level_set"] or ()),
        evidence=tuple(about["evidence"] or ()),
        snoozed=about["snoozed"],
        snoozed_until=about["snoozed_until"],
    )


class Board:
    """The tickets of this process. Any thread may ask; one at a time brings the board up to date.

    Parameters
    ----------
    clock
        Says what time it is.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock = clock
        self._working = threading.Lock()
        self._snapshot: Snapshot | None = None
        self._held: Held | None = None
        self._looked = self._ranked = float("-inf")
        self._rest = FRESH
        self.refresh_seconds = 0.0

    def snapshot(self, *, fresh: float | None = None) -> Snapshot:
        """Return the queue, at most ``fresh`` seconds old, or a little older while another thread refreshes it.

        Without a word on it as fresh as costs little (`FRESH`, `REST`, `STALE`); with 0 of this moment.
        """
        last, wanted = self._snapshot, self._rest if fresh is None else fresh
        if last is not None and self.age < wanted:
            return last
        if last is not None and not self._working.acquire(blocking=wanted <= 0):
            return last
        if last is None:
            self._working.acquire()
        try:
            return self._current(wanted)
        finally:
            self._working.release()

    @property
    def last(self) -> Snapshot | None:
        """The queue as somebody asked for it last; None before that."""
        return self._snapshot

    @property
    def age(self) -> float:
        """Seconds since the database was last looked at; infinite before the first look."""
        return time.monotonic() - self._looked

    def forget(self) -> None:
        """Read everything anew at the next asking."""
        with self._working:
            self._snapshot = self._held = None
            self._looked = float("-inf")

    def _current(self, fresh: float) -> Snapshot:
        started = time.monotonic()
        last, held = self._snapshot, self._held
        if last is not None and started - self._looked < fresh:
            return last
        now = self._clock()
        policy = PolicyVersion.objects.filter(active=True).first() or policy_ensure()
        stale = held is None or abs((now - held.loaded_at).total_seconds()) > RELOAD
        if held is None or last is None or stale or last.policy.pk != policy.pk:
            held, changed = holding.load(load_policy(policy.text), now), True
            memory.give_back()
        else:
            held, changed = holding.refresh(held, now)
            caught = holding.caught_up(held, now)
            held, changed = caught, changed or caught is not held
        if last is None or changed or started - self._ranked > AGAIN:
            last = _ranked(held, policy, now, 1 if last is None else last.version + 1)
            self._ranked = started
        self._snapshot, self._held, self._looked = last, held, time.monotonic()
        self.refresh_seconds = self._looked - started
        self._rest = max(FRESH, min(REST * self.refresh_seconds, STALE))
        board_refreshed(self.refresh_seconds, last.held.tickets.height)
        return last


def _ranked(known: Held, policy: PolicyVersion, now: datetime, version: int) -> Snapshot:
    ready = pipeline.prepare(known.tickets, known.policy, now, known=known.known(now))
    order, ranked = ready.board.order()
    return Snapshot(version, now, policy, known, ready, order, ranked)


board: Final = Board()
"""The board of this process."""

__all__ = ["Board", "Filters", "Reason", "Row", "Snapshot", "board"]
