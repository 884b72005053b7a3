"""A policy tried on the past weeks, as a job: asked for, under way, stopped, kept with its version."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db import IntegrityError, transaction

from tidegate.server import queueing
from tidegate.server.desk import tables
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.desk.policies import allow_change, policy_read
from tidegate.server.people import audit
from tidegate.tables.errors import InputError, TidegateError

if TYPE_CHECKING:
    import polars as pl

    from tidegate.backtesting import Backtest
    from tidegate.policy.model import Policy
    from tidegate.server.people.models import Person

UNDER_WAY: Final = (Replay.State.WAITING, Replay.State.RUNNING)
WEEKS: Final = (2, 4, 6, 8, 12)
SEEDS: Final = 3
SILENT: Final = timedelta(minutes=15)
"""A replay that has not said anything for so long has lost its worker."""
MOST: Final = 100_000
"""Newest tickets that are replayed."""
BESIDE: Final = ("fifo",)
"""Built-in order that everything is compared with too: first in, first out."""


def replay_ask(*, person: Person, number: int, weeks: int = 6, request_id: str = "") -> Replay:
    """Ask for a replay of a version against the one in force; a worker takes it up.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    InputError
        If there is no such version, weeks are none of `WEEKS`, or one is under way already.
    """
    allow_change(person)
    if weeks not in WEEKS:
        raise InputError("unknown span", column="weeks", value=weeks, expected=f"one of {', '.join(map(str, WEEKS))}")
    version = PolicyVersion.objects.filter(number=number).first()
    if version is None:
        raise InputError("there is no such version", column="number", value=number)
    _bury(version)
    try:
        with transaction.atomic():
            replay = Replay.objects.create(
                version=version,
                against=None if version.active else PolicyVersion.objects.get(active=True),
                weeks=weeks,
                seeds=SEEDS,
                by=person,
            )
            audit.record(
                actor=person,
                act="policy.replay",
                object_kind="policy",
                object_id=str(number),
                after={"weeks": weeks, "seeds": SEEDS},
                request_id=request_id,
            )
            queueing.ask(queueing.REPLAY, replay_id=replay.pk)
    except IntegrityError:
        raise InputError(f"version {number} is being replayed already") from None
    return replay


def _bury(version: PolicyVersion) -> None:
    """Give up replays whose worker has died, so that another can be asked for."""
    silent = datetime.now(UTC) - SILENT
    Replay.objects.filter(version=version, state=Replay.State.RUNNING, told_at__lt=silent).update(
        state=Replay.State.FAILED, error="its worker ended before it did", ended_at=datetime.now(UTC)
    )


def replay_stop(*, person: Person, replay_id: int, request_id: str = "") -> Replay:
    """Ask a replay to stop: at once if it waits, else after the one under way; what all have finished is kept.

    Raises
    ------
    PermissionDenied
        If the person is no lead.
    Replay.DoesNotExist
        If there is none.
    """
    allow_change(person)
    with transaction.atomic():
        replay = Replay.objects.select_for_update().get(pk=replay_id)
        if replay.state not in UNDER_WAY:
            return replay
        replay.stop = True
        if replay.state == Replay.State.WAITING:
            replay.state, replay.ended_at = Replay.State.CANCELLED, datetime.now(UTC)
        replay.save(update_fields=["stop", "state", "ended_at"])
        audit.record(
            actor=person,
            act="policy.replay_stop",
            object_kind="policy",
            object_id=str(replay.version.number),
            request_id=request_id,
        )
    return replay


def replay_run(*, replay_id: int, now: datetime | None = None) -> Replay:
    """Do a replay, saying how far it is; the body of the job. One that was stopped or is done is left alone."""
    now = now or datetime.now(UTC)
    taken = Replay.objects.filter(pk=replay_id, state__in=UNDER_WAY).update(
        state=Replay.State.RUNNING, started_at=now, told_at=now, done=0
    )
    replay = Replay.objects.select_related("version", "against").get(pk=replay_id)
    if not taken:
        return replay
    try:
        result = _compare(replay, now)
    except TidegateError as error:
        stopped = Replay.objects.filter(pk=replay_id, stop=True).exists()
        state = Replay.State.CANCELLED if stopped else Replay.State.FAILED
        return _end(replay, state, error="" if stopped else str(error))
    except Exception:
        _end(replay, Replay.State.FAILED, error="something went wrong on our side; the worker's log says what")
        raise
    stopped = bool(result.missing)
    return _end(replay, Replay.State.CANCELLED if stopped else Replay.State.DONE, result=_plain(result.to_dict()))


def _end(replay: Replay, state: Replay.State, *, result: object = None, error: str = "") -> Replay:
    replay.state, replay.result, replay.error, replay.ended_at = state, result, error, datetime.now(UTC)
    replay.save(update_fields=["state", "result", "error", "ended_at"])
    return replay


def _compare(replay: Replay, now: datetime) -> Backtest:
    from tidegate.backtesting import compare

    tickets, left_out = _history(replay.weeks, now)
    agents, accounts, incidents = (tables.read(name) for name in ("agents", "accounts", "incidents"))
    policies = _policies(replay)
    result = compare(
        tickets,
        policies,
        agents=agents if agents.height else _team(tickets),
        accounts=accounts if accounts.height else None,
        incidents=incidents if incidents.height else None,
        also=BESIDE,
        seeds=replay.seeds,
        progress=lambda done, total: _tell(replay.pk, done, total),
        stop=lambda: Replay.objects.filter(pk=replay.pk, stop=True).exists(),
    )
    return replace(result, imputed=(*left_out, *result.imputed))


def _policies(replay: Replay) -> dict[str, Policy]:
    """Name what is compared; differences are from the first, the version that was in force."""
    versions = [version for version in (replay.against, replay.version) if version is not None]
    return {f"version {version.number}": policy_read(version.text) for version in versions}


def _history(weeks: int, now: datetime) -> tuple[pl.DataFrame, tuple[str, ...]]:
    since = now - timedelta(weeks=weeks)
    where = "created_at > %s AND created_at <= %s ORDER BY created_at DESC LIMIT %s"
    tickets = tables.read("tickets", where, [since, now, MOST])
    if tickets.height < MOST:
        return tickets, (f"history: {tickets.height:,} tickets opened in the last {weeks} weeks",)
    return tickets, (f"history: the newest {MOST:,} tickets of the last {weeks} weeks; older ones are left out",)


def _team(tickets: pl.DataFrame) -> int:
    """Count who was assigned a ticket, where no agents are on file."""
    return max(1, tickets["assignee"].drop_nulls().n_unique())


def _tell(replay_id: int, done: int, total: int) -> None:
    Replay.objects.filter(pk=replay_id).update(done=done, total=total, told_at=datetime.now(UTC))


def _plain(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    """Leave out what JSON has no word for: numbers that are none."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
