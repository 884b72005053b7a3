"""The columns that a web process holds in memory, and how they follow the database.

Held are the tickets that are not finished or were opened in the last week, whole; of older finished ones, as far as
history goes back, only what history counts; messages and events of unfinished tickets without their texts. A refresh
reads the rows that were written since the last one: by the transaction that wrote them, so that none is missed whatever
the order in which transactions end (docs/decisions/board-watermark.md).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from tidegate.enrich.history import WINDOW
from tidegate.pipeline import Known
from tidegate.read.alike import similar_counts
from tidegate.read.given import learn_confusion
from tidegate.read.reader import RESTS_ON
from tidegate.server.desk import tables
from tidegate.server.desk.board import similar, texts
from tidegate.server.desk.board.reader import reader_under
from tidegate.tables.words import LANE, LEVEL, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from tidegate.policy.model import Policy
    from tidegate.read.reader import StaticReader

FINISHED: Final = ("solved", "closed")
WEEK: Final = timedelta(days=7)
UNFINISHED: Final = "status NOT IN ('solved', 'closed')"
"""In SQL."""
_FINISHED: Final = "status IN ('solved', 'closed') AND created_at <= %s"
_PAST: Final = (
    "ticket_id", "created_at", "requester_id", "requester_email", "account_id", "account_name",
    "solved_at", "closed_at", "escalated", "csat",
)  # fmt: skip
_LEARNED: Final = ("status", "given_level", "first_level", "solved_at", "closed_at", "ticket_id", "created_at")
_MESSAGE: Final = ("message_id", "ticket_id", "at", "author_kind", "public")
_CHUNKS: Final = 16
"""Parts that a table may have come in before it is copied into one."""
_OF_LIVE: Final = f"""changed >= %s AND EXISTS (
    SELECT FROM desk_ticket t WHERE t.ticket_id = {{0}}.ticket_id AND (t.{UNFINISHED} OR t.changed >= %s))
