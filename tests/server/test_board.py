"""The board follows the database and ranks as the engine does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.db import connection

from helpers.desk import message, ticket, write_company
from tidegate import pipeline
from tidegate.policy import load
from tidegate.read.alike import alike
from tidegate.read.reader import StaticReader
from tidegate.server.desk import models, tables
from tidegate.server.desk.board import Board, similar, texts
from tidegate.server.desk.board.rows import Filters
from tidegate.server.jobs import similar as jobs
from tidegate.server.pacing import Pace

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

LOOSE: dict[str, Any] = {
    "points": None, "parts": (), "rules": (), "reasons": (), "probabilities": (), "intent_confidence": None,
    "evidence": (),
}  # fmt: skip
"""Sums of 32-bit numbers, which differ in the last digits with the rows that are read together."""
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def board() -> Board:
    return Board(clock=lambda: NOW)


def counted(asked: Board) -> Board:
    """Group what a board holds, as the worker does."""
    similar.groups_write(asked.snapshot(fresh=0).held.tickets, NOW)
    asked.snapshot(fresh=0)
    return asked


def test_the_queue_is_the_one_that_the_engine_gives_for_the_same_tables() -> None:
    company = write_company()
    snapshot = counted(board()).snapshot()
    known = pipeline.Known(
        accounts=company.accounts,
        incidents=company.incidents,
        agents=company.agents,
        messages=company.messages,
        events=company.events,
    )
    wanted = pipeline.queue(pipeline.prepare(company.tickets, load("starter"), NOW, known=known))
    shown = snapshot.rows(None, Filters(), limit=10_000)
    ranked = [row for row in shown if row.position is not None]
    assert [row.ticket_id for row in ranked] == wanted["ticket_id"].to_list()
    assert [row.points for row in ranked] == pytest.approx(wanted["points"].to_list())
    assert [row.lane for row in ranked] == wanted["lane"].to_list()
    for row, reasons in zip(ranked, wanted["reasons"].to_list(), strict=True):
        assert [(said.kind, said.text) for said in row.reasons] == [(said["kind"], said["text"]) for said in reasons]
        assert [said.points for said in row.reasons] == pytest.approx([said["points"] for said in reasons])
    for row in ranked:
        assert sum(p for _, p in (*row.parts, *row.rules)) == pytest.approx(row.points)
    waiting = company.tickets.filter(pl.col("status").is_in(["waiting", "hold"])).height
    assert snapshot.lanes(None)["waiting"] == waiting == len(shown) - len(ranked)


def test_a_change_is_followed_and_gives_the_same_as_reading_everything_anew() -> None:
    write_company()
    followed = board()
    first = followed.snapshot()
    leaving = first.rows(None, Filters(), limit=2)[1].ticket_id
    models.Ticket.objects.filter(ticket_id=leaving).update(status="waiting")
    tables.upsert("tickets", ticket("new", created_at=NOW - timedelta(minutes=5), subject="Data leak: exposed exports"))
    models.Account.objects.update(tier="strategic")
    later, anew = followed.snapshot(fresh=0), board().snapshot()
    assert later.version > first.version
    assert later.row(leaving).lane == "waiting"
    assert later.row("new") is not None
    rows = [snapshot.rows(None, Filters(), limit=10_000) for snapshot in (later, anew)]
    for one, other in zip(*rows, strict=True):
        assert replace(one, **LOOSE) == replace(other, **LOOSE)
        assert [one.points, *one.probabilities] == pytest.approx([other.points, *other.probabilities])


def test_a_finished_ticket_leaves_and_a_reopened_one_comes_back_with_its_ledger() -> None:
    asked = board()
    tables.upsert("tickets", ticket("t", created_at=NOW - timedelta(days=20)))
    tables.upsert("messages", message("m", "t", at=NOW - timedelta(days=19)))
    assert asked.snapshot().row("t").clock == "resolution"
    models.Ticket.objects.update(status="solved", solved_at=NOW - timedelta(days=18))
    assert asked.snapshot(fresh=0).row("t") is None
    models.Ticket.objects.update(status="open", solved_at=None)
    assert asked.snapshot(fresh=0).row("t").clock == "resolution"


@pytest.mark.parametrize("days", [1, 20, 500])
def test_whatever_becomes_of_tickets_what_is_held_is_what_reading_anew_holds(days: int) -> None:
    """Of every age: open, finished, open again; one alone and with others."""
    asked = board()
    for number in range(3):
        tables.upsert("tickets", ticket(f"t{number}", created_at=NOW - timedelta(days=days)))
    asked.snapshot()
    steps = [(["t0"], "solved"), (["t0", "t1"], "closed"), (["t0"], "open"), (["t2", "t0"], "solved"), (["t1"], "open")]
    for ids, status in steps:
        ended = NOW - timedelta(hours=3) if status in ("solved", "closed") else None
        models.Ticket.objects.filter(ticket_id__in=ids).update(status=status, solved_at=ended)
        followed, anew = asked.snapshot(fresh=0).held, board().snapshot().held
        for name in ("tickets", "past", "readings"):
            one, other = (getattr(held, name).sort("ticket_id") for held in (followed, anew))
            assert one["ticket_id"].to_list() == other["ticket_id"].to_list(), (name, status, ids)
            if name != "readings":
                assert one.equals(other)


def test_texts_are_read_again_only_where_something_changed_that_a_reading_rests_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(3):
        tables.upsert("tickets", ticket(f"t{number}", subject="How do I export?", created_at=NOW - timedelta(days=2)))
    asked, whole, read = board(), StaticReader.read, []
    asked.snapshot()

    def noted(self: StaticReader, tickets: pl.DataFrame, **given: Any) -> pl.DataFrame:
        read.extend(tickets["ticket_id"])
        return whole(self, tickets, **given)

    monkeypatch.setattr(StaticReader, "read", noted)
    steps = [
        ({"updated_at": NOW, "status": "waiting", "reopens": 2}, []),
        ({"subject": "Production is down"}, ["t1"]),
        ({"given_level": "P1"}, ["t1"]),
        ({"status": "closed", "closed_at": NOW}, []),
        ({"status": "open", "closed_at": None}, ["t1"]),
    ]
    for written, wanted in steps:
        read.clear()
        models.Ticket.objects.filter(ticket_id="t1").update(**written)
        followed = asked.snapshot(fresh=0).held.readings.sort("ticket_id")
        assert read == wanted
        anew = board().snapshot().held.readings.sort("ticket_id")
        for name in ("ticket_id", "intent", "level_source"):
            assert followed[name].to_list() == anew[name].to_list()


def test_the_queue_does_not_wait_for_many_texts_and_takes_in_what_the_worker_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_company()
    wanted = board().snapshot().held
    models.Reading.objects.all().delete()
    monkeypatch.setattr(texts, "MANY", 4)
    monkeypatch.setattr(texts, "PART", 5)
    asked = board()
    first = asked.snapshot().held
    assert first.waiting.len() == first.readings.height == wanted.readings.height > 15
    assert set(first.readings["unread"]) == {texts.WAITS}
    assert first.readings["intent"].null_count() == first.readings.height
    assert first.waiting[0] == first.tickets.sort("created_at")["ticket_id"][-1]
    tables.upsert("tickets", ticket("new", created_at=NOW, subject="Data leak: exposed exports"))
    assert asked.snapshot(fresh=0).held.readings.row(by_predicate=pl.col("ticket_id") == "new", named=True)["intent"]
    models.Ticket.objects.filter(ticket_id=first.waiting[1]).update(status="closed", closed_at=NOW)
    models.Ticket.objects.filter(ticket_id=first.waiting[2]).update(status="waiting")
    counts = [asked.snapshot(fresh=0).held.waiting.len()]
    while counts[-1]:
        assert texts.read_waiting(asked.snapshot().held, NOW, seconds=0.001) <= 5
        counts.append(asked.snapshot(fresh=0).held.waiting.len())
    assert counts == [first.waiting.len() - 1 - done for done in (*range(0, first.waiting.len() - 1, 5), counts[0])]
    models.Ticket.objects.filter(ticket_id="new").delete()
    read = asked.snapshot().held.readings.filter(pl.col("ticket_id") != "new").sort("ticket_id")
    same = wanted.readings.filter(pl.col("ticket_id") != first.waiting[1]).sort("ticket_id")
    for name in ("ticket_id", "intent", "level_source", "unread"):
        assert read[name].to_list() == same[name].to_list()


def test_nothing_new_is_the_same_version() -> None:
    write_company()
    asked = board()
    assert asked.snapshot().version == asked.snapshot(fresh=0).version


def test_a_message_that_came_before_its_ticket_counts_once_the_ticket_is_there() -> None:
    asked = board()
    asked.snapshot()
    schema = {name: column.dtype for name, column in tables.CONTRACTS["messages"][1].columns().items()}
    answer = {
        "message_id": "m",
        "ticket_id": "t",
        "at": NOW - timedelta(hours=1),
        "author_kind": "agent",
        "public": True,
    }
    tables.upsert("messages", pl.DataFrame([answer], schema=schema))
    asked.snapshot(fresh=0)
    tables.upsert("tickets", ticket("t", created_at=NOW - timedelta(hours=2)))
    row = asked.snapshot(fresh=0).row("t")
    assert row is not None
    assert row.clock == "resolution"


@pytest.mark.parametrize("reopened", [False, True])
def test_a_ledger_is_followed_of_tickets_that_are_finished_and_come_back(*, reopened: bool) -> None:
    """What is written of a finished ticket is not read, unless it may have been held a moment ago."""
    asked = board()
    tables.upsert("tickets", ticket("t", created_at=NOW - timedelta(days=20)))
    asked.snapshot()
    models.Ticket.objects.update(status="solved", solved_at=NOW - timedelta(days=18))
    if reopened:
        asked.snapshot(fresh=0)
    tables.upsert("messages", message("m", "t", at=NOW - timedelta(days=19)))
    asked.snapshot(fresh=0)
    models.Ticket.objects.update(status="open", solved_at=None)
    assert asked.snapshot(fresh=0).held.messages["message_id"].to_list() == ["m"]


def test_many_small_changes_leave_few_parts() -> None:
    asked = board()
    for number in range(40):
        tables.upsert("tickets", ticket(f"t{number:02}"))
        asked.snapshot(fresh=0)
    held = asked.snapshot(fresh=0).held
    assert held.tickets["ticket_id"].sort().to_list() == [f"t{number:02}" for number in range(40)]
    assert max(held.tickets.n_chunks(), held.readings.n_chunks()) <= 20


@pytest.mark.django_db(transaction=True)
def test_a_row_of_a_transaction_that_ends_late_is_not_missed() -> None:
    asked = board()
    tables.upsert("tickets", ticket("t1"))
    other = connection.copy()
    try:
        other.set_autocommit(False)
        other.cursor().execute(
            "INSERT INTO desk_ticket (ticket_id, created_at, status, changed) VALUES ('slow', %s, 'open', 0)", [NOW]
        )
        tables.upsert("tickets", ticket("t2"))
        assert asked.snapshot(fresh=0).row("slow") is None
        tables.upsert("tickets", ticket("t3"))
        asked.snapshot(fresh=0)
        other.commit()
        assert asked.snapshot(fresh=0).row("slow") is not None
    finally:
        other.close()


def test_people_see_the_tickets_of_their_groups(people: dict[str, Person]) -> None:
    tables.upsert("tickets", pl.concat([ticket("a", group="billing"), ticket("b", group="technical"), ticket("c")]))
    snapshot = board().snapshot()

    def seen(person: Any) -> set[str]:
        return {row.ticket_id for row in snapshot.rows(person, Filters())}

    assert seen(people["lead"]) == {"a", "b", "c"}
    assert seen(people["colleague"]) == {"a"}
    assert sum(snapshot.lanes(people["colleague"]).values()) == 1


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        (Filters(group="billing"), {"a"}),
        (Filters(search="EXPORT"), {"b"}),
        (Filters(search="a.*"), set()),
        (Filters(unassigned=True), {"b"}),
        (Filters(assignee="ari"), {"a"}),
        (Filters.of({"lane": "no such", "search": " export "}), {"b"}),
    ],
)
def test_filters(filters: Filters, found: set[str]) -> None:
    tables.upsert("tickets", pl.concat([ticket("a", group="billing", assignee="ari"), ticket("b", subject="Export")]))
    assert {row.ticket_id for row in board().snapshot().rows(None, filters)} == found


EXPORT = {"subject": "Export of invoices fails", "body": "The export of invoices fails with error 4711 since today."}


def similar_of(asked: Board) -> dict[str, int]:
    facts = asked.snapshot(fresh=0).ranked.facts
    return dict(facts.select("ticket_id", "similar_last_24h").iter_rows())


def test_tickets_about_the_same_thing_count_where_the_policy_asks_for_them() -> None:
    alike = [ticket(f"t{n}", created_at=NOW - timedelta(hours=n), **EXPORT) for n in range(1, 5)]
    tables.upsert("tickets", pl.concat([*alike, ticket("other", subject="How do I change my password?")]))
    assert "similar_last_24h" in pipeline.needed(load("starter"))
    asked, other = board(), board()
    other.snapshot()
    assert set(similar_of(asked).values()) == {0}
    wanted = {"t1": 3, "t2": 3, "t3": 3, "t4": 3, "other": 0}
    assert similar_of(counted(asked)) == wanted
    assert similar_of(other) == wanted
    assert similar_of(board()) == wanted


def test_groups_count_as_the_engine_counts_them_whatever_becomes_of_tickets() -> None:
    write_company()
    asked = counted(board())
    steps = [
        lambda: tables.upsert("tickets", pl.concat([ticket(f"x{n}", created_at=NOW, **EXPORT) for n in range(3)])),
        lambda: models.Ticket.objects.filter(ticket_id="x1").update(status="solved", solved_at=NOW),
        lambda: models.Ticket.objects.filter(ticket_id__in=("x0", "x2")).update(subject="", body="Thank you"),
        lambda: models.Ticket.objects.filter(ticket_id="x1").update(created_at=NOW - timedelta(days=8)),
    ]
    seen = []
    for step in steps:
        step()
        held = counted(asked).snapshot().held
        live = held.tickets.filter(~pl.col("status").is_in(["solved", "closed"]))["ticket_id"]
        known = models.SimilarGroup.objects
        wanted = alike(held.tickets.sort("ticket_id"), live, NOW, {"similar_open", "similar_last_24h"})
        assert held.known(NOW).similar.sort("ticket_id").equals(wanted.sort("ticket_id"), null_equal=True)
        assert wanted.sort("ticket_id").equals(board().snapshot().held.known(NOW).similar.sort("ticket_id"))
        seen.append([(row.group, row.ticket_id) for row in known.filter(ticket_id__startswith="x").order_by("pk")])
    assert seen[0] == seen[1] == [("x0", "x0"), ("x0", "x1"), ("x0", "x2")]
    assert seen[2] == [("x0", "x0"), ("", "x1"), ("x0", "x2")]
    assert seen[3] == [("x0", "x0"), ("x0", "x2")]


def test_only_groups_that_changed_are_written() -> None:
    tables.upsert("tickets", pl.concat([ticket(f"t{n}", created_at=NOW, **EXPORT) for n in range(5)]))
    asked = board()
    assert similar.groups_write(asked.snapshot().held.tickets, NOW) == 5
    assert similar.groups_write(asked.snapshot(fresh=0).held.tickets, NOW) == 0
    tables.upsert("tickets", ticket("t7", created_at=NOW, **EXPORT))
    assert similar.groups_write(asked.snapshot(fresh=0).held.tickets, NOW) == 1


def test_the_job_compares_again_only_what_it_has_not_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    tables.upsert("tickets", pl.concat([ticket(f"t{n}", created_at=NOW, **EXPORT) for n in range(2)]))
    asked, pace = board(), Pace(share=0.5, clock=lambda: 0.0)
    monkeypatch.setattr("tidegate.server.desk.board.board", asked)
    monkeypatch.setattr(jobs, "PACE", pace)
    monkeypatch.setattr(jobs, "_seen", None)
    assert [jobs.similar_count(0), jobs.similar_count(0)] == [2, 0]
    models.SimilarGroup.objects.all().delete()
    assert jobs.similar_count(0) == 0
    tables.upsert("tickets", ticket("t2", created_at=NOW, **EXPORT))
    asked.snapshot(fresh=0)
    assert jobs.similar_count(0) == 3


def test_another_policy_in_force_is_followed() -> None:
    tables.upsert("tickets", ticket("t", subject="How do I export a report?"))
    asked = board()
    before = asked.snapshot()
    text = before.policy.text.replace("now_when: 0.25", "now_when: 0.0001")
    models.PolicyVersion.objects.update(active=False)
    models.PolicyVersion.objects.create(number=2, text=text, hash=load(text).hash, active=True)
    after = asked.snapshot(fresh=0)
    assert before.row("t").lane != "now"
    assert after.row("t").lane == "now"
    assert after.version > before.version


def test_no_filter_keeps_every_row_of_a_frame_with_an_empty_part() -> None:
    part = pl.DataFrame({"ticket_id": [str(n) for n in range(20_000)]})
    both = pl.concat([part, part.clear()], how="diagonal")
    assert both.filter(pl.lit(True) & Filters().condition()).height == 20_000  # noqa: FBT003 - a literal
