"""The first write of a delivery: those that come at the same time are written by one statement, and each is answered.

Threads that come while another one writes wait for it; the first of them then writes for all, and each goes on as soon
as its own is written. So a delivery that comes alone is written at once, and many share one look at their tokens, one
statement and one flush to the disk. Nobody goes on before the statement is committed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Lock, Semaphore
from typing import TYPE_CHECKING, Final

import psycopg
from django.db import InterfaceError, OperationalError, connection

from tidegate.server.people.tokens import HOLDS

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 64
"""Deliveries a statement."""
MOST_CHARACTERS: Final = 1_000_000
"""Characters of their bodies, unless one alone has more."""
_STORE: Final = f"""
    WITH given AS (
        SELECT * FROM json_to_recordset(%s::json) AS g (n int, source text, delivery_id text, kind text, body text,
                                                        rows int, request_id text, token bigint)
    ),
    allowed AS (
        SELECT n, token IS NULL OR EXISTS (SELECT FROM people_token t WHERE t.id = token AND {HOLDS}) AS holds
        FROM given
    ),
    stored AS (
        INSERT INTO desk_delivery
            (source, delivery_id, kind, body, received_at, state, attempts, rows, rejected, error, request_id)
        SELECT source, delivery_id, kind, body, now(), 'waiting', 0, rows, '[]', '', request_id
        FROM given JOIN allowed USING (n) WHERE holds ORDER BY source, delivery_id, n
        ON CONFLICT (source, delivery_id) DO NOTHING
        RETURNING id, source, delivery_id
    )
    SELECT n, holds, stored.id FROM given JOIN allowed USING (n) LEFT JOIN stored USING (source, delivery_id) ORDER BY n
"""  # noqa: S608 - no value is in it
"""In an order that all processes keep: two of them with the same keys wait for each other and do not lock up."""
_GIVEN: Final = ("source", "delivery_id", "kind", "body", "rows", "request_id", "token")


@dataclass(slots=True, eq=False)
class Offered:
    """A delivery to store, and what became of it.

    Attributes
    ----------
    token
        Identifier of the token that it came with; None where none has to hold.
    id
        Its row's; None where its id was known already, or its token did not hold.
    holds
        Whether the token did.
    turn
        Given back when its thread may go on: it is written, or its thread is to write.
    """

    source: str
    delivery_id: str
    kind: str
    body: str
    rows: int
    request_id: str
    token: int | None = None
    id: int | None = None
    holds: bool = True
    written: bool = False
    error: Exception | None = None
    turn: Semaphore = field(default_factory=lambda: Semaphore(0))


_waiting: list[Offered] = []
_enter: Final = Lock()
_writing: Final = Lock()
"""Held while somebody writes; it is handed on with the turn."""


def store(offered: Offered) -> None:
    """Write a delivery; when this returns, it and its fate stand in the database.

    Raises
    ------
    OperationalError
        If the database is away.
    """
    if connection.in_atomic_block:  # another's delivery must not hang on this transaction
        _store([offered])
        return
    with _enter:
        _waiting.append(offered)
        first = _writing.acquire(blocking=False)
    if not first:
        offered.turn.acquire()
    if not offered.written and offered.error is None:
        group = _taken(offered)
        try:
            _store_all(group)
        finally:
            _hand_on(group)
    if offered.error is not None:
        raise type(offered.error)(*offered.error.args) from offered.error


def _hand_on(group: list[Offered]) -> None:
    """Let go those whose deliveries were written, and let the first of those that came meanwhile write."""
    with _enter:
        if _waiting:
            _waiting[0].turn.release()
        else:
            _writing.release()
    for offered in group[1:]:
        offered.turn.release()


def _taken(own: Offered) -> list[Offered]:
    """Take what waits, one's own first, as much as one statement carries."""
    with _enter:
        _waiting.remove(own)
        group, characters = [own], len(own.body)
        while _waiting and len(group) < MOST and characters + len(_waiting[0].body) <= MOST_CHARACTERS:
            group.append(_waiting.pop(0))
            characters += len(group[-1].body)
    return group


def _store_all(group: list[Offered]) -> None:
    """Write a group; where it cannot be written, each of it alone, so that one fails alone."""
    try:
        _store(group)
    except (OperationalError, InterfaceError) as error:  # the database's own trouble is everybody's
        for offered in group:
            offered.error = error
    except Exception as error:  # noqa: BLE001 - each thread raises its own
        for offered in group if len(group) > 1 else ():
            _store_all([offered])
        if len(group) == 1:
            group[0].error = error


def _store(group: Sequence[Offered]) -> None:
    """Write a group by a statement that the database has planned before."""
    given = json.dumps([{"n": n} | {name: getattr(one, name) for name in _GIVEN} for n, one in enumerate(group)])
    connection.ensure_connection()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        told = cursor.execute(_STORE, [given], prepare=True).fetchall()
    seen: set[int] = set()
    for offered, (_, holds, identifier) in zip(group, told, strict=True):
        offered.holds, offered.written = holds, True
        if identifier is not None and identifier not in seen:  # the same key twice in a group: the first one is new
            offered.id = identifier
            seen.add(identifier)
