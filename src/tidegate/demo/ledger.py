"""The ledger of one block: every step of every ticket in order, and where each ticket stands at `now`.

A step is a whole column: the rows that it happens to, and when. Steps after `now` are dropped; since the steps of a
ticket are taken in order of time, the state that remains is the state at `now`, and it agrees with the events by
construction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from tidegate.tables.words import ACTOR, ACTORS, EVENT_KIND, EVENT_KINDS, LEVELS, STATUSES, TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.intp]
    Times = NDArray[np.int64]

NONE: Final = 0
"""Word of a missing value."""
_CLOSING: Final = (STATUSES.index("solved"), STATUSES.index("closed"))


class Words:
    """The values that events hold, as one column and codes into it.

    Parameters
    ----------
    groups, agents
        Names of groups and identifiers of agents.
    tickets
        Identifiers of the block's tickets.
    requesters
        Who asks, one a ticket.
    """

    def __init__(self, groups: list[str], agents: list[str], tickets: pl.Series, requesters: pl.Series) -> None:
        scores = [f"{score / 4:g}" for score in range(5)]
        fixed = ["", *STATUSES, *LEVELS, *scores, *groups, *agents, "automation"]
        self.status = 1
        self.level = self.status + len(STATUSES)
        self.score = self.level + len(LEVELS)
        self.group = self.score + len(scores)
        self.agent = self.group + len(groups)
        self.automation = len(fixed) - 1
        self.ticket = len(fixed)
        self.requester = self.ticket + len(tickets)
        column = pl.concat([pl.Series(fixed), tickets.rename(""), requesters.rename("")])
        self.column = pl.select(pl.when(column != "").then(column).alias("word")).to_series()


@dataclass(slots=True)
class Ledger:
    """State of a block's tickets while their history is written; arrays have one entry a ticket."""

    words: Words
    now: int
    status: Rows
    level: Rows
    group: Rows
    agent: Rows
    """row of the agents table, -1 for nobody"""
    updated: Times
    first_response: Times
    last_requester: Times
    solved: Times
    closed: Times
    reopens: NDArray[np.int32]
    transfers: NDArray[np.int32]
    replies: NDArray[np.int32]
    answers: NDArray[np.int32]
    """public replies of agents"""
    escalated: NDArray[np.bool_]
    csat: NDArray[np.float64]
    _events: list[tuple[NDArray[np.int64], ...]] = field(default_factory=list)
    _messages: list[tuple[NDArray[np.int64], ...]] = field(default_factory=list)

    @classmethod
    def opened(cls, words: Words, now: int, created: Times, level: Rows, group: Rows) -> Ledger:
        """Start with every ticket created, new, in its first group, with its first message."""
        many = len(created)
        zero, count = np.zeros(many, dtype=np.int64), np.zeros(many, dtype=np.int32)
        ledger = cls(
            words=words,
            now=now,
            status=np.zeros(many, dtype=np.intp),
            level=level.copy(),
            group=group.copy(),
            agent=np.full(many, -1, dtype=np.intp),
            updated=created.copy(),
            first_response=zero.copy(),
            last_requester=zero.copy(),
            solved=zero.copy(),
            closed=zero.copy(),
            reopens=count.copy(),
            transfers=count.copy(),
            replies=count.copy(),
            answers=count.copy(),
            escalated=np.zeros(many, dtype=bool),
            csat=np.full(many, np.nan),
        )
        rows = np.arange(many)
        ledger._event(rows, created, "created", "requester", NONE, words.status + ledger.status)
        ledger.write(rows, created, "requester", -1 - rows)
        return ledger

    def move(self, rows: Rows, at: Times, status: str, kind: str = "status", actor: str = "agent") -> None:
        """Change the status of some tickets."""
        rows, at = self._known(rows, at)
        code = STATUSES.index(status)
        self._event(rows, at, kind, actor, self.words.status + self.status[rows], self.words.status + code)
        self.status[rows] = code
        self.solved[rows] = np.where(status == "solved", at, np.where(code in _CLOSING, self.solved[rows], 0))
        if status == "closed":
            self.closed[rows] = at
        if code in _CLOSING:
            self.last_requester[rows] = 0
        if kind == "reopened":
            self.reopens[rows] += 1

    def assign(self, rows: Rows, at: Times, agent: Rows, *, group: Rows | None = None) -> None:
        """Give tickets to a person; with `group` they are transferred to that group and person."""
        rows, at, agent, *rest = self._known(rows, at, agent, *(() if group is None else (group,)))
        if rest:
            old = self.words.group + self.group[rows]
            self._event(rows, at, "transferred", "agent", old, self.words.group + rest[0])
            self.group[rows] = rest[0]
            self.transfers[rows] += 1
        held = np.where(self.agent[rows] < 0, NONE, self.words.agent + self.agent[rows])
        self._event(rows, at, "assigned", "system", held, self.words.agent + agent)
        self.agent[rows] = agent

    def relevel(self, rows: Rows, at: Times, level: Rows) -> None:
        """Change the priority; rows where nothing changes are left out."""
        changed = self.level[rows] != level
        rows, at, level = self._known(rows[changed], at[changed], level[changed])
        self._event(rows, at, "priority", "agent", self.words.level + self.level[rows], self.words.level + level)
        self.level[rows] = level

    def write(self, rows: Rows, at: Times, author: str, body: Rows, *, public: bool = True) -> None:
        """Add messages; `body` is a row of the replies, or -1 - ticket for the ticket's own first message."""
        rows, at, body = self._known(rows, at, body)
        who, number = self._actor(rows, author)
        many = len(rows)
        flags = np.full(many, public, dtype=np.int64)
        self._messages.append((rows, at, np.full(many, who), number, flags, body))
        self.replies[rows] += 1
        self.updated[rows] = np.maximum(self.updated[rows], at)
        if author == "requester":
            waits = ~np.isin(self.status[rows], _CLOSING)  # thanks for a solved ticket want no reply
            self.last_requester[rows] = np.where(waits, at, self.last_requester[rows])
        elif author == "agent" and public:
            self.last_requester[rows] = 0
            self.answers[rows] += 1
            self.first_response[rows] = np.where(self.first_response[rows] == 0, at, self.first_response[rows])

    def note(self, rows: Rows, at: Times, body: Rows) -> None:
        """Add internal notes."""
        known, when = self._known(rows, at)
        self._event(known, when, "note", "agent", NONE, NONE)
        self.write(rows, at, "agent", body, public=False)

    def escalate(self, rows: Rows, at: Times) -> None:
        """Escalate tickets to somebody higher."""
        rows, at = self._known(rows, at)
        self._event(rows, at, "escalated", "agent", NONE, NONE)
        self.escalated[rows] = True

    def merge(self, rows: Rows, at: Times, into: Rows) -> None:
        """Merge tickets into others of the block, which closes them."""
        known, when, target = self._known(rows, at, into)
        self._event(known, when, "merged", "agent", NONE, self.words.ticket + target)
        self.move(rows, at, "closed")

    def score(self, rows: Rows, at: Times, quarters: Rows) -> None:
        """Record satisfaction, in quarters of the best score."""
        rows, at, quarters = self._known(rows, at, quarters)
        self._event(rows, at, "csat", "requester", NONE, self.words.score + quarters)
        self.csat[rows] = quarters / 4

    def events(self, tickets: pl.Series) -> pl.DataFrame:
        """Give the events in order of ticket and time; contract `Events`."""
        row, at, kind, who, number, old, new = _in_order(self._events)
        word = self.words.column
        return pl.DataFrame(
            {
                "event_id": _numbered(tickets, row, "-e"),
                "ticket_id": tickets.gather(row),
                "at": pl.Series(at).cast(TIME),
                "kind": pl.Series(EVENT_KINDS, dtype=EVENT_KIND).gather(kind),
                "actor": word.gather(number),
                "actor_kind": pl.Series(ACTORS, dtype=ACTOR).gather(who),
                "old": word.gather(old),
                "new": word.gather(new),
            }
        )

    def messages(self, tickets: pl.Series, own: pl.Series, replies: pl.Series, names: pl.Series) -> pl.DataFrame:
        """Give the messages in order of ticket and time; contract `Messages`.

        Parameters
        ----------
        tickets, own, names
            Identifier, first message and requester's name, one a ticket.
        replies
            Every other text, picked by row.
        """
        row, at, who, number, public, body = _in_order(self._messages)
        texts = pl.concat([replies.rename("body"), own.rename("body")]).gather(
            np.where(body < 0, len(replies) - 1 - body, body)
        )
        frame = pl.DataFrame(
            {
                "message_id": _numbered(tickets, row, "-m"),
                "ticket_id": tickets.gather(row),
                "at": pl.Series(at).cast(TIME),
                "author": self.words.column.gather(number),
                "author_kind": pl.Series(ACTORS, dtype=ACTOR).gather(who),
                "public": pl.Series(public).cast(pl.Boolean),
                "body": texts,
            }
        )
        named = names.gather(row)
        return frame.with_columns(pl.col("body").str.replace("{name}", pl.lit(named), literal=True))

    def _known(self, rows: Rows, at: Times, *more: Rows) -> tuple[Rows, ...]:
        inside = at <= self.now
        return tuple(column[inside] for column in (rows, at, *more))

    def _actor(self, rows: Rows, kind: str) -> tuple[int, Rows]:
        if kind == "agent":
            number = np.where(self.agent[rows] < 0, self.words.automation, self.words.agent + self.agent[rows])
        elif kind == "requester":
            number = self.words.requester + rows
        else:
            number = np.full(len(rows), self.words.automation)
        return ACTORS.index(kind), number

    def _event(  # noqa: PLR0917 -- a row of the ledger, in its order
        self, rows: Rows, at: Times, kind: str, actor: str, old: Rows | int, new: Rows | int
    ) -> None:
        who, number = self._actor(rows, actor)
        many = len(rows)
        codes = (np.full(many, EVENT_KINDS.index(kind)), np.full(many, who), number)
        self._events.append((rows, at, *codes, np.broadcast_to(old, many), np.broadcast_to(new, many)))
        self.updated[rows] = np.maximum(self.updated[rows], at)


def _in_order(parts: list[tuple[NDArray[np.int64], ...]]) -> tuple[NDArray[np.int64], ...]:
    """Join the steps and sort them by ticket and time; steps at the same second keep the order they were taken in."""
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return tuple(column[order] for column in columns)


def _numbered(tickets: pl.Series, row: NDArray[np.int64], mark: str) -> pl.Series:
    """Make identifiers that number the rows of each ticket from 1; `row` is sorted."""
    begins = np.flatnonzero(np.diff(row, prepend=-1))
    counts = np.diff(begins, append=len(row))
    number = np.arange(len(row)) - np.repeat(begins, counts) + 1
    frame = pl.DataFrame({"ticket": tickets.gather(row), "number": number})
    return frame.select(pl.concat_str("ticket", pl.lit(mark), pl.col("number").cast(pl.String)).alias("id"))["id"]
