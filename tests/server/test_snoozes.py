"""Tickets that somebody set aside leave the lanes, are handed out to nobody, and always come back."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from helpers.desk import message, ticket
from tidegate.policy import load
from tidegate.server.desk import tables
from tidegate.server.desk.acts import bulk, claims, overrides, snooze_times, snoozes
from tidegate.server.desk.board import board
from tidegate.server.desk.board.rows import Filters
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Message, Snooze, Ticket
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
FRIDAY = datetime(2026, 3, 6, 14, tzinfo=UTC)


class Clock:
    """The real time, and what was waited on top of it: services write down when they were called."""

    def __init__(self) -> None:
        self.waited = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.waited


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(board, "_clock", made)
    board.forget()
    yield made
    board.forget()


def opened(name: str, hours: float = 0.1, **fields: object) -> pl.DataFrame:
    """A ticket that nothing makes urgent."""
    told = {"given_level": "P3", "first_level": "P3", "priority": "low", "group": "billing", "subject": "a question"}
    return ticket(name, **{"created_at": datetime.now(UTC) - timedelta(hours=hours), **told, **fields})


def seen() -> dict[str, Any]:
    return {row.ticket_id: row for row in board.snapshot(fresh=0).rows(None, Filters())}


def said(person: Person, level: str, *names: str) -> None:
    """Somebody says what level tickets are of: nothing is in doubt any more."""
    for name in names:
        overrides.override_set(person=person, ticket_id=name, kind="level", value=level)


def aside(person: Person, name: str, hours: float | None = 1.0, **more: Any) -> Snooze:
    until = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
    board.snapshot(fresh=0)
    return snoozes.snooze_set(person=person, ticket_id=name, until=until, **more)


def test_it_leaves_the_lanes_and_comes_back_by_itself(people: dict[str, Person], clock: Clock) -> None:
    tables.upsert("tickets", pl.concat([opened("a"), opened("b")]))
    made = aside(people["agent"], "a", reason="  parts are ordered ")
    rows = seen()
    assert (rows["a"].snoozed, rows["a"].snoozed_until, rows["a"].lane) == (True, made.until, "later")
    assert not rows["b"].snoozed
    assert list(board.snapshot().visible(None, Filters(snoozed=True))["ticket_id"]) == ["a"]
    assert snoozes.snoozes_wake(board.snapshot()) == 0
    clock.waited = timedelta(minutes=61)
    assert not seen()["a"].snoozed
    assert snoozes.snoozes_wake(board.snapshot()) == 1
    assert snoozes.snoozes_wake(board.snapshot()) == 0
    made.refresh_from_db()
    assert (made.ended_why, made.ended_by, made.reason) == ("time", None, "parts are ordered")
    trail = AuditEntry.objects.filter(object_kind="ticket").order_by("pk")
    assert list(trail.values_list("act", "actor_name")) == [
        ("ticket.snooze", "Agent"),
        ("ticket.snooze_end", "policy"),
    ]


def test_the_customer_calls_it_back_even_with_an_old_message(people: dict[str, Person], clock: Clock) -> None:
    del clock
    tables.upsert("tickets", pl.concat([opened("a"), opened("b"), opened("c")]))
    long_ago = datetime.now(UTC) - timedelta(minutes=5)
    tables.upsert("messages", message("m0", "a", author_kind="requester", at=long_ago))
    for name in "abc":
        aside(people["agent"], name, None)
    tables.upsert("messages", message("m1", "a", author_kind="agent", at=datetime.now(UTC)))
    assert seen()["a"].snoozed, "an agent's own answer leaves it aside"
    tables.upsert("messages", message("m2", "a", author_kind="requester", at=long_ago))
    tables.upsert("tickets", opened("b", last_requester_at=datetime.now(UTC)))
    rows = seen()
    assert {name: row.snoozed for name, row in rows.items()} == {"a": False, "b": False, "c": True}
    assert snoozes.snoozes_wake(board.snapshot()) == 2
    assert set(Snooze.objects.exclude(ended_at=None).values_list("ticket_id", "ended_why")) == {
        ("a", "message"),
        ("b", "message"),
    }


def test_urgency_calls_it_back_and_an_urgent_one_is_refused(people: dict[str, Person], clock: Clock) -> None:
    del clock
    tables.upsert("tickets", pl.concat([opened("a"), opened("hot")]))
    said(people["agent"], "P1", "hot")
    aside(people["agent"], "a", 24)
    with pytest.raises(RefusedError, match="hot cannot be set aside: it is P1"):
        aside(people["agent"], "hot", 24)
    said(people["agent"], "P1", "a")
    assert not seen()["a"].snoozed
    snoozes.snoozes_wake(board.snapshot())
    assert Snooze.objects.get().ended_why == "level"


def test_it_never_sleeps_past_its_target(people: dict[str, Person], clock: Clock) -> None:
    tables.upsert("tickets", opened("a"))
    aside(people["agent"], "a", 24 * 60)
    row = seen()["a"]
    assert row.snoozed
    assert row.due_at < row.snoozed_until
    clock.waited = row.due_at - datetime.now(UTC) - timedelta(minutes=30)
    row = seen()["a"]
    assert (row.snoozed, row.minutes_left > 0) == (False, True)
    snoozes.snoozes_wake(board.snapshot())
    assert Snooze.objects.get().ended_why == "target"
    with pytest.raises(RefusedError, match="would come back at once"):
        snoozes.snooze_set(person=people["agent"], ticket_id="a", until=datetime.now(UTC) + timedelta(hours=2))


def test_a_late_ticket_may_be_set_aside(people: dict[str, Person], clock: Clock) -> None:
    del clock
    tables.upsert("tickets", opened("a", hours=24 * 30))
    assert aside(people["agent"], "a", 24).missed == "first_response"
    assert seen()["a"].snoozed


def test_a_finished_ticket_ends_it(people: dict[str, Person], clock: Clock) -> None:
    del clock
    tables.upsert("tickets", opened("a"))
    aside(people["agent"], "a")
    claims.ticket_resolve(person=people["agent"], ticket_id="a")
    snoozes.snoozes_wake(board.snapshot(fresh=0))
    assert Snooze.objects.get().ended_why == "finished"
    with pytest.raises(RefusedError, match="finished"):
        aside(people["agent"], "a")


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("colleague", 404)])
def test_who_may_not(people: dict[str, Person], clock: Clock, who: str, status: int) -> None:
    del clock
    tables.upsert("tickets", opened("a", group="technical"))
    with pytest.raises(RefusedError) as refused:
        aside(people[who], "a")
    assert refused.value.status == status
    made = aside(people["agent"], "a")
    for end in (
        lambda: snoozes.snooze_end(person=people[who], ticket_id="a"),
        lambda: snoozes.snooze_undo(person=people[who], snooze_id=made.pk),
    ):
        with pytest.raises(RefusedError):
            end()
    assert Snooze.objects.get().ended_at is None


def test_many_at_once_all_or_none_and_back(people: dict[str, Person], clock: Clock) -> None:
    del clock
    tables.upsert("tickets", pl.concat([opened("a"), opened("b"), opened("hot")]))
    said(people["agent"], "P1", "hot")
    board.snapshot(fresh=0)
    told: dict[str, Any] = {"person": people["agent"], "kind": "snooze", "reason": ""}
    with pytest.raises(RefusedError):
        bulk.act(**told, value="tomorrow", tickets=["a", "hot"])
    assert not Snooze.objects.exists()
    done = bulk.act(**told, value="tomorrow", tickets=["a", "b"])
    assert done.count == 2
    assert [row.snoozed for name, row in seen().items() if name in "ab"] == [True, True]
    back = bulk.act(**told, value="now", tickets=["a", "b", "hot"])
    assert back.count == 2
    assert bulk.undo(person=people["agent"], token=back.undo) == 2
    assert Snooze.objects.filter(ended_at=None).count() == 2
    anew = bulk.act(**told, value="reply", tickets=["a"])
    assert set(Snooze.objects.exclude(ended_at=None).values_list("ended_why", flat=True)) == {"person", "anew"}
    with pytest.raises(RefusedError, match="anew"):
        snoozes.snooze_undo(person=people["agent"], snooze_id=Snooze.objects.filter(ended_why="anew")[0].pk)
    assert bulk.undo(person=people["agent"], token=anew.undo) == 1
    assert not seen()["a"].snoozed


def test_nobody_is_handed_what_was_set_aside(people: dict[str, Person], clock: Clock) -> None:
    tables.upsert("tickets", pl.concat([opened("a", hours=3), opened("b")]))
    said(people["agent"], "P3", "a", "b")
    before = board.snapshot(fresh=0)
    assert before.visible(None)["ticket_id"][0] == "a"
    aside(people["agent"], "a")
    assert claims.ticket_claim_next(person=people["lead"], snapshot=before) == "b", "set aside since it was ranked"
    assert Ticket.objects.get(pk="a").assignee is None
    assert claims.ticket_claim_next(person=people["lead"], snapshot=board.snapshot(fresh=0)) is None
    clock.waited = timedelta(minutes=61)
    assert claims.ticket_claim_next(person=people["lead"], snapshot=board.snapshot(fresh=0)) == "a"


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plan=st.lists(
        st.tuples(st.sampled_from(["set", "reply", "wait", "write", "end"]), st.integers(0, 3), st.floats(0.1, 40)),
        min_size=1,
        max_size=7,
    )
)
def test_whatever_is_done_it_comes_back(
    people: dict[str, Person], clock: Clock, plan: list[tuple[str, int, float]]
) -> None:
    """Nothing sleeps past its time, its target or a message; nothing asleep is handed out; all return."""
    with transaction.atomic():
        clock.waited = timedelta()
        board.forget()
        tables.upsert("tickets", pl.concat([opened(f"t{n}", hours=n) for n in range(4)]))
        said(people["agent"], "P3", "t0", "t1", "t2")
        wrote: dict[str, datetime] = {}
        for what, which, hours in plan:
            with suppress(RefusedError):
                _do(what, f"t{which}", hours, people["agent"], clock)
            if what == "write":
                wrote[f"t{which}"] = datetime.now(UTC)
            for name, row in seen().items():
                if row.snoozed:
                    held = Snooze.objects.get(ticket_id=name, ended_at=None)
                    assert held.until is None or held.until > clock()
                    assert row.minutes_left > 60 or held.missed == row.clock
                    assert row.level in ("P2", "P3")
                    assert wrote.get(name, held.at) <= held.at
            before = seen()
            with transaction.atomic():
                taken = claims.ticket_claim_next(person=people["lead"], snapshot=board.snapshot())
                assert taken is None or not before[taken].snoozed
                transaction.set_rollback(True)
        for name in before:
            tables.upsert("messages", message(f"last {name}", name, author_kind="requester", at=clock()))
        assert not any(row.snoozed for row in seen().values())
        snoozes.snoozes_wake(board.snapshot())
        assert not Snooze.objects.filter(ended_at=None).exists()
        transaction.set_rollback(True)


def _do(what: str, name: str, hours: float, person: Person, clock: Clock) -> None:
    if what == "wait":
        clock.waited += timedelta(hours=hours)
    elif what == "write":
        number = Message.objects.count()
        tables.upsert("messages", message(f"m{number}", name, author_kind="requester", at=clock()))
    elif what == "end":
        snoozes.snooze_end(person=person, ticket_id=name)
    else:
        until = None if what == "reply" else datetime.now(UTC) + timedelta(hours=hours) + clock.waited
        snoozes.snooze_set(person=person, ticket_id=name, until=until)


def test_the_words_for_times() -> None:
    policy = load("starter")
    told = {preset.value: preset for preset in snooze_times.presets(FRIDAY, policy)}
    assert list(told) == ["1h", "evening", "tomorrow", "monday", "reply"]
    assert told["evening"].label == "This evening, 18:00"
    assert told["tomorrow"].label == "Tomorrow morning, Sat 07 Mar 09:00"
    for value, preset in told.items():
        assert snooze_times.moment_of(value, FRIDAY, policy) == preset.at
    late = snooze_times.presets(FRIDAY + timedelta(hours=4), policy)
    assert [preset.value for preset in late] == ["1h", "tomorrow", "monday", "reply"]
    sunday = snooze_times.presets(FRIDAY + timedelta(days=2), policy)
    assert [preset.value for preset in sunday] == ["1h", "evening", "tomorrow", "reply"]
    assert snooze_times.moment_of("2026-03-09T10:30", FRIDAY, policy) == datetime(2026, 3, 9, 10, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", ["", "soon", "2026-03-06T13:59", "2027-03-10T00:00", "9999-12-31T23:59", "0001-01-01"]
)
def test_a_time_that_is_none(value: str) -> None:
    with pytest.raises(RefusedError):
        snooze_times.moment_of(value, FRIDAY, load("starter"))


def test_by_page_and_api(as_lead: Client, clock: Clock) -> None:
    del clock
    tables.upsert("tickets", pl.concat([opened("a"), opened("b")]))
    said_back = as_lead.post("/queue/act", {"ticket": ["a"], "act": "snooze", "value": "monday", "reason": "parts"})
    assert "a snoozed until Mon" in said_back["HX-Trigger"]
    assert "until Mon" in as_lead.get("/?snoozed=1").content.decode()
    page = as_lead.get("/tickets/a").content.decode()
    assert "Snoozed <b>until Mon" in page
    assert ": parts." in page
    assert 'data-bring-back="a"' in page
    refused = as_lead.post("/queue/act", {"ticket": ["b"], "act": "snooze", "value": "never"})
    assert refused.status_code == 422
    ended = as_lead.delete("/api/v1/tickets/a/snooze")
    assert (ended.status_code, ended.json()["reason"]) == (200, "parts")
    assert as_lead.delete("/api/v1/tickets/a/snooze").status_code == 409
    until = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    made = as_lead.post("/api/v1/tickets/b/snooze", {"until": until}, content_type="application/json")
    assert made.status_code == 201
    board.forget()
    listed = as_lead.get("/api/v1/queue?snoozed=true").json()["tickets"]
    assert [(told["ticket_id"], told["snoozed"], told["lane"]) for told in listed] == [("b", True, "later")]
    past = as_lead.post("/api/v1/tickets/b/snooze", {"until": "2020-01-01T00:00:00Z"}, content_type="application/json")
    assert past.status_code == 422
