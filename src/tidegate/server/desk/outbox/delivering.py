"""Carrying actions out: claim, do, write down. Each at least once; receivers tell repeats by the idempotency key.

1. Claim: a conditional update moves ``next_at`` a lease ahead. Of several jobs one succeeds. If it dies it is taken up
   again once its worker counts as dead, and claims what it had claimed; an action whose job is lost is due again when
   the lease has run out.
2. Do: what happens here happens in the transaction that marks it done, so it happens once. What leaves the service is
   sent outside of any transaction.
3. Write down: done; or waiting with a growing pause; or dead after `settings.OUTBOX_ATTEMPTS`, or at once where trying
   again would not help.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.conf import settings
from django.db import connection, transaction

from tidegate.server import queueing
from tidegate.server.desk.models import Action, Channel
from tidegate.server.desk.moments import database_now
from tidegate.server.desk.outbox import channels
from tidegate.server.desk.outbox.actions import State, wake
from tidegate.server.desk.outbox.carrying import INWARD, NotWantedError, carry_out
from tidegate.server.desk.outbox.updates import overtaken
from tidegate.server.desk.policies import actions_in_force
from tidegate.server.outgoing.addresses import ForbiddenAddressError
from tidegate.server.outgoing.failures import PermanentError, TransientError
from tidegate.server.outgoing.message import Message

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from tidegate.tables.errors import TidegateError

log = structlog.get_logger()

FIRST_PAUSE: Final = 10.0
LONGEST_PAUSE: Final = 3600.0
LONGEST_REST: Final = 60.0
"""Of a channel: a page must not wait long after its receiver has come back."""
SWEEP: Final = 500
_SHOWN: Final = 500


def deliver(action: int, *, again: bool = False, rng: Callable[[], float] = random.random) -> str | None:
    """Carry an action out if it is due; returns the state that it is in then, None if it wasn't ours to take.

    Parameters
    ----------
    action
        Its identifier.
    again
        By a job that began before and did not end: the lease that it took, and any pause after it, are its own.
    rng
        Numbers from 0 to 1, for the jitter of pauses.
    """
    now = database_now()
    lease = timedelta(seconds=settings.OUTBOX_LEASE_SECONDS)  # longer than any attempt may take
    waiting = Action.objects.filter(pk=action, state=State.WAITING)
    if not (waiting if again else waiting.filter(next_at__lte=now)).update(next_at=now + lease):
        return None
    found = Action.objects.get(pk=action)
    try:
        if actions_in_force().dry_run:
            return _finish(found, State.INTENDED, error="a dry run was switched on before it was sent")
        return _inward(found) if found.kind in INWARD else _outward(found, now, rng)
    except NotWantedError as error:
        return _finish(found, State.CANCELLED, error=str(error))
    except (PermanentError, ForbiddenAddressError) as error:
        return _dead(found, error)
    except Exception as error:
        log.exception("outbox.failed", action=found.pk, kind=found.kind)
        return _later(found, TransientError(f"{type(error).__name__}: {error}"), rng)


def _inward(action: Action) -> str:
    """Do what happens here, once: with the mark in one transaction."""
    with transaction.atomic():
        mine = Action.objects.select_for_update().filter(pk=action.pk, state=State.WAITING).first()
        if mine is None:
            return action.state
        carry_out(mine)
        return _finish(mine, State.DONE, counted=True)


def _outward(action: Action, now: datetime, rng: Callable[[], float]) -> str:
    if overtaken(action):
        raise NotWantedError("a later change of the same took its place")
    channel = Channel.objects.filter(name=action.target).first()
    if channel is None:
        raise PermanentError(f"there is no channel {action.target!r}")
    rests = channel.paused_until
    if rests is not None and now < rests <= now + timedelta(seconds=LONGEST_REST):  # later: the clock was set back
        return _wait(action, rests)
    message = Message(
        key=action.key,
        kind=action.payload["change"] if action.kind == Action.UPDATE else action.kind,
        ticket_id=action.ticket_id,
        title=action.title,
        body=action.body,
        payload=action.payload,
    )
    try:
        channels.send(channel, message, now)
    except TransientError as error:
        _pause_channel(channel, error, rng)
        return _later(action, error, rng)
    if channel.failures:
        Channel.objects.filter(pk=channel.pk).update(failures=0, paused_until=None)
    return _finish(action, State.DONE, counted=True)


def _pause_channel(channel: Channel, error: TransientError, rng: Callable[[], float]) -> None:
    """Let the channel rest, so that what waits for it does not try one after the other."""
    failures = channel.failures + 1
    seconds = min(LONGEST_REST, pause(failures, rng, error.wait))
    until = database_now() + timedelta(seconds=seconds)
    Channel.objects.filter(pk=channel.pk).update(failures=failures, paused_until=until)


def pause(attempts: int, rng: Callable[[], float], asked: float | None = None) -> float:
    """Seconds until the next attempt: doubled each time, between a half and the whole of it by chance.

    Parameters
    ----------
    attempts
        Made so far, at least 1.
    asked
        What the receiver asks for at least.
    """
    grown = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(attempts - 1, 20))
    return max(grown * (0.5 + rng() / 2), asked or 0.0)


def _later(action: Action, error: TransientError, rng: Callable[[], float]) -> str:
    attempts = action.attempts + 1
    if attempts >= settings.OUTBOX_ATTEMPTS:
        return _dead(action, error)
    at = database_now() + timedelta(seconds=pause(attempts, rng, error.wait))
    mine = Action.objects.filter(pk=action.pk, state=State.WAITING)
    mine.update(attempts=attempts, next_at=at, last_error=_line(error))
    return State.WAITING


def _wait(action: Action, until: datetime) -> str:
    """Stand back without an attempt."""
    Action.objects.filter(pk=action.pk, state=State.WAITING).update(next_at=until)
    return State.WAITING


def _dead(action: Action, error: TidegateError) -> str:
    log.warning("outbox.dead", action=action.pk, kind=action.kind, target=action.target, attempts=action.attempts + 1)
    return _finish(action, State.DEAD, error=_line(error), counted=True)


def _line(error: TidegateError) -> str:
    """Say an error in one line, with nothing that a terminal or a database would trip over."""
    line = "".join(char if char.isprintable() else "\ufffd" for char in " ".join(str(error).split()))
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def _finish(action: Action, state: str, *, error: str = "", counted: bool = False) -> str:
    done = database_now() if state == State.DONE else None
    mine = Action.objects.filter(pk=action.pk, state=State.WAITING)
    mine.update(state=state, done_at=done, next_at=None, last_error=error, attempts=action.attempts + counted)
    return state


def sweep() -> int:
    """Wake what is due and has no job: its pause is over, or its process died before it could; returns how many."""
    due = Action.objects.filter(state=State.WAITING, next_at__lte=database_now()).order_by("next_at")
    found = list(due.values_list("pk", "target")[:SWEEP])
    busy = queueing.under_way(queueing.DELIVER, "action", [pk for pk, _ in found])
    lost = [(pk, target) for pk, target in found if pk not in busy]
    wake(lost)
    return len(lost)


_CLOCK_SET: Final = """
    WITH bound AS (
        SELECT id, %(now)s + make_interval(secs => greatest(
            %(lease)s, least(%(longest)s, %(first)s * 2 ^ least(greatest(attempts - 1, 0), 20)))) AS at
        FROM desk_action WHERE state = 'waiting'
    )
    UPDATE desk_action SET next_at = bound.at FROM bound WHERE desk_action.id = bound.id AND next_at > bound.at
"""


def clock_set() -> int:
    """Let no action wait longer than a lease or its own pause, whatever a clock says that was set; returns how many.

    A pause that a receiver asked for is cut to our own by it.
    """
    bounds = {"lease": float(settings.OUTBOX_LEASE_SECONDS), "longest": LONGEST_PAUSE, "first": FIRST_PAUSE}
    with connection.cursor() as cursor:
        cursor.execute(_CLOCK_SET, {"now": database_now(), **bounds})
        return cursor.rowcount
