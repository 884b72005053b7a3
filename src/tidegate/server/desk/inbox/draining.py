"""From the inbox to facts, in batches, each in one transaction with the facts that it becomes.

A batch that cannot be taken is tried again delivery by delivery, so that one that cannot be used stands alone as
failed, with the reason, and can be tried again by a person.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, cast

import structlog
from django.db import DataError, IntegrityError, OperationalError, connection, transaction
from psycopg.types.json import Jsonb

from tidegate.server.desk.inbox.arrivals import Arrived, Waiting, arrive
from tidegate.server.desk.inbox.landing import ADVISORY_LOCK, land
from tidegate.tables.errors import shorten

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = structlog.get_logger()

MOST: Final = 5_000
"""Deliveries in a batch."""
MOST_CHARACTERS: Final = 16_000_000
"""Characters of JSON in a batch, unless one delivery alone has more."""
SHOWN: Final = 1_000
"""Rejected rows that are kept of one delivery; all of them are counted."""
SECONDS: Final = 30.0
"""After this long a drain lets another job of the worker have its turn, and queues itself again."""
REST: Final = 4.0
SHORTEST: Final = 0.05
LONGEST: Final = 0.4
"""Seconds of rest between batches: a P0 waits no longer."""
TRIES: Final = 3
"""How often a delivery may take the worker down with it."""
_BATCH: Final = """
    SELECT id, kind, body, received_at FROM (
        SELECT id, kind, body, received_at, sum(length(body)) OVER (ORDER BY id) AS characters, min(id) OVER () AS first
        FROM (SELECT * FROM desk_delivery WHERE state = 'waiting' ORDER BY id LIMIT %s) AS waiting
    ) AS sized WHERE characters <= %s OR id = first ORDER BY id
"""
_TRIED: Final = """
    UPDATE desk_delivery SET attempts = attempts + 1
    WHERE id = (SELECT min(id) FROM desk_delivery WHERE state = 'waiting') RETURNING id, attempts
"""
_DONE: Final = """
    UPDATE desk_delivery d
    SET state = n.state, done_at = now(), attempts = greatest(d.attempts, 1),
        rows = n.rows, rejected = n.rejected, error = n.error
    FROM unnest(%s::bigint[], %s::text[], %s::int[], %s::jsonb[], %s::text[]) AS n (id, state, rows, rejected, error)
    WHERE d.id = n.id
"""


def drain(*, careful: bool = False, linger: float = 0.0, rest: Callable[[float], None] = time.sleep) -> int:
    """Take all waiting deliveries; returns how many.

    The drain after one that died is ``careful``: it takes one delivery at a time and writes down before it does that it
    tries, so that one that takes the worker down each time is found and set aside.

    Another drain at work is noticed and left alone: after each batch it looks again, so it finds what we came for. The
    look comes after its batch is committed and its lock given back, and before it ends.

    Parameters
    ----------
    linger
        For so many seconds after the last batch, and at least after its start, it goes on looking. Between batches that
        are not full it rests for `REST` times as long as the batch took: deliveries gather, and leave together.
    rest
        Waits so many seconds.
    """
    from tidegate.server.desk import inbox

    taken, end, seen = 0, time.monotonic() + SECONDS, time.monotonic()
    while True:
        began = time.monotonic()
        if inbox.waiting():
            if began > end:
                inbox.wake()
                break
            done = _next(careful=careful)
            if done is None:
                break
            taken, seen = taken + done, time.monotonic()
            if not linger or careful or done == MOST:
                continue
        elif began - seen >= linger:
            break
        rest(min(max((time.monotonic() - began) * REST, SHORTEST), LONGEST))
    return taken


def _next(*, careful: bool) -> int | None:
    """Take the next batch; None where another drain is at work."""
    return (_set_aside() if careful else 0) or _batch(1 if careful else MOST)


def _set_aside() -> int:
    """Count a try of the next delivery; set it aside where it had enough of them."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIED)
        tried = cast("tuple[int, int] | None", cursor.fetchone())
    if tried is None or tried[1] <= TRIES:
        return 0
    log.error("inbox.delivery_kills", delivery=tried[0], tries=TRIES)
    _finish([(tried[0], "failed", 0, [], f"the worker died {TRIES} times while it read this")])
    return 1


def _batch(most: int) -> int | None:
    """Take one batch; None where another drain is at work."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ADVISORY_LOCK])
            if not cast("tuple[bool]", cursor.fetchone())[0]:
                return None
            cursor.execute(_BATCH, [most, MOST_CHARACTERS])
            deliveries = [Waiting(*row) for row in cursor.fetchall()]
        try:
            with transaction.atomic():
                _take(deliveries)
        except OperationalError:
            raise  # the database's own trouble: the job is tried again, nothing is lost
        except Exception as error:  # noqa: BLE001 - whatever one delivery did, the others go on
            log.warning("inbox.batch_failed", deliveries=len(deliveries), error=type(error).__name__)
            for delivery in deliveries:
                _take_alone(delivery)
    return len(deliveries)


def _take_alone(delivery: Waiting) -> None:
    try:
        with transaction.atomic():
            _take([delivery])
    except OperationalError:
        raise
    except (DataError, IntegrityError) as error:
        _finish([(delivery.id, "failed", 0, [], f"the database refuses it: {_line(error)}")])
    except Exception as error:  # it is written down, and a person can have it tried again
        log.exception("inbox.delivery_failed", delivery=delivery.id)
        _finish([(delivery.id, "failed", 0, [], f"{type(error).__name__}: {_line(error)}")])


def _line(error: Exception) -> str:
    lines = str(error).splitlines() or [""]
    return shorten(lines[0], 300)


def _take(deliveries: Sequence[Waiting]) -> None:
    """Turn deliveries into facts and write down what became of each."""
    by_kind: dict[Any, list[Waiting]] = {}
    for delivery in deliveries:
        by_kind.setdefault(delivery.kind, []).append(delivery)
    arrived = {kind: arrive(kind, those) for kind, those in by_kind.items()}
    land({kind: those.rows for kind, those in arrived.items()})
    _finish([_outcome(delivery, arrived[delivery.kind]) for delivery in deliveries])


def _outcome(delivery: Waiting, arrived: Arrived) -> tuple[int, str, int, list[dict[str, Any]], str]:
    error = arrived.unreadable.get(delivery.id)
    if error is not None:
        return (delivery.id, "failed", 0, [], error)
    rejected = arrived.rejected.get(delivery.id, [])
    return (delivery.id, "done", arrived.read[delivery.id], _shown(rejected), "")


def _shown(rejected: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Keep the first rejected rows; of the others how many there are, so that the totals add up."""
    if len(rejected) <= SHOWN:
        return rejected
    return [*rejected[:SHOWN], {"more": len(rejected) - SHOWN}]


def rejected_rows(rejected: list[dict[str, Any]]) -> int:
    """Count the rejected rows of a delivery."""
    return sum(int(entry.get("more", 1)) for entry in rejected)


def _finish(outcomes: Sequence[tuple[int, str, int, list[dict[str, Any]], str]]) -> None:
    if not outcomes:
        return
    ids, states, rows, rejected, errors = zip(*outcomes, strict=True)
    with connection.cursor() as cursor:
        kept = [Jsonb(those) for those in rejected]
        cursor.execute(
            _DONE, [list(ids), list(states), list(rows), kept, [error.replace("\0", "\ufffd") for error in errors]]
        )
