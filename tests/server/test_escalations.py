"""Escalations: seen by who sees one of their tickets, closed with a reason, opened again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from helpers.desk import ticket
from tidegate.server.desk import tables
from tidegate.server.desk.acts import bulk, escalations
from tidegate.server.desk.errors import RefusedError
from tidegate.server.desk.models import Escalation
from tidegate.server.people.models import AuditEntry

if TYPE_CHECKING:
    from django.test import Client

    from tidegate.server.people.models import Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def case() -> Escalation:
    tables.upsert("tickets", ticket("a", group="billing", subject="Exports fail", created_at=datetime.now(UTC)))
    tables.upsert("tickets", ticket("b", group="technical", subject="Imports fail", created_at=datetime.now(UTC)))
    told = {"title": "Exports are down", "impact": "2 tickets, 400k a year", "level": "P0", "to": "platform"}
    return Escalation.objects.create(tickets=["a", "b", "gone"], **told)


def test_who_sees_a_case_and_what_of_it(people: dict[str, Person], case: Escalation) -> None:
    other = Escalation.objects.create(title="x", impact="x", level="P1", to="x", tickets=["b"])
    assert list(escalations.escalations_seen(people["lead"])) == [other, case]
    assert list(escalations.escalations_seen(people["colleague"])) == [case]
    (seen,) = escalations.cases_of(people["colleague"], [case])
    assert ([one.ticket_id for one in seen.tickets], seen.hidden) == (["a"], 2)


def test_it_is_closed_with_a_reason_and_opened_again(people: dict[str, Person], case: Escalation) -> None:
    done = bulk.case_close(person=people["lead"], escalation_id=case.pk, why=" mended in 4.2 ")
    case.refresh_from_db()
    assert (case.closed_by, case.closed_why) == (people["lead"], "mended in 4.2")
    assert not escalations.escalations_seen(people["lead"]).exists()
    assert list(escalations.escalations_seen(people["lead"], closed=True)) == [case]
    with pytest.raises(RefusedError, match="closed already"):
        escalations.escalation_close(person=people["lead"], escalation_id=case.pk, why="again")
    bulk.undo(person=people["lead"], token=done.undo)
    case.refresh_from_db()
    assert (case.closed_at, case.closed_by, case.closed_why) == (None, None, "")
    assert list(AuditEntry.objects.order_by("pk").values_list("act", "after")) == [
        ("escalation.close", {"state": "closed", "reason": "mended in 4.2"}),
        ("escalation.reopen", {"state": "open"}),
    ]


@pytest.mark.parametrize(
    ("who", "why", "status"), [("agent", "x", 403), ("lead", "  ", 422), ("lead", "x" * 2001, 422)]
)
def test_what_is_refused(people: dict[str, Person], case: Escalation, who: str, why: str, status: int) -> None:
    with pytest.raises(RefusedError) as refused:
        escalations.escalation_close(person=people[who], escalation_id=case.pk, why=why)
    assert refused.value.status == status


def test_a_lead_of_other_groups_closes_nothing(people: dict[str, Person], case: Escalation) -> None:
    people["lead"].groups_seen = ["sales"]
    with pytest.raises(RefusedError) as refused:
        escalations.escalation_close(person=people["lead"], escalation_id=case.pk, why="x")
    assert refused.value.status == 404


def test_the_page(as_lead: Client, client: Client, people: dict[str, Person], case: Escalation) -> None:
    page = as_lead.get("/escalations").content.decode()
    assert "Exports are down" in page
    assert 'href="/tickets/a"' in page
    answer = as_lead.post(f"/escalations/{case.pk}/close", {"why": "mended"}, headers={"HX-Request": "true"})
    assert "No escalation is open" in answer.content.decode()
    assert "undo" in answer["HX-Trigger"]
    assert "mended" in as_lead.get("/escalations?state=closed").content.decode()
    assert as_lead.post(f"/escalations/{case.pk}/close", {"why": "mended"}).status_code == 409
    client.force_login(people["colleague"])
    page = client.get("/escalations?state=closed").content.decode()
    assert 'href="/tickets/b"' not in page
    assert "2 of groups that you do not see" in page


def test_the_api(as_lead: Client, case: Escalation) -> None:
    (told,) = as_lead.get("/api/v1/escalations").json()
    assert (told["title"], told["closed_at"]) == ("Exports are down", None)
    closed = as_lead.post(f"/api/v1/escalations/{case.pk}/close", {"why": "mended"}, content_type="application/json")
    assert (closed.status_code, closed.json()["closed_why"]) == (200, "mended")
    assert as_lead.get("/api/v1/escalations").json() == []
    assert [one["id"] for one in as_lead.get("/api/v1/escalations?closed=true").json()] == [case.pk]


def test_the_api_names_no_ticket_of_groups_that_the_caller_does_not_see(
    client: Client, people: dict[str, Person], case: Escalation
) -> None:
    client.force_login(people["colleague"])
    (told,) = client.get("/api/v1/escalations").json()
    assert (told["id"], told["tickets"], told["hidden"]) == (case.pk, ["a"], 2)
