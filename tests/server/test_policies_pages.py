"""The policy's pages as programs meet them: who may, what a preview shows of which tickets, bad input."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import polars as pl
import pytest
from django.test import Client

from helpers.company import move_in
from tidegate import pipeline
from tidegate.policy.loading import built_in, load
from tidegate.server.desk import policies
from tidegate.server.desk.board import board
from tidegate.server.desk.models import PolicyVersion, Replay
from tidegate.server.desk.policies import previewing
from tidegate.server.desk.policies.lines import differences, lines_of
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
KEENER = built_in("starter").replace("now_when: 0.25 ", "now_when: 0.01 ")
WHY = "leaks must not wait behind questions"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def company(people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> dict[str, Person]:
    """The demo company on a Monday morning, the starter policy in force, a keener version beside it."""
    monkeypatch.setattr(board, "_clock", lambda: NOW)
    policies.policy_ensure()
    policies.policy_create(person=people["lead"], text=KEENER)
    move_in(NOW, tickets=600, days=15)
    board.forget()
    return people


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def test_a_preview_shows_what_ranking_under_both_would(company: dict[str, Person]) -> None:
    found = previewing.policy_preview(policy=load(KEENER), person=company["lead"])
    held = board.snapshot().held
    lanes = {
        name: pipeline.queue(pipeline.prepare(held.tickets, policy, NOW, known=held.known(NOW)), reasons=False).sort(
            "ticket_id"
        )["lane"]
        for name, policy in (("before", load("starter")), ("after", load(KEENER)))
    }
    moved = int((lanes["before"] != lanes["after"]).sum())
    assert found.counts["moved"] == moved > 0
    assert sum(count for _, count in found.moves) == moved
    assert {row["lane_after"] for row in found.rows} == {"now"}
    assert [change.key for change in found.changes] == ["ranking.now_when"]


def test_a_preview_counts_only_what_the_person_sees(company: dict[str, Person]) -> None:
    everything = previewing.policy_preview(policy=load(KEENER), person=company["lead"])
    theirs = previewing.policy_preview(policy=load(KEENER), person=company["colleague"])
    groups = board.snapshot().held.tickets.filter(pl.col("ticket_id").is_in([row["ticket_id"] for row in theirs.rows]))[
        "group"
    ]
    assert theirs.counts["tickets"] < everything.counts["tickets"]
    assert set(groups) <= {"billing"}
    count = f"{theirs.counts['tickets']:,} tickets"
    assert [doubt for doubt in theirs.doubts if "tickets" in doubt.message]
    assert all(count in doubt.message for doubt in theirs.doubts if "of the" in doubt.message)


def test_a_preview_reads_anew_where_a_filed_priority_says_something_else(company: dict[str, Person]) -> None:
    otherwise = built_in("starter").replace("P3: [0.005, 0.035, 0.160, 0.800]", "P3: [0.300, 0.300, 0.200, 0.200]")
    found = previewing.policy_preview(policy=load(otherwise), person=company["lead"])
    assert found.counts["moved"] > 0


def test_the_board_follows_an_activation_at_its_next_look(company: dict[str, Person]) -> None:
    before = board.snapshot(fresh=0)
    policies.policy_activate(person=company["lead"], number=2, why=WHY)
    after = board.snapshot(fresh=0)
    assert (before.policy.number, after.policy.number) == (1, 2)
    assert after.version > before.version
    assert after.lanes(None)["now"] > before.lanes(None)["now"]


def test_a_page_for_every_role_and_buttons_for_leads(company: dict[str, Person]) -> None:
    for role, may in (("viewer", False), ("agent", False), ("lead", True), ("admin", True)):
        answer = signed_in(company[role]).get("/policy/versions/2")
        assert answer.status_code == 200
        assert (b"Put version 2 in force" in answer.content) is may


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("get", "/policy/edit"),
        ("post", "/policy/check"),
        ("post", "/policy/preview"),
        ("post", "/policy/versions"),
        ("post", "/policy/versions/2/activate"),
        ("post", "/policy/versions/2/replays"),
        ("post", "/policy/rollback"),
        ("post", "/policy/replays/1/stop"),
    ],
)
def test_agents_may_change_nothing_and_strangers_sign_in_first(
    company: dict[str, Person], method: str, path: str
) -> None:
    assert getattr(signed_in(company["agent"]), method)(path, {"text": KEENER, "why": WHY}).status_code == 403
    assert getattr(Client(), method)(path, {}).status_code == 302
    assert PolicyVersion.objects.get(active=True).number == 1
    assert Replay.objects.count() == 0


@pytest.mark.parametrize(
    "path",
    [
        "/policy/versions/99",
        f"/policy/versions/{10**30}",
        "/policy/versions/99/preview",
        "/policy/compare",
        "/policy/compare?a=1&b=x",
        "/policy/compare?a=1&b=99",
        f"/policy/compare?a=1&b={10**30}",
        "/policy/edit?from=77",
        "/policy/replays/5",
        f"/policy/replays/{10**30}",
    ],
)
def test_what_is_not_there_is_not_found(company: dict[str, Person], path: str) -> None:
    assert signed_in(company["lead"]).get(path).status_code == 404


@pytest.mark.parametrize(
    "text", ["", "\x00", "- a", KEENER + "\x00", "<script>alert(1)</script>\nname: x", "💥: 1\n" * 999]
)
def test_bad_text_comes_back_with_what_is_wrong(company: dict[str, Person], text: str) -> None:
    client = signed_in(company["lead"])
    assert client.post("/policy/check", {"text": text}).status_code == 200
    answer = client.post("/policy/versions", {"text": text, "base": "nonsense"})
    assert answer.status_code == 400
    assert b"<script>alert" not in answer.content
    assert PolicyVersion.objects.count() == 2


@pytest.mark.parametrize("weeks", ["", "5", "-1", "1e3", "999999999999"])
def test_a_replay_of_odd_weeks_is_refused_in_words(company: dict[str, Person], weeks: str) -> None:
    answer = signed_in(company["lead"]).post(
        "/policy/versions/2/replays", {"weeks": weeks}, headers={"HX-Request": "true"}
    )
    assert b"unknown span" in answer.content
    assert Replay.objects.count() == 0


def test_everything_works_without_htmx(company: dict[str, Person]) -> None:
    client = signed_in(company["lead"])
    assert client.post("/policy/versions/2/replays", {"weeks": "6"}).url == "/policy/versions/2"
    assert client.post(f"/policy/replays/{Replay.objects.get().pk}/stop").url == "/policy/versions/2"
    assert client.post("/policy/versions/2/activate", {"why": WHY}).url == "/policy"
    assert client.post("/policy/rollback", {"why": "it moved too much"}).url == "/policy"
    assert [entry.act for entry in AuditEntry.objects.filter(actor=company["lead"]).order_by("id")] == [
        "policy.create", "policy.replay", "policy.replay_stop", "policy.activate", "policy.rollback",
    ]  # fmt: skip


def test_lines_carry_their_findings_and_lose_nothing_of_the_text() -> None:
    text = KEENER.replace("method: cost-of-delay", "method: x")
    lines = lines_of(text, policies.policy_check(text=text).findings)
    assert "\n".join("".join(piece.text for piece in line.pieces) for line in lines) == text.rstrip("\n")
    [wrong] = [line for line in lines if line.findings]
    assert wrong.severity == "error"
    assert "method" in [piece.text for piece in wrong.pieces if piece.kind == "key"]


def test_a_mark_within_quotes_is_no_comment() -> None:
    [line] = lines_of("""a: "x # y"  # why""", ())
    assert [(piece.kind, piece.text) for piece in line.pieces] == [
        ("key", "a"), ("", ': "x # y"  '), ("comment", "# why"),
    ]  # fmt: skip


def test_a_comparison_shows_each_change_once_with_its_lines() -> None:
    rows = differences(built_in("starter"), KEENER)
    [gone], [new] = ([row for row in rows if row.kind == kind] for kind in ("gone", "new"))
    assert gone.before == new.after
    assert "0.25" in gone.text
    assert "0.01" in new.text
    assert differences(KEENER, KEENER) == []
