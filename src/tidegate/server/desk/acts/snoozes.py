"""Services that set tickets aside, and call them back.

A snooze holds until its time, until the customer writes, or until a person ends it; and it is passed over by ranking
(`ranking.score`) as soon as the ticket is urgent, wanted by a rule, or near its target. All that takes effect at once,
in every process, at the moment of asking; a job writes the end down afterwards.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from django.db import transaction

from tidegate.ranking.score import ESCALATE, NOW
from tidegate.server.desk.acts import snooze_times
from tidegate.server.desk.board import board
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Message, Snooze, Ticket
from tidegate.server.people import audit
from tidegate.server.people.access import scope
from tidegate.server.people.models import Person, Role
from tidegate.tables.words import LANES, LEVELS, URGENT

if TYPE_CHECKING:
    from tidegate.server.desk.board import Snapshot

FINISHED: Final = ("solved", "closed")
_LONGEST_REASON: Final = 2000


class Standing(NamedTuple):
    """How a ranked ticket stands: level, lane, the clock that runs, minutes left on it, when that begins to press."""

    level: str
    lane: str
    clock: str
    left: float
    horizon: float

    @property
    def awake(self) -> str:
        """What would call it back at once; empty: nothing, a target that is missed already included."""
        if self.level in URGENT:
            return Snooze.Ended.LEVEL
        if self.lane in (LANES[NOW], LANES[ESCALATE]):
            return Snooze.Ended.RULE
        return Snooze.Ended.TARGET if 0 < self.left <= self.horizon else ""


def standing(snapshot: Snapshot, ticket_id: str) -> Standing | None:
    """Return how a ticket stands; None if it is not ranked: it waits, is finished, or has only just come."""
    ranked = snapshot.ranked
    row = ranked.facts["ticket_id"].index_of(ticket_id)
    if row is None:
        return None
    alone = ranked.take([row])
    return Standing(
        level=LEVELS[int(alone.scores.level[0])],
        lane=LANES[int(alone.scores.lane[0])],
        clock=str(alone.facts["clock"][0]),
        left=float(alone.minutes_left(alone.scores.level)[0]),
        horizon=ranked.policy.ranking.horizon.minutes(),
    )


def snooze_set(
    *, person: Person, ticket_id: str, until: datetime | None, reason: str = "", request_id: str = ""
) -> Snooze:
    """Set a ticket aside until a time, or with None until the customer writes; one that held is replaced.

    Raises
    ------
    RefusedError
        If the person may not, there is no such unfinished ticket that they see, the time is none to come, or the
        ticket would come back at once.
    """
    _may(person)
    now, snapshot = datetime.now(UTC), board.snapshot()
    if until is not None:
        snooze_times.checked(until, now)
    with transaction.atomic():
        ticket = _locked(person, ticket_id)
        if ticket.status in FINISHED:
            raise RefusedError(f"{ticket_id} is finished", status=409)
        stands = standing(snapshot, ticket_id)
        _refuse_if_awake(ticket_id, stands)
        Snooze.objects.filter(ticket_id=ticket_id, ended_at=None).update(
            ended_at=now, ended_by=person, ended_why=Snooze.Ended.ANEW
        )
        made = Snooze.objects.create(
            ticket_id=ticket_id,
            until=until,
            reason=reason.replace("\0", "").strip()[:_LONGEST_REASON],
            missed=stands.clock if stands is not None and stands.left <= 0 else "",
            messages=Message.objects.filter(ticket_id=ticket_id, author_kind="requester").count(),
            by=person,
            at=now,
        )
        _written(person, made, "ticket.snooze", after=_told(made), request_id=request_id)
    return made


def snooze_end(*, person: Person, ticket_id: str, request_id: str = "") -> Snooze:
    """Call a ticket back by hand.

    Raises
    ------
    RefusedError
        If the person may not, there is no such ticket that they see, or it is not set aside.
    """
    _may(person)
    with transaction.atomic():
        _locked(person, ticket_id)
        found = Snooze.objects.select_for_update().filter(ticket_id=ticket_id, ended_at=None).first()
        if found is None:
            raise RefusedError(f"{ticket_id} is not set aside", status=409)
        _end(found, Snooze.Ended.PERSON, datetime.now(UTC), person)
        _written(person, found, "ticket.snooze_end", before=_told(found), request_id=request_id)
    return found


def snooze_undo(*, person: Person, snooze_id: int, request_id: str = "") -> None:
    """Take a snooze back; nothing happens where it has ended by itself meanwhile.

    Raises
    ------
    RefusedError
        If the person may not, there is no such snooze of a ticket that they see, or the ticket was set aside anew.
    """
    found = Snooze.objects.filter(pk=snooze_id).first()
    if found is None:
        raise RefusedError("no such snooze", status=404)
    if found.ended_why == Snooze.Ended.ANEW:
        raise RefusedError(f"{found.ticket_id} was set aside anew", status=409)
    if found.ended_at is None:
        snooze_end(person=person, ticket_id=found.ticket_id, request_id=request_id)


def snooze_again(*, person: Person, snooze_id: int, request_id: str = "") -> None:
    """Set a ticket aside as it was, if that time is still to come; errors as for `snooze_set`."""
    found = Snooze.objects.filter(pk=snooze_id).first()
    if found is None:
        raise RefusedError("no such snooze", status=404)
    again = {"ticket_id": found.ticket_id, "until": found.until, "reason": found.reason}
    snooze_set(person=person, **again, request_id=request_id)


def snooze_of(ticket_id: str) -> Snooze | None:
    """Return the snooze of a ticket that was not ended; ranking may pass it over all the same."""
    return Snooze.objects.select_related("by").filter(ticket_id=ticket_id, ended_at=None).first()


def snoozes_wake(snapshot: Snapshot) -> int:
    """Write down the end of each snooze that ended by itself, and by what; returns how many.

    Any process may, at any time and at once: each end is written once.
    """
    ended = [(row["id"], why) for row in _called(snapshot) if (why := _why(snapshot, row))]
    count = 0
    for snooze_id, why in ended:
        with transaction.atomic():
            found = Snooze.objects.select_for_update().filter(pk=snooze_id, ended_at=None).first()
            if found is not None:
                _end(found, why, snapshot.now, None)
                _written(None, found, "ticket.snooze_end", before=_told(found), after={"because": why})
                count += 1
    return count


def _called(snapshot: Snapshot) -> list[dict[str, Any]]:
    index = snapshot.index.select("ticket_id", "lane", "snoozed")
    told = snapshot.held.called(snapshot.now).join(index, on="ticket_id", how="left", maintain_order="left")
    return told.rows(named=True)


def _why(snapshot: Snapshot, row: dict[str, Any]) -> str:
    if row["called"] is not None:
        return str(row["called"])
    if row["lane"] is None:
        gone = Ticket.objects.filter(ticket_id=row["ticket_id"], status__in=FINISHED).exists()
        return Snooze.Ended.FINISHED if gone else ""
    if row["snoozed"]:
        return ""
    stands = standing(snapshot, row["ticket_id"])
    return "" if stands is None else stands.awake or Snooze.Ended.TARGET


def _refuse_if_awake(ticket_id: str, stands: Standing | None) -> None:
    why = "" if stands is None else stands.awake
    if not why or stands is None:
        return
    said = {
        Snooze.Ended.LEVEL: f"it is {stands.level}, and urgent tickets stay where people see them",
        Snooze.Ended.RULE: f"it stands in lane {stands.lane}",
        Snooze.Ended.TARGET: f"its target is reached in {stands.left:.0f} min: it would come back at once",
    }
    raise RefusedError(f"{ticket_id} cannot be set aside: {said[Snooze.Ended(why)]}", status=409)


def _locked(person: Person, ticket_id: str) -> Ticket:
    ticket = scope(Ticket.objects.select_for_update(), person).filter(ticket_id=ticket_id).first()
    if ticket is None:
        raise RefusedError("no such ticket", status=404)
    return ticket


def _end(snooze: Snooze, why: str, at: datetime, person: Person | None) -> None:
    snooze.ended_at, snooze.ended_by, snooze.ended_why = at, person, why
    snooze.save(update_fields=["ended_at", "ended_by", "ended_why"])


def _told(snooze: Snooze) -> dict[str, str]:
    until = "the customer writes" if snooze.until is None else snooze.until.isoformat(timespec="minutes")
    return {"snoozed": until} | ({"reason": snooze.reason} if snooze.reason else {})


def _may(person: Person) -> None:
    if not person.may(Role.AGENT):
        raise RefusedError(f"a {person.role} may not set tickets aside", mend="An admin can give you another role.")


def _written(
    person: Person | None,
    snooze: Snooze,
    act: str,
    *,
    before: object = None,
    after: object = None,
    request_id: str = "",
) -> None:
    audit.record(
        actor=person, act=act, object_kind="ticket", object_id=snooze.ticket_id[:200],
        before=before, after=after, request_id=request_id,
    )  # fmt: skip
