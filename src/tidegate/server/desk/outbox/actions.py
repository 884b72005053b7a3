"""Services of the outbox: what is to be done is written down in the transaction that decided it.

An action is a row with an idempotency key; the same intention is one row, however often it is found. In a dry run it
stays *intended*. Else it *waits* until a job has carried it out (`delivering`), is *done*, or *dead* after too many
attempts. Persons may send what is intended or dead, and cancel what waits.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from django.db import connection, transaction

from tidegate.server import queueing
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Action
from tidegate.server.desk.moments import database_now
from tidegate.server.desk.policies import actions_in_force
from tidegate.server.desk.seeing import scope_by_ticket
from tidegate.server.people import audit
from tidegate.server.people.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    import polars as pl

    from tidegate.server.people.models import Person

State = Action.State
DRY_RUN: Final = "the policy in force is a dry run: nothing is sent"
NOBODY: Final = "the policy names no channel for whom this is for"
_AGAIN: Final = (State.INTENDED, State.DEAD, State.CANCELLED)
_INSERT: Final = """
    INSERT INTO desk_action (kind, ticket_id, target, title, body, causes, episode, payload, key, state, attempts,
                             next_at, last_error, decision_id, by_id, created_at, done_at)
    SELECT n.kind, n.ticket_id, n.target, n.title, n.body, n.causes, n.episode, n.payload, n.key, n.state, 0,
           CASE WHEN n.next_at IS NOT NULL THEN least(n.next_at, now()) END,
           n.last_error, n.decision_id, n.by_id, now(), n.done_at
    FROM json_populate_recordset(NULL::desk_action, %s::json) n
    ON CONFLICT (key) DO NOTHING
    RETURNING id, state, target
"""


def actions_record(
    actions: pl.DataFrame, *, now: datetime, dry_run: bool, decisions: Mapping[str, int] | None = None
) -> int:
    """Write actions down, each once; call it in the transaction of the decision.

    Parameters
    ----------
    actions
        Valid by `tables.Actions`.
    now
        From when they may be carried out; at once where that is still to come by the database's clock.
    dry_run
        Whether nothing is to be carried out.
    decisions
        By ticket: the decision that they follow from.

    Returns
    -------
    int
        How many were new.
    """
    decided = decisions or {}
    rows = [
        _row(row, now, dry_run=dry_run, decision=decided.get(row["ticket_id"])) for row in actions.iter_rows(named=True)
    ]
    return rows_record(rows)


def rows_record(rows: list[dict[str, Any]]) -> int:
    """Write rows of actions down, each key once, and wake those that wait; returns how many were new."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [json.dumps(rows, ensure_ascii=False).replace("\\u0000", "\\ufffd")])
        new = cursor.fetchall()
    wake((identifier, target) for identifier, state, target in new if state == State.WAITING)
    return len(new)


def _row(row: dict[str, Any], now: datetime, *, dry_run: bool, decision: int | None) -> dict[str, Any]:
    state, error = (State.INTENDED if dry_run else State.WAITING), ""
    if row["kind"] == "review":
        state = State.DONE  # the decision itself is the mark
    elif row["kind"] in ("page", "notify") and row["target"] is None:
        state, error = (State.INTENDED if dry_run else State.DEAD), NOBODY
    columns = ("kind", "ticket_id", "title", "body", "causes", "episode", "key")
    return {name: row[name] for name in columns} | {
        "target": (row["target"] or "")[:200],
        "payload": json.loads(row["payload"]),
        "state": state,
        "last_error": error,
        "next_at": now.isoformat() if state == State.WAITING else None,
        "done_at": now.isoformat() if state == State.DONE else None,
        "decision_id": decision,
    }


def wake(actions: Iterable[tuple[int, str]]) -> None:
    """Queue a job for each action, by identifier and target, once this transaction is committed.

    Those of one target run one after another, so that a slow receiver holds up no others.

    Only for what is due now: what waits for its next attempt, and what a crash in between left without a job, is found
    by the sweep.
    """
    listed = list(actions)

    def queue() -> None:
        for identifier, target in listed:
            queueing.ask(queueing.DELIVER, lock=f"outbox {target}"[:128] if target else None, action=identifier)

    if listed:
        transaction.on_commit(queue)


@transaction.atomic
def action_retry(*, by: Person, action: int, request_id: str = "") -> Action:
    """Let an action be carried out that is dead, cancelled, or was only intended.

    Raises
    ------
    RefusedError
        If the person may not, there is none on a ticket that they see, it waits or is done already, or the policy in
        force is a dry run.
    """
    found = _locked(action, by)
    if found.state not in _AGAIN:
        raise RefusedError(
            f"an action that is {found.state} cannot be sent",
            mend="It has to be intended, dead or cancelled",
            status=409,
        )
    if actions_in_force().dry_run:
        raise RefusedError(DRY_RUN, mend="Put a policy in force with dry_run: false", status=409)
    if not found.target and found.kind in ("page", "notify"):
        raise RefusedError(NOBODY, mend="Name one in actions.channels; new actions then use it", status=409)
    before = found.state
    found.state, found.attempts, found.next_at, found.last_error = State.WAITING, 0, database_now(), ""
    found.save(update_fields=["state", "attempts", "next_at", "last_error"])
    _note(by, found, "action.retry", before, request_id)
    wake([(found.pk, found.target)])
    return found


@transaction.atomic
def action_cancel(*, by: Person, action: int, request_id: str = "") -> Action:
    """Keep an action that waits, is dead or was only intended from being carried out.

    Raises
    ------
    RefusedError
        If the person may not, there is none on a ticket that they see, or it is done or cancelled already.
    """
    found = _locked(action, by)
    if found.state not in (State.WAITING, State.DEAD, State.INTENDED):
        raise RefusedError(f"an action that is {found.state} cannot be cancelled", status=409)
    before = found.state
    found.state, found.next_at = State.CANCELLED, None
    found.save(update_fields=["state", "next_at"])
    _note(by, found, "action.cancel", before, request_id)
    return found


def _locked(action: int, by: Person) -> Action:
    if not by.may(Role.LEAD):
        raise RefusedError(f"a {by.role} may not send or cancel actions", mend="A lead can")
    found = scope_by_ticket(Action.objects.select_for_update(), by).filter(pk=action).first()
    if found is None:
        raise RefusedError("no such action", status=404)
    return found


def _note(by: Person, action: Action, act: str, before: str, request_id: str) -> None:
    audit.record(
        actor=by,
        act=act,
        object_kind="action",
        object_id=str(action.pk),
        before={"state": before},
        after={"state": action.state, "kind": action.kind, "ticket_id": action.ticket_id, "target": action.target},
        request_id=request_id,
    )