"""
"""What a ledger says of tickets that are held, or were a moment ago: one that was finished since the tickets were read
is read whole when it comes back, unless it came back at once."""
_SIDES: Final = ("accounts", "incidents", "agents")
_FOLLOWED: Final = (
    "desk_override", "desk_snooze", "desk_similargroup",
    *(model._meta.db_table for model, _ in tables.CONTRACTS.values())  # noqa: SLF001
)  # fmt: skip
_OVERRIDES: Final = {"ticket_id": pl.String(), "kind": pl.String(), "value": pl.String()}
_SNOOZES: Final = {
    "id": pl.Int64(), "ticket_id": pl.String(), "until": TIME, "missed": pl.String(), "messages": pl.Int64(),
    "at": TIME,
}  # fmt: skip
_SAID: Final = """(SELECT count(*) FROM desk_override WHERE changed >= %s)
     + (SELECT count(*) FROM desk_snooze WHERE changed >= %s)"""


@dataclass(frozen=True, kw_only=True)
class Held:
    """Everything that ranking wants, as it stood at one moment.

    Attributes
    ----------
    edge
        Transactions older than this one have been seen.
    tickets
        Unfinished ones and those opened in the last week, all columns.
    past
        Older finished tickets within the window of history; only what history counts.
    messages, events
        Of the unfinished tickets; messages without author and text.
    sides
        Accounts, incidents and agents.
    readings
        Of the unfinished tickets.
    waiting
        Those of them whose texts have yet to be read, the newest first; their readings rest on columns alone.
    overrides
        ticket_id, kind, value of those that hold.
    snoozes
        id, ticket_id, until, missed, messages, at of those that were not ended.
    groups
        ticket_id, similar_group of the tickets that are about the same thing as others, as they were last written.
    """

    edge: int
    policy: Policy
    reader: StaticReader
    tickets: pl.DataFrame
    past: pl.DataFrame
    messages: pl.DataFrame
    events: pl.DataFrame
    sides: dict[str, pl.DataFrame]
    readings: pl.DataFrame
    waiting: pl.Series
    overrides: pl.DataFrame
    snoozes: pl.DataFrame
    groups: pl.DataFrame
    loaded_at: datetime = field(kw_only=True)

    @property
    def model(self) -> str:
        """Version of the model that reads."""
        return self.reader.model.version

    @cached_property
    def _similar_wanted(self) -> bool:
        return similar.wanted(self.policy)

    @cached_property
    def readings_said(self) -> pl.DataFrame:
        """The readings, with the intents that people said in place of those that were read."""
        intents = self.overrides.filter(pl.col("kind") == "intent").select("ticket_id", said="value")
        joined = self.readings.join(intents, on="ticket_id", how="left", maintain_order="left")
        sure = pl.when(pl.col("said").is_not_null()).then(1.0).otherwise("intent_confidence")
        return joined.with_columns(intent=pl.coalesce("said", "intent"), intent_confidence=sure).drop("said")

    def snoozed(self, now: datetime) -> pl.DataFrame:
        """List the snoozes that neither time nor a message of the customer has ended; what ranking knows may."""
        return self.called(now).filter(pl.col("called").is_null()).drop("called")

    def called(self, now: datetime) -> pl.DataFrame:
        """Add to the snoozes ``called``: ``time`` or ``message``, whichever called it back; null for neither."""
        if self.snoozes.is_empty():
            return self.snoozes.with_columns(called=pl.lit(None, pl.String))
        written = (
            self.messages.filter(pl.col("author_kind").cast(pl.String) == "requester")
            .filter(pl.col("ticket_id").is_in(self.snoozes["ticket_id"].implode()))
            .group_by("ticket_id")
            .agg(written=pl.len())
        )
        told = self.snoozes.join(written, on="ticket_id", how="left", maintain_order="left").join(
            self.tickets.select("ticket_id", "last_requester_at"), on="ticket_id", how="left", maintain_order="left"
        )
        wrote = (pl.col("written") > pl.col("messages")) | (pl.col("last_requester_at") > pl.col("at"))
        called = pl.when(wrote.fill_null(value=False)).then(pl.lit("message"))
        called = called.when(pl.col("until") <= pl.lit(now, TIME)).then(pl.lit("time"))
        return told.with_columns(called=called).drop("written", "last_requester_at")

    def known(self, now: datetime) -> Known:
        """Return what the pipeline is told besides the tickets, at a moment."""
        sides = {name: frame if frame.height else None for name, frame in self.sides.items()}
        return Known(
            messages=self.messages,
            events=self.events,
            readings=self.readings_said,
            history=self.past,
            similar=similar_counts(self.tickets, self.groups, now) if self._similar_wanted else None,
            overrides=_pivoted(self.overrides),
            snoozed=self.snoozed(now).with_columns(missed=pl.col("missed").replace("", None)),
            **sides,
        )


def load(policy: Policy, now: datetime) -> Held:
    """Read everything."""
    edge = tables.snapshot_edge()
    learned = learn_confusion(_done(now), policy) if policy.given.learn_from else None
    reader = reader_under(policy, learned=learned)
    tickets = tables.read("tickets", f"{UNFINISHED} OR created_at > %s", [now - WEEK])
    past = tables.read("tickets", f"{_FINISHED} AND created_at > %s", [now - WEEK, now - WINDOW], columns=_PAST)
    live = _unfinished(tickets)
    readings, waiting = texts.read(reader, live, now)
    return Held(
        edge=edge,
        policy=policy,
        reader=reader,
        tickets=tickets,
        past=past,
        messages=_of_tickets("messages", live["ticket_id"].to_list()),
        events=_of_tickets("events", live["ticket_id"].to_list()),
        sides={name: tables.read(name) for name in _SIDES},
        readings=readings,
        waiting=waiting,
        overrides=_overrides(),
        snoozes=_snoozes(),
        groups=similar.read().drop_nulls(),
        loaded_at=now,
    )


def caught_up(held: Held, now: datetime) -> Held:
    """Take in what was read meanwhile of texts that waited; the same as before if nothing was."""
    while held.waiting.len() and (readings := texts.read_meanwhile(held, now)).height:
        waiting = held.waiting.filter(~held.waiting.is_in(readings["ticket_id"].implode()))
        held = replace(held, readings=_replaced(held.readings, readings, "ticket_id"), waiting=waiting)
    return held


def refresh(held: Held, now: datetime) -> tuple[Held, bool]:
    """Read what was written since; tell whether anything was."""
    edge, written = tables.written_since(held.edge, _FOLLOWED)
    if not written:
        return replace(held, edge=edge), False
    since = [held.edge]
    tickets = _written_tickets(held.edge, now)
    messages = tables.read("messages", _OF_LIVE.format("desk_message"), since * 2, columns=_MESSAGE)
    events = tables.read("events", _OF_LIVE.format("desk_event"), since * 2)
    sides = {name: tables.read(name, "changed >= %s", since) for name in _SIDES}
    groups = similar.read("changed >= %s", since)
    said = tables.select(_SAID, {"n": pl.Int64}, parameters=since * 2).item()
    live = _unfinished(held.tickets)["ticket_id"].implode()
    looked_at = [
        (held.tickets, tickets.whole, "ticket_id"),
        (held.past, tickets.past, "ticket_id"),
        (held.messages, _whole("messages", messages).filter(pl.col("ticket_id").is_in(live)), "message_id"),
        (held.groups, groups.drop_nulls(), "ticket_id"),
        (held.events, events.filter(pl.col("ticket_id").is_in(live)), "event_id"),
        *((held.sides[name], frame, tables.CONTRACTS[name][1].primary_key()[0]) for name, frame in sides.items()),
    ]
    left = held.tickets["ticket_id"].is_in(tickets.finished.implode()).any()
    alone = groups.filter(pl.col("similar_group").is_null())["ticket_id"]
    ungrouped = held.groups["ticket_id"].is_in(alone.implode()).any()
    changed = bool(said) or left or ungrouped or any(_differs(*pair) for pair in looked_at)
    if not changed:
        return replace(held, edge=edge), False
    return _merged(held, edge, now, tickets=tickets, messages=messages, events=events, sides=sides, groups=groups), True


def _merged(
    held: Held,
    edge: int,
    now: datetime,
    *,
    tickets: Written,
    messages: pl.DataFrame,
    events: pl.DataFrame,
    sides: dict[str, pl.DataFrame],
    groups: pl.DataFrame,
) -> Held:
    before = _unfinished(held.tickets)["ticket_id"]
    everything = _replaced(held.tickets, tickets.whole, "ticket_id")
    kept, old = _split(everything.filter(~pl.col("ticket_id").is_in(tickets.finished.implode())), now)
    past = held.past.filter(~pl.col("ticket_id").is_in(kept["ticket_id"].implode()))
    live = _unfinished(kept)["ticket_id"]
    here = live.implode()
    entered = live.filter(~live.is_in(before.implode())).to_list()
    readings, waiting = held.readings.filter(pl.col("ticket_id").is_in(here)), held.waiting
    reread = _to_read(tickets.whole.filter(pl.col("ticket_id").is_in(here)), held)
    if reread.height:
        read, left = texts.read(held.reader, reread, now)
        readings = _replaced(readings, read, "ticket_id")
        waiting = pl.concat([left, waiting]).unique(maintain_order=True)
    return replace(
        held,
        edge=edge,
        tickets=kept,
        past=_replaced(_replaced(past, tickets.past, "ticket_id"), old, "ticket_id"),
        messages=_followed("messages", held.messages, _whole("messages", messages), here, entered),
        events=_followed("events", held.events, events, here, entered),
        sides={
            name: _replaced(held.sides[name], frame, tables.CONTRACTS[name][1].primary_key()[0])
            for name, frame in sides.items()
        },
        readings=readings,
        waiting=waiting.filter(waiting.is_in(here)),
        overrides=_overrides(),
        snoozes=_snoozes(),
        groups=_replaced(held.groups, groups, "ticket_id").drop_nulls(),
    )


def _to_read(written: pl.DataFrame, held: Held) -> pl.DataFrame:
    """Which tickets a reading has to be made of: most that were written say what they said before."""
    known = held.tickets.join(held.readings.select("ticket_id"), on="ticket_id", how="semi")
    return written.join(known, on=["ticket_id", *RESTS_ON], how="anti", nulls_equal=True, maintain_order="left")


@dataclass(frozen=True, slots=True)
class Written:
    """Tickets that were written: those to be held whole, those that are history now, and who is finished.

    ``finished`` names those of history and those that are older than it.
    """

    whole: pl.DataFrame
    past: pl.DataFrame
    finished: pl.Series


def _written_tickets(edge: int, now: datetime) -> Written:
    """Read as much of each ticket as is held of it: of most that are finished little or nothing.

    Each statement sees what was committed before it, so the later ones have the last word on a ticket; what is written
    between them is read again next time.
    """
    unfinished = tables.read("tickets", f"changed >= %s AND ({UNFINISHED} OR created_at > %s)", [edge, now - WEEK])
    finished = f"changed >= %s AND {_FINISHED}"
    past = tables.read("tickets", f"{finished} AND created_at > %s", [edge, now - WEEK, now - WINDOW], columns=_PAST)
    old = tables.select("ticket_id FROM desk_ticket", {"ticket_id": pl.String}, finished, [edge, now - WINDOW])
    left = pl.concat([past["ticket_id"], old["ticket_id"]])
    return Written(unfinished.filter(~pl.col("ticket_id").is_in(left.implode())), past, left)


def _split(tickets: pl.DataFrame, now: datetime) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Tell the tickets that are held whole from those that are history; what is older than that is dropped."""
    fresh = (pl.col("created_at") > now - WEEK) | ~pl.col("status").is_in(FINISHED)
    counts = ~fresh & (pl.col("created_at") > now - WINDOW)
    return tickets.filter(fresh), tickets.filter(counts).select(_PAST)


