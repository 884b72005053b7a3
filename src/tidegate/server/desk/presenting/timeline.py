"""One line of time for a ticket: decisions, overrides, actions, and what the help desk reported."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tidegate.server.desk.presenting.asides import until

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from tidegate.server.desk.models import Action, Decision, Event, Message, Override, Snooze

KINDS: Final = ("messages", "decisions", "overrides", "snoozes", "actions", "events")
_EVENT_WORDS: Final = {
    "created": "opened it",
    "status": "set the status",
    "assigned": "assigned it to",
    "transferred": "handed it over to",
    "priority": "set the priority",
    "reopened": "reopened",
    "merged": "merged into",
    "waiting_customer": "waits on the customer",
    "waiting_internal": "waits on somebody inside",
    "note": "note",
    "csat": "satisfaction",
    "escalated": "escalated",
    "override": "override",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened to a ticket."""

    at: datetime
    kind: str
    who: str
    what: str
    was: str = ""
    now: str = ""
    detail: str = ""


def timeline(
    *,
    messages: Iterable[Message],
    decisions: Iterable[Decision],
    overrides: Iterable[Override],
    snoozes: Iterable[Snooze],
    actions: Iterable[Action],
    events: Iterable[Event],
    names: dict[str, str],
    zone: ZoneInfo,
) -> list[Moment]:
    """Put everything into one order, the newest first."""
    moments = [
        *(_message(message, names) for message in messages),
        *_decisions(sorted(decisions, key=lambda decision: decision.at)),
        *(moment for override in overrides for moment in _override(override)),
        *(moment for snooze in snoozes for moment in _snooze(snooze, zone)),
        *(_action(action, names) for action in actions),
        *(_event(event, names) for event in events),
    ]
    return sorted(moments, key=lambda moment: moment.at, reverse=True)


def _message(message: Message, names: dict[str, str]) -> Moment:
    who = names.get(message.author or "", message.author or message.author_kind)
    return Moment(at=message.at, kind="messages", who=who, what="wrote" if message.public else "noted")


def _decisions(decisions: list[Decision]) -> Iterable[Moment]:
    before: Decision | None = None
    for decision in decisions:
        yield Moment(
            at=decision.at,
            kind="decisions",
            who=f"policy {decision.policy.number}",
            what="ranked it",
            was=f"{before.level}, lane {before.lane}" if before else "",
            now=f"{decision.level}, lane {decision.lane}",
            detail="; ".join(decision.reasons[:3]),
        )
        before = decision


def _override(override: Override) -> Iterable[Moment]:
    yield Moment(
        at=override.at,
        kind="overrides",
        who=str(override.by),
        what=f"overrode the {override.kind}",
        was=override.was,
        now=override.value,
        detail=override.reason,
    )
    if override.undone_at is not None:
        yield Moment(
            at=override.undone_at,
            kind="overrides",
            who=str(override.undone_by or "policy"),
            what=f"took the {override.kind} override back",
            was=override.value,
        )


_CALLED: Final = {
    "time": "came back at its time",
    "message": "came back: the customer wrote",
    "level": "came back: it is urgent",
    "target": "came back: its target comes near",
    "rule": "came back: a rule wants it now",
    "finished": "is finished; it was snoozed",
    "person": "brought it back",
}


def _snooze(snooze: Snooze, zone: ZoneInfo) -> Iterable[Moment]:
    yield Moment(
        at=snooze.at, kind="snoozes", who=str(snooze.by), what=f"snoozed it {until(snooze.until, zone)}",
        detail=snooze.reason,
    )  # fmt: skip
    if snooze.ended_at is not None and snooze.ended_why != "anew":
        who = str(snooze.ended_by or "it")
        yield Moment(at=snooze.ended_at, kind="snoozes", who=who, what=_CALLED[snooze.ended_why])


_ACTION_WORDS: Final = {
    "assign": ("assigned it to", "assign it to"),
    "draft": ("drafted an answer", "draft an answer"),
    "escalate": ("escalated it to", "escalate it to"),
    "note": ("left a note", "leave a note"),
    "notify": ("notified", "notify"),
    "page": ("paged", "page"),
    "review": ("asked for a person's word", "ask for a person's word"),
    "tag": ("tagged it", "tag it"),
    "update": ("told", "tell"),
}
"""What was done, and what is or was to be done."""


def _action(action: Action, names: dict[str, str]) -> Moment:
    state = {
        "intended": "a dry run: recorded, not carried out",
        "dead": f"failed: {action.last_error}",
        "done": "",
    }
    done, wanted = _ACTION_WORDS.get(action.kind, (action.kind, action.kind))
    target = names.get(action.target, action.target)
    about = f": {action.title}" if action.kind == "update" else ""
    return Moment(
        at=action.done_at or action.created_at,
        kind="actions",
        who=str(action.by or "policy"),
        what=f"{done if action.state == action.State.DONE else f'was to {wanted}'} {target}{about}".strip(),
        detail=state.get(action.state, action.state),
    )


def _event(event: Event, names: dict[str, str]) -> Moment:
    who = names.get(event.actor or "", event.actor or event.actor_kind)
    old, new = (names.get(word or "", word or "") for word in (event.old, event.new))
    new = "" if event.kind == "created" else new
    return Moment(at=event.at, kind="events", who=who, what=_EVENT_WORDS.get(event.kind, event.kind), was=old, now=new)
