"""What the pulse is measured on: the last weeks of the database as frames, cut to what a person sees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import polars as pl

from tidegate import pipeline
from tidegate.measure.meaning import LONG
from tidegate.server.desk import tables
from tidegate.server.people.models import Person
from tidegate.tables import contracts
from tidegate.tables.words import LEVEL, TIME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tidegate.server.desk.board import Snapshot

WEEKS: Final = 8
"""Weeks that are shown; a ninth lets the recontacts of the first be decided."""
MOST: Final = 150_000
"""Tickets that are measured at most, the newest; the weeks shown become fewer where there are more."""

_TEXTS: Final = ("subject", "body", "tags")
_RECENT: Final = "(created_at > %s OR status NOT IN ('solved', 'closed'))"
_OF_RECENT: Final = f"ticket_id IN (SELECT ticket_id FROM desk_ticket WHERE {_RECENT})"  # noqa: S608 - our own words


@dataclass(frozen=True, kw_only=True)
class History:
    """Tickets, their ledger and the queue as they stand at one moment.

    Attributes
    ----------
    now, since
        The moment of asking, and from when on all tickets are there; older ones only while they are open.
    tickets
        Without texts; ``level`` is what Tidegate decided, else what was filed; ``tier`` is the account's.
    messages
        Only as much of each text as tells whether it says anything.
    queue
        The ranked queue with reasons.
    """

    now: datetime
    since: datetime
    tickets: pl.DataFrame
    messages: pl.DataFrame
    events: pl.DataFrame
    agents: pl.DataFrame
    queue: pl.DataFrame

    def cut(self, groups: Sequence[str]) -> History:
        """Keep the tickets of some groups and what belongs to them; no groups keep everything."""
        if not groups:
            return self
        tickets = self.tickets.filter(pl.col("group").is_in(list(groups)))
        mine = tickets.select("ticket_id")
        kept = {
            name: getattr(self, name).join(mine, on="ticket_id", how="semi", maintain_order="left")
            for name in ("messages", "events", "queue")
        }
        agents = self.agents.filter(pl.col("group").is_in(list(groups)))
        return replace(self, tickets=tickets, agents=agents, **kept)


def history_of(snapshot: Snapshot) -> History:
    """Read the last weeks; the open tickets' levels and the queue are the snapshot's."""
    now = snapshot.now
    since = _since(now)
    queue = pipeline.queue(snapshot.ready)
    tickets = _tickets(since, queue)
    accounts = snapshot.held.sides["accounts"]
    return History(
        now=now,
        since=since,
        tickets=pipeline.with_tier(tickets, accounts) if accounts.height else tickets,
        messages=_messages(since),
        events=tables.read("events", _OF_RECENT, [since]),
        agents=snapshot.held.sides["agents"],
        queue=queue,
    )


def _since(now: datetime) -> datetime:
    since = now - timedelta(weeks=WEEKS + 1)
    oldest = tables.select(
        "created_at FROM desk_ticket", {"at": TIME}, "created_at > %s ORDER BY created_at DESC OFFSET %s LIMIT 1",
        [since, MOST],
    )  # fmt: skip
    return oldest["at"][0] if oldest.height else since


def _tickets(since: datetime, queue: pl.DataFrame) -> pl.DataFrame:
    columns = [name for name in contracts.Tickets.columns() if name not in _TEXTS]
    tickets = tables.read("tickets", _RECENT, [since], columns=columns)
    decided = tables.select(
        "ticket_id, level FROM desk_decision", {"ticket_id": pl.String(), "decided": LEVEL}, f"latest AND {_OF_RECENT}",
        [since],
    )  # fmt: skip
    stands = queue.select("ticket_id", stands=pl.col("level").cast(LEVEL))
    return (
        tickets.join(decided, on="ticket_id", how="left", maintain_order="left")
        .join(stands, on="ticket_id", how="left", maintain_order="left")
        .with_columns(level=pl.coalesce("stands", "decided", "given_level"))
        .drop("stands", "decided")
    )


def _messages(since: datetime) -> pl.DataFrame:
    """Read messages with as much text as is looked at: a longer one says something whatever the rest is."""
    schema = {name: column.dtype for name, column in contracts.Messages.columns().items()}
    what = ", ".join(f"left(body, {LONG + 1}) AS body" if name == "body" else f'"{name}"' for name in schema)
    return tables.select(f"{what} FROM desk_message", schema, _OF_RECENT, [since])


def scopes() -> list[tuple[str, ...]]:
    """List the sets of groups that people see, each once; the empty one, everything, first."""
    seen = Person.objects.filter(is_active=True).values_list("groups_seen", flat=True)
    return sorted({(), *(tuple(sorted(set(groups))) for groups in seen)})