def _followed(name: str, held: pl.DataFrame, new: pl.DataFrame, here: pl.Series, entered: list[str]) -> pl.DataFrame:
    """Keep a ledger of the tickets that are here: what was held, what is new, all of those that just came."""
    key = tables.CONTRACTS[name][1].primary_key()[0]
    parts = [new, _of_tickets(name, entered)] if entered else [new]
    for part in parts:
        held = _replaced(held, part, key)
    return held.filter(pl.col("ticket_id").is_in(here))


def _of_tickets(name: str, ids: Sequence[str]) -> pl.DataFrame:
    columns = _MESSAGE if name == "messages" else None
    return _whole(name, tables.read(name, "ticket_id = ANY(%s)", [list(ids)], columns=columns))


def _whole(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Fill columns that were not read with nulls, so that the contract is kept."""
    schema = {column: spec.dtype for column, spec in tables.CONTRACTS[name][1].columns().items()}
    return frame.select(
        pl.col(column) if column in frame.columns else pl.lit(None, dtype).alias(column)
        for column, dtype in schema.items()
    )


def _replaced(held: pl.DataFrame, new: pl.DataFrame, key: str) -> pl.DataFrame:
    if new.is_empty():
        return held
    known = held[key].is_in(new[key].implode())
    made = pl.concat([held.filter(~known) if known.any() else held, new])
    return made.rechunk() if made.n_chunks() > _CHUNKS else made


def _differs(held: pl.DataFrame, new: pl.DataFrame, key: str) -> bool:
    """Whether rows that may have been seen already say anything new."""
    if new.is_empty():
        return False
    known = held.join(new.select(key), on=key, how="semi")
    return not known.sort(key).equals(new.sort(key))


def _unfinished(tickets: pl.DataFrame) -> pl.DataFrame:
    return tickets.filter(~pl.col("status").is_in(FINISHED))


def _done(now: datetime) -> pl.DataFrame:
    """Read finished tickets with a first and a final level, from the last year."""
    return tables.read(
        "tickets",
        "status IN ('solved', 'closed') AND first_level IS NOT NULL AND given_level IS NOT NULL AND created_at > %s",
        [now - timedelta(days=365)],
        columns=_LEARNED,
    )


def _overrides() -> pl.DataFrame:
    return tables.select("ticket_id, kind, value FROM desk_override", _OVERRIDES, "undone_at IS NULL")


def _snoozes() -> pl.DataFrame:
    return tables.select("id, ticket_id, until, missed, messages, at FROM desk_snooze", _SNOOZES, "ended_at IS NULL")


def _pivoted(overrides: pl.DataFrame) -> pl.DataFrame:
    def said(kind: str, dtype: Any) -> pl.Expr:  # noqa: ANN401 - any Polars type
        return pl.col("value").filter(pl.col("kind") == kind).first().cast(dtype)

    return (
        overrides.filter(pl.col("kind").is_in(["level", "lane"]))
        .group_by("ticket_id", maintain_order=True)
        .agg(override_level=said("level", LEVEL), override_lane=said("lane", LANE))
    )
