"""The pulse: measured by a job on what each person sees, kept, and never computed in a request."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from django.test import Client

from helpers.company import move_in
from helpers.desk import ticket
from tidegate.measure.standup import night_and_day, standup
from tidegate.report.history import history
from tidegate.server.desk import policies, pulse, tables
from tidegate.server.desk.acts import overrides
from tidegate.server.desk.board import board
from tidegate.server.desk.models import Override, Pulse, Ticket
from tidegate.tables.words import LEVELS

if TYPE_CHECKING:
    from tidegate.demo import Company
    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture
def company(people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> Company:
    """The demo company on a Monday morning."""
    del people
    monkeypatch.setattr(board, "_clock", lambda: NOW)
    policies.policy_ensure()
    made = move_in(NOW, tickets=500, days=30)
    board.forget()
    return made


def signed_in(person: Person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def of(person: Person) -> dict[str, Any]:
    """What is kept for a person: the body, and the tickets behind its figures."""
    found = pulse.pulse_of(person=person)
    assert found is not None
    assert "sets" not in found.body, "the page reads none of them"
    return found.body | {"sets": sets(found)}


def sets(found: Pulse) -> dict[str, Any]:
    return {one["key"]: one for one in found.sets.values("key", "title", "total", "ids")}


def test_the_figures_are_those_of_the_stand_up(company: Company, people: dict[str, Person]) -> None:
    pulse.pulse_measure()
    body = of(people["lead"])
    snapshot = board.snapshot()
    since, ends = night_and_day(NOW, "Europe/London")
    index = snapshot.index.select("ticket_id", stands=pl.col("level").cast(pl.Enum(LEVELS)))
    table = company.tickets.join(index, on="ticket_id", how="left", maintain_order="left").with_columns(
        level=pl.coalesce("stands", "given_level")
    )
    from tidegate import pipeline

    ledger = history(
        pipeline.with_tier(table, company.accounts),
        snapshot.held.policy,
        messages=company.messages,
        events=company.events,
        as_of=NOW,
    )
    day = standup(
        ledger, pipeline.queue(snapshot.ready), since=since, day_ends=ends, agents=company.agents.sort("agent_id")
    )
    assert body["breach"]["ahead"] + body["breach"]["late"] == day.breaching.height > 0
    assert body["changed"] == day.changed.select("what", "tickets").to_dicts()
    assert [row["assignee"] for row in body["people"]] == day.people.filter(pl.col("over") > 0)["assignee"].to_list()
    known = day.leading.filter(pl.col("value").is_not_null())
    assert [(row["name"], row["n"]) for row in body["leading"]] == known.select("name", "n").rows()


def test_a_text_cut_short_is_judged_as_the_whole_text(company: Company, people: dict[str, Person]) -> None:
    long = company.messages.filter(pl.col("public")).head(40)
    padded = long.with_columns(
        message_id=pl.col("message_id") + "-long", body=pl.col("body").fill_null("") + " and so on" * 400
    )
    tables.upsert("messages", padded)
    pulse.pulse_measure()
    from tidegate.measure.meaning import meaningful
    from tidegate.server.desk.pulse.history import _messages

    kept = _messages(NOW - timedelta(days=400)).sort("message_id")
    whole = tables.read("messages").sort("message_id")
    assert kept["body"].str.len_chars().max() <= 501
    assert meaningful(kept["body"]).to_list() == meaningful(whole["body"]).to_list()
    assert of(people["lead"])["tickets"] == company.tickets.height


def test_every_figure_says_what_it_is_and_what_it_rests_on(company: Company, people: dict[str, Person]) -> None:
    del company
    pulse.pulse_measure()
    body = of(people["lead"])
    assert len(body["leading"]) >= 5
    for row in body["leading"]:
        assert row["definition"].endswith(".")
        assert row["n"] > 0
        assert f"measure:{row['name']}" in body["sets"]
    for chart in body["charts"]:
        assert chart["svg"].startswith("<figure")
        assert chart["rows"]
        assert all(len(row) == len(chart["columns"]) for row in chart["rows"])
        assert "style=" not in chart["svg"]  # the content security policy would refuse it


def test_the_tickets_behind_a_figure_are_those_it_counted(company: Company, people: dict[str, Person]) -> None:
    pulse.pulse_measure()
    body = of(people["lead"])
    for row in body["changed"]:
        assert body["sets"][row["what"]]["total"] == row["tickets"]
    assert body["sets"]["late"]["total"] == body["breach"]["late"]
    assert body["sets"]["ahead"]["total"] == body["breach"]["ahead"]
    late = set(body["sets"]["late"]["ids"])
    assert late <= set(company.tickets.filter(~pl.col("status").is_in(["solved", "closed"]))["ticket_id"])


def test_every_count_of_a_chart_leads_to_so_many_tickets(company: Company, people: dict[str, Person]) -> None:
    del company
    pulse.pulse_measure()
    body = of(people["lead"])
    cells = [(chart["key"], cell) for chart in body["charts"] for row in chart["rows"] for cell in row]
    linked = [(key, cell) for key, cell in cells if isinstance(cell, dict)]
    assert {key for key, _ in linked} == {"coming", "flow", "backlog", "kept"}
    for key, cell in linked:
        behind = body["sets"][cell["set"]]
        assert behind["ids"]
        assert len(set(behind["ids"])) == len(behind["ids"])
        if key != "kept":
            assert cell["text"] == f"{behind['total']:,}"


def test_people_with_groups_are_told_of_those_alone(company: Company, people: dict[str, Person]) -> None:
    pulse.pulse_measure()
    mine, everything = of(people["colleague"]), of(people["lead"])
    billing = set(company.tickets.filter(pl.col("group") == "billing")["ticket_id"])
    named = {name for found in mine["sets"].values() for name in found["ids"]}
    assert named
    assert named <= billing
    assert mine["tickets"] == len(billing) < everything["tickets"]
    assert {row["group"] for row in mine["groups"]} <= {"billing"}
    other = company.tickets.filter(pl.col("group") != "billing")["ticket_id"].to_list()
    assert not any(f'"{name}"' in json.dumps(mine) for name in other)


def test_measuring_again_keeps_the_last_few(company: Company, people: dict[str, Person]) -> None:
    del company
    first = pulse.pulse_measure(budget=0)
    for _ in range(3):
        pulse.pulse_measure()
    assert Pulse.objects.filter(groups=[]).count() == 4 - (first[0].groups != [])
    assert pulse.pulse_of(person=people["lead"]) == Pulse.objects.filter(groups=[]).order_by("-id").first()


def test_old_measurements_go(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    del company
    monkeypatch.setattr(pulse, "KEPT", 2)
    for _ in range(3):
        pulse.pulse_measure()
    assert Pulse.objects.filter(groups=[]).count() == 2


def test_who_waited_longest_is_measured_first_when_time_is_short(company: Company) -> None:
    del company
    scopes = [pulse.pulse_measure(budget=0)[0].groups for _ in range(2)]
    assert sorted(scopes) == [[], ["billing"]]


def test_a_desk_whose_tickets_all_lie_ahead_of_its_clock_is_measured_as_empty(
    people: dict[str, Person], monkeypatch: pytest.MonkeyPatch
) -> None:
    policies.policy_ensure()
    tables.upsert("tickets", ticket("t1", created_at=NOW + timedelta(hours=1)))
    monkeypatch.setattr(board, "_clock", lambda: NOW)
    board.forget()
    pulse.pulse_measure()
    assert of(people["lead"])["empty"]


def test_an_empty_desk_says_what_will_be_here(people: dict[str, Person]) -> None:
    policies.policy_ensure()
    board.forget()
    client = signed_in(people["lead"])
    assert b"Nothing is measured yet" in client.get("/pulse").content
    pulse.pulse_measure()
    assert b"There are no tickets" in client.get("/pulse").content


def test_a_request_measures_nothing(
    company: Company, people: dict[str, Person], django_assert_max_num_queries: object
) -> None:
    del company
    pulse.pulse_measure()
    client = signed_in(people["lead"])
    with django_assert_max_num_queries(8) as asked:  # ty: ignore[call-non-callable]
        assert client.get("/pulse").status_code == 200
    assert not [row for row in asked.captured_queries if "desk_message" in row["sql"] or "desk_event" in row["sql"]]


def test_what_a_person_may_no_longer_see_is_left_out_at_once(company: Company, people: dict[str, Person]) -> None:
    del company
    pulse.pulse_measure()
    found = pulse.pulse_of(person=people["colleague"])
    assert found is not None
    key, kept = next((key, kept) for key, kept in sets(found).items() if kept["ids"])
    moved = kept["ids"][0]
    Ticket.objects.filter(ticket_id=moved).update(group="security")
    _, tickets = pulse.pulse_tickets(pulse=found, key=key, person=people["colleague"])  # ty: ignore[not-iterable]
    assert moved not in [ticket.ticket_id for ticket in tickets]
    assert len(tickets) == min(len(kept["ids"]), pulse.PAGE) - 1


def test_long_lists_have_pages(company: Company, people: dict[str, Person], monkeypatch: pytest.MonkeyPatch) -> None:
    del company
    pulse.pulse_measure()
    ids = of(people["lead"])["sets"]["late"]["ids"]
    assert len(ids) > 10
    monkeypatch.setattr(pulse, "PAGE", 10)
    client, shown = signed_in(people["lead"]), []
    for page in range(1, len(ids) // 10 + 2):
        text = client.get(f"/pulse/tickets/late?page={page}").content.decode()
        shown += re.findall(r'<a class="mono" href="/tickets/([^"]+)"', text)
        assert ('rel="next"' in text) == (page * 10 < len(ids))
        assert ('rel="prev"' in text) == (page > 1)
    assert shown == ids
    assert "No ticket stands behind" in client.get("/pulse/tickets/late?page=9999").content.decode()


def test_what_people_corrected_is_counted_of_what_one_sees(company: Company, people: dict[str, Person]) -> None:
    del company
    one, other = Ticket.objects.filter(status="open", group="billing").order_by("pk")[:2]
    away = Ticket.objects.filter(status="open").exclude(group="billing").order_by("pk")[0]
    for found, was, value in ((one, "P3", "P1"), (other, "P2", "P2"), (away, "P1", "P3")):
        overrides.override_set(person=people["lead"], ticket_id=found.pk, kind="level", value=value)
        Override.objects.filter(ticket_id=found.pk).update(was=was)
    overrides.override_set(person=people["lead"], ticket_id=one.pk, kind="route", value="billing")
    overrides.override_set(person=people["lead"], ticket_id=away.pk, kind="route", value="orders")
    pulse.pulse_measure()

    def said(name: str) -> list[str]:
        page = signed_in(people[name]).get("/pulse").content.decode()
        rows = dict(re.findall(r"<dt>([^<]+)</dt><dd>(\d+)</dd>", page))
        wanted = ("as the policy had it", "more urgent: it was too low", "less urgent: it was too high")
        return [*(rows[row] for row in wanted), rows["overridden by people"]]

    assert said("lead") == ["1", "1", "1", "2"]
    assert said("colleague") == ["1", "1", "0", "1"]


def test_every_role_may_look_and_leads_may_ask(company: Company, people: dict[str, Person]) -> None:
    del company
    pulse.pulse_measure()
    for role, status in (("viewer", 403), ("agent", 403), ("lead", 302)):
        client = signed_in(people[role])
        assert client.get("/pulse").status_code == 200
        assert client.get("/pulse/tickets/late").status_code == 200
        assert client.post("/pulse/measure").status_code == status
    assert Client().get("/pulse").status_code == 302


@pytest.mark.parametrize("key", ["nothing", "measure:nothing", "../late", "a" * 3000])
def test_a_figure_that_is_not_there_is_not_found(company: Company, people: dict[str, Person], key: str) -> None:
    del company
    pulse.pulse_measure()
    assert signed_in(people["lead"]).get(f"/pulse/tickets/{key}").status_code == 404


def test_subjects_are_shown_as_text(company: Company, people: dict[str, Person]) -> None:
    del company
    pulse.pulse_measure()
    Ticket.objects.update(subject="<img src=x onerror=alert(1)>")
    page = signed_in(people["lead"]).get("/pulse/tickets/opened").content
    assert b"<img src=x" not in page
    assert b"&lt;img src=x" in page
